"""Adam for a generator and a critic at once, its schedules, and the averaged weights that ship."""

import math

import keras
from keras import ops

from enhance import backend
from enhance import config as configs
from enhance.backend import Tensor

#: A cosine schedule ends at this share of its rate.
_COSINE_END = 0.01

#: Shares of the steps after which the halving schedule halves its rate.
_HALVED_AT = (1 / 8, 1 / 4, 1 / 2, 3 / 4)


class WarmUp(keras.optimizers.schedules.LearningRateSchedule):
    """A rate, or a schedule of it, that rises linearly from nothing over the first steps.

    Keras's own warm-up comes before its decay and makes it later; this one is a factor, so that a stage of so many
    steps ends where its schedule does.
    """

    def __init__(self, rate: float | keras.optimizers.schedules.LearningRateSchedule, steps: int):
        self.rate, self.steps = rate, steps

    def __call__(self, step: Tensor) -> Tensor:
        rate = self.rate(step) if callable(self.rate) else self.rate
        return rate * ops.minimum((ops.cast(step, "float32") + 1.0) / max(self.steps, 1), 1.0)

    def get_config(self) -> dict:
        return {"rate": self.rate, "steps": self.steps}


def schedule(
    rate: float, kind: str, steps: int, warmup_steps: int = 0
) -> keras.optimizers.schedules.LearningRateSchedule:
    """Linear warm-up, then constant, cosine, or halved at 1/8, 1/4, 1/2 and 3/4 of the steps."""
    if kind == "cosine":
        falling = keras.optimizers.schedules.CosineDecay(rate, steps, alpha=_COSINE_END)
    elif kind == "halving":
        last = [math.ceil(place * steps) - 1 for place in _HALVED_AT]  # the steps before the rate changes
        rates = [rate * 0.5**times for times in range(len(last) + 1)]
        falling = keras.optimizers.schedules.PiecewiseConstantDecay(last, rates)
    else:  # no mere number: that is a variable of Keras's optimizer, and a checkpoint would bring an old one back
        return WarmUp(rate, warmup_steps)
    return WarmUp(falling, warmup_steps) if warmup_steps else falling


class Adam(keras.optimizers.Adam):
    """Adam (0.9, 0.99) whose first `generator_count` variables are the generator's and the others the critic's.

    Each network has its own gradient bound, and the critic its own rate, `critic_share` of the generator's. The
    moving average of the weights is kept apart: `write_average` gives it, the end of `fit` does not.

    References: D. Kingma, J. Ba, "Adam: a method for stochastic optimization", ICLR 2015; R. Pascanu et al., "On the
    difficulty of training recurrent neural networks", ICML 2013 (clipping by norm); Y. Yazıcı et al., "The unusual
    effectiveness of averaging in GAN training", ICLR 2019.
    """

    def __init__(
        self,
        rate: float | keras.optimizers.schedules.LearningRateSchedule,
        *,
        generator_count: int,
        critic_share: float,
        clip_norm: float,
        decay: float,
    ):
        super().__init__(rate, beta_1=0.9, beta_2=0.99, use_ema=decay > 0, ema_momentum=decay)
        self._generator_count, self._critic_share, self._clip_norm = generator_count, critic_share, clip_norm

    def apply(self, grads: list[Tensor], trainable_variables: list[keras.Variable] | None = None) -> Tensor:
        grads, count = list(grads), self._generator_count
        if self._clip_norm:
            grads = _clipped(grads[:count], self._clip_norm) + _clipped(grads[count:], self._clip_norm)
        with backend.after(grads):  # the generator's slopes go through the critic's weights as they were
            return super().apply(grads, trainable_variables)

    def update_step(self, gradient: Tensor, variable: keras.Variable, learning_rate: Tensor) -> None:
        if self._get_variable_index(variable) >= self._generator_count:
            learning_rate = learning_rate * self._critic_share
        super().update_step(gradient, variable, learning_rate)

    def finalize_variable_values(self, var_list: list[keras.Variable]) -> None:
        pass  # Keras would overwrite the weights with their average at the end of every `fit`

    def write_average(self, variables: list[keras.Variable]) -> None:
        """Overwrite the variables with their moving average; without one they stay."""
        super().finalize_variable_values(variables)


def _clipped(grads: list[Tensor | None], bound: float) -> list[Tensor | None]:
    """Gradients of one network, scaled down together where their norm is above the bound."""
    present = [ops.sum(ops.square(ops.cast(g, "float32"))) for g in grads if g is not None]
    if not present:
        return grads
    norm = ops.sqrt(sum(present))
    factor = bound / ops.maximum(norm, bound)
    return [None if g is None else g * ops.cast(factor, g.dtype) for g in grads]


def build(stage: configs.Stage, config: configs.Config, *, generator_count: int, rate_share: float = 1.0) -> Adam:
    """The optimizer of a stage; `rate_share` scales its learning rates."""
    rate = schedule(stage.learning_rate * rate_share, stage.schedule, stage.steps, stage.warmup_steps)
    share = 1.0 if stage.critic_learning_rate is None else stage.critic_learning_rate / stage.learning_rate
    # A short stage must forget its first weights before it ends.
    decay = max(min(config.ema, 1.0 - 20.0 / stage.steps), 0.0)
    return Adam(rate, generator_count=generator_count, critic_share=share, clip_norm=config.clip_norm, decay=decay)
