"""What `--version` prints, and what is said where another distribution owns one of our packages."""

import importlib
import json
import subprocess
import sys
from importlib import metadata

import pytest

from camsim.cli import installation


@pytest.fixture
def distribution(tmp_path, monkeypatch):
    """A function that installs a distribution, of which only the metadata is there, and its package's name."""
    monkeypatch.syspath_prepend(tmp_path)

    def install(name, package):
        folder = tmp_path / f"{name}-1.0.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", encoding="utf-8")
        (folder / "top_level.txt").write_text(f"{package}\n", encoding="utf-8")

    return install


@pytest.mark.parametrize("name", ["camsim", "enhance", "scielab"])
def test_version_says_what_a_report_needs_and_imports_none_of_it(name):
    code = (
        f"import sys; from {name}.cli.main import cli; cli(['--version'], standalone_mode=False, prog_name={name!r}); "
        "print(sorted({'keras', 'tensorflow', 'jax', 'numpy'} & {*sys.modules}))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.splitlines()
    assert shown[0].startswith(f"{name} 0.") and shown[0].endswith("(cam2eye)") and shown[-1] == "[]"
    told = {line[:9].strip(): line[9:] for line in shown[1:-1]}
    assert [*told] == ["Python", "numpy", "Keras", "backend", "platform"]
    assert told["Python"].startswith(".".join(map(str, sys.version_info[:3])))
    assert told["numpy"] == metadata.version("numpy") and told["platform"].strip()


def test_the_backend_is_that_of_environment_then_file_then_tensorflow(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    assert installation.keras_backend() == "tensorflow"
    for damaged in ("{", "[]", "{}"):
        (tmp_path / "keras.json").write_text(damaged, encoding="utf-8")
        assert installation.keras_backend() == "tensorflow"
    (tmp_path / "keras.json").write_text(json.dumps({"backend": "jax"}), encoding="utf-8")
    assert installation.keras_backend() == "jax"
    monkeypatch.setenv("KERAS_BACKEND", "nothing-of-the-kind")
    assert "nothing-of-the-kind not installed" in installation.versions()


def test_no_other_distribution_owns_our_packages(distribution):
    distribution("cam2eye", "camsim")
    distribution("other", "elsewhere")
    assert installation.conflict() is None


@pytest.mark.slow
@pytest.mark.parametrize("package", ["camsim", "enhance", "scielab"])
def test_errors_and_version_name_a_distribution_in_the_way(package, distribution, monkeypatch, capfd):
    distribution("cam2eye", package)
    distribution("CamSim", package)
    line = installation.conflict()
    assert f"'{package}'" in line and "pip uninstall camsim cam2eye" in line and "\n" not in line
    monkeypatch.setattr(sys, "argv", [package, "--version"])
    with pytest.raises(SystemExit) as stop:
        importlib.import_module(f"{package}.cli.main").main()
    assert stop.value.code == 0 and capfd.readouterr().err.splitlines() == [line]
    monkeypatch.setattr(sys, "argv", [package, "--frobnicate"])
    with pytest.raises(SystemExit):
        importlib.import_module(f"{package}.cli.main").main()
    said = capfd.readouterr().err.splitlines()
    assert said[0] == line and "error:" in said[1] and len(said) == 2
