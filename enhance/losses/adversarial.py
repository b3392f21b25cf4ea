"""Adversarial losses of generator and critic, all on logits, and penalties on the critic's gradient.

Each is written as in its paper, so that published weights hold. r are the logits of real pictures, f those of generated
ones, ⟨ ⟩ means, s is softplus: s(-x) = -log σ(x).

| kind | critic | generator |
|---|---|---|
| minimax | ⟨s(-r)⟩ + ⟨s(f)⟩ | -⟨s(f)⟩, the critic's gain; no slope where the critic is sure |
| modified | the same | ⟨s(-f)⟩, "non-saturating": what most GANs use |
| least_squares | ½⟨(r - 1)²⟩ + ½⟨f²⟩ | ½⟨(f - 1)²⟩ |
| wasserstein | ⟨f⟩ - ⟨r⟩, with a gradient penalty | -⟨f⟩ |
| hinge | ⟨max(0, 1 - r)⟩ + ⟨max(0, 1 + f)⟩ | -⟨f⟩ |
| relativistic | ⟨s(⟨f⟩ - r)⟩ + ⟨s(f - ⟨r⟩)⟩ | ⟨s(r - ⟨f⟩)⟩ + ⟨s(⟨r⟩ - f)⟩ |

References: I. Goodfellow et al., "Generative adversarial nets", NeurIPS 2014 (minimax, modified; the names are
TF-GAN's); X. Mao et al., "Least squares generative adversarial networks", ICCV 2017; I. Gulrajani et al., "Improved
training of Wasserstein GANs", NeurIPS 2017; J. H. Lim and J. C. Ye, "Geometric GAN", arXiv:1705.02894 (hinge);
A. Jolicoeur-Martineau, "The relativistic discriminator", ICLR 2019 (average, as in ESRGAN); T. Salimans et al.,
"Improved techniques for training GANs", NeurIPS 2016 (one-sided smoothing); L. Mescheder et al., "Which training
methods for GANs do actually converge?", ICML 2018 (R1).
"""

import math
import typing
from typing import Literal

import keras
from keras import ops

from camsim.schema.fields import number, plain
from camsim.schema.frozen import Frozen, frozen
from enhance.backend import Tensor
from enhance.losses import critic_gradient

Kind = Literal["minimax", "modified", "least_squares", "wasserstein", "hinge", "relativistic"]
KINDS = typing.get_args(Kind)
_WITHOUT_LABELS = ("wasserstein", "hinge")

# Added to the squared norm of the gradient before its root is taken, whose derivative has no bound at 0.
_TINY = 1e-12


