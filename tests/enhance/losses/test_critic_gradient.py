"""Slopes of critics, and penalties on them.

Runs on whatever backend Keras has.
"""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

keras = pytest.importorskip("keras")

from keras import ops

from enhance.losses import critic_gradient
from enhance.losses.adversarial import Adversarial
from enhance.networks import layers

BACKEND = keras.backend.backend()


def array(tensor):
    return keras.ops.convert_to_numpy(tensor)


def pictures(count=2, side=12, seed=0):
    return np.random.default_rng(seed).random((count, side, side, 3), dtype="float32")


class Formula(keras.Model):
    """A critic whose slopes are known: D(x) = Σ w x + Σ a x²/2 for each picture."""

    def __init__(self, linear, quadratic=0.0):
        super().__init__()
        self.linear = self.add_weight(shape=linear.shape, name="linear")
        self.quadratic = self.add_weight(shape=(), name="quadratic")
        self.linear.assign(linear)
        self.quadratic.assign(quadratic)

    def build(self, shape):
        pass

    def call(self, x, training=False):
        return ops.sum(self.linear * x + self.quadratic * x**2 / 2, axis=(1, 2, 3))[:, None]


def weights_of(seed, side=4):
    return np.random.default_rng(seed).normal(0, 0.3, (side, side, 3)).astype("float32")


def test_slopes_are_exact():
    x, w = pictures(3, 4), weights_of(0)
    found = array(critic_gradient.squared_slopes(Formula(w), x))
    assert found.shape == (3,)
    assert_allclose(found, (w**2).sum(), rtol=1e-5)
    found = array(critic_gradient.squared_slopes(Formula(w, 2.0), x))
    assert_allclose(found, ((w + 2 * x) ** 2).sum(axis=(1, 2, 3)), rtol=1e-5)


def test_slopes_of_patches_do_not_depend_on_their_number():
    w = weights_of(1)[..., None]
    for side in (4, 8, 16):
        critic = keras.Sequential([keras.Input((side, side, 3)), keras.layers.Conv2D(1, 4, strides=4)])
        critic.layers[0].set_weights([w, np.ones(1)])
        assert_allclose(array(critic_gradient.squared_slopes(critic, pictures(2, side))), (w**2).sum(), rtol=1e-5)


def spectral_critic():
    return keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            layers.SpectralConv2D(4, 3),
            keras.layers.LeakyReLU(0.2),
            keras.layers.Dropout(0.3, seed=1),
            layers.SpectralConv2D(1, 3),
        ]
    )


def test_taking_slopes_changes_nothing():
    """A pass of training moves a power iteration and the state of a random generator; this one must not."""
    critic = spectral_critic()
    before = [array(variable).copy() for variable in critic.variables]
    assert (array(critic_gradient.squared_slopes(critic, pictures(2, 8))) > 0).all()
    for variable, value in zip(critic.variables, before, strict=True):
        assert_array_equal(array(variable), value)
    critic(pictures(2, 8), training=True)
    changed = [(array(v) != b).any() for v, b in zip(critic.variables, before, strict=True)]
    assert sum(changed) == 3  # two vectors u and a seed


def test_a_critic_that_judges_a_batch_as_a_whole_is_refused():
    critic = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Conv2D(1, 3), keras.layers.BatchNormalization()])
    with pytest.raises(ValueError, match=r"batch normalisation.*needs one without"):
        Adversarial(r1=1.0).penalty(critic, pictures(2, 8), pictures(2, 8))


def test_penalties_are_those_of_their_papers():
    real, fake, w = pictures(3, 4), pictures(3, 4, seed=1), weights_of(2)
    norm, seed = np.sqrt((w**2).sum()), keras.random.SeedGenerator(0)
    assert Adversarial().penalty(Formula(w), real, fake, seed=seed) is None
    lipschitz = Adversarial(kind="wasserstein", gradient_penalty=10.0).penalty(Formula(w), real, fake, seed=seed)
    assert float(lipschitz) == pytest.approx(10 * (norm - 1) ** 2, rel=1e-4)
    # at real pictures alone
    quadratic = ((w + 3 * real) ** 2).sum(axis=(1, 2, 3)).mean()
    assert float(Adversarial(r1=4.0).penalty(Formula(w, 3.0), real, fake)) == pytest.approx(2 * quadratic, rel=1e-4)
    both = Adversarial(r1=4.0, gradient_penalty=10.0).penalty(Formula(w), real, fake, seed=seed)
    assert float(both) == pytest.approx(10 * (norm - 1) ** 2 + 2 * norm**2, rel=1e-4)
    with pytest.raises(ValueError, match="gradient_penalty needs a seed"):
        Adversarial(gradient_penalty=1.0).penalty(Formula(w), real, fake)


