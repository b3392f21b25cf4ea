"""Features of networks whose inner layers stand for what a picture looks like, and LPIPS, on `keras.ops`.

The weights are never part of this package and never random: `scielab.metrics.pretrained` reads them. Nothing here is a
Keras layer, so that no model takes them for its own.

References: J. Johnson, A. Alahi and L. Fei-Fei, "Perceptual losses for real-time style transfer and super-resolution",
ECCV 2016; X. Wang et al., "ESRGAN", ECCV Workshops 2018 (features before activation); R. Zhang et al., "The
unreasonable effectiveness of deep features as a perceptual metric", CVPR 2018 (LPIPS).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from keras import ops

from enhance.backend import Tensor
from scielab.metrics import backbones, pretrained
from scielab.metrics.lpips import KINDS

#: Behind a layer's name: its features before the rectifier.
LINEAR = ":linear"

_LAST = "channels_last"


def deepest(network: str, names: Iterable[str]) -> str:
    """Of the named layers of a network, with or without ``:linear``, the one that lies deepest."""
    order = pretrained.BACKBONES[network].names
    return max((name.removesuffix(LINEAR) for name in names), key=order.index)


def extractor(network: str, names: Iterable[str], weights: str | Path | None = None) -> Callable[..., dict]:
    """A function from pictures to the features of several layers, by one pass through one frozen network.

    Parameters
    ----------
    network : str
        Of `pretrained.BACKBONES`.
    names : iterable of str
        One or more of its layers: features after the rectifier; with ``:linear`` behind the name, before it.
    weights : str, Path or None
        As for `weights_folder.locate`; the layers up to the deepest one named are read.

    Returns
    -------
    callable
        Of pictures (B, H, W, 3), sRGB in [0, 1], not clipped → {name: features (B, H', W', C) in float32}, computed in
        float32 under every precision policy.

    Raises
    ------
    ValueError
        As `pretrained.trunk` does; on call, for pictures too small for a layer.
    """
    names = tuple(names)
    last = deepest(network, names)
    backbone = pretrained.BACKBONES[network].up_to(last)
    arrays = pretrained.trunk(network, weights, until=last)
    frozen = {layer: tuple(map(ops.convert_to_tensor, parts)) for layer, parts in arrays.items()}

    def features(pictures: Tensor) -> dict[str, Tensor]:
        if any(side is not None and side < backbone.least_px for side in pictures.shape[1:3]):
            size = "×".join(map(str, pictures.shape[1:3]))
            raise ValueError(
                f"pictures of {size} px are too small for {last} of {backbone.title}: {backbone.least_px} px at least"
            )
        found: dict[str, Tensor] = {}
        for layer, linear, rectified in backbones.features(
            backbone, frozen, ops.cast(pictures, "float32"), _KerasOperations()
        ):
            found |= {layer + LINEAR: linear, layer: rectified}
        return {name: found[name] for name in names}

    return features


class _KerasOperations:
    """The operations that a network is made of, on pictures (B, H, W, C)."""

    def convolve(self, x: Tensor, kernel: Tensor, bias: Tensor, *, stride: int, padding: int) -> Tensor:
        same = stride == 1 and 2 * padding == kernel.shape[0] - 1
        if padding and not same:
            x = ops.pad(x, ((0, 0), (padding, padding), (padding, padding), (0, 0)))
        return ops.conv(x, kernel, strides=stride, padding="same" if same else "valid", data_format=_LAST) + bias

    def rectify(self, x: Tensor) -> Tensor:
        return ops.relu(x)

    def pool(self, x: Tensor, *, side: int, ceil: bool) -> Tensor:
        if ceil:
            x = ops.pad(x, ((0, 0), (0, 1), (0, 1), (0, 0)))  # no less than the rectifier's 0
        return ops.max_pool(x, side, 2, padding="valid", data_format=_LAST)

    def join(self, parts: Sequence[Tensor]) -> Tensor:
        return ops.concatenate(parts, axis=-1)


def lpips(kind: str, weights: str | Path | None = None) -> Callable[[Mapping, Mapping], Tensor]:
    """LPIPS from the features of its layers, `KINDS[kind].stages`: what `scielab.metrics.lpips` measures.

    Returns
    -------
    callable
        Of two results of an `extractor` → the mean over the batch, one number.

    Raises
    ------
    ValueError
        As `weights_folder.locate` does.
    """
    heads = dict(zip(KINDS[kind].stages, map(ops.convert_to_tensor, pretrained.heads(kind, weights)), strict=True))

    def distance(wanted: Mapping[str, Tensor], given: Mapping[str, Tensor]) -> Tensor:
        return sum(
            ops.mean(ops.sum(ops.square(_unit(wanted[stage]) - _unit(given[stage])) * head, axis=-1))
            for stage, head in heads.items()
        )

    return distance


def _unit(features: Tensor) -> Tensor:
    """Features of unit length at every place; where there are none their slope is 0, not NaN as that of a root at 0."""
    return features * ops.rsqrt(ops.sum(ops.square(features), axis=-1, keepdims=True) + 1e-20)
