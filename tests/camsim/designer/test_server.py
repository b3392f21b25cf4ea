"""What the server answers, and above all what it does not: it needs no browser."""

import io
import json
import time

import numpy as np
import pytest
from PIL import Image

from camsim import camera_file, pipeline
from camsim.designer import scenes
from camsim.io import image


def png(width, height):
    file = io.BytesIO()
    Image.fromarray(np.full((height, width, 3), 90, np.uint8)).save(file, "PNG")
    return file.getvalue()


def put(server, window, kind, name, body, **headers):
    return server.http("PUT", f"/upload/{kind}/{name}", body, X_Camsim_Session=window.session, **headers)


# --- who may ask -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1", "127.0.0.1:1", ""])
@pytest.mark.parametrize("path", ["/", "/start", "/page/main.js", "/thumbnail/photo:coffee"])
def test_another_host_gets_nothing(server, host, path):
    status, _, content = server.http("GET", path, Host=host)
    assert status == 403 and b"html" not in content


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "file://", "http://127.0.0.1:1"])
def test_another_origin_gets_nothing(server, origin):
    assert server.http("GET", "/start", Origin=origin)[0] == 403


@pytest.mark.parametrize("origin", [None, "http://evil.example", "null", "http://127.0.0.1:1"])
def test_a_websocket_needs_our_origin(server, origin):
    from websockets.exceptions import InvalidStatus

    with pytest.raises(InvalidStatus) as refused, server.window(origin=origin):
        pass
    assert refused.value.response.status_code == 403


def test_a_websocket_needs_our_host(server):
    from websockets.exceptions import InvalidStatus

    with pytest.raises(InvalidStatus) as refused, server.window(Host="evil.example"):
        pass
    assert refused.value.response.status_code in (400, 403)


def test_our_page_comes_with_a_policy_that_lets_nothing_else_in(server):
    status, headers, content = server.http("GET", "/")
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert status == 200 and b"Camera Designer" in content
    assert policy["default-src"] == "'none'" and policy["script-src"] == "'self'" and policy["style-src"] == "'self'"
    assert headers["x-content-type-options"] == "nosniff" and headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "path",
    ["/page/../server.py", "/page/..%2fserver.py", "/page/%2e%2e/%2e%2e/camera.py", "/etc/passwd", "/page//etc/passwd"],
)
def test_no_other_file_is_served(server, path):
    status, _, content = server.http("GET", path)
    assert status in (400, 404) and b"import" not in content and b"root:" not in content


def test_nothing_of_the_page_speaks_of_another_host(server):
    """No font, script, picture or style from elsewhere: every address in its files is a name of SVG's."""
    import re

    from camsim.designer.server import _page

    for content, _ in _page().values():
        addresses = re.findall(rb"(?:https?:)?//[\w.-]+\.\w+[^\"'\s]*", content)
        assert set(addresses) <= {b"http://www.w3.org/2000/svg"}


# --- pictures ----------------------------------------------------------------------------------------------------


def test_the_picture_is_what_the_camera_renders(window, camera):
    head, planes = window.ask(id=3, a=camera(), source="photo:chelsea", seed=5)
    shot = pipeline.render(scenes.load_builtin("photo:chelsea"), camera_file.load("f22"), seed=5)
    assert head["id"] == 3
    assert (planes["a"] == image.quantise(shot.rgb)).all()
    assert head["sides"]["a"]["numbers"]["exposure_s"] == shot.exposure_s


@pytest.mark.slow
def test_equal_cameras_differ_by_nothing_and_others_do(window, camera):
    from camsim.designer import measures

    if not measures.names():
        pytest.skip("no measure of differences is installed: install the package, not only its files")
    (measure,) = measures.names()
    ask = {"want": "difference", "measure": measure, "against": "b", "a": camera()}
    head, planes = window.ask(**ask, b=camera())
    assert planes["map"].max() == 0 and head["difference"]["max"] == 0
    head, _ = window.ask(**ask, b=camera(optics__fnumber=11.0))
    assert head["difference"]["mean"] > 1
    farther, _ = window.ask(**ask, b=camera(optics__fnumber=11.0), samples_per_degree=200.0)
    assert farther["difference"]["mean"] < head["difference"]["mean"], "from afar less is seen"


