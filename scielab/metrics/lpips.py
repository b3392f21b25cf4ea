"""LPIPS 0.1 with SqueezeNet 1.1: how far apart two pictures are in the features of a network, in plain NumPy.

Both pictures run through the network; the features of seven stages are scaled to unit length at every pixel, their
squared differences weighted by what human judgments gave each channel, averaged over the picture and added up.

The weights are not part of this package: `FILES` names them.

References: R. Zhang, P. Isola, A. Efros, E. Shechtman, O. Wang, "The unreasonable effectiveness of deep features as a
perceptual metric", CVPR 2018; F. Iandola et al., "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and
<0.5MB model size", arXiv:1602.07360, 2016; the value of `published_check`: documentation of torchmetrics 1.0,
`learned_perceptual_image_patch_similarity`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from camsim.io import weights_folder
from scielab.metrics import weights_file

#: Name of the metric, to be cited with every number.
VERSION = "LPIPS 0.1, SqueezeNet 1.1"

#: Least picture size, in pixels: what is left of it after the poolings is one feature.
MIN_PX = 17

#: LPIPS of ten pairs of noise with the published weights, to four digits; see `published_check`.
PUBLISHED = 0.1008

#: How far from `PUBLISHED` the value may be: its own rounding, and that of single precision.
TOLERANCE = 1e-4

#: Number of each fire module among torchvision's layers, and whether a pooling stands before it.
_FIRES = ((3, True), (4, False), (6, True), (7, False), (9, True), (10, False), (11, False), (12, False))
#: Layers whose output is compared, and their numbers of channels.
_STAGES = {1: 64, 4: 128, 7: 256, 9: 384, 10: 384, 11: 512, 12: 512}
#: Channels that a fire module squeezes to and expands to, per branch.
_WIDTHS = {3: (16, 64), 4: (16, 64), 6: (32, 128), 7: (32, 128)} | {
    9: (48, 192),
    10: (48, 192),
    11: (64, 256),
    12: (64, 256),
}

# Mean and standard deviation of ImageNet's colours, for values in [-1, 1].
_SHIFT = np.array([-0.030, -0.088, -0.188], dtype=np.float32)
_SCALE = np.array([0.458, 0.448, 0.450], dtype=np.float32)


#: The names that the files of weights have in a folder.
FILES = "lpips.npz, or squeezenet1_1*.pth (torchvision's) and squeeze.pth (LPIPS 0.1's)"


def find(folder: Path | str) -> list[Path]:
    """The files of weights in a folder, by the names of `FILES`; [] where they are not there."""
    if whole := weights_folder.find(folder, "lpips.npz"):
        return [whole]
    parts = [weights_folder.find(folder, name) for name in ("squeezenet1_1*.pth", "squeeze.pth")]
    return [part for part in parts if part] if all(parts) else []


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """SqueezeNet 1.1 up to its last fire module, and the weights of the features' differences."""

    convolutions: dict[str, tuple[np.ndarray, np.ndarray]]  #: name → kernel (k, k, in, out) and bias (out,), float32
    heads: tuple[np.ndarray, ...]  #: one (channels,) array per compared stage, float32


def load(paths: Iterable[Path | str]) -> Network:
    """The network from files: torchvision's and LPIPS's .pth, or one .npz with the arrays of both.

    Names and shapes are PyTorch's: ``features.0.weight`` (out, in, k, k), ``lin0.model.1.weight`` (1, channels, 1, 1).
    What else the files hold, such as a classifier, is left out.

    Raises ValueError for files that cannot be read, and where an array is missing, has another shape or holds what
    is not finite.
    """
    paths = list(paths)
    return from_arrays(weights_file.read(paths), where=", ".join(map(str, paths)))


def from_arrays(arrays: dict[str, np.ndarray], *, where: str = "weights") -> Network:
    """The network from arrays named and shaped as `load` says; errors name the place `where` they are from."""

    def array(name: str, shape: tuple[int, ...]) -> np.ndarray:
        if name not in arrays:
            raise ValueError(
                f"{where}: {name} is missing; LPIPS needs squeezenet1_1 of torchvision and squeeze.pth of LPIPS 0.1"
            )
        values = np.asarray(arrays[name], dtype=np.float32)
        if values.shape != shape:
            raise ValueError(f"{where}: {name} has shape {values.shape} where SqueezeNet 1.1 has {shape}")
        if not np.isfinite(values).all():
            raise ValueError(f"{where}: {name} holds NaN or infinity")
        return values

    def convolution(name: str, inside: int, outside: int, side: int) -> tuple[np.ndarray, np.ndarray]:
        kernel = array(f"{name}.weight", (outside, inside, side, side))
        return np.ascontiguousarray(kernel.transpose(2, 3, 1, 0)), array(f"{name}.bias", (outside,))

    found = {"features.0": convolution("features.0", 3, 64, 3)}
    channels = 64
    for layer, (squeezed, expanded) in _WIDTHS.items():
        fire = f"features.{layer}"
        found[f"{fire}.squeeze"] = convolution(f"{fire}.squeeze", channels, squeezed, 1)
        for side in (1, 3):
            name = f"{fire}.expand{side}x{side}"
            found[name] = convolution(name, squeezed, expanded, side)
        channels = 2 * expanded
    heads = [array(f"lin{i}.model.1.weight", (1, n, 1, 1)).ravel() for i, n in enumerate(_STAGES.values())]
    return Network(found, tuple(heads))


