"""Memory that commands are promised to take at most, on one moderately large picture each."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="what a process has taken is counted otherwise there"),
]

PROGRAM = Path(__file__).parents[1] / "benchmarks" / "memory.py"
if not PROGRAM.is_file():
    pytest.skip("an installed package has no benchmarks", allow_module_level=True)


@pytest.mark.parametrize(
    ("case", "megapixels", "most_mb"),
    [("compare, all of it", "4", 40), ("compare, map as PDF", "4", 40), ("apply", "12", 20)],
    ids=str,
)
def test_a_command_takes_no_more_than_promised(case, megapixels, most_mb):
    """MB per megapixel, of the input or of what is enlarged, above a picture of 64×64 pixels."""
    if case.startswith("apply"):
        pytest.importorskip("keras", reason="Keras is not installed")
    command = [sys.executable, PROGRAM, "--case", case, "--megapixels", megapixels, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    (found,) = json.loads(done.stdout)["cases"].values()
    assert 3 < found["mb_per_megapixel"][megapixels] <= most_mb
