"""One training step, written once for every Keras backend."""

from collections.abc import Callable, Mapping

import keras
from keras import ops

from enhance.config import ADVERSARIAL
from enhance.losses.adversarial import Adversarial


class Trainer(keras.Model):
    """A generator, with or without a critic, as one model that the stock `fit` trains.

    Only `compute_loss` is ours. One optimizer serves both networks: the critic's weights are held constant where
    the generator's adversarial loss is computed, and the generator's output is held constant where the critic's is.

    Parameters
    ----------
    content : gives the content losses of (reference, output) by name
    weights : of every loss in the generator's sum; with `adversarial` among them, a critic is needed
    adversarial : what critic and generator tell each other
    """

    def __init__(
        self,
        generator: keras.Model,
        critic: keras.Model | None = None,
        *,
        content: Callable,
        weights: Mapping[str, float],
        adversarial: Adversarial | None = None,
        seed: int = 0,
    ):
        super().__init__()
        self.generator, self.critic = generator, critic
        self.seed_generator = keras.random.SeedGenerator(seed)
        # In a dict of their own: the frozen weights of feature extractors are not ours to track and save.
        self._untracked = {"content": content, "weights": dict(weights), "adversarial": adversarial}
        shown = list(weights)
        if critic is not None:
            shown += ["critic", "d_real", "d_fake"] + (["penalty"] if _penalised(adversarial) else [])
        self.shown = {name: keras.metrics.Mean(name=name) for name in shown}

    def call(self, lr, training=False):
        return self.generator(ops.cast(lr, "float32") / 255.0, training=training)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        hr, sr = ops.cast(y, "float32") / 255.0, ops.cast(y_pred, "float32")
        terms = self._untracked["content"](hr, sr)
        weights = self._untracked["weights"]
        total = 0.0
        if self.critic is not None:
            judged, total = self._judge(hr, sr, training)
            terms = terms | judged
        for name, value in terms.items():
            self.shown[name].update_state(value)
            if name in weights:
                total = total + weights[name] * value
        return total

    def _judge(self, hr, sr, training: bool):
        """Adversarial losses by name, and the critic's own loss."""
        kind: Adversarial = self._untracked["adversarial"]
        fixed = ops.stop_gradient(sr)
        # apart, as the generator's opinion below is asked: batch norm would judge a mixed batch by its mixture
        real, fake = (self.critic(pictures, training=training) for pictures in (hr, fixed))
        terms = {"critic": kind.critic(real, fake, seed=self.seed_generator)}
        total = terms["critic"]
        if _penalised(kind):
            terms["penalty"] = kind.penalty(self.critic, hr, fixed, seed=self.seed_generator)
            total = total + terms["penalty"]
        held = [(v, ops.stop_gradient(v.value)) for v in self.critic.variables]
        with keras.StatelessScope(state_mapping=held):
            opinion = self.critic(sr, training=training)
        terms[ADVERSARIAL] = kind.generator(ops.stop_gradient(real), opinion)
        terms["d_real"], terms["d_fake"] = kind.judgement(ops.stop_gradient(real), ops.stop_gradient(fake))
        return terms, total


def _penalised(kind: Adversarial) -> bool:
    return bool(kind.gradient_penalty or kind.r1)
