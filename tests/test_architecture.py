"""The shape of the house: who imports whom, and what a core module keeps out of."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = sorted(p for package in ("camsim", "enhance", "scielab") for p in (ROOT / package).glob("*.py"))
FRONT = (
    "cli.py",
    "cli_apply.py",
    "cli_chart.py",
    "cli_evaluate.py",
    "cli_grid.py",
    "cli_measure.py",
    "cli_render.py",
    "cli_train.py",
    "console.py",
)


def imports(path: Path) -> set[str]:
    """Every module imported anywhere in a file; `from a import b` counts as a.b."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{name.name}" for name in node.names}
    return found


def starts(names: set[str], *prefixes: str) -> set[str]:
    return {n for n in names if any(n == p or n.startswith(p + ".") for p in prefixes)}


@pytest.mark.parametrize("path", MODULES, ids=lambda p: f"{p.parent.name}.{p.stem}")
def test_imports_run_one_way(path):
    names = imports(path)
    package = path.parent.name
    if package == "camsim":
        assert not starts(names, "enhance", "scielab")
    if package == "scielab":
        allowed = {"camsim.colour", "camsim.image", "camsim.files", "camsim.__version__", "camsim"}
        if path.name not in FRONT:
            assert not starts(names, "enhance")
            assert {
                n for n in starts(names, "camsim") if not starts({n}, *allowed - {"camsim"}) and n != "camsim"
            } == set()
    if package in ("camsim", "scielab") and path.name != "loss.py":
        assert not starts(names, "keras", "tensorflow", "jax", "torch")


@pytest.mark.parametrize("path", [p for p in MODULES if p.name not in FRONT], ids=lambda p: f"{p.parent.name}.{p.stem}")
def test_core_modules_neither_print_nor_exit_nor_know_the_command_line(path):
    assert not starts(imports(path), "click", "argparse", "tqdm")
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            assert called not in ("print", "exit", "quit", "sys.exit", "os._exit"), f"{path}:{node.lineno}"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: f"{p.parent.name}.{p.stem}")
def test_modules_stay_small(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 320


@pytest.mark.parametrize("name", ["camsim", "scielab", "enhance"])
def test_command_starts_without_keras_or_matplotlib(name):
    code = (
        f"import sys; from {name}.cli import cli; cli(['--help'], standalone_mode=False); "
        "print([m for m in ('keras','tensorflow','matplotlib','scipy','skimage') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.splitlines()[-1] == "[]"


def test_datasets_is_no_import_package():
    assert not (ROOT / "datasets" / "__init__.py").exists()


def test_wheel_holds_exactly_three_packages(tmp_path):
    import shutil
    import zipfile

    source = tmp_path / "source"
    ignore = shutil.ignore_patterns(".git", ".venv", "demo", "runs", "build", "*.egg-info", "__pycache__")
    shutil.copytree(ROOT, source, ignore=ignore, symlinks=True)
    build = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", tmp_path, source]
    built = subprocess.run(build, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    names = zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist()
    assert {n.split("/")[0] for n in names if ".dist-info" not in n} == {"camsim", "enhance", "scielab"}
    for needed in (
        "camsim/settings/f22.toml",
        "camsim/recipes/builtin.toml",
        "camsim/data/bayer_qe.csv",
        "enhance/configs/default.toml",
        *(
            f"enhance/weights/{task}/{file}"
            for task in ("sr", "color", "pixel", "deblur")
            for file in ("generator.keras", "run.json", "README.md")
        ),
        "scielab/templates/grid.html",
    ):
        assert needed in names
