"""Doors without a command of their own, as commands: `doors fetch URL`, `doors weights FILE` and so on."""

from pathlib import Path

import click

from camsim.cli import console

FILE = click.argument("file", type=click.Path(path_type=Path))


@click.group("doors", cls=console.Commands)
def cli() -> None:
    """Each reads one thing from outside, and says nothing where that is as it should be."""


@cli.command()
@click.argument("url")
@click.option("--allow-local", is_flag=True)
def fetch(url: str, allow_local: bool) -> None:
    """A picture from a web address, in little time and of few bytes, as `enhance apply` fetches it."""
    import tempfile

    from camsim.io import image, web

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "fetched"
        web.fetch(url, path, limit=1 << 16, silence_s=0.2, total_s=0.5, allow_local=allow_local)
        image.read_stored(path, name=url)


@cli.command()
@FILE
@click.argument("output", type=click.Path(path_type=Path))
def rewrite(file: Path, output: Path) -> None:
    """A picture with all that its file says, into another, as `enhance apply` does; only that it stays as large."""
    from enhance.inference import pictures

    picture = pictures.read(file)
    pictures.check_target(output, picture)
    pictures.write(output, picture)


@cli.command()
@FILE
def weights(file: Path) -> None:
    """Weights of a convolution, as Keras names them."""
    _read_weights(file, {"a/kernel": (3, 3, 2, 4), "a/bias": (4,)})


@cli.command()
@FILE
def tensors(file: Path) -> None:
    """Three tensors."""
    _read_weights(file, {"a": (1, 2, 3), "b": (2,), "c": ()})


def _read_weights(file: Path, shapes: dict[str, tuple[int, ...]]) -> None:
    from scielab.metrics.weights_file import Form, Wanted, read

    read(file, {name: Wanted(shape, (Form(name),)) for name, shape in shapes.items()})


@cli.command()
@FILE
def rendered(file: Path) -> None:
    """All pictures of a rendered set, the folder."""
    from camsim.dataset import folder

    for setting in folder.read_manifest(file)["settings"]:
        folder.load(file, setting)


@cli.command()
@FILE
def results(file: Path) -> None:
    """Results of an unfinished grid: a file that is damaged counts as none."""
    from scielab.model_grid import checkpoint

    store = checkpoint.Store(file.parent)
    if store.load(0, pictures=False) is None:
        raise ValueError(f"{file}: damaged")


@cli.command()
@FILE
def model(file: Path) -> None:
    """A trained network."""
    from enhance import backend

    backend.ensure()
    from enhance.networks import keras_file

    keras_file.load(file)


@cli.command()
@FILE
def make_model(file: Path) -> None:
    """A small sound network, which is no door but what cases are made of."""
    from enhance import backend

    backend.ensure()
    from enhance.networks import generators

    generators.build("light", scale=2, blocks=1, filters=2).save(file)


@cli.command()
@FILE
def progress(file: Path) -> None:
    """How far a training run in a folder is, and its configuration and log."""
    from enhance import backend

    backend.ensure()
    from enhance.training import run_folder

    config, _ = run_folder.read_config(file)
    run_folder.Log(file, config, run_folder.progress(file).step)


def main() -> None:
    """Run it."""
    console.run(cli)
