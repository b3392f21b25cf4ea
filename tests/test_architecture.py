"""The shape of the house: rooms, floors, who imports whom, and what a core module keeps out of.

The rules are data (`FLOORS`, `BETWEEN`) and one function over a tree, `violations`, so that they can be proved on
planted files as well as held over this checkout. Folders that do not exist yet are walked as soon as they do.
"""

import ast
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("camsim", "enhance", "scielab")

#: Rooms (folders) and files directly in a package, the top floor first. A file imports from its own floor and below.
FLOORS = {
    "camsim": (
        "cli",
        "designer",
        "dataset augment",
        "pipeline bands",
        "isetcam sheet",
        "image_formation isp measure camera_file",
        "optics scene sensor",
        "camera camera_parts charts shot",
        "light io schema arguments _version",
    ),
    "scielab": ("cli", "model_grid", "comparison classical", "metrics keras_losses", "eye", "viewing"),
    "enhance": (
        "cli",
        "training grid_rows",
        "losses inference",
        "networks data evaluation config naming zoo card no_model user_files backend",
    ),
}

#: What a package (or one room of it) may import of the others: rooms, files, or single modules of a room.
BETWEEN = {
    "camsim": "",
    "scielab": "camsim.light camsim.io camsim.arguments camsim._version",
    "scielab.cli": "camsim.cli.console camsim.cli.installation",
    "scielab.model_grid": "camsim.dataset camsim.camera_file camsim.pipeline",
    "enhance": "camsim scielab.metrics scielab.keras_losses scielab.viewing scielab.model_grid.rows",
}

#: Where Keras may be imported, at the top of a file or inside a function.
KERAS = ("enhance", "scielab.keras_losses")
BACKENDS = ("keras", "tensorflow", "jax", "torch")

#: What belongs to command lines alone.
COMMAND_LINE = ("click", "argparse", "tqdm")

MAX_LINES = 320

#: Modules of the standard library that one system or another lacks: never imported as a file loads.
NOT_EVERYWHERE = ("fcntl", "grp", "msvcrt", "posix", "pty", "pwd", "resource", "syslog", "termios", "tty", "winreg")

#: Names of `os` and `signal` that Windows lacks: only asked for with `hasattr` or `getattr`, which see no attribute.
NOT_ON_WINDOWS = (
    *("signal.SIGKILL", "signal.SIGHUP", "signal.SIGUSR1", "signal.SIGALRM", "signal.setitimer", "signal.alarm"),
    *("os.fork", "os.forkpty", "os.killpg", "os.getuid", "os.geteuid", "os.getpgid", "os.setsid", "os.mkfifo"),
    *("os.sched_getaffinity", "os.nice", "signal.pthread_kill"),
)


def name_of(path: Path, root: Path) -> str:
    """camsim/io/image.py → camsim.io.image; camsim/io/__init__.py → camsim.io."""
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def files_of(root: Path) -> dict[str, Path]:
    """Every module of the three packages by name, in folders however deep."""
    return {name_of(path, root): path for package in PACKAGES for path in sorted((root / package).rglob("*.py"))}


def imports(name: str, path: Path) -> Iterator[tuple[int, str, str]]:
    """Line, module and imported name ("" for `import module`) of every import that runs, anywhere in a file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
        for part in node.body
        for inner in ast.walk(part)
    }
    folder = name if path.stem == "__init__" else name.rpartition(".")[0]
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = folder.split(".")[: len(folder.split(".")) - node.level + 1] if node.level else []
            module = ".".join([*above, *([node.module] if node.module else [])])
            yield from ((node.lineno, module, alias.name) for alias in node.names)


def unguarded(path: Path) -> Iterator[tuple[int, str]]:
    """Line and name of what does not exist on every system: imports as a file loads, and attributes anywhere."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inside = {
        id(n) for f in ast.walk(tree) if isinstance(f, ast.FunctionDef | ast.AsyncFunctionDef) for n in ast.walk(f)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom) and id(node) not in inside:
            named = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            yield from ((node.lineno, name) for name in named if name in NOT_EVERYWHERE)
        elif isinstance(node, ast.Attribute) and ast.unparse(node) in NOT_ON_WINDOWS:
            yield node.lineno, ast.unparse(node)


def room_of(module: str) -> str:
    """The room, or file directly in the package, that a module stands in: camsim.io.image → io; "" for a front door."""
    return ([*module.split("."), ""])[1]


