"""The page in a browser, as somebody uses it: Chromium without a window; skipped where there is none."""

import io
import re
import time

import numpy as np
import pytest
from PIL import Image

pytestmark = pytest.mark.slow

#: Words that lie on words, as far as they are seen: what is scrolled away is not.
OVERLAPS = """() => {
  const seen = e => e.checkVisibility({visibilityProperty: true});
  const hides = e => /auto|scroll|hidden/.test(getComputedStyle(e).overflowX + getComputedStyle(e).overflowY);
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), range = document.createRange();
  const boxes = [];
  while (walk.nextNode()) {
    const parent = walk.currentNode.parentElement, text = walk.currentNode.data;
    if (!text.trim() || !seen(parent) || parent.closest(".sr, dialog, .tag, #drop, option, #take span")) continue;
    range.selectNodeContents(walk.currentNode);
    for (let {left, right, top, bottom} of range.getClientRects()) {
      for (let clip = parent; clip; clip = clip.parentElement) if (hides(clip)) {
        const c = clip.getBoundingClientRect();
        [left, right] = [Math.max(left, c.left), Math.min(right, c.right)];
        [top, bottom] = [Math.max(top, c.top), Math.min(bottom, c.bottom)];
      }
      if (right > left && bottom > top) boxes.push({text, left, right, top, bottom});
    }
  }
  const hit = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
    && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 3;
  return boxes.flatMap((a, i) => boxes.slice(i + 1).filter(b => hit(a, b)).map(b => [a.text, b.text]));
}"""

#: Keeps the last picture of every size that is put on a canvas.
WATCH = """
window.sized = {};
const put = CanvasRenderingContext2D.prototype.putImageData;
CanvasRenderingContext2D.prototype.putImageData = function (image, ...rest) {
  window.sized[`${image.width}x${image.height}`] = image;
  return put.call(this, image, ...rest);
};
"""


class Page:
    """A page that is open, and what is done on it."""

    def __init__(self, page):
        self.page = page

    def rest(self, frames=None):
        """Wait until nothing is asked or awaited any more."""
        until = time.monotonic() + 60
        while time.monotonic() < until:
            state, count = self.page.evaluate(
                "[document.body.dataset.state, Number(document.body.dataset.frames || 0)]"
            )
            if state == "rest" and count > (frames or 0):
                return count
            self.page.wait_for_timeout(30)
        pytest.fail(f"no rest: {self.page.evaluate('document.body.dataset.state')} {self.page.inner_text('#trouble')}")

    def type(self, key, value):
        before = self.frames
        field = self.page.locator(f"[data-key='{key}'] input[type=text]").first
        field.fill(str(value))
        field.press("Enter")
        self.page.evaluate("document.activeElement.blur()")
        return self.rest(before)

    @property
    def frames(self):
        return self.page.evaluate("Number(document.body.dataset.frames || 0)")

    def figure(self, name):
        """A number of the strip below the picture."""
        text = self.page.locator("#numbers div", has_text=name).locator("dd").first.inner_text()
        found = re.fullmatch(r"([\d. \u202f\u2009]+?) ?(s|ms|µs|lx|dB|%)?", text.strip())
        return float(re.sub(r"[^\d.]", "", found[1])) * {"ms": 1e-3, "µs": 1e-6}.get(found[2], 1)

    def mtf50(self, row=-1):
        return float(self.page.locator("#card-mtf tbody tr").nth(row).locator("td").first.inner_text())

    def canvas(self):
        return self.page.evaluate("document.querySelector('#picture').toDataURL()")

    def view(self, name):
        before = self.frames
        self.page.locator("#views label", has_text=re.compile(f"^{name}$")).click()
        self.rest(before)


@pytest.fixture
def opened(server, browser):
    """A function that opens the page; it fails where the page has trouble or asks another host for anything."""
    contexts, asked, trouble = [], [], []

    def open_page(width=1440, height=900, path="/", **options):
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        context.add_init_script(WATCH)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on(
            "console", lambda message: trouble.append(message.text) if message.type in ("error", "warning") else None
        )
        page.on("request", lambda request: asked.append(request.url))
        page.on("websocket", lambda socket: asked.append(socket.url))
        page.goto(f"{server.origin}{path}")
        made = Page(page)
        made.rest()
        return made

    open_page.asked, open_page.trouble = asked, trouble
    yield open_page
    for context in contexts:
        context.close()
    assert trouble == []
    hosts = {url.split("/")[2] for url in asked if not url.startswith(("data:", "blob:"))}
    assert hosts == {server.host}


