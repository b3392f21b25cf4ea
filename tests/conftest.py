import os
import subprocess
import sys
from pathlib import Path

import pytest

SHARED = Path(__file__).parents[2] / "shared"


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
def command(tmp_path):
    """Run one of the three commands as a user does: in a process of its own, in an empty folder."""

    def run(name, *arguments, cwd=None):
        code = f"from {name}.cli import main; main()"
        return subprocess.run(
            [sys.executable, "-c", code, *map(str, arguments)],
            capture_output=True,
            check=False,
            text=True,
            cwd=cwd or tmp_path,
            env=os.environ | {"PYTHONIOENCODING": "utf-8"},
        )

    return run


@pytest.fixture
def refused(command):
    """Run a command that must fail: exit code 2, one line on stderr, nothing on stdout. Returns the line."""

    def run(*arguments, cwd=None):
        result = command(*arguments, cwd=cwd)
        assert result.returncode == 2, result
        assert "Traceback" not in result.stderr
        lines = [line for line in result.stderr.splitlines() if "error:" in line]
        assert len(lines) == 1 and result.stdout == "", result
        return lines[0]

    return run
