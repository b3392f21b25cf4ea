"""Content losses between the pictures themselves, without a network.

Each is a function of reference and output, (B, H, W, 3) float32, sRGB in [0, 1], to one number, on `keras.ops`; a new
one gets its name in `catalogue.PIXEL_LOSSES`.

Reference: W.-S. Lai et al., "Deep Laplacian pyramid networks for fast and accurate super-resolution", CVPR 2017
(Charbonnier, ε).
"""

from keras import ops

from enhance.backend import Tensor
from scielab.keras_losses import s_cielab

#: ε of the Charbonnier loss: below it Δ counts by its square, above by its size.
CHARBONNIER_EPSILON = 1e-3


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
