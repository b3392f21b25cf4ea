"""TensorFlow and JAX give the same losses and gradients."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from keras import ops

from enhance.losses import catalogue, critic_gradient
from enhance.losses.adversarial import KINDS, Adversarial

BACKEND = keras.backend.backend()
LAYERS = ("block1_conv1", "block1_conv2:linear", "vgg22", "vgg22:linear", "vgg16:block2_conv1")
LAYERS += ("lpips-alex", "lpips-squeeze")
REAL, FAKE = np.array([[2.0], [-0.5], [0.25]], "float32"), np.array([[-1.0], [0.5], [3.0]], "float32")


def pictures(count=2, side=12, seed=0):
    return np.random.default_rng(seed).random((count, side, side, 3), dtype="float32")


def make(kind, **options):
    return Adversarial(kind=kind, **({"gradient_penalty": 10.0} if kind == "wasserstein" else {}) | options)


def numbers(weights, slope) -> dict[str, float]:
    """Values and slopes of everything here, from fixed weights."""
    a, b = pictures(side=32), pictures(side=32, seed=1)
    names = [*catalogue.OF_PICTURES, *LAYERS]
    loss, found = catalogue.content(names, weights=weights), {}
    for name in names:
        value, slopes = slope(lambda output, name=name: loss(a, output)[name], b)
        found |= {name: value, f"slope of {name}": float(np.sqrt((slopes**2).sum()))}
    for kind in KINDS:
        for side in ("critic", "generator"):
            value, slopes = slope(lambda f, kind=kind, side=side: getattr(make(kind), side)(REAL, f), FAKE)
            found |= {f"{kind} {side}": value, f"slope of {kind} {side}": float(np.sqrt((slopes**2).sum()))}
    critic = keras.Sequential(
        [keras.Input((12, 12, 3)), keras.layers.Conv2D(4, 3, strides=2, activation="gelu"), keras.layers.Conv2D(1, 3)]
    )
    rng = np.random.default_rng(0)
    critic.set_weights([rng.normal(0, 0.3, weight.shape) for weight in critic.get_weights()])
    return found | {"slope of a critic": float(ops.sum(critic_gradient.squared_slopes(critic, pictures())))}


@pytest.mark.slow
@pytest.mark.skipif(BACKEND != "tensorflow" or not importlib.util.find_spec("jax"), reason="needs TensorFlow and JAX")
def test_tensorflow_and_jax_agree(weights, slope):
    code = (
        "import conftest, json, sys, test_backends as t; print(json.dumps(t.numbers(sys.argv[1], conftest.gradient)))"
    )
    paths = [str(Path(__file__).parent), str(Path(__file__).parents[3]), *filter(None, sys.path)]
    done = subprocess.run(
        [sys.executable, "-c", code, weights],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ
        | {"KERAS_BACKEND": "jax", "PYTHONPATH": os.pathsep.join(paths), "JAX_DISABLE_MOST_OPTIMIZATIONS": "1"},
    )
    assert done.returncode == 0, done.stderr
    expected, found = json.loads(done.stdout.splitlines()[-1]), numbers(weights, slope)
    assert found.keys() == expected.keys() and len(found) > 40
    for name, value in found.items():
        assert value == pytest.approx(expected[name], rel=1e-4), name