@pytest.mark.slow
@pytest.mark.parametrize("view", ["mosaic", "demosaiced", "irradiance"])
@pytest.mark.parametrize("changes", [{}, {"sensor__cfa": "quad-bayer", "sensor__binning": 2}, {"sensor__cfa": "mono"}])
def test_every_stage_is_a_picture_of_the_sensor(window, camera, view, changes):
    _, planes = window.ask(a=camera("pixel25", **changes, sensor__pixel_pitch_um=8.0), view=view)
    assert planes["a"].dtype == np.uint8 and planes["a"].ndim == 3 and planes["a"].std() > 5


@pytest.mark.slow
def test_a_sensor_with_too_many_pixels_is_shown_in_its_middle(window, camera):
    whole, _ = window.ask(a=camera(sensor__noise=False))
    head, planes = window.ask(a=camera(sensor__pixel_pitch_um=0.2, sensor__noise=False))
    part = head["sides"]["a"]["part"][0]
    assert whole["sides"]["a"]["part"] == [1, 1] and part < 0.8
    assert planes["a"].shape[0] < 900
    full = pipeline.render(
        scenes.load_builtin("photo:astronaut"),
        camera_file.override(camera_file.load("f22"), ["sensor.pixel_pitch_um=0.2", "sensor.noise=false"]),
    )
    side, n = full.rgb.shape[0], 200
    middle = image.quantise(full.rgb[(side - n) // 2 : (side + n) // 2, (side - n) // 2 : (side + n) // 2]).astype(int)
    rows = planes["a"].shape[0]
    live = planes["a"][(rows - n) // 2 : (rows + n) // 2, (rows - n) // 2 : (rows + n) // 2].astype(int)
    assert np.abs(live - middle).mean() < 3, "the same light falls there, to within a pixel"


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ({"a": {"optics": {"fnumber": 0}}}, "optics.fnumber = 0 must be in"),
        ({"a": {"optics": {"fnumbr": 1}}}, "did you mean"),
        ({"a": {"optics": {"psf_file": "/etc/passwd"}}}, "none is opened by its name"),
        ({"a": {}, "source": "photo:../../x"}, "unknown scene"),
        ({"a": {}, "source": "file:/etc/passwd"}, "is not here"),
        ({"a": {}, "want": "everything"}, "must be one of"),
        ({"a": {}, "seed": -1}, "seed"),
    ],
)
def test_what_is_wrong_is_one_line_and_the_window_lives_on(window, camera, request_, words):
    head, planes = window.ask(id=9, **request_)
    assert words in head["error"] and "\n" not in head["error"] and head["id"] == 9 and planes == {}
    assert "a" in window.ask(a=camera())[1]


@pytest.mark.parametrize("text", ["", "[]", "{", "null", '{"id": {}}', "[" * 5000])
def test_what_is_no_request_is_one_line_too(window, camera, text):
    window.socket.send(text)
    assert "error" in window.receive()[0]
    assert "a" in window.ask(a=camera())[1]


def test_a_message_of_any_length_is_not_taken(server):
    from websockets.exceptions import ConnectionClosed

    with server.window() as socket:
        socket.recv()
        socket.send("x" * (65 << 10))
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv()
        assert closed.value.rcvd.code == 1009


@pytest.mark.slow
def test_the_newest_question_wins(window, camera):
    """Two hundred at once: the first may have been begun, what is between is dropped, the last is answered."""
    for number in range(1, 201):
        window.socket.send(json.dumps({"id": number, "a": camera(optics__fnumber=4 + number / 20)}))
    answered = []
    while not answered or answered[-1] != 200:
        head, planes = window.receive()
        answered.append(head["id"])
    assert len(answered) < 100 and answered == sorted(answered)
    alone = window.ask(a=camera(optics__fnumber=14.0))[1]["a"]
    assert (planes["a"] == alone).all()


def test_windows_share_nothing(server, open_window, camera):
    with server.window() as one, server.window() as other:
        first, second = open_window(one), open_window(other)
        assert first.session != second.session
        assert put(server, first, "scene", "mine.png", png(20, 10))[0] == 200
        assert "a" in first.ask(a=camera(), source="file:mine.png")[1]
        assert "is not here" in second.ask(a=camera(), source="file:mine.png")[0]["error"]


@pytest.mark.slow
def test_there_are_not_more_windows_than_there_may_be(server, open_window, camera):
    from contextlib import ExitStack

    from websockets.exceptions import ConnectionClosed

    from camsim.designer.server import MAX_SESSIONS

    with ExitStack() as stack:
        every = [open_window(stack.enter_context(server.window())) for _ in range(MAX_SESSIONS)]
        extra = stack.enter_context(server.window())
        with pytest.raises(ConnectionClosed) as closed:
            extra.recv()
        assert closed.value.rcvd.code == 1013 and "close one" in closed.value.rcvd.reason
        assert "a" in every[0].ask(a=camera())[1]
    until = time.monotonic() + 10
    while time.monotonic() < until:  # the server hears of it in its own time
        try:
            with server.window() as again:
                assert "session" in json.loads(again.recv())
                return
        except ConnectionClosed:
            time.sleep(0.05)
    pytest.fail("closed windows still count")


# --- uploads -----------------------------------------------------------------------------------------------------


def test_a_picture_is_taken_and_photographed(server, window, camera, tmp_path):
    content = png(40, 30)
    status, _, told = put(server, window, "scene", "my%20picture.png", content)
    assert status == 200 and json.loads(told) == {
        "source": "file:my picture.png",
        "name": "my picture.png",
        "width": 40,
        "height": 30,
    }
    _, planes = window.ask(a=camera(), source="file:my picture.png", seed=1)
    (tmp_path / "picture.png").write_bytes(content)
    shot = pipeline.render(image.read_native(tmp_path / "picture.png"), camera_file.load("f22"), seed=1)
    assert (planes["a"] == image.quantise(shot.rgb)).all()


def test_a_cube_is_taken(server, window, camera):
    file = io.BytesIO()
    np.savez(file, reflectance=np.full((12, 16, 31), 0.4, np.float32), wavelength_nm=np.arange(400, 701, 10))
    assert put(server, window, "scene", "cube.npz", file.getvalue())[0] == 200
    head, planes = window.ask(a=camera(scene__fov_deg=0.5), source="file:cube.npz")
    assert "error" not in head and planes["a"].size


def huge_png(width, height):
    """A PNG whose head promises more pixels than are taken."""
    import struct
    import zlib

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    )