def test_controls_move_the_picture_in_the_right_direction(opened):
    """Noise off: what remains is what the key does."""
    page = opened()
    page.page.locator("[data-key='sensor.noise'] .switch").click()
    page.rest()
    sharp = []
    for fnumber in (4, 11, 22):
        page.type("optics.fnumber", fnumber)
        sharp.append(page.mtf50())
    assert sharp[0] > sharp[1] > sharp[2]
    exposure = page.figure("Exposure")
    page.type("scene.luminance_cd_m2", 400)
    assert page.figure("Exposure") == pytest.approx(exposure / 4, rel=0.02)
    assert page.figure("Light") == pytest.approx(1257, rel=0.01)
    page.type("sensor.exposure_ev", 3)
    assert page.figure("Saturated") > 10
    page.page.locator("[data-key='sensor.noise'] .switch").click()
    page.rest()
    page.type("sensor.exposure_ev", 0)
    few = page.figure("SNR")
    page.type("sensor.full_well_e", 100000)
    assert page.figure("SNR") > few + 8, "ten times the electrons: 10 dB where shot noise rules"


def test_a_slider_ends_on_its_last_value_and_leaves_nothing(opened, server, open_window, camera):
    """Two hundred moves: what is shown last is what the server gives for the last value, to the byte."""
    page = opened()
    slider = page.page.locator("[data-key='sensor.exposure_ev'] input[type=range]")
    slider.scroll_into_view_if_needed()
    box, before = slider.bounding_box(), page.frames
    y = box["y"] + box["height"] / 2
    page.page.mouse.move(box["x"] + box["width"] / 2, y)
    page.page.mouse.down()
    for step in range(200):
        page.page.mouse.move(box["x"] + box["width"] * (0.5 - 0.1 * np.sin(step / 20)), y)
    page.page.mouse.up()
    page.rest(before)
    value = float(page.page.locator("[data-key='sensor.exposure_ev'] .number").input_value())
    assert value != 0 and page.page.locator("#undo").is_enabled()
    shown = page.page.evaluate("[...window.sized['262x262'].data]")
    with server.window() as socket:
        _, planes = open_window(socket).ask(a=camera(sensor__exposure_ev=value))
    assert (np.reshape(shown, (262, 262, 4))[..., :3] == planes["a"]).all()
    page.page.click("#undo")
    page.rest()
    assert page.page.locator("#undo").is_disabled(), "one drag is one step of the history"


def test_equal_cameras_differ_by_nothing(opened, server):
    page = opened()
    page.page.click("#add-b")
    page.rest()
    assert "same camera" in page.page.inner_text(".differ")
    if page.page.locator("#views label", has_text="Difference").count():
        page.view("Difference")
        assert "mean 0.00" in page.page.inner_text("#difference")
    page.type("optics.fnumber", 4)
    rows = page.page.locator(".differ tbody tr")
    assert rows.count() == 1 and rows.first.inner_text().split() == ["f-number", "22", "4"]
    if page.page.locator("#views label", has_text="Difference").count():
        page.rest()
        assert float(re.search(r"mean ([\d.]+)", page.page.inner_text("#difference"))[1]) > 1


def test_undo_redo_and_the_link_bring_a_state_back(opened):
    page = opened()
    before = page.canvas()
    page.type("optics.fnumber", 4)
    changed = page.canvas()
    assert changed != before and page.page.locator("#undo").is_enabled()
    page.page.keyboard.press("Control+z")
    page.rest()
    assert page.canvas() == before
    page.page.click("#redo")
    page.rest()
    assert page.canvas() == changed
    page.page.wait_for_timeout(400)
    fragment = page.page.evaluate("location.hash")
    other = opened(path=f"/{fragment}")
    assert other.page.locator("[data-key='optics.fnumber'] .number").input_value() == "4"
    assert other.canvas() == changed


def test_two_windows_share_nothing(opened):
    one, other = opened(), opened()
    before = other.canvas()
    one.type("optics.fnumber", 3)
    assert other.canvas() == before
    assert other.page.locator("[data-key='optics.fnumber'] .number").input_value() == "22"


def test_downloads_are_what_the_commands_make(opened, command, tmp_path):
    page = opened()
    page.type("optics.fnumber", 9)
    page.page.click("#take")
    page.page.wait_for_selector("#commands code")
    for kind in ("picture.png", "camera.toml"):
        with page.page.expect_download() as download:
            page.page.click(f"[data-kind='{kind}']")
        download.value.save_as(tmp_path / "down" / kind)
    text = page.page.locator(".command", has_text="this picture").locator("code").inner_text()
    assert command(*text.split()[:1], *text.split()[1:]).returncode == 0
    assert (tmp_path / "picture.png").read_bytes() == (tmp_path / "down" / "picture.png").read_bytes()
    again = command("camsim", "render", "--setting", "down/camera.toml", "--photo", "astronaut", "-o", "again.png")
    assert again.returncode == 0
    assert (tmp_path / "again.png").read_bytes() == (tmp_path / "down" / "picture.png").read_bytes()


