"""What is installed here: versions for a report of a fault, and whether another distribution stands in the way."""

import os
from pathlib import Path

import click

from camsim._version import __version__

DISTRIBUTION = "cam2eye"
PACKAGES = ("camsim", "enhance", "scielab")

#: Distributions that bring a backend of Keras, by the name that Keras has for it.
_BACKENDS = {
    "tensorflow": ("tensorflow", "tensorflow-cpu", "tensorflow-intel", "tensorflow-macos"),
    "jax": ("jax",),
    "torch": ("torch",),
}


def _version(*distributions: str) -> str | None:
    from importlib import metadata  # here and below: every start of a command would pay for it

    for name in distributions:
        try:
            return metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return None


def keras_backend() -> str:
    """The backend that Keras would take: the environment's, else its configuration file's, else TensorFlow."""
    if chosen := os.environ.get("KERAS_BACKEND"):
        return chosen
    from camsim.io import text_file

    try:
        home = Path(os.environ.get("KERAS_HOME") or Path("~/.keras").expanduser())
        return str(text_file.read_json(home / "keras.json")["backend"])
    except (OSError, ValueError, LookupError, TypeError, RuntimeError):
        return "tensorflow"


def versions() -> str:
    """What a report of a fault needs: the versions of what decides a result. Nothing of it is imported."""
    import platform

    backend = keras_backend()
    rows = [
        ("Python", f"{platform.python_version()} ({platform.python_implementation()})"),
        ("numpy", _version("numpy")),
        ("Keras", _version("keras")),
        ("backend", f"{backend} {_version(*_BACKENDS.get(backend, (backend,))) or 'not installed'}"),
        ("platform", platform.platform()),
    ]
    return "\n".join(f"{name:9}{value or 'not installed'}" for name, value in rows)


def conflict() -> str | None:
    """One line where another installed distribution owns one of our packages as well; else None.

    It reads the metadata of all that is installed, so it is asked only for `--version` and after an error.
    """
    from importlib import metadata

    owners = metadata.packages_distributions()
    for package in PACKAGES:
        names = {name.lower() for name in owners.get(package, ())}
        others = sorted(names - {DISTRIBUTION})
        if others and DISTRIBUTION in names:
            return (
                f"note: the package '{package}' is also that of {', '.join(others)}, which is installed beside "
                f"{DISTRIBUTION}; pip uninstall {' '.join([*others, DISTRIBUTION])}, then install {DISTRIBUTION} again"
            )
    return None


def _show(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if not wanted or context.resilient_parsing:
        return
    click.echo(f"{context.find_root().info_name} {__version__} ({DISTRIBUTION})\n{versions()}")
    if line := conflict():
        click.echo(line, err=True)
    context.exit()


version_option = click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_show,
    help="Show the version, and those of what it runs on, and exit.",
)
