"""One training step, written once for every Keras backend."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import keras
from keras import ops

from enhance.backend import Tensor
from enhance.config import ADVERSARIAL
from enhance.losses.adversarial import Adversarial


@dataclass(frozen=True, slots=True, kw_only=True)
class _Losses:
    """What a step descends, where Keras does not look: feature extractors' weights are not ours to track and save."""

    content: Callable[..., dict[str, Tensor]]
    weights: dict[str, float]
    adversarial: Adversarial | None


class Trainer(keras.Model):
    """A generator, with or without a critic, as one model that the stock `fit` trains.

    Only `compute_loss` is ours. One optimizer serves both networks: the critic's weights are held constant where
    the generator's adversarial loss is computed, and the generator's output is held constant where the critic's is.

    Parameters
    ----------
    generator : keras.Model
        Takes (B, h, w, 3) in [0, 1].
    critic : keras.Model or None
        Needed where `adversarial` is among the weights.
    content : callable
        Gives the content losses of (reference, output) by name; what it draws it draws from `seed`.
    weights : mapping of str to float
        Of every loss in the generator's sum.
    adversarial : Adversarial or None
        The losses of generator and critic.
    seed : int
        Of label noise, of the points of gradient penalties, and of the windows that content losses see.
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
        self._losses_of_step = _Losses(content=content, weights=dict(weights), adversarial=adversarial)
        logged = list(weights)
        if critic is not None:
            if adversarial is None:
                raise ValueError("a critic needs adversarial losses")
            logged += ["critic", "d_real", "d_fake"] + (["penalty"] if _penalised(adversarial) else [])
        self.logged = {name: keras.metrics.Mean(name=name) for name in logged}

    def call(self, lr: Tensor, training: bool = False) -> Tensor:
        return self.generator(ops.cast(lr, "float32") / 255.0, training=training)

    def compute_loss(
        self,
        x: Tensor = None,
        y: Tensor = None,
        y_pred: Tensor = None,
        sample_weight: Tensor = None,
        training: bool = True,
    ) -> Tensor:
        """The sum that one step descends: the weighted losses of the generator, and the critic's own.

        `y` are targets (B, H, W, 3), uint8; `y_pred` outputs, sRGB in [0, 1].
        """
        hr, sr = ops.cast(y, "float32") / 255.0, ops.cast(y_pred, "float32")
        losses, critic = self._losses_of_step, self.critic
        terms, weights = losses.content(hr, sr, seed=self.seed_generator), losses.weights
        total = 0.0
        if critic is not None and losses.adversarial is not None:
            adversarial, total = self._adversarial_terms(critic, losses.adversarial, hr, sr, training)
            terms = terms | adversarial
        for name, value in terms.items():
            self.logged[name].update_state(value)
            if name in weights:
                total = total + weights[name] * value
        return total

    def _adversarial_terms(
        self, critic: keras.Model, kind: Adversarial, hr: Tensor, sr: Tensor, training: bool
    ) -> tuple[dict[str, Tensor], Tensor]:
        """Adversarial losses by name, and the critic's own loss."""
        fixed = ops.stop_gradient(sr)
        # one after the other, as below for the generator: batch norm would judge a mixed batch by its mixture
        real, fake = (critic(pictures, training=training) for pictures in (hr, fixed))
        terms = {"critic": kind.critic(real, fake, seed=self.seed_generator)}
        total = terms["critic"]
        if _penalised(kind):
            terms["penalty"] = kind.penalty(critic, hr, fixed, seed=self.seed_generator)
            total = total + terms["penalty"]
        constant = [(v, ops.stop_gradient(v.value)) for v in critic.variables]
        with keras.StatelessScope(state_mapping=constant):
            fake_for_generator = critic(sr, training=training)
        terms[ADVERSARIAL] = kind.generator(ops.stop_gradient(real), fake_for_generator)
        terms["d_real"], terms["d_fake"] = kind.probabilities(ops.stop_gradient(real), ops.stop_gradient(fake))
        return terms, total


def _penalised(kind: Adversarial) -> bool:
    """Whether the critic's gradient is penalised."""
    return bool(kind.gradient_penalty or kind.r1)
