"""What is read is a regular file, and nothing else is waited for."""

import os
import socket

import pytest

from camsim.io import regular

pytestmark = pytest.mark.installed


@pytest.fixture(params=["folder", "pipe", "socket", "device", "link to a device", "circle", "missing", "below a file"])
def other(request, tmp_path):
    """A path that is no regular file, and what is said of it."""
    path, words = tmp_path / "a.png", "is a device"
    if request.param == "folder":
        path.mkdir()
        words = "is a folder, not a picture"
    elif request.param == "pipe":
        if not hasattr(os, "mkfifo"):
            pytest.skip("no pipes here")
        getattr(os, "mkfifo")(path)  # noqa: B009
        words = "is a pipe, not a picture"
    elif request.param == "socket":
        if not hasattr(socket, "AF_UNIX"):
            pytest.skip("no sockets in files here")
        os.chdir(tmp_path)  # their paths must be short
        with socket.socket(socket.AF_UNIX) as made:
            made.bind("a.png")
        words = "is a socket, not a picture"
    elif request.param == "circle":
        path.symlink_to(path)
        words = "cannot be read"
    elif request.param == "missing":
        words = "no such file"
    elif request.param == "below a file":
        path.touch()
        path, words = path / "b.png", "no such file"
    elif not os.path.exists("/dev/zero"):  # noqa: PTH110
        pytest.skip("no devices in files here")
    elif request.param == "device":
        return "/dev/zero", words
    else:
        path.symlink_to("/dev/zero")
    return path, words


@pytest.mark.parametrize("function", [regular.check, regular.open_file])
def test_what_is_no_regular_file_is_refused_at_once(function, other, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path, words = other
    with pytest.raises(ValueError, match=f"{path}: {words}") as refusal:
        function(path, kind="picture")
    assert "\n" not in str(refusal.value)


def test_a_pipe_that_takes_the_place_of_a_file_is_not_waited_for(tmp_path, monkeypatch):
    if not hasattr(os, "mkfifo"):
        pytest.skip("no pipes here")
    path = tmp_path / "a.png"
    path.touch()
    status = regular.check(path)
    path.unlink()
    getattr(os, "mkfifo")(path)  # noqa: B009
    monkeypatch.setattr(regular, "check", lambda *_, **__: status)  # as it was a moment before
    with pytest.raises(ValueError, match="is a pipe, not a file"):
        regular.open_file(path)


@pytest.mark.parametrize("path", ["a\0b", "x" * 300])
def test_a_name_that_no_file_can_have_is_one_line(path):
    with pytest.raises(ValueError, match=r"^shown: ") as refusal:
        regular.open_file(path, name="shown")
    assert "\n" not in str(refusal.value)


def test_a_regular_file_is_opened_also_through_a_link(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    (tmp_path / "b").symlink_to("a")
    with regular.open_file(tmp_path / "b") as file:
        assert file.read() == b"abc"
    assert regular.check(tmp_path / "b").st_size == 3
