"""Try the wheel, not the checkout: fresh environments, another folder, README's commands and the quick tests.

    python .ci/wheel.py lowest 3.11               the oldest versions that setup.cfg promises
    python .ci/wheel.py highest 3.11 3.12 3.13    the newest there are; a Python that is not here is left out

It needs uv (the extra `dev`). Environments stay in build/wheel, to look at.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "build" / "wheel"
RESOLUTIONS = {"lowest": "lowest-direct", "highest": "highest"}
EXTRAS = ("enhance-cpu", "designer", "test")
COMMANDS = ("camsim", "enhance", "scielab")

#: The pages whose commands are run, in one folder.
PAGES = [
    "README.md",
    *(f"docs/{name}.md" for name in ("restoring", "comparing", "measuring", "cameras", "augment", "verification")),
]

#: Commands that are not run: they train for minutes, fetch something, or name a file that a reader has.
LEFT_OUT = re.compile(
    r"enhance train|camsim designer|enhance evaluate|\bDIR\b|\bFILE\b|\bRUN\b|\bREFDIR\b|\.pth\b|\.tflite\b"
)


def uv(*arguments: object, **options: Any) -> subprocess.CompletedProcess:
    """Run uv; what fails ends this script with what uv said."""
    return subprocess.run([sys.executable, "-m", "uv", *map(str, arguments)], check=True, text=True, **options)


def find_python(version: str) -> str | None:
    """The path of an interpreter, or None. PYENV_VERSION makes pyenv's shims, where there are any, answer."""
    ask = [sys.executable, "-m", "uv", "python", "find", "--no-project", "--system", "--no-python-downloads", version]
    found = subprocess.run(
        ask, check=False, text=True, capture_output=True, env=os.environ | {"PYENV_VERSION": version}
    )
    return found.stdout.strip() or None


def install(python: str, resolution: str, wheel: Path, into: Path) -> None:
    """A fresh environment with the wheel and what it needs, each of its direct needs as old or new as asked."""
    shutil.rmtree(into, ignore_errors=True)
    uv("venv", "--quiet", "--python", python, into)
    needs = into / "needs.txt"
    extras = [word for extra in EXTRAS for word in ("--extra", extra)]
    pins = ("--resolution", RESOLUTIONS[resolution], "--python", into, "--output-file", needs)
    uv("pip", "compile", "--quiet", *extras, *pins, ROOT / "setup.cfg", stdout=subprocess.DEVNULL)
    uv("pip", "install", "--quiet", "--python", into, "--requirement", needs)
    uv("pip", "install", "--quiet", "--python", into, "--no-deps", wheel)


def readme_commands(text: str) -> list[tuple[str, int]]:
    """Commands of README's code blocks, in their order, and the exit code that the output below each speaks of."""
    found = []
    for kind, block in re.findall(r"^```(console|sh)\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        block = re.sub(r"\\\n\s*", "", block)
        parts = re.split(r"^\$ ", block, flags=re.MULTILINE)[1:] if kind == "console" else block.splitlines()
        for part in parts:
            line, _, output = part.partition("\n")
            line = line.split(" #")[0].strip()
            if line.split(" ")[0] in COMMANDS and not LEFT_OUT.search(line):
                refused = re.search(r"^\S+( \S+)?: error: ", output, re.MULTILINE)
                found.append((line, 2 if refused else 1 if ", above the limit of " in output else 0))
    return found


def readme_python(text: str) -> list[str]:
    """The programs of README's code blocks."""
    return re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def follow_readme(binaries: Path, folder: Path) -> None:
    """Do what README and its pages say, as its reader would: in one folder, with two photographs of one's own."""
    text = "\n".join((ROOT / page).read_text(encoding="utf-8") for page in PAGES)
    path = f"{binaries}{os.pathsep}{os.environ['PATH']}"
    env = os.environ | {"PATH": path, "CAM2EYE_HOME": str(folder / "home"), "TF_CPP_MIN_LOG_LEVEL": "3"}
    env.pop("PYTHONPATH", None)

    def run(arguments: list[str], expected: int, shown: str) -> str:
        program = shutil.which(arguments[0], path=path)  # Windows itself looks along the path of this process
        if program is None:
            sys.exit(f"{arguments[0]} is not in {binaries}")
        done = subprocess.run(
            [program, *arguments[1:]],
            cwd=folder,
            env=env,
            check=False,
            text=True,
            encoding="utf-8",
            capture_output=True,
        )
        if done.returncode != expected or "Traceback" in done.stderr:
            sys.exit(f"{shown}\nended with {done.returncode}, not {expected}:\n{done.stdout}{done.stderr}")
        return done.stdout

    for name in ("my.jpg", "photo.png", "other.png"):
        run(["camsim", "render", "--setting", "ideal", "-o", name], 0, name)
    commands, programs = readme_commands(text), readme_python(text)
    for line, expected in commands:
        words = shlex.split(line)
        into = words.index(">") if ">" in words else len(words)
        output = run(words[:into], expected, line)
        if into < len(words):  # only `settings --toml > FILE`: its reader then gives the camera a name of its own
            toml = re.sub(r'^name = ".*"', 'name = "mine"', output, flags=re.MULTILINE)
            (folder / words[-1]).write_text(toml, encoding="utf-8")
    for block in programs:
        run(["python", "-c", block], 0, block)
    if len(commands) < 15:
        sys.exit(f"only {len(commands)} commands were found in README and its pages")
    print(f"README and its pages: {len(commands)} commands and {len(programs)} programs do as it says", flush=True)


def run_tests(binaries: Path, folder: Path) -> None:
    """The tests marked `installed`, copied away from the checkout, which is then nowhere to be imported from."""
    shutil.copytree(ROOT / "tests", folder / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    check = "import camsim, enhance, scielab; print(camsim.__file__, enhance.__file__, scielab.__file__)"
    where = subprocess.run(
        [binaries / "python", "-c", check], cwd=folder, env=env, check=True, text=True, capture_output=True
    )
    if where.stdout.count("site-packages") != 3:
        sys.exit(f"not the wheel: {where.stdout}")
    marks = "installed and not slow and not reference"
    tests = ["pytest", "-n", str(os.cpu_count() or 1), "--dist", "worksteal", "-p", "no:cacheprovider", "-m", marks]
    if subprocess.run([binaries / "python", "-m", *tests], cwd=folder, env=env, check=False).returncode:
        sys.exit("the tests fail on the wheel")


def main() -> None:
    resolution, versions = sys.argv[1], sys.argv[2:]
    pythons = {version: path for version in versions if (path := find_python(version))}
    for version in versions:
        if version not in pythons:
            print(f"== no Python {version} here: left out", flush=True)
    if not pythons:
        sys.exit(f"no Python of {', '.join(versions)} was found")
    shutil.rmtree(BUILD / "dist", ignore_errors=True)
    uv("build", "--quiet", "--wheel", "--out-dir", BUILD / "dist", ROOT)
    wheel = next((BUILD / "dist").glob("*.whl"))
    for version, python in pythons.items():
        print(f"== {wheel.name}, Python {version}, {resolution} versions", flush=True)
        environment = BUILD / f"{resolution}-{version}"
        install(python, resolution, wheel, environment)
        binaries = environment / ("Scripts" if os.name == "nt" else "bin")
        with tempfile.TemporaryDirectory() as folder:
            follow_readme(binaries, Path(folder).resolve())
        with tempfile.TemporaryDirectory() as folder:
            run_tests(binaries, Path(folder).resolve())


if __name__ == "__main__":
    main()