def test_the_gradient_penalty_looks_between_the_two_pictures_of_a_pair():
    """With D = Σ x²/2 the slope is the picture itself: its length tells where on the line the point was."""
    real, fake = np.full((500, 1, 1, 3), 3, "float32"), np.full((500, 1, 1, 3), 1, "float32")
    critic, seed = Formula(np.zeros((1, 1, 3), "float32"), 1.0), keras.random.SeedGenerator(0)
    loss = Adversarial(gradient_penalty=1.0)
    values = [float(loss.penalty(critic, real, fake, seed=seed)) for _ in range(2)]
    assert values[0] != values[1]
    length = np.sqrt(3) * np.linspace(1, 3, 2001)  # uniform on the line
    assert np.mean(values) == pytest.approx(np.mean((length - 1) ** 2), rel=0.05)


class Duel(keras.Model):
    """As in training: a critic learns from its loss and penalty inside the stock `fit`."""

    def __init__(self, critic, loss, share=1.0):
        super().__init__()
        self.critic, self.rules, self.share = critic, loss, share
        self.seeds = keras.random.SeedGenerator(0)
        self.penalty = keras.metrics.Mean(name="penalty")

    def build(self, shape):
        pass

    def call(self, fake, training=False):
        return fake

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        both = self.critic(ops.concatenate([y, y_pred]), training=training)
        real, fake = ops.split(both, 2)
        penalty = self.rules.penalty(self.critic, y, y_pred, seed=self.seeds)
        self.penalty.update_state(penalty)
        return self.share * self.rules.critic(real, fake, seed=self.seeds) + penalty

    def learn(self, real, fake, optimizer, steps=1):
        self.compile(optimizer, jit_compile=BACKEND == "jax")
        real, fake = (np.tile(batch, (steps, 1, 1, 1)) for batch in (real, fake))
        return self.fit(fake, real, batch_size=len(real) // steps, epochs=1, shuffle=False, verbose=0).history


@pytest.mark.slow
def test_weights_follow_the_slope_of_the_penalty():
    """Of a linear critic λ(‖w‖ - 1)² has the derivative 2λ(‖w‖ - 1) w/‖w‖, and ½γ‖w‖² has γw."""
    real, fake, w = pictures(2, 4), pictures(2, 4, seed=1), weights_of(3)
    norm = np.sqrt((w**2).sum())
    duel = Duel(Formula(w), Adversarial(gradient_penalty=5.0, r1=3.0), share=0.0)
    duel.learn(real, fake, keras.optimizers.SGD(0.01))
    step = array(duel.critic.linear) - w
    assert_allclose(step, -0.01 * (2 * 5 * (norm - 1) / norm + 3) * w, rtol=1e-3, atol=1e-6)
    # and has none that is infinite where the critic is flat
    flat = Duel(Formula(np.zeros_like(w)), Adversarial(gradient_penalty=5.0), share=0.0)
    assert flat.learn(real, fake, keras.optimizers.SGD(0.01))["penalty"][0] == pytest.approx(5, rel=1e-4)
    assert np.isfinite(array(flat.critic.linear)).all()


def test_a_wasserstein_critic_finds_the_distance():
    """Between pictures and themselves plus d the best linear critic of slope k pays -k‖d‖ + λ(k - 1)²."""
    real, d = pictures(4, 4), 0.5 * weights_of(4)
    duel = Duel(Formula(0.5 * weights_of(5)), Adversarial(kind="wasserstein", gradient_penalty=2.0))
    duel.learn(real, real - d, keras.optimizers.SGD(0.05), steps=250)
    size, w = np.sqrt((d**2).sum()), array(duel.critic.linear)
    assert float(duel.compute_loss(None, real, real - d)) == pytest.approx(-size - size**2 / (4 * 2), rel=0.01)
    assert np.sqrt((w**2).sum()) == pytest.approx(1 + size / (2 * 2), rel=0.01)
    assert (w * d).sum() / np.sqrt((w**2).sum()) == pytest.approx(size, rel=0.01)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["wasserstein", "relativistic"])
def test_a_critic_trains_with_both_penalties(kind):
    """And what a pass of training writes is written once, by the critic's own pass, with penalties as without."""
    written = []
    for share in (1.0, 1e-9):
        keras.utils.set_random_seed(0)
        critic = spectral_critic()
        before = [array(variable).copy() for variable in critic.variables]
        noise = {"label_noise": 0.1} if kind == "relativistic" else {}
        loss = Adversarial(kind=kind, gradient_penalty=10 * share, r1=10 * share, **noise)
        history = Duel(critic, loss).learn(pictures(2, 8), pictures(2, 8, seed=1), keras.optimizers.SGD(0.01))
        assert np.isfinite(history["loss"][0])
        trained = [(array(v) != b).any() for v, b in zip(critic.variables, before, strict=True) if v.trainable]
        assert any(trained)
        written.append([array(v) for v in critic.non_trainable_variables])
    assert len(written[0]) == 3
    for with_penalties, without in zip(*written, strict=True):
        assert_allclose(with_penalties, without, rtol=1e-6)
