"""Try a source distribution: unpack it elsewhere, and run its quick tests from itself.

python .ci/sdist.py dist/cam2eye-0.1.0.tar.gz
"""

import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path


def missing(root: Path, unpacked: Path) -> list[str]:
    """Files of the checkout that are not in the source distribution."""
    listed = subprocess.run(["git", "ls-files"], cwd=root, check=True, text=True, capture_output=True)
    return [name for name in listed.stdout.splitlines() if not (unpacked / name).exists()]


def main() -> None:
    root = Path(__file__).parents[1]
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(sys.argv[1]) as archive:
            archive.extractall(folder, filter="data")
        (unpacked,) = Path(folder).iterdir()
        if absent := missing(root, unpacked):
            sys.exit(f"not in {sys.argv[1]}: {', '.join(absent)}")
        tests = [
            "-m",
            "pytest",
            "-n",
            str(os.cpu_count() or 1),
            "-p",
            "no:cacheprovider",
            "-m",
            "installed and not slow",
        ]
        env = os.environ | {"PYTHONPATH": str(unpacked)}
        where = [sys.executable, "-c", "import camsim; print(camsim.__file__)"]
        found = subprocess.run(where, cwd=unpacked, env=env, check=True, text=True, capture_output=True)
        if not Path(found.stdout.strip()).is_relative_to(unpacked):
            sys.exit(f"its tests would run on {found.stdout.strip()}")
        sys.exit(subprocess.run([sys.executable, *tests], cwd=unpacked, env=env, check=False).returncode)


if __name__ == "__main__":
    main()