def test_what_is_wrong_is_said_and_the_page_lives_on(opened, tmp_path):
    page = opened()
    (tmp_path / "bad.png").write_bytes(b"<html>")
    page.page.set_input_files(".block input[type=file] >> nth=0", tmp_path / "bad.png")
    page.page.wait_for_selector("#trouble:not([hidden])")
    assert "bad.png" in page.page.inner_text("#trouble")
    field = page.page.locator("[data-key='optics.fnumber'] .number")
    field.fill("999")
    field.press("Enter")
    until = time.monotonic() + 20
    while "must be in" not in page.page.inner_text("#trouble") and time.monotonic() < until:
        page.page.wait_for_timeout(50)
    assert "optics.fnumber = 999 must be in" in page.page.inner_text("#trouble")
    page.type("optics.fnumber", 5)
    assert page.page.locator("#trouble").is_hidden()
    file = io.BytesIO()
    Image.fromarray(np.full((40, 60, 3), 120, np.uint8)).save(file, "PNG")
    (tmp_path / "mine.png").write_bytes(file.getvalue())
    before = page.frames
    page.page.set_input_files(".block input[type=file] >> nth=0", tmp_path / "mine.png")
    page.rest(before)
    assert page.page.inner_text(".scene-name b").lower() == "mine.png"
    opened.trouble[:] = [text for text in opened.trouble if "400" not in text]  # the browser's own word of a refusal


def test_a_region_and_a_line_are_measured(opened):
    page = opened()
    page.page.click(".scene summary")
    before = page.frames
    page.page.locator(".thumbnails input[value='chart:slanted-edge']").check(force=True)
    page.rest(before)
    page.type("optics.fnumber", 8)
    page.page.locator("#tools label").nth(1).click()
    box = page.page.locator("#picture").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.page.evaluate("document.querySelector('#divider').style.pointerEvents = 'none'")
    page.page.mouse.move(x - 60, y - 70)
    page.page.mouse.down()
    page.page.mouse.move(x + 60, y + 70, steps=4)
    page.page.mouse.up()
    page.rest()
    words = page.page.inner_text("#card-measure")
    edge = float(re.search(r"MTF50 of the edge\s+([\d.]+)", words)[1])
    assert "red" in words and edge == pytest.approx(page.mtf50(2), rel=0.35)
    page.page.locator("#tools label").nth(2).click()
    page.page.mouse.move(x - 60, y)
    page.page.mouse.down()
    page.page.mouse.move(x + 60, y, steps=4)
    page.page.mouse.up()
    assert page.page.locator("#card-measure svg.plot").count() == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1024, 768), (390, 844)])
def test_nothing_overlaps_or_reaches_beyond_the_page(opened, width, height, scheme):
    page = opened(width, height, color_scheme=scheme)
    page.page.click("#add-b")
    page.rest()
    page.type("optics.fnumber", 4)
    assert page.page.evaluate("document.documentElement.scrollWidth") == width
    assert page.page.evaluate(OVERLAPS) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(server, browser, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme=scheme, bypass_csp=True)
    page = Page(context.new_page())
    page.page.goto(server.origin)
    page.rest()
    page.page.click("#add-b")
    page.rest()
    page.page.click(".scene summary")
    for fold in page.page.locator(".fold summary").all():
        fold.click()
    if page.page.locator("#views label", has_text="Difference").count():
        page.view("Difference")
    found = axe.Axe().run(page.page).response["violations"]
    page.page.click("#take")
    page.page.wait_for_selector("#commands code")
    page.page.wait_for_timeout(300)
    found += axe.Axe().run(page.page).response["violations"]
    context.close()
    assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []


def test_everything_is_reached_by_the_keyboard(opened):
    page = opened()
    page.page.locator("#picture").focus()
    zoom = page.page.inner_text("#zoom")
    page.page.keyboard.press("+")
    page.page.wait_for_timeout(100)
    assert page.page.inner_text("#zoom") != zoom
    page.page.keyboard.press("Tab")
    assert page.page.evaluate("document.activeElement.id") == "divider"
    page.page.keyboard.press("ArrowRight")
    page.page.wait_for_timeout(100)
    assert page.page.get_attribute("#divider", "aria-valuenow") == "52"
    slider = page.page.locator("[data-key='optics.fnumber'] input[type=range]")
    slider.focus()
    before, frames = page.canvas(), page.frames
    page.page.keyboard.press("PageDown")
    page.rest(frames)
    assert page.canvas() != before
    assert page.page.locator("[tabindex]:not([tabindex='0'], [tabindex='-1'])").count() == 0
