"""What a clone can check, and that it says what it cannot."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parent


@pytest.mark.slow
def test_a_run_ends_with_the_claims_that_were_skipped_and_why(tmp_path):
    (tmp_path / "tests").mkdir()
    shutil.copy(TESTS / "conftest.py", tmp_path / "tests")
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = reference\n", encoding="utf-8")
    code = "import pytest\n@pytest.mark.reference\n@pytest.mark.parametrize('i', [1, 2])\ndef test_a(i, shared): pass\n"
    (tmp_path / "tests" / "test_a.py").write_text(code + "def test_b(): pass\n", encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    shown = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert "claims that were not checked" in shown
    assert "2 comparisons with reference data: no reference data beside this checkout" in shown


def test_golden_arrays_of_isetcam_stay_small_and_keep_their_licence():
    folder = TESTS / "golden" / "isetcam"
    assert sum(path.stat().st_size for path in folder.glob("*.mat")) <= 400_000
    text = (folder / "README.md").read_text(encoding="utf-8")
    assert "Permission is hereby granted" in text
    assert all(f"`{path.stem}`" in text for path in folder.glob("*.mat"))
