"""Adversarial losses: those of their papers, labels, who wins.

Runs on whatever backend Keras has.
"""

import numpy as np
import pytest
from numpy.testing import assert_allclose

keras = pytest.importorskip("keras")

from keras import ops

from enhance.losses.adversarial import KINDS, Adversarial

LABELLED = ("minimax", "modified", "least_squares", "relativistic")


def make(kind, **options):
    return Adversarial(kind=kind, **({"gradient_penalty": 10.0} if kind == "wasserstein" else {}) | options)


def entropy(label, logit):
    p = 1 / (1 + np.exp(-np.asarray(logit, float)))
    return np.mean(-label * np.log(p) - (1 - label) * np.log(1 - p))


REAL, FAKE = np.array([[2.0], [-0.5], [0.25]], "float32"), np.array([[-1.0], [0.5], [3.0]], "float32")


BY_HAND = {  # critic, generator
    "minimax": (entropy(1, REAL) + entropy(0, FAKE), -entropy(0, FAKE)),
    "modified": (entropy(1, REAL) + entropy(0, FAKE), entropy(1, FAKE)),
    # ½(1² + 1.5² + .75²)/3 + ½(1 + .25 + 9)/3 and ½(4 + .25 + 4)/3
    "least_squares": ((1 + 2.25 + 0.5625) / 6 + 10.25 / 6, 8.25 / 6),
    "wasserstein": (2.5 / 3 - 1.75 / 3, -2.5 / 3),
    "hinge": ((0 + 1.5 + 0.75) / 3 + (0 + 1.5 + 4) / 3, -2.5 / 3),
    "relativistic": (
        entropy(1, REAL - 2.5 / 3) + entropy(0, FAKE - 1.75 / 3),
        entropy(0, REAL - 2.5 / 3) + entropy(1, FAKE - 1.75 / 3),
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_adversarial_losses_are_those_of_their_papers(kind):
    loss = make(kind)
    assert float(loss.critic(REAL, FAKE)) == pytest.approx(BY_HAND[kind][0], rel=1e-5)
    assert float(loss.generator(REAL, FAKE)) == pytest.approx(BY_HAND[kind][1], rel=1e-5)


@pytest.mark.parametrize("kind", LABELLED)
def test_smooth_labels_are_one_sided_and_for_the_critic_alone(kind, slope):
    smooth, plain = make(kind, label_smoothing=0.1), make(kind)
    assert float(smooth.generator(REAL, FAKE)) == float(plain.generator(REAL, FAKE))
    real, fake = (REAL - FAKE.mean(), FAKE - REAL.mean()) if kind == "relativistic" else (REAL, FAKE)
    if kind == "least_squares":
        expected = np.mean((real - 0.9) ** 2) / 2 + np.mean(fake**2) / 2
    else:
        expected = entropy(0.9, real) + entropy(0, fake)
    assert float(smooth.critic(REAL, FAKE)) == pytest.approx(expected, rel=1e-5)
    if kind != "relativistic":  # the best a critic can say of a real picture is its label
        best = 0.9 if kind == "least_squares" else np.log(0.9 / 0.1)
        assert_allclose(slope(lambda r: smooth.critic(r, FAKE), np.full_like(REAL, best))[1], 0, atol=1e-6)


@pytest.mark.parametrize("kind", LABELLED)
def test_noisy_labels_are_off_by_half_the_noise_on_average(kind):
    loss, seed = make(kind, label_noise=0.4), keras.random.SeedGenerator(3)
    real, fake = np.full((4000, 1), 1.5, "float32"), np.full((4000, 1), -0.5, "float32")
    first, second = (float(loss.critic(real, fake, seed=seed)) for _ in range(2))
    assert first != second
    assert first == float(loss.critic(real, fake, seed=keras.random.SeedGenerator(3)))
    moved = (real[0] - fake[0], fake[0] - real[0]) if kind == "relativistic" else (real[0], fake[0])
    if kind == "least_squares":  # and a uniform label's variance, 0.4²/12, on both sides
        expected = ((1.5 - 0.8) ** 2 + (-0.5 - 0.2) ** 2 + 2 * 0.4**2 / 12) / 2
    else:
        expected = entropy(0.8, moved[0]) + entropy(0.2, moved[1])
    assert (first + second) / 2 == pytest.approx(expected, rel=0.01)
    with pytest.raises(ValueError, match="label_noise needs a seed"):
        loss.critic(real, fake)


@pytest.mark.parametrize("kind", KINDS)
def test_what_helps_one_side_lowers_its_loss(kind, slope):
    loss = make(kind)
    between = 0 * REAL + 0.5  # the two labels of least squares
    for other in (REAL, FAKE, between):
        assert (slope(lambda f, r=other: loss.generator(r, f), between)[1] < 0).all()
        assert (slope(lambda r, f=other: loss.critic(r, f), between)[1] < 0).all()
        assert (slope(lambda f, r=other: loss.critic(r, f), between)[1] > 0).all()


def test_best_critics_are_those_of_theory(slope):
    """Three of four real pictures are A, of generated ones B: the best logits are ±log 3, the best scores 3/4, 1/4."""
    real, fake = [0, 0, 0, 1], [0, 1, 1, 1]
    p, q = np.array([0.75, 0.25]), np.array([0.25, 0.75])
    divergence = sum(np.sum(d * np.log(2 * d / (p + q))) for d in (p, q)) / 2  # Jensen and Shannon's
    for kind, best, value in (
        ("minimax", [np.log(3), -np.log(3)], 2 * np.log(2) - 2 * divergence),  # Goodfellow et al., theorem 1
        ("modified", [np.log(3), -np.log(3)], 2 * np.log(2) - 2 * divergence),
        ("least_squares", [0.75, 0.25], 0.1875),
    ):
        loss = make(kind)

        def pays(x, loss=loss):
            return loss.critic(ops.take(x, real), ops.take(x, fake))

        found, slopes = slope(pays, np.array(best, "float32"))
        assert found == pytest.approx(value, rel=1e-5) and np.abs(slopes).max() < 1e-6
    # a relativistic critic sees differences alone
    shifted = make("relativistic").critic(REAL + 5, FAKE + 5)
    assert float(shifted) == pytest.approx(BY_HAND["relativistic"][0], rel=1e-5)


def test_minimax_saturates_and_modified_does_not(slope):
    sure = np.full((1, 1), -20, "float32")
    slopes = {kind: slope(lambda f, kind=kind: make(kind).generator(sure, f), sure)[1] for kind in KINDS}
    assert abs(slopes["minimax"].sum()) < 1e-8
    assert slopes["modified"].sum() == pytest.approx(-1)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("kind", KINDS)
def test_huge_logits_of_any_shape_give_finite_losses_in_float32(kind, dtype):
    loss = make(kind)
    high = ops.cast(np.full((2, 3, 3, 1), 1e4), dtype)
    for real, fake in ((high, high), (high, -high), (-high, high)):
        for value in (loss.critic(real, fake), loss.generator(real, fake), *loss.probabilities(real, fake)):
            assert keras.backend.standardize_dtype(value.dtype) == "float32" and value.shape == ()
            assert np.isfinite(float(value))


@pytest.mark.parametrize("kind", KINDS)
def test_probabilities_tell_who_wins(kind):
    loss = make(kind)
    sure = [float(p) for p in loss.probabilities(0 * REAL + 30, 0 * FAKE - 30)]
    assert_allclose(sure, [1, 0], atol=1e-6)
    undecided = 0.5 if kind == "least_squares" else 0.0
    assert_allclose([float(p) for p in loss.probabilities(0 * REAL + undecided, 0 * FAKE + undecided)], 0.5)
    if kind in ("minimax", "modified"):
        assert float(loss.probabilities(REAL, FAKE)[0]) == pytest.approx(np.mean(1 / (1 + np.exp(-REAL))), rel=1e-5)
    if kind in ("wasserstein", "relativistic"):  # no zero of their own
        assert_allclose([float(p) for p in loss.probabilities(0 * REAL + 7, 0 * FAKE + 7)], 0.5)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"kind": "bce"}, "kind = 'bce' must be one of minimax, modified"),
        ({"knd": "hinge"}, "unknown key knd; did you mean 'kind'"),
        ({"kind": "relativistc"}, "did you mean 'relativistic'"),
        ({"label_smoothing": 0.5}, r"label_smoothing = 0.5 must be in \[0, 0.5\)"),
        ({"label_noise": -0.1}, r"label_noise = -0.1 must be in \[0, 0.5\)"),
        ({"r1": float("nan")}, r"r1 = nan must be a number in \[0, inf\)"),
        ({"gradient_penalty": float("inf")}, "gradient_penalty = inf must be"),
        ({"r1": "10"}, "r1 = '10' must be"),
        ({"r1": True}, "r1 = True must be"),
        ({"kind": "wasserstein"}, "'wasserstein' needs gradient_penalty > 0"),
        ({"kind": "wasserstein", "r1": 10.0}, "'wasserstein' needs gradient_penalty > 0"),
        ({"kind": "wasserstein", "gradient_penalty": 10.0, "label_noise": 0.1}, "label_noise = 0.1 means nothing"),
        ({"kind": "hinge", "label_smoothing": 0.1}, "label_smoothing = 0.1 means nothing to kind 'hinge'"),
    ],
)
def test_impossible_adversarial_losses_are_named(options, words):
    with pytest.raises(ValueError, match=words):
        Adversarial(**options)