@frozen
class Adversarial(Frozen):
    """A kind of adversarial loss, and what steadies its critic."""

    kind: Kind = plain("modified", "one of the table above")
    label_smoothing: float = number(
        0.0, 0, 0.5, "real pictures are labelled 1 less this; generated ones stay 0 (one-sided)", below=True
    )
    label_noise: float = number(
        0.0, 0, 0.5, "each label of the critic moves towards the other by up to this, at random, uniform", below=True
    )
    gradient_penalty: float = number(
        0.0,
        0,
        math.inf,
        "λ, 10 in the paper: λ⟨(‖∇D‖ - 1)²⟩ at random points between real and generated pictures",
        below=True,
        scale="symlog",
    )
    r1: float = number(0.0, 0, math.inf, "γ, 10 in the paper: ½γ⟨‖∇D‖²⟩ at real pictures", below=True, scale="symlog")

    def __post_init__(self) -> None:
        for name in ("label_smoothing", "label_noise"):
            if (value := getattr(self, name)) and self.kind in _WITHOUT_LABELS:
                raise ValueError(f"{name} = {value} means nothing to kind {self.kind!r}, which has no labels")
        if self.kind == "wasserstein" and not self.gradient_penalty:
            raise ValueError("kind 'wasserstein' needs gradient_penalty > 0 (10 in the paper), which keeps D Lipschitz")

    def generator(self, real_logits: Tensor, fake_logits: Tensor) -> Tensor:
        """The generator's loss: a number. Logits of any shape; the real ones count for "relativistic" alone."""
        real, fake = self._logits(real_logits, fake_logits)
        match self.kind:
            case "minimax":
                return -ops.mean(ops.softplus(fake))
            case "modified":
                return ops.mean(ops.softplus(-fake))
            case "least_squares":
                return ops.mean(ops.square(fake - 1)) / 2
            case "relativistic":
                return ops.mean(ops.softplus(real)) + ops.mean(ops.softplus(-fake))
        return -ops.mean(fake)

    def critic(
        self, real_logits: Tensor, fake_logits: Tensor, *, seed: keras.random.SeedGenerator | None = None
    ) -> Tensor:
        """The critic's loss without penalties: a number. Logits of any shape.

        `seed` draws the label noise; the model that trains must own it, so that its state is kept. Raises ValueError
        where there is noise but no seed.
        """
        real, fake = self._logits(real_logits, fake_logits)
        if self.kind == "wasserstein":
            return ops.mean(fake) - ops.mean(real)
        if self.kind == "hinge":
            return ops.mean(ops.relu(1 - real)) + ops.mean(ops.relu(1 + fake))
        label_real, label_fake = self._labels(real, fake, seed)
        if self.kind == "least_squares":
            return (ops.mean(ops.square(real - label_real)) + ops.mean(ops.square(fake - label_fake))) / 2
        return _cross_entropy(label_real, real) + _cross_entropy(label_fake, fake)

    def penalty(
        self, critic: keras.Model, real: Tensor, fake: Tensor, *, seed: keras.random.SeedGenerator | None = None
    ) -> Tensor | None:
        """The penalties on the critic's gradient: a number, or None where there is neither.

        `real` and `fake` are pictures (B, H, W, 3), held constant; `seed` draws the points between them. A critic of
        N logits per picture has the slope that `critic_gradient.squared_slopes` gives. Raises ValueError where
        there is a gradient penalty but no seed.
        """
        terms = []
        if self.gradient_penalty:
            slopes = ops.sqrt(critic_gradient.squared_slopes(critic, _between(real, fake, seed)) + _TINY)
            terms.append(self.gradient_penalty * ops.mean(ops.square(slopes - 1)))
        if self.r1:
            terms.append(self.r1 / 2 * ops.mean(critic_gradient.squared_slopes(critic, real)))
        return sum(terms[1:], terms[0]) if terms else None

    def probabilities(self, real_logits: Tensor, fake_logits: Tensor) -> tuple[Tensor, Tensor]:
        """How real the critic finds real and generated pictures: two means in [0, 1]; 0.5 is undecided.

        A probability for the cross-entropies; for "relativistic" that of being more real than the others' mean, and for
        "wasserstein", whose logits have no zero, the same; elsewhere the place between the critic's two targets.
        """
        real, fake = self._logits(real_logits, fake_logits)
        if self.kind == "wasserstein":
            real, fake = real - ops.mean(fake), fake - ops.mean(real)
        if self.kind == "least_squares":
            found = [ops.clip(logits, 0.0, 1.0) for logits in (real, fake)]
        elif self.kind == "hinge":
            found = [ops.clip((logits + 1) / 2, 0.0, 1.0) for logits in (real, fake)]
        else:
            found = [ops.sigmoid(logits) for logits in (real, fake)]
        return ops.mean(found[0]), ops.mean(found[1])

    def _logits(self, real_logits: Tensor, fake_logits: Tensor) -> tuple[Tensor, Tensor]:
        """The logits in float32; for "relativistic" each less the mean of the others."""
        real, fake = ops.cast(real_logits, "float32"), ops.cast(fake_logits, "float32")
        if self.kind == "relativistic":
            return real - ops.mean(fake), fake - ops.mean(real)
        return real, fake

    def _labels(self, real: Tensor, fake: Tensor, seed: keras.random.SeedGenerator | None) -> tuple[Tensor, Tensor]:
        """The critic's labels of real and generated pictures."""
        label_real, label_fake = 1.0 - self.label_smoothing, 0.0
        if not self.label_noise:
            return label_real, label_fake
        _check_seed(seed, "label_noise")
        noise = [
            keras.random.uniform(ops.shape(logits), maxval=self.label_noise, dtype="float32", seed=seed)
            for logits in (real, fake)
        ]
        return label_real - noise[0], label_fake + noise[1]


def _cross_entropy(label: Tensor, logits: Tensor) -> Tensor:
    """-label log σ(x) - (1 - label) log(1 - σ(x)), without overflow."""
    return ops.mean(label * ops.softplus(-logits) + (1 - label) * ops.softplus(logits))


def _between(real: Tensor, fake: Tensor, seed: keras.random.SeedGenerator | None) -> Tensor:
    """A point on the line from each generated picture to its real one, uniform."""
    _check_seed(seed, "gradient_penalty")
    real, fake = ops.cast(real, "float32"), ops.cast(fake, "float32")
    share = keras.random.uniform((ops.shape(real)[0], 1, 1, 1), dtype="float32", seed=seed)
    return fake + share * (real - fake)


def _check_seed(seed: keras.random.SeedGenerator | None, name: str) -> None:
    if seed is None:
        raise ValueError(f"{name} needs a seed: a keras.random.SeedGenerator that the trained model owns")
