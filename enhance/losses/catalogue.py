"""Content losses by name: how far a generator's output is from its target, each one number for a batch.

All take sRGB values in [0, 1], as floats, and are computed in float32 whatever the precision policy. A weighted sum
of them is for the caller: "Per-Pix" of the literature is ``l1`` or ``mse`` and a layer of VGG19.

| name | what |
|---|---|
| l1, mse, charbonnier | mean of ``|Δ|``, Δ², √(Δ² + ε²) |
| scielab | mean S-CIELAB difference, ΔE (CIE76), at the default viewing distance |
| vgg22, vgg34, vgg54 | block2_conv2, block3_conv4, block5_conv4 of VGG19, after the rectifier |
| block1_conv1 … block5_conv4 | any layer; ``:linear`` behind it, or behind vgg22 …: before the rectifier |

A layer's difference is given as a share of the reference's own features: mean ``|Δ|`` over mean ``|reference|``, or
mean Δ² over mean reference². Raw features differ by orders of magnitude between layers; the share does not, so that a
weight means the same for every layer: bicubic ×4 against photographs is 0.3 to 0.7 from block1_conv1 to block3_conv4
(0.15 to 0.5 squared). It is well defined before the rectifier, too, where the mean itself is near 0 or below.

References: C. Ledig et al., "Photo-realistic single image super-resolution using a generative adversarial network",
CVPR 2017 (vgg22, vgg54); X. Wang et al., "ESRGAN", ECCV Workshops 2018 (before the rectifier, L1).
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import keras
from keras import ops

from camsim.schema.spelling import hint
from enhance.backend import Tensor
from enhance.losses import pixel
from enhance.losses.vgg import LAYERS, LINEAR, extractor

#: Losses on the pictures themselves: functions (reference, output), each (B, H, W, 3) float32 → a number.
PIXEL_LOSSES = {"l1": pixel.l1, "mse": pixel.mse, "charbonnier": pixel.charbonnier, "scielab": pixel.scielab}

#: How features are compared.
CRITERIA = {"l1": pixel.l1, "mse": pixel.mse}

#: The literature's names of layers.
ALIASES = {"vgg22": "block2_conv2", "vgg34": "block3_conv4", "vgg54": "block5_conv4"}


def parse(name: str) -> str:
    """The canonical name of a content loss: ``vgg54:linear`` is ``block5_conv4:linear``.

    Raises ValueError for a name that is not known.
    """
    if name in PIXEL_LOSSES:
        return name
    layer = str(name).removesuffix(LINEAR)
    linear = str(name)[len(layer) :]
    if (layer := ALIASES.get(layer, layer)) not in LAYERS:
        close = hint(name, [*PIXEL_LOSSES, *ALIASES, *LAYERS])
        raise ValueError(
            f"content loss {name!r} is not one of {', '.join([*PIXEL_LOSSES, *ALIASES])}, "
            f"block1_conv1 … block5_conv4 (layers also with {LINEAR}){close}"
        )
    return layer + linear


def content(
    names: Sequence[str], *, vgg_weights: str | Path | None = None, criterion: str = "l1"
) -> Callable[..., dict]:
    """A function of (reference, output) that gives every content loss under its name in `names`.

    Parameters
    ----------
    names : sequence of str
        As `parse` takes them.
    vgg_weights : str, Path or None
        Folder or file of VGG19's weights, "download", or None for what CAM2EYE_WEIGHTS names. Read only where a layer
        is named; see `vgg.read_weights`.
    criterion : {"l1", "mse"}
        How features are compared.

    Returns
    -------
    callable
        Of two pictures (B, H, W, 3), sRGB in [0, 1], not clipped → {name: number}, in the order of `names`. Gradients
        run to the output alone. All layers come from one pass through one VGG19, whose weights belong to no model.

    Raises
    ------
    ValueError
        For unknown names, a name given twice, another criterion, and missing or unfit weights; on call, for integer
        pictures, and for pictures too small for a layer.
    """
    canonical = [(name, parse(name)) for name in names]
    known = [term for _, term in canonical]
    if twice := [term for term in known if known.count(term) > 1]:
        raise ValueError(f"content loss {twice[0]} is named twice")
    if criterion not in CRITERIA:
        raise ValueError(f"criterion {criterion!r} is not one of {', '.join(CRITERIA)}")
    layers = [term for term in known if term not in PIXEL_LOSSES]
    features = extractor(layers, vgg_weights) if layers else None

    def losses(reference: Tensor, output: Tensor) -> dict[str, Tensor]:
        reference, output = ops.stop_gradient(_float32(reference)), _float32(output)
        found = {term: PIXEL_LOSSES[term](reference, output) for term in known if term in PIXEL_LOSSES}
        if features:
            wanted, given = features(reference), features(output)
            found |= {layer: share(wanted[layer], given[layer], criterion) for layer in layers}
        return {name: found[term] for name, term in canonical}

    return losses


def share(wanted: Tensor, given: Tensor, criterion: str = "l1") -> Tensor:
    """How far features are from those wanted, as a share of how far those are from 0."""
    distance = CRITERIA[criterion]
    return distance(wanted, given) / (distance(0.0, wanted) + keras.config.epsilon())


def _float32(pictures: Tensor) -> Tensor:
    dtype = keras.backend.standardize_dtype(pictures.dtype)
    if "float" not in dtype:
        raise ValueError(f"pictures are {dtype}; give floats in [0, 1], 8-bit codes divided by 255")
    return ops.cast(pictures, "float32")