BAD = {
    "page.html": b"<!doctype html><script>alert(1)</script>",
    "script.eps": b"%!PS-Adobe-3.0 EPSF-3.0\n",
    "empty.png": b"",
    "huge.png": huge_png(30_000, 30_000),
    "large.png": huge_png(8_000, 8_000),
    "damaged.png": png(20, 20)[:60],
    "cube.npz": b"PK\x03\x04 not really",
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_picture_is_refused_without_a_place_and_the_page_lives_on(server, window, camera, name):
    status, _, told = put(server, window, "scene", name, BAD[name])
    words = json.loads(told)["error"]
    assert status == 400 and words.startswith(name) and "/" not in words.replace("n/a", "")
    assert "a" in window.ask(a=camera())[1]


@pytest.mark.parametrize("chunked", [False, True])
def test_too_much_is_refused_while_it_comes(server, window, camera, chunked, monkeypatch):
    from camsim.designer import server as module

    monkeypatch.setitem(module.MAX_UPLOAD, "scene", 1 << 20)
    body = iter([bytes(1 << 18)] * 40) if chunked else bytes(10 << 20)
    try:
        status = put(server, window, "scene", "large.png", body)[0]
    except (BrokenPipeError, ConnectionResetError):
        status = 413  # it hung up before all was sent
    assert status == 413
    assert "a" in window.ask(a=camera())[1]


@pytest.mark.parametrize("headers", [{}, {"X_Camsim_Session": "guessed"}])
@pytest.mark.parametrize(("method", "path"), [("PUT", "/upload/scene/a.png"), ("POST", "/take/picture.png")])
def test_without_a_session_nothing_is_taken_or_given(server, method, path, headers):
    assert server.http(method, path, png(4, 4), **headers)[0] == 403


def test_a_form_cannot_upload(server, window):
    assert server.http("POST", "/upload/scene/a.png", png(4, 4), X_Camsim_Session=window.session)[0] == 405


@pytest.mark.parametrize("name", ["..%2f..%2fescaped.png", "%2e%2e", "%2fetc%2fcron.d%2fx.png", "..%5cx.png"])
def test_a_name_leads_nowhere(server, window, name, tmp_path):
    import tempfile
    from pathlib import Path

    before = set(Path(tempfile.gettempdir()).iterdir())
    status, _, _ = put(server, window, "scene", name, png(4, 4))
    assert status in (200, 400, 404)
    assert not {path.name for path in set(Path(tempfile.gettempdir()).iterdir()) - before} & {"escaped.png", "x.png"}


def test_a_camera_file_is_taken_and_one_that_names_files_is_not(server, window, camera):
    good = b'name = "mine"\n[optics]\nfnumber = 5.6\n'
    status, _, told = put(server, window, "camera", "mine.toml", good)
    assert status == 200 and json.loads(told)["camera"]["optics"]["fnumber"] == 5.6
    for place in ("/etc/passwd", "../../../etc/passwd", "/nowhere/at/all.npz"):
        status, _, told = put(server, window, "camera", "x.toml", f'[optics]\npsf_file = "{place}"\n'.encode())
        assert status == 400 and "none is opened by its name" in json.loads(told)["error"]


def test_a_file_for_a_key_is_data_of_the_session(server, window, camera):
    table = b"wavelength_nm,transmittance\n400,0.25\n700,0.25\n"
    assert put(server, window, "file", "dim.csv", table)[0] == 200
    bright, _ = window.ask(a=camera())
    dim, _ = window.ask(a=camera(optics__transmittance_file="dim.csv"))
    ratio = dim["sides"]["a"]["numbers"]["exposure_s"] / bright["sides"]["a"]["numbers"]["exposure_s"]
    assert ratio == pytest.approx(4, rel=1e-5), "metered light passes a quarter"
    assert put(server, window, "file", "bad.csv", b"no table")[0] == 200
    error = window.ask(a=camera(optics__transmittance_file="bad.csv"))[0]["error"]
    assert "bad.csv" in error and "/" not in error.replace("bad.csv", "")


# --- downloads ---------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "bits"), [("picture.png", 8), ("picture-16bit.png", 16)])
def test_a_download_is_whole_and_exact_where_the_live_view_was_a_part_and_a_draft(server, window, camera, kind, bits):
    values = camera(optics__zernike_um=[0.0] * 7 + [0.05], sensor__pixel_pitch_um=0.3, sensor__noise=False)
    head, _ = window.ask(a=values, draft=True)
    assert head["sides"]["a"]["draft"] and head["sides"]["a"]["part"][0] < 1
    body = json.dumps({"a": values, "draft": True})
    status, _, content = server.http("POST", f"/take/{kind}", body, X_Camsim_Session=window.session)
    exact = pipeline.render(
        scenes.load_builtin("photo:astronaut"),
        camera_file.override(
            camera_file.load("f22"),
            ["optics.zernike_um=[0,0,0,0,0,0,0,0.05]", "sensor.pixel_pitch_um=0.3", "sensor.noise=false"],
        ),
    )
    assert status == 200 and content == image.encode(image.quantise(exact.rgb, bits=bits), ".png")


@pytest.mark.slow
def test_every_kind_of_download_is_there(server, window, camera):
    begin = {
        "picture": b"\x89PNG",
        "sheet": b"\x89PNG",
        "scene": b"\x89PNG",
        "stages": b"PK\x03\x04",
        "camera": b"#:schema",
    }
    for kind in json.loads(server.http("GET", "/start")[2])["take"]:
        body = json.dumps({"a": camera("pixel25"), "source": "chart:uniform"})
        status, _, content = server.http("POST", f"/take/{kind}", body, X_Camsim_Session=window.session)
        assert status == 200 and content.startswith(begin[kind.split(".")[0].split("-")[0]])


def test_what_cannot_be_taken_is_said(server, window):
    for kind, status in (("nothing.exe", 404), ("stages.npz", 400)):
        ideal = json.dumps({"a": {"ideal": True, "name": "x"}})
        assert server.http("POST", f"/take/{kind}", ideal, X_Camsim_Session=window.session)[0] == status


# --- the end -----------------------------------------------------------------------------------------------------


def test_what_a_window_uploaded_goes_with_it(server, open_window):
    import tempfile
    from pathlib import Path

    def folders():
        return set(Path(tempfile.gettempdir()).glob("camsim-designer-*"))

    before = folders()
    with server.window() as socket:
        put(server, open_window(socket), "file", "a.csv", b"x")
        (mine,) = folders() - before
        assert (mine / "a.csv").exists()
    until = time.monotonic() + 10
    while mine.exists() and time.monotonic() < until:
        time.sleep(0.05)
    assert not mine.exists()


def test_nothing_of_a_session_is_left_when_it_is_closed():
    import gc
    import weakref

    from camsim.designer.request import Request
    from camsim.designer.session import Session

    session = Session({}, {})
    session.answer(Request(a={}))
    kept = weakref.ref(session._eyes["a"]._renderer)
    session.close()
    gc.collect()
    assert kept() is None and not session.folder.exists()
