"""What the tests of several rooms share."""

import functools
import math

import numpy as np
import pytest

from scielab.eye import encoding, presets
from scielab.metrics import s_cielab

#: Channels of the stages that LPIPS compares in SqueezeNet, and in AlexNet.
STAGES, ALEX_STAGES = (64, 128, 256, 384, 384, 512, 512), (64, 192, 384, 256, 256)

#: Words that lie on other words, or reach out of the cell that they are in.
_OVERLAPS = """() => {
  const found = [], seen = e => e.getClientRects().length && getComputedStyle(e).visibility !== "hidden";
  const words = e => {  // the box around all that is written in it
    const walk = document.createTreeWalker(e, NodeFilter.SHOW_TEXT), r = document.createRange(), boxes = [];
    while (walk.nextNode()) if (walk.currentNode.data.trim() && !walk.currentNode.parentElement.matches(".sr")) {
      r.selectNodeContents(walk.currentNode);
      boxes.push(...r.getClientRects());
    }
    const end = (side, how) => how(...boxes.map(box => box[side]));
    const [left, right] = [end("left", Math.min), end("right", Math.max)];
    return {left, right, top: end("top", Math.min), bottom: end("bottom", Math.max)};
  };
  const hit = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 0.5
    && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 0.5;
  const groups = ["th, td", "h1, h2, .verdict p", ".mosaic p", ".ruler:first-of-type span", ".line > *", "figure text"];
  for (const group of [...groups, "dt, dd"]) {
    const boxes = [...document.querySelectorAll(group)].filter(seen).map(e => [e, words(e)]);
    boxes.forEach(([a, one], i) => boxes.slice(i + 1).forEach(([b, other]) => {
      if (hit(one, other)) found.push([a.textContent, b.textContent]);
    }));
  }
  return found;
}"""


@pytest.fixture(scope="session")
def drawn_weights(tmp_path_factory):
    """A folder of weights that are nobody's, for SqueezeNet and AlexNet."""
    folder = tmp_path_factory.mktemp("weights")
    squeeze = _squeezenet()
    for name, start in (("squeezenet1_1", "features"), ("lpips_squeeze", "lin")):
        np.savez(folder / name, **{key: values for key, values in squeeze.items() if key.startswith(start)})
    draw = np.random.default_rng(0)
    shapes = {0: (64, 3, 11, 11), 3: (192, 64, 5, 5), 6: (384, 192, 3, 3), 8: (256, 384, 3, 3), 10: (256, 256, 3, 3)}
    trunk: dict[str, np.ndarray] = {}
    for place, shape in shapes.items():
        spread = math.sqrt(2 / math.prod(shape[1:]))
        trunk[f"features.{place}.weight"] = draw.normal(0, spread, shape).astype(np.float32)
        trunk[f"features.{place}.bias"] = draw.normal(0, 0.1, shape[0]).astype(np.float32)
    np.savez(folder / "alexnet", **trunk)
    heads = {f"lin{i}.model.1.weight": draw.random((1, n, 1, 1), np.float32) for i, n in enumerate(ALEX_STAGES)}
    np.savez(folder / "lpips_alex", **heads)
    return folder


def _squeezenet() -> dict[str, np.ndarray]:
    """Arrays named and shaped as in torchvision's and LPIPS's files, in the order of torchvision's state dict."""
    shapes: dict[str, tuple[int, ...]] = {"features.0.weight": (64, 3, 3, 3), "features.0.bias": (64,)}
    inside = 64
    for layer, squeezed, out in (
        (3, 16, 64),
        (4, 16, 64),
        (6, 32, 128),
        (7, 32, 128),
        (9, 48, 192),
        (10, 48, 192),
        (11, 64, 256),
        (12, 64, 256),
    ):
        for name, shape in (
            ("squeeze", (squeezed, inside, 1, 1)),
            ("expand1x1", (out, squeezed, 1, 1)),
            ("expand3x3", (out, squeezed, 3, 3)),
        ):
            shapes[f"features.{layer}.{name}.weight"] = shape
            shapes[f"features.{layer}.{name}.bias"] = shape[:1]
        inside = 2 * out
    draw = np.random.RandomState(0)
    arrays = {}
    for name, shape in shapes.items():
        spread = math.sqrt(2 / math.prod(shape[1:])) if len(shape) > 1 else 0.1
        arrays[name] = (draw.standard_normal(shape) * spread).astype(np.float32)
    for i, channels in enumerate(STAGES):
        arrays[f"lin{i}.model.1.weight"] = (3.0**i * draw.random_sample((1, channels, 1, 1))).astype(np.float32)
    return arrays


@pytest.fixture(autouse=True)
def no_weights_from_outside(monkeypatch):
    monkeypatch.delenv("CAM2EYE_WEIGHTS", raising=False)


@pytest.fixture(scope="session")
def filtered_opponent():
    """A function (picture, viewing) that gives opponent colours (H, W, 3) as the eye blurs them."""

    def planes(*arguments):
        return np.concatenate([planes[:, kept] for _, planes, kept in s_cielab.opponent_bands(*arguments)], axis=1)

    return functools.partial(_as_picture, planes)


@pytest.fixture(scope="session")
def filtered_lab():
    """A function (picture, viewing) that gives L*, a*, b* (H, W, 3) as the eye blurs them."""
    return functools.partial(_as_picture, s_cielab.filtered_lab_planes)


def _as_picture(planes_of, picture, viewing):
    planes = planes_of(picture, viewing, encoding.of(viewing), np.float64)
    columns = presets.PRESETS[viewing.preset].shape(*picture.shape[:2])[1]
    return np.moveaxis(planes[:, :, :columns], 0, -1)


@pytest.fixture
def open_page(browser):
    """A function that opens the file of a page in a browser; it fails where the page has trouble or asks for more."""
    contexts = []

    def opened(path, width=1200, height=1000, **options):
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: pytest.fail(str(error)))
        page.on("console", lambda message: pytest.fail(message.text) if message.type == "error" else None)
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri())
        return page

    asked = []
    yield opened
    for context in contexts:
        context.close()
    assert {url.partition(":")[0] for url in asked} <= {"file", "data"}


@pytest.fixture(scope="session")
def overlaps():
    """A script that gives the words that lie on others."""
    return _OVERLAPS