class Reference:
    """A picture that others are compared with: its features are computed once.

    Parameters
    ----------
    network : as `load` gives it
    picture : (H, W, 3) sRGB values in [0, 1], at least `MIN_PX` pixels a side

    Raises ValueError for another shape, a smaller picture, values outside [0, 1] or not finite.
    """

    def __init__(self, network: Network, picture: np.ndarray) -> None:
        self._network = network
        self._shape = np.shape(picture)
        self._stages = list(_unit_features(network, picture))

    def distance(self, test: np.ndarray) -> float:
        """LPIPS of a picture of the same size: 0 for the reference itself. Symmetric in both pictures."""
        if np.shape(test) != self._shape:
            raise ValueError(f"pictures of shape {self._shape} and {np.shape(test)}: LPIPS compares equal sizes")
        stages = zip(self._stages, _unit_features(self._network, test), self._network.heads, strict=True)
        return sum(float(np.mean((one - other) ** 2 @ head, dtype=float)) for one, other, head in stages)


def distance(network: Network, reference: np.ndarray, test: np.ndarray) -> float:
    """LPIPS of two (H, W, 3) pictures of sRGB values in [0, 1]; errors as for `Reference`."""
    return Reference(network, reference).distance(test)


def published_check(network: Network) -> float:
    """LPIPS of ten pairs of 100 × 100 noise, of which the published weights give `PUBLISHED`.

    The noise is PyTorch's ``rand(10, 3, 100, 100)``, twice, after ``manual_seed(123)``: the lowest 24 bits of the
    Mersenne Twister's numbers.
    """
    draw = np.random.RandomState(123)
    first, second = (np.frombuffer(draw.bytes(4 * 300_000), "<u4") & 0xFFFFFF for _ in range(2))
    pairs = ((half / 2**24).reshape(10, 3, 100, 100).transpose(0, 2, 3, 1) for half in (first, second))
    return float(np.mean([distance(network, one, other) for one, other in zip(*pairs, strict=True)]))


def _unit_features(network: Network, picture: np.ndarray) -> Iterator[np.ndarray]:
    """The compared stages' features (h, w, channels), of unit length at every pixel."""
    for features in _features(network, _checked(picture)):
        length = np.sqrt(np.sum(features**2, axis=-1, keepdims=True))
        yield features / (length + np.float32(1e-10))


def _features(network: Network, picture: np.ndarray) -> Iterator[np.ndarray]:
    def layer(values: np.ndarray, name: str, *, stride: int = 1) -> np.ndarray:
        return _convolve(values, *network.convolutions[name], stride=stride)

    values = layer((2 * picture - 1 - _SHIFT) / _SCALE, "features.0", stride=2)
    yield values
    for number, pooled in _FIRES:
        squeezed = layer(_pool(values) if pooled else values, f"features.{number}.squeeze")
        padded = np.pad(squeezed, ((1, 1), (1, 1), (0, 0)))
        branches = layer(squeezed, f"features.{number}.expand1x1"), layer(padded, f"features.{number}.expand3x3")
        values = np.concatenate(branches, axis=-1)
        if number in _STAGES:
            yield values


def _convolve(values: np.ndarray, kernel: np.ndarray, bias: np.ndarray, *, stride: int = 1) -> np.ndarray:
    """Convolution (h, w, in) → (h', w', out) without padding, then ReLU: one matrix product per tap."""
    rows, columns = ((size - kernel.shape[0]) // stride + 1 for size in values.shape[:2])
    total = np.broadcast_to(bias, (rows, columns, bias.size)).copy()
    for i, j in np.ndindex(kernel.shape[:2]):
        total += values[i : i + stride * rows : stride, j : j + stride * columns : stride] @ kernel[i, j]
    return np.maximum(total, 0, out=total)


def _pool(values: np.ndarray) -> np.ndarray:
    """Maximum of 3 × 3 at every second pixel; the last windows may reach over the border (ceil mode)."""
    for axis in (0, 1):
        count = -(-(values.shape[axis] - 3) // 2) + 1
        missing = 2 * count + 1 - values.shape[axis]
        values = np.pad(values, [(0, max(missing, 0) if a == axis else 0) for a in range(3)])  # no less than ReLU's 0
        taps = [np.take(values, range(tap, tap + 2 * count, 2), axis=axis) for tap in range(3)]
        values = np.maximum(np.maximum(taps[0], taps[1]), taps[2])
    return values


def _checked(picture: np.ndarray) -> np.ndarray:
    picture = np.asarray(picture, dtype=np.float32)
    if picture.ndim != 3 or picture.shape[2] != 3 or min(picture.shape[:2]) < MIN_PX:
        raise ValueError(
            f"a picture of shape {picture.shape}: LPIPS needs (rows, columns, 3), {MIN_PX} px a side or more"
        )
    if not np.isfinite(picture).all() or picture.min() < -1e-6 or picture.max() > 1 + 1e-6:
        raise ValueError("sRGB values must be finite and lie in [0, 1]")
    return picture
