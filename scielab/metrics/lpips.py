"""LPIPS 0.1: how far apart two pictures are in the features of a network, in plain NumPy.

Both pictures run through the network; the features of some layers are scaled to unit length at every pixel, their
squared differences weighted by what human judgments gave each channel, averaged over the picture and added up.

References: R. Zhang, P. Isola, A. Efros, E. Shechtman, O. Wang, "The unreasonable effectiveness of deep features as a
perceptual metric", CVPR 2018; those of `backbones`. Values of `published_check`: SqueezeNet's is in the documentation
of torchmetrics 1.0, `learned_perceptual_image_patch_similarity`; the others' are those of weights that give the
distances of the example published with LPIPS.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np

from camsim.io import atomic, weights_folder
from scielab.metrics import backbones, pretrained


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """LPIPS with one network."""

    trunk: str  #: of `pretrained.BACKBONES`
    stages: tuple[str, ...]  #: layers that are compared
    noise: float  #: what the published weights give in `published_check`
    tolerance: float  #: of that: its own rounding and single precision's, or that of weights in half precision

    @property
    def backbone(self) -> backbones.Backbone:
        """The network, up to the last layer that is compared."""
        return pretrained.BACKBONES[self.trunk].up_to(self.stages[-1])


#: By LPIPS's own names of the networks; the first is the usual one.
KINDS = MappingProxyType(
    {
        "alex": Kind(
            trunk="alex",
            stages=("conv1", "conv2", "conv3", "conv4", "conv5"),
            noise=0.1486,
            tolerance=1e-4,
        ),
        "vgg": Kind(
            trunk="vgg16",
            stages=("block1_conv2", "block2_conv2", "block3_conv3", "block4_conv3", "block5_conv3"),
            noise=0.3485,
            tolerance=5e-4,
        ),
        "squeeze": Kind(
            trunk="squeeze",
            stages=tuple(f"features.{place}" for place in (0, 4, 7, 9, 10, 11, 12)),
            noise=0.1008,
            tolerance=1e-4,
        ),
    }
)
DEFAULT = next(iter(KINDS))


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """A network and the weights of its features' differences."""

    name: str  #: of `KINDS`
    weights: backbones.Weights
    heads: tuple[np.ndarray, ...]  #: one (channels,) array per compared layer, float32
    files: tuple[Path, Path]  #: that they are from

    @property
    def kind(self) -> Kind:
        return KINDS[self.name]

    @property
    def metric(self) -> str:
        """Name of what is measured with it, as "lpips-alex"."""
        return f"lpips-{self.name}"

    @property
    def version(self) -> str:
        """To be cited with every number."""
        return f"LPIPS 0.1, {self.kind.backbone.title}"


def load(name: str = DEFAULT, place: Path | str | None = None) -> Network:
    """The network for LPIPS from its published weights.

    Parameters
    ----------
    name : {"alex", "vgg", "squeeze"}
        AlexNet, VGG16 or SqueezeNet 1.1.
    place : Path, str or None
        A folder of weights, or "download", as `weights_folder.locate` takes it.

    Raises
    ------
    NoWeightsError
        Where the weights are not there.
    ValueError
        For another name, and for weights that are damaged or another network's.
    """
    kind = KINDS.get(name)
    if kind is None:
        raise ValueError(f"LPIPS has no network {name!r}; it has {', '.join(KINDS)}")
    head = weights_folder.locate(pretrained.HEADS[name], place)
    trunk = weights_folder.locate(pretrained.TRUNKS[kind.trunk], place)
    weights = pretrained.read_trunk(kind.trunk, trunk, until=kind.stages[-1])
    return Network(name, weights, pretrained.read_heads(head, name), (trunk, head))


def load_named(names: str | Iterable[str] = (), place: Path | str | None = None) -> list[Network]:
    """The networks of these names; the usual one where a place of weights is given and no name, else none."""
    named = [names] if isinstance(names, str) else list(dict.fromkeys(names))
    return [load(name, place) for name in named or ([DEFAULT] if place else [])]


