"""One training step: which network learns from which loss."""

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from enhance.losses import catalogue
from enhance.losses.adversarial import Adversarial
from enhance.training import build
from enhance.training.step import Trainer

pytestmark = pytest.mark.installed


def step_once(configure, make_pairs, weights, **adversarial):
    """One step from fixed starting weights; the generator's and the critic's weights before and after."""
    keras.utils.set_random_seed(0)
    generator = build.generator(configure(), "float32")
    critic = build.critic(configure(), "float32")
    losses = catalogue.content([name for name in weights if name != "adversarial"])
    trainer = Trainer(generator, critic, content=losses, weights=weights, adversarial=Adversarial(**adversarial))
    trainer.compile(optimizer=keras.optimizers.SGD(0.1), jit_compile=False)
    lr, hr = make_pairs(4)
    before = [[keras.ops.convert_to_numpy(v) for v in m.trainable_variables] for m in (generator, critic)]
    trainer.fit(lr, hr, batch_size=4, epochs=1, verbose=0)
    after = [[keras.ops.convert_to_numpy(v) for v in m.trainable_variables] for m in (generator, critic)]
    return before, after


def same(a, b):
    return all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


def test_a_critic_without_losses_is_refused(configure):
    networks = [build.generator(configure(), "float32"), build.critic(configure(), "float32")]
    with pytest.raises(ValueError, match="a critic needs adversarial losses"):
        Trainer(*networks, content=catalogue.content(["l1"]), weights={"l1": 1.0})


@pytest.mark.slow
def test_each_network_learns_from_its_own_loss_alone(configure, make_pairs):
    before, after = step_once(configure, make_pairs, {"l1": 0.0, "adversarial": 0.0})
    assert same(before[0], after[0]) and not same(before[1], after[1])  # the critic's loss leaves the generator be
    _, pushed = step_once(configure, make_pairs, {"l1": 0.0, "adversarial": 10.0})
    assert not same(before[0], pushed[0]) and same(after[1], pushed[1])  # and the other way round


@pytest.mark.slow
def test_a_penalty_moves_the_critic_alone(configure, make_pairs):
    _, plain = step_once(configure, make_pairs, {"l1": 0.0, "adversarial": 0.0})
    _, punished = step_once(configure, make_pairs, {"l1": 0.0, "adversarial": 0.0}, r1=100.0)
    assert same(plain[0], punished[0]) and not same(plain[1], punished[1])


def test_a_critic_with_batch_norm_judges_made_pictures_alike_in_both_losses(make_pairs, configure):
    """Real pictures in the same batch would give it away by the batch's statistics."""

    class Means:
        gradient_penalty = r1 = 0.0

        def critic(self, real, fake, seed=None):
            return keras.ops.mean(fake)

        def generator(self, real, fake):
            return keras.ops.mean(fake)

        def probabilities(self, real, fake):
            return keras.ops.mean(real), keras.ops.mean(fake)

    keras.utils.set_random_seed(0)
    configuration = configure(critic={"kind": "patch", "filters": 4, "norm": "batch"})
    critic = build.critic(configuration, "float32")
    losses = catalogue.content(["l1"])
    weights = {"l1": 0.0, "adversarial": 1.0}
    generator = build.generator(configuration, "float32")
    trainer = Trainer(generator, critic, content=losses, weights=weights, adversarial=Means())
    lr, hr = make_pairs(4)
    trainer.compute_loss(lr, hr, trainer(lr), training=True)
    found = {name: float(metric.result()) for name, metric in trainer.logged.items()}
    assert found["adversarial"] == pytest.approx(found["d_fake"], rel=1e-5)
    assert found["d_real"] != pytest.approx(found["d_fake"], rel=1e-3)
