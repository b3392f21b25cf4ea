import importlib
import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

SHARED = Path(__file__).parents[2] / "shared"
GOLDEN = Path(__file__).parent / "golden"

# Commands are run here, and what they say is read: TensorFlow keeps its own words to itself.
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"


def pytest_terminal_summary(terminalreporter):
    """Say how many comparisons with reference data were skipped, and why: a clone has only the small part of it."""
    _say_what_was_fuzzed(terminalreporter)
    skipped = [
        report for report in terminalreporter.stats.get("skipped", []) if "reference" in getattr(report, "keywords", ())
    ]
    if skipped:
        reasons = Counter(str(report.longrepr[2]).removeprefix("Skipped: ") for report in skipped)
        terminalreporter.section("claims that were not checked")
        for reason, count in reasons.most_common():
            terminalreporter.line(f"{count} comparisons with reference data: {reason}")


def _say_what_was_fuzzed(terminalreporter):
    """Say how many damaged inputs every door was given, and how many of them were still good enough to be accepted."""
    reports = [report for name in ("passed", "failed") for report in terminalreporter.stats.get(name, [])]
    doors = [value for report in reports for name, value in report.user_properties if name == "fuzz"]
    if doors:
        words = [f"{name} {cases:,} ({accepted:,})" for name, cases, accepted in sorted(doors)]
        total, good = (sum(numbers) for numbers in list(zip(*doors, strict=True))[1:])
        terminalreporter.line(f"damaged inputs by door (accepted): {', '.join(words)}; all {total:,} ({good:,})")


@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch):
    """Tests neither read nor write the user's list of trained models."""
    monkeypatch.setenv("CAM2EYE_HOME", str(tmp_path / "home"))


@pytest.fixture
def shared():
    """The folder of reference data beside the checkout."""
    if not SHARED.is_dir():
        pytest.skip("no reference data beside this checkout")
    return SHARED


@pytest.fixture
def isetcam(request):
    """A function that loads a file of ISETCam's outputs by name: from tests/golden, or from beside the checkout."""
    from scipy.io import loadmat

    def load(name):
        path = GOLDEN / "isetcam" / f"{name}.mat"
        if not path.exists():
            path = request.getfixturevalue("shared") / "reference" / "camera" / "golden" / path.name
        return loadmat(path, squeeze_me=True)

    return load


@pytest.fixture
def command(tmp_path, monkeypatch, capfd):
    """Run one of the three commands as a user types it, in an empty folder; gives exit code, stdout and stderr.

    In this process, because a new one would load its libraries every time; `process` is one.
    """

    def run(name, *arguments, cwd=None):
        words = [name, *map(str, arguments)]
        monkeypatch.chdir(cwd or tmp_path)
        monkeypatch.setattr(sys, "argv", words)
        capfd.readouterr()
        asked_to_stop = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
        before = {number: signal.getsignal(number) for number in asked_to_stop}
        try:
            with pytest.raises(SystemExit) as stop:
                importlib.import_module(f"{name}.cli.main").main()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
        return subprocess.CompletedProcess(words, stop.value.code, *capfd.readouterr())

    return run


@pytest.fixture
def process(tmp_path):
    """The same in a process of its own, for what depends on one."""

    def run(name, *arguments, cwd=None):
        code = f"from {name}.cli.main import main; main()"
        return subprocess.run(
            [sys.executable, "-c", code, *map(str, arguments)],
            capture_output=True,
            check=False,
            text=True,
            cwd=cwd or tmp_path,
            env=os.environ | {"PYTHONIOENCODING": "utf-8", "TF_CPP_MIN_LOG_LEVEL": "3"},  # JAX sets the latter to 1
        )

    return run


@pytest.fixture
def refused(command):
    """Run a command that must fail: exit code 2, one line on stderr, nothing on stdout. Returns the line."""

    def run(name, *arguments, cwd=None):
        done = command(name, *arguments, cwd=cwd)
        said = done.stderr.splitlines()
        lines = [line for line in said if "error:" in line]
        assert done.returncode == 2, done
        assert len(lines) == 1 and said[-1] == lines[0] and "Traceback" not in done.stderr and done.stdout == "", done
        return lines[0]

    return run


@pytest.fixture(scope="session")
def browser():
    """Chromium; what needs it skips without Playwright and one that starts, unless CAM2EYE_BROWSER is "required"."""
    lacking = pytest.fail if os.environ.get("CAM2EYE_BROWSER") == "required" else pytest.skip
    try:
        from playwright import sync_api as playwright
    except ImportError:
        lacking("Playwright is not installed")
    with playwright.sync_playwright() as engine:
        chromium = shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chromium-browser")
        try:
            running = engine.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        except playwright.Error as error:
            lacking(f"no Chromium that starts: {str(error).splitlines()[0]}")
        yield running
        running.close()