class Reference:
    """A picture that others are compared with: its features are computed once.

    Parameters
    ----------
    network : as `load` gives it
    picture : (H, W, 3) sRGB values in [0, 1], at least `Backbone.least_px` pixels a side

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
    """LPIPS of ten pairs of 100 × 100 noise, of which the published weights give `Kind.noise`.

    The noise is PyTorch's ``rand(10, 3, 100, 100)``, twice, after ``manual_seed(123)``: the lowest 24 bits of the
    Mersenne Twister's numbers.
    """
    draw = np.random.RandomState(123)
    first, second = (np.frombuffer(draw.bytes(4 * 300_000), "<u4") & 0xFFFFFF for _ in range(2))
    pairs = ((half / 2**24).reshape(10, 3, 100, 100).transpose(0, 2, 3, 1) for half in (first, second))
    return float(np.mean([distance(network, one, other) for one, other in zip(*pairs, strict=True)]))


def identity(network: Network) -> dict:
    """What its numbers are, as JSON takes it: name, and hashes of the weights."""
    return {"name": network.version, "weights_sha256": {path.name: atomic.sha256(path) for path in network.files}}


def words(about: dict) -> str:
    """An `identity` in words."""
    hashes = ", ".join(f"{file} {digest[:8]}" for file, digest in about["weights_sha256"].items())
    return f"{about['name']}; weights {hashes}"


def facts(network: Network) -> dict:
    """The same, and whether the weights are those that were published."""
    found = published_check(network)
    return identity(network) | {
        "noise_check": found,
        "published": network.kind.noise,
        "published_weights": abs(found - network.kind.noise) < network.kind.tolerance,
    }


def _unit_features(network: Network, picture: np.ndarray) -> Iterator[np.ndarray]:
    """The compared layers' features (h, w, channels), of unit length at every pixel."""
    kind = network.kind
    picture = _checked(picture, network)
    for name, _, found in backbones.features(kind.backbone, network.weights, picture, _Numpy()):
        if name in kind.stages:
            length = np.sqrt(np.sum(found**2, axis=-1, keepdims=True))
            yield found / (length + np.float32(1e-10))


class _Numpy:
    """The operations that a network is made of, on one picture (H, W, C)."""

    def convolve(self, x: np.ndarray, kernel: np.ndarray, bias: np.ndarray, *, stride: int, padding: int) -> np.ndarray:
        """One matrix product per tap, of a plain matrix: with any other strides NumPy leaves BLAS aside."""
        if padding:
            x = np.pad(x, ((padding, padding), (padding, padding), (0, 0)))
        rows, columns = ((size - kernel.shape[0]) // stride + 1 for size in x.shape[:2])
        total = np.tile(bias, (rows * columns, 1))
        for i, j in np.ndindex(kernel.shape[:2]):
            tap = x[i : i + stride * rows : stride, j : j + stride * columns : stride]
            total += tap.reshape(rows * columns, -1) @ kernel[i, j]
        return total.reshape(rows, columns, -1)

    def rectify(self, x: np.ndarray) -> np.ndarray:
        return np.maximum(x, 0)

    def pool(self, x: np.ndarray, *, side: int, ceil: bool) -> np.ndarray:
        if ceil:
            x = np.pad(x, ((0, 1), (0, 1), (0, 0)))  # no less than the rectifier's 0
        for axis in (0, 1):
            count = (x.shape[axis] - side) // 2 + 1
            taps = [np.take(x, range(tap, tap + 2 * count, 2), axis=axis) for tap in range(side)]
            x = np.maximum.reduce(taps)
        return x

    def join(self, parts: Sequence[np.ndarray]) -> np.ndarray:
        return np.concatenate(parts, axis=-1)


def _checked(picture: np.ndarray, network: Network) -> np.ndarray:
    picture, least = np.asarray(picture, dtype=np.float32), network.kind.backbone.least_px
    if picture.ndim != 3 or picture.shape[2] != 3 or min(picture.shape[:2]) < least:
        raise ValueError(
            f"a picture of shape {picture.shape}: {network.version} needs (rows, columns, 3), {least} px a side or more"
        )
    if not np.isfinite(picture).all() or picture.min() < -1e-6 or picture.max() > 1 + 1e-6:
        raise ValueError("sRGB values must be finite and lie in [0, 1]")
    return picture
