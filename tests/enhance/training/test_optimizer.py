"""Schedules, rates and gradient bounds of two networks, and the averaged weights."""

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from enhance import config
from enhance.training import optimizer

pytestmark = pytest.mark.installed


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("constant", [1.0, 1.0, 1.0, 1.0]),
        ("cosine", [1.0, 0.01 + 0.99 * 0.5, 0.01, 0.01]),
        ("halving", [1.0, 0.125, 0.0625, 0.0625]),
    ],
)
def test_schedules_are_at_their_places(kind, expected):
    schedule = optimizer.Schedule(2.0, kind, 1000)
    rates = [float(schedule(step)) / 2.0 for step in (0, 500, 1000, 2000)]
    np.testing.assert_allclose(rates, expected, rtol=1e-5)
    warm = optimizer.Schedule(2.0, "constant", 1000, warmup_steps=100)
    assert float(warm(0)) == pytest.approx(0.02) and float(warm(99)) == float(warm(500)) == pytest.approx(2.0)


def variables(*values):
    return [keras.Variable(np.array(value, "float32")) for value in values]


def adam(count, **options):
    options = {"generator_count": count, "critic_share": 1.0, "clip_norm": 0.0, "decay": 0.0} | options
    return optimizer.Adam(0.1, **options)


def test_the_critic_has_a_rate_of_its_own():
    owned = variables([0.0], [0.0])
    adam(1, critic_share=0.25).apply([keras.ops.ones(1), keras.ops.ones(1)], owned)
    np.testing.assert_allclose([float(v[0]) for v in owned], [-0.1, -0.025], rtol=1e-4)  # Adam's first step is its rate


def test_each_network_has_its_own_gradient_bound():
    gradients = [np.array([3.0], "float32"), np.array([4.0], "float32"), np.array([0.5], "float32")]
    clipped = optimizer._clipped(gradients[:2], 1.0) + optimizer._clipped(gradients[2:], 1.0)
    np.testing.assert_allclose([float(g[0]) for g in clipped], [0.6, 0.8, 0.5], rtol=1e-6)


def test_the_average_is_that_of_the_weights_and_leaves_them():
    owned, decay, expected = variables([0.0]), 0.5, None
    trained = adam(1, decay=decay)
    for _ in range(5):
        trained.apply([keras.ops.ones(1)], owned)
        value = float(owned[0][0])
        expected = value if expected is None else decay * expected + (1 - decay) * value
    trained.finalize_variable_values(owned)  # what `fit` does at its end
    assert float(owned[0][0]) == value
    trained.write_average(owned)
    assert float(owned[0][0]) == pytest.approx(expected, rel=1e-6)


def test_a_short_stage_averages_over_a_twentieth_of_it(configure):
    stage = config.Stage(steps=100)
    assert optimizer.build(stage, configure(), generator_count=1).ema_momentum == pytest.approx(0.8)
    assert optimizer.build(config.Stage(steps=10**6), configure(), generator_count=1).ema_momentum == 0.999
