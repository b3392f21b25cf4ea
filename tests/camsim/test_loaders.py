"""The examples of docs/augment.md, each in its own library: what it says is run.

Libraries that `LOADERS` names must be there (`make test-loaders`); another that is missing skips its example.
"""

import importlib
import os
import random
import re
from pathlib import Path

import numpy as np
import pytest

import camsim

PAGE = Path(__file__).parents[2] / "docs" / "augment.md"
if not PAGE.is_file():
    pytest.skip("an installed package has no pages", allow_module_level=True)

BLOCKS = re.findall(r"^## (\w+)[^\n]*\n(.*?)(?=^## |\Z)", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def example(heading, **names):
    """The names that the page's program under a heading defines."""
    (text,) = (body for title, body in BLOCKS if title == heading)
    (program,) = re.findall(r"^```py\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    scope = {"np": np, "camsim": camsim, **names}
    exec(program, scope)  # noqa: S102  the page is ours
    return scope, program.splitlines()


def library(name):
    """A library as a module."""
    return importlib.import_module(name) if name in os.environ.get("LOADERS", "").split() else pytest.importorskip(name)


@pytest.fixture
def augment():
    return camsim.Augment("pixel25", {"sensor.exposure_ev": (-2, 0)}, seed=1)


@pytest.fixture
def photos():
    return np.random.default_rng(0).integers(0, 256, (6, 32, 32, 3), np.uint8)


def test_keras(augment, photos):
    keras = library("keras")
    scope, _ = example("Keras", keras=keras)
    data = scope["Degraded"](photos, augment, batch=3)
    assert len(data) == 2
    for epoch in range(2):
        for number in range(2):
            seen, clean = data[number]
            np.testing.assert_array_equal(clean, photos[3 * number : 3 * number + 3])
            np.testing.assert_array_equal(seen[1], augment(clean[1], epoch * 6 + 3 * number + 1))
        data.on_epoch_end()


def test_pytorch(augment, photos):
    torch = library("torch")
    scope, _ = example("PyTorch", torch=torch)
    data = scope["Degraded"](photos, augment)
    loader = torch.utils.data.DataLoader(data, batch_size=3, num_workers=2, persistent_workers=True)
    for epoch in range(3):
        seen = torch.cat([batch for batch, _ in loader])
        assert seen.shape == (6, 3, 32, 32) and seen.dtype == torch.uint8
        wanted = augment(photos, range(6 * epoch, 6 * epoch + 6))
        np.testing.assert_array_equal(seen.permute(0, 2, 3, 1).numpy(), wanted)
        data.epoch += 1


@pytest.mark.parametrize("name", ["torchvision", "albumentations"])
def test_transforms_that_see_a_picture_alone(augment, photos, name):
    names = {"augment": augment, "random": random, name: library(name)}
    if name == "torchvision":
        names |= {"torch": library("torch"), "v2": library("torchvision.transforms.v2")}
    (text,) = (body for title, body in BLOCKS if title == "Where")
    (line,) = (line for line in text.splitlines() if line.startswith(("v2.", "albumentations.")) and name in line)
    transform = eval(line.split("  #")[0], names)
    seen = [transform(image=photos[0])["image"] if name == "albumentations" else transform(photos[0]) for _ in "ab"]
    assert seen[0].shape == photos[0].shape and seen[0].dtype == np.uint8 and (seen[0] != seen[1]).any()


def test_grain(augment, photos):
    grain = library("grain")
    seen = list(grain.MapDataset.source(photos).map_with_index(lambda i, picture: augment(picture, i)))
    np.testing.assert_array_equal(seen, augment(photos, range(6)))