def floor_of(module: str) -> int | None:
    """Counted from the top; None where FLOORS does not know the room."""
    floors = FLOORS[module.split(".")[0]]
    return next((i for i, rooms in enumerate(floors) if room_of(module) in rooms.split()), None)


def within(module: str, places: str) -> bool:
    return any(module == place or module.startswith(place + ".") for place in places.split())


def public_names(path: Path) -> set[str]:
    """What a front door hands out: its functions, classes, `__all__`, and what it imports under a public name."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            names |= {text.value for text in ast.walk(node.value) if isinstance(text, ast.Constant)}
    return {name for name in names if not name.startswith("_")}


def violations(root: Path) -> list[str]:
    """Every breach of the rules in the three packages under `root`, as `file:line: words`."""
    files = files_of(root)
    found: list[str] = []
    of_modules: dict[str, set[str]] = {}
    of_rooms: dict[str, set[str]] = {}

    for name, path in files.items():
        package, room = name.split(".")[0], room_of(name)
        shown, source = path.relative_to(root), path.read_text(encoding="utf-8")
        is_door = not room
        command_line = room == "cli"
        floor = floor_of(name)
        if not is_door and floor is None:
            found.append(f"{shown}: {package}/{room} has no floor")
        if len(source.splitlines()) > MAX_LINES:
            found.append(f"{shown}: longer than {MAX_LINES} lines")
        if path.stem == "__init__" and not is_door:
            body = ast.parse(source).body
            if len(body) != 1 or not ast.get_docstring(ast.parse(source)):
                found.append(f"{shown}: a room's __init__.py is a docstring and nothing else")
        if not command_line:
            for node in ast.walk(ast.parse(source)):
                called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
                if called in ("print", "exit", "quit", "sys.exit", "os._exit"):
                    found.append(f"{shown}:{node.lineno}: a core module calls {called}")
        found += [f"{shown}:{line}: {missing} does not exist on every system" for line, missing in unguarded(path)]
        for line, module, item in imports(name, path):
            at, top = f"{shown}:{line}", module.split(".")[0]
            if not command_line and top in COMMAND_LINE:
                found.append(f"{at}: a core module imports {top}")
            if top in BACKENDS and not within(name, " ".join(KERAS)):
                found.append(f"{at}: {top} is imported outside {', '.join(KERAS)}")
            if top not in PACKAGES:
                continue
            target = f"{module}.{item}" if f"{module}.{item}" in files else module
            if is_door and top == package:
                continue
            if not room_of(target):
                found.append(f"{at}: imports the front door of {top}")
                continue
            if item and module == top and files.get(target, path).stem == "__init__":
                found.append(f"{at}: `from {top} import {item}` gives a room, not what is in it")
            if top != package:
                allowed = f"{BETWEEN[package]} {BETWEEN.get(f'{package}.{room}', '')}"
                if not within(target, allowed):
                    found.append(f"{at}: {package}/{room} must not import {target}")
                if room_of(target) == "cli" and not command_line:
                    found.append(f"{at}: a core module imports a command line, {target}")
                continue
            below = floor_of(target)
            if floor is not None and below is not None and below < floor:
                found.append(f"{at}: imports {target} from a higher floor")
            if target in files and target != name:
                of_modules.setdefault(name, set()).add(target)
            if room_of(target) != room:
                of_rooms.setdefault(f"{package}/{room}", set()).add(f"{package}/{room_of(target)}")

    for what, graph in (("modules", of_modules), ("rooms", of_rooms)):
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            found.append(f"a circle of {what}: {' → '.join(reversed(error.args[1]))}")
    for package in PACKAGES:
        door = root / package / "__init__.py"
        inside = {room_of(name) for name in files if name.startswith(f"{package}.")}
        for name in sorted(public_names(door) & inside if door.exists() else ()):
            found.append(f"{package}/{name}: named like {package}.{name} of the front door, and would stand in its way")
    return found


def test_this_house_keeps_the_rules():
    assert "\n".join(violations(ROOT)) == ""


# --- the rules see what they should -------------------------------------------------------------------------------

#: A small house that keeps all rules.
SOUND = {
    "camsim/__init__.py": '"""A front door."""\n\ndef render():\n    from camsim import pipeline\n',
    "camsim/_version.py": '__version__ = "0"\n',
    "camsim/camera.py": "",
    "camsim/pipeline.py": "from camsim.io import image\nfrom camsim.isp.process import process\n",
    "camsim/io/__init__.py": '"""Files."""\n',
    "camsim/io/image.py": "from camsim._version import __version__\n",
    "camsim/io/atomic.py": "",
    "camsim/isp/__init__.py": '"""The processor."""\n',
    "camsim/isp/process.py": "def process(): pass\n",
    "camsim/cli/__init__.py": '"""Commands."""\n',
    "camsim/cli/main.py": "import click\nfrom camsim import pipeline\nprint('well')\n",
    "enhance/__init__.py": "",
    "enhance/losses/__init__.py": '"""Losses."""\n',
    "enhance/losses/pixel.py": "import keras\nfrom scielab.keras_losses import s_cielab\n",
    "scielab/__init__.py": "",
    "scielab/viewing.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from scielab.eye import display\n",
    "scielab/eye/__init__.py": '"""The eye."""\n',
    "scielab/eye/display.py": "from camsim.io import image\nfrom scielab import viewing\n",
    "scielab/keras_losses/__init__.py": '"""Losses."""\n',
    "scielab/keras_losses/s_cielab.py": "import keras\n",
}


def house(root: Path, **planted: str) -> Path:
    for place, text in (SOUND | planted).items():
        (root / place).parent.mkdir(parents=True, exist_ok=True)
        (root / place).write_text(text, encoding="utf-8")
    return root


def test_a_sound_house_has_no_violations(tmp_path):
    assert violations(house(tmp_path)) == []


@pytest.mark.parametrize(
    ("place", "text", "words"),
    [
        ("camsim/io/image.py", "from camsim.isp.process import process\n", "from a higher floor"),
        ("camsim/io/image.py", "def f():\n    from camsim import pipeline\n", "from a higher floor"),
        ("camsim/io/image.py", "from ..isp import process\n", "from a higher floor"),
        ("scielab/viewing.py", "from scielab.eye import display\n", "from a higher floor"),
        ("camsim/io/image.py", "import camsim\n", "imports the front door of camsim"),
        ("camsim/io/image.py", "from camsim import __version__\n", "imports the front door of camsim"),
        ("scielab/eye/display.py", "from scielab import Reference\n", "imports the front door of scielab"),
        ("scielab/eye/display.py", "import camsim\n", "imports the front door of camsim"),
        ("camsim/pipeline.py", "from camsim import isp\n", "`from camsim import isp` gives a room"),
        ("scielab/eye/display.py", "from camsim import io\n", "`from camsim import io` gives a room"),
        ("camsim/render/__init__.py", '"""A room."""\n', "named like camsim.render"),
        ("camsim/render.py", "", "named like camsim.render"),
        ("camsim/io/image.py", "print('here')\n", "calls print"),
        ("camsim/io/deeper/still/image.py", "import sys\nsys.exit(1)\n", "calls sys.exit"),
        ("camsim/io/image.py", "import click\n", "imports click"),
        ("camsim/io/image.py", "import fcntl\n", "fcntl does not exist on every system"),
        (
            "camsim/io/image.py",
            "try:\n    from resource import getrusage\nexcept ImportError:\n    pass\n",
            "resource does",
        ),
        ("camsim/io/image.py", "import os\ndef f():\n    os.sched_getaffinity(0)\n", "os.sched_getaffinity does not"),
        ("camsim/io/image.py", "import signal\ndef f():\n    return signal.SIGKILL\n", "signal.SIGKILL does not"),
        ("camsim/io/image.py", "def f():\n    from tqdm import tqdm\n", "imports tqdm"),
        ("camsim/io/image.py", "import keras\n", "keras is imported outside"),
        ("scielab/eye/display.py", "def f():\n    from keras import ops\n", "keras is imported outside"),
        ("camsim/io/image.py", "from scielab.eye import display\n", "camsim/io must not import scielab.eye.display"),
        ("scielab/eye/display.py", "from enhance.losses import pixel\n", "must not import enhance.losses.pixel"),
        ("scielab/eye/display.py", "from camsim import pipeline\n", "must not import camsim.pipeline"),
        ("enhance/losses/pixel.py", "from scielab.eye import display\n", "must not import scielab.eye.display"),
        ("enhance/losses/pixel.py", "from camsim.cli import main\n", "imports a command line"),
        ("camsim/isp/__init__.py", '"""The processor."""\nfrom camsim.isp.process import process\n', "is a docstring"),
        ("camsim/isp/__init__.py", "", "is a docstring"),
        ("camsim/kitchen/__init__.py", '"""A room nobody planned."""\n', "camsim/kitchen has no floor"),
        ("camsim/io/image.py", "\n" * 321, "longer than 320 lines"),
    ],
)
def test_a_planted_violation_is_seen(tmp_path, place, text, words):
    found = violations(house(tmp_path, **{place: text}))
    assert any(words in line for line in found), found


def test_a_file_that_breaks_many_rules_passes_none(tmp_path):
    text = "import click, keras\nfrom scielab.eye import display\nprint(1)\n"
    assert len(violations(house(tmp_path, **{"camsim/io/planted.py": text}))) == 4


def test_a_circle_within_a_room_is_seen(tmp_path):
    planted = {
        "camsim/io/image.py": "from camsim.io import atomic\n",
        "camsim/io/atomic.py": "from camsim.io import image\n",
    }
    (line,) = violations(house(tmp_path, **planted))
    assert "circle of modules" in line and "camsim.io.image" in line and "camsim.io.atomic" in line


def test_a_circle_between_rooms_of_a_floor_is_seen(tmp_path):
    planted = {
        "camsim/light/__init__.py": '"""Light."""\n',
        "camsim/light/colour.py": "from camsim.io import image\n",
        "camsim/light/spectra.py": "",
        "camsim/io/atomic.py": "from camsim.light import spectra\n",
    }
    (line,) = violations(house(tmp_path, **planted))
    assert "circle of rooms" in line and "camsim/light" in line and "camsim/io" in line


# --- what is installed --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PACKAGES)
def test_command_starts_without_what_loads_slowly(name):
    slow = {"keras", "tensorflow", "matplotlib", "scipy", "PIL", "imageio", "numpy", "pydantic"}
    code = (
        f"import sys; from {name}.cli.main import cli; cli(['--help'], standalone_mode=False); "
        f"print(sorted({slow} & {{*sys.modules}}))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.splitlines()[-1] == "[]"


def test_no_file_is_a_symbolic_link():
    """A checkout on Windows would hold text in its place."""
    made = {"build", "dist", "demo"}  # environments have links of their own
    top = [path for path in ROOT.iterdir() if not path.name.startswith(".") and path.name not in made]
    assert [path for place in top for path in (place, *place.rglob("*")) if path.is_symlink()] == []


@pytest.mark.slow
@pytest.mark.parametrize("package", ["camsim", "scielab"])
def test_every_module_loads_where_unix_is_missing(package):
    """Without the modules and names that Windows lacks; what needs Keras is left out, for Keras' own sake."""
    code = f"""
import importlib.util, os, pkgutil, signal, sys
import numpy, scipy.fft, PIL.Image, click, platformdirs, matplotlib.figure, multiprocessing  # as they come
for name in {NOT_EVERYWHERE!r}:
    sys.modules[name] = None
for name in {NOT_ON_WINDOWS!r} + ("signal.pthread_sigmask", "os.sysconf", "os.sysconf_names"):
    module, _, attribute = name.partition(".")
    vars(sys.modules[module]).pop(attribute, None)
package = importlib.import_module({package!r})
starlette = importlib.util.find_spec("starlette")
names = [m.name for m in pkgutil.walk_packages(package.__path__, package.__name__ + ".")]
for name in names:
    if "keras_losses" not in name and (starlette or "designer" not in name):
        importlib.import_module(name)
print(len(names))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 20


def test_datasets_is_no_import_package():
    assert not (ROOT / "datasets" / "__init__.py").exists()


@pytest.mark.slow
def test_wheel_holds_exactly_the_files_of_the_tree(tmp_path):
    """A room that setup.cfg forgets is missing from a wheel, and there an editable installation hides it."""
    source = tmp_path / "source"
    ignore = shutil.ignore_patterns(".git", ".venv", "demo", "runs", "build", "*.egg-info", "__pycache__")
    shutil.copytree(ROOT, source, ignore=ignore, symlinks=True)
    build = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", tmp_path, source]
    built = subprocess.run(build, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    names = {n for n in zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist() if ".dist-info/" not in n}
    tree = {p.relative_to(ROOT).as_posix() for k in PACKAGES for p in (ROOT / k).rglob("*") if p.is_file()}
    assert names == {name for name in tree if "__pycache__" not in name}
