"""What a configuration names is made, or refused before anything is written."""

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from keras import layers

from enhance import config
from enhance.networks import generators
from enhance.training import build

pytestmark = pytest.mark.installed

PIXEL = {"name": "pixel", "steps": 6, "losses": {"l1": 1.0}}


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"generator": {"kind": "big"}}, "big"),
        ({"generator": {"kind": "light", "bloks": 3}}, "bloks"),
        ({"critic": {"kind": "x"}}, "'x'"),
        ({"needs_init": True}, "init must name"),
        ({"stage": [{"losses": {"l3": 1.0}}]}, "l3"),
        ({"stage": [{"losses": {"vgg22": 1.0}}]}, "VGG19"),
        ({"stage": [{"losses": {"lpips-alex": 1.0}}]}, "AlexNet's weights are needed"),
        ({"stage": [{"losses": {"adversarial": 1.0}, "adversarial": {"kind": "x"}}]}, "'x'"),
        ({"stage": [{"losses": {"adversarial": 1.0}, "adversarial": {"knd": "hinge"}}]}, "knd"),
    ],
)
def test_what_cannot_be_trained_is_said_before_anything_is_written(values, words, monkeypatch, configure):
    monkeypatch.delenv("CAM2EYE_WEIGHTS", raising=False)
    with pytest.raises(ValueError, match=words):
        build.check(config.from_dict(config.to_dict(configure()) | values))


def test_pictures_or_windows_too_small_for_a_network_are_refused(configure, weights):
    def check(losses, **values):
        stage = {"name": "pixel", "steps": 1, "losses": losses} | values
        build.check(configure(stage, weights=str(weights)))

    check({"lpips-alex": 1.0})  # 32 px
    check({"vgg22": 1.0, "lpips-alex": 0.0}, perceptual_window_px=2)
    with pytest.raises(ValueError, match=r"pixel.losses: 30 px are too small for them, 31 px at least"):
        check({"vgg22": 1.0, "lpips-alex": 1.0}, perceptual_window_px=30)
    with pytest.raises(ValueError, match=r"pixel.perceptual_window_px = 33: the pictures have hr_px = 32"):
        check({"vgg22": 1.0}, perceptual_window_px=33)


@pytest.mark.slow
def test_training_starts_from_a_model_that_is_named(tmp_path, configure, start):
    start(tmp_path / "first", configure(PIXEL))
    still = configure(PIXEL | {"learning_rate": 1e-12}, init=str(tmp_path / "first"))
    start(tmp_path / "second", still)
    a, b = (build.keras_file.load(tmp_path / n / "generator.keras").get_weights() for n in ("first", "second"))
    assert all(np.allclose(x, y, atol=1e-7) for x, y in zip(a, b, strict=True))
    other = configure(PIXEL, init=str(tmp_path / "first"), generator={"kind": "light", "blocks": 2, "filters": 8})
    with pytest.raises(ValueError, match="other layers"):
        build.check(other)


@pytest.mark.parametrize(
    ("end", "words"),
    [
        (lambda x: layers.GlobalAveragePooling2D(keepdims=True)(x), "GlobalAveragePooling2D.*not among the layers"),
        (lambda x: layers.Conv2D(3, 3, padding="same")(x) + x, "Add.*not among the layers"),
        (lambda x: layers.Conv2D(3, 3, padding="same")(x), r"makes \(1, 8, 8, 3\) of 8 px pictures"),
    ],
)
def test_a_network_whose_file_or_size_would_be_refused_is_not_trained(end, words, monkeypatch, configure):
    """Otherwise the end of a long run is a file that cannot be loaded."""

    def mine(*, scale=4):
        inputs = keras.Input((None, None, 3))
        return keras.Model(inputs, end(inputs), name="mine")

    monkeypatch.setitem(generators.GENERATORS, "mine", mine)
    configuration = configure(PIXEL, generator={"kind": "mine"})
    with pytest.raises(ValueError, match=words):
        build.check(configuration)
