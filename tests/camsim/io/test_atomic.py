"""Writing that leaves nothing half done."""

import pytest

from camsim.io import atomic


def test_a_failed_write_leaves_nothing_and_keeps_what_was_there(tmp_path):
    path = tmp_path / "kept.txt"
    path.write_text("precious")

    def write_half():
        with atomic.atomic(path) as temporary:
            temporary.write_text("half")
            raise RuntimeError("full")

    def fill_half():
        with atomic.atomic_folder(tmp_path / "new") as folder:
            (folder / "a").touch()
            raise RuntimeError("full")

    with pytest.raises(RuntimeError, match="full"):
        write_half()
    assert path.read_text() == "precious" and list(tmp_path.iterdir()) == [path]
    with pytest.raises(RuntimeError, match="full"):
        fill_half()
    assert list(tmp_path.iterdir()) == [path]
