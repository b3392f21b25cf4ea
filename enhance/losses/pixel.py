"""Content losses between the pictures themselves, without a network.

Each is a function of reference and output, (B, H, W, 3) float32, sRGB in [0, 1], to one number, on `keras.ops`; a new
one gets its name in `catalogue.PIXEL_LOSSES`, or in `SCALED_LOSSES` where it must know how many times larger than its
input the generator's output is.

Reference: W.-S. Lai et al., "Deep Laplacian pyramid networks for fast and accurate super-resolution", CVPR 2017
(Charbonnier, ε).
"""

import keras
from keras import ops

from enhance.backend import Tensor
from scielab.keras_losses import s_cielab

#: ε of the Charbonnier loss: below it Δ counts by its square, above by its size.
CHARBONNIER_EPSILON = 1e-3

#: Side of the phase loss's windows in LR pixels.
PHASE_WINDOW_LR_PX = 8

#: What is added to a window's spread there: sRGB values, about five 8-bit codes.
PHASE_SPREAD_FLOOR = 0.02


def l1(reference: Tensor, output: Tensor) -> Tensor:
    """Mean absolute difference; its slope at equality is 0 on every backend, where that of `ops.abs` is 1 on some."""
    difference = output - reference
    return ops.mean(ops.multiply(difference, ops.stop_gradient(ops.sign(difference))))


def mse(reference: Tensor, output: Tensor) -> Tensor:
    """Mean squared difference."""
    return ops.mean(ops.square(output - reference))


def charbonnier(reference: Tensor, output: Tensor) -> Tensor:
    """Mean √(Δ² + ε²): an L1 loss without its corner; ε at equality."""
    return ops.mean(ops.sqrt(ops.square(output - reference) + CHARBONNIER_EPSILON**2))


def scielab(reference: Tensor, output: Tensor) -> Tensor:
    """Mean S-CIELAB difference in ΔE; pictures must have a known size."""
    return ops.mean(s_cielab.scielab_map(reference, output))


def phase(reference: Tensor, output: Tensor, scale: int) -> Tensor:
    """How far places within an LR pixel are treated differently: the mesh of `scale` pixels that enlarging leaves.

    An output pixel's phase is its place among the scale×scale pixels that stand for one of the input. In every window
    of 8×8 LR pixels the error of each phase is averaged, the window's mean error is taken off, and what is left is
    measured against the reference's spread in that window (standard deviation, plus .02): a mesh shows on flat
    places first. The root mean square over windows, phases and channels, a pure number; 0 where scale is 1. What
    stands beyond the last whole window is left out.

    Raises ValueError for pictures smaller than a window.
    """
    side = PHASE_WINDOW_LR_PX * scale
    down, across = (int(n) // side for n in reference.shape[1:3])
    if not down * across:
        raise ValueError(f"phase: pictures must be at least {side}×{side} pixels at scale {scale}")
    shape = (-1, down, PHASE_WINDOW_LR_PX, scale, across, PHASE_WINDOW_LR_PX, scale, 3)

    def windows(pictures: Tensor) -> Tensor:
        return ops.reshape(pictures[:, : down * side, : across * side], shape)

    by_phase = ops.mean(windows(output - reference), axis=(2, 5), keepdims=True)
    mesh = by_phase - ops.mean(by_phase, axis=(3, 6), keepdims=True)
    spread = ops.std(windows(reference), axis=(2, 3, 5, 6), keepdims=True) + PHASE_SPREAD_FLOOR
    return ops.sqrt(ops.mean(ops.square(mesh / spread)) + keras.config.epsilon() ** 2)
