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
    schedule = optimizer.schedule(2.0, kind, 1000)
    rates = [float(schedule(step)) / 2.0 for step in (0, 500, 1000, 2000)]
    np.testing.assert_allclose(rates, expected, rtol=1e-5)
    warm = optimizer.schedule(2.0, kind, 1000, warmup_steps=100)
    for step in (0, 49, 99, 500):
        assert float(warm(step)) == pytest.approx(min((step + 1) / 100, 1) * float(schedule(step)), rel=1e-6)


@pytest.mark.parametrize("steps", [1, 2, 7, 8, 1000])
def test_halving_begins_with_the_first_step_at_or_after_its_share(steps):
    schedule = optimizer.schedule(1.0, "halving", steps)
    for step in range(min(steps, 60)):
        times = sum(8 * step >= eighths * steps for eighths in (1, 2, 4, 6))
        assert float(schedule(step)) == 0.5**times, step


@pytest.mark.parametrize("kind", ["constant", "cosine", "halving"])
def test_a_rate_is_no_variable_that_a_checkpoint_would_bring_back(configure, kind):
    """After a way back from NaN a stage goes on at half the rate: that of the checkpoint must not return."""
    stage = config.Stage(schedule=kind, steps=100)
    adam, slower = (optimizer.build(stage, configure(), generator_count=1, rate_share=share) for share in (1.0, 0.5))
    for each in (adam, slower):
        each.build(variables([0.0]))
    store = {}
    adam.save_own_variables(store)
    slower.load_own_variables({key: np.array(value) for key, value in store.items()})
    assert float(slower.learning_rate) == pytest.approx(0.5 * stage.learning_rate)


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
