"""Content losses by name: how far a generator's output is from its target, each one number for a batch.

All take sRGB values in [0, 1], as floats, and are computed in float32 whatever the precision policy. A weighted sum
of them is for the caller: "Per-Pix" of the literature is ``l1`` or ``mse`` and a layer of VGG19.

| name | what |
|---|---|
| l1, mse, charbonnier | mean of ``|Δ|``, Δ², √(Δ² + ε²) |
| phase | the mesh of the scale: errors by place within an LR pixel, over the window's own spread |
| scielab | mean S-CIELAB difference, ΔE (CIE76), at the default viewing distance |
| vgg22, vgg34, vgg54 | block2_conv2, block3_conv4, block5_conv4 of VGG19, after the rectifier |
| block1_conv1 … block5_conv4 | any layer of VGG19; ``:linear`` behind it, or behind vgg22 …: before the rectifier |
| vgg16:block1_conv1 … vgg16:block5_conv3 | the same of VGG16 |
| lpips-alex, lpips-vgg, lpips-squeeze | LPIPS 0.1, as `scielab.metrics.lpips` measures it |

A layer's difference is given as a share of the reference's own features: mean ``|Δ|`` over mean ``|reference|``, or
mean Δ² over mean reference². Raw features differ by orders of magnitude between layers; the share does not, so that a
weight means the same for every layer: bicubic ×4 against photographs is 0.3 to 0.7 from block1_conv1 to block3_conv4
(0.15 to 0.5 squared). It is well defined before the rectifier, too, where the mean itself is near 0 or below.

References: C. Ledig et al., "Photo-realistic single image super-resolution using a generative adversarial network",
CVPR 2017 (vgg22, vgg54); X. Wang et al., "ESRGAN", ECCV Workshops 2018 (before the rectifier, L1); those of `features`.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import keras
from keras import ops

from camsim.schema.spelling import hint
from enhance.backend import Tensor
from enhance.losses import features, pixel
from enhance.losses.features import LINEAR
from scielab.metrics import lpips, pretrained

#: Losses on the pictures themselves: functions (reference, output), each (B, H, W, 3) float32 → a number.
PIXEL_LOSSES = {"l1": pixel.l1, "mse": pixel.mse, "charbonnier": pixel.charbonnier, "scielab": pixel.scielab}

#: The same for functions (reference, output, scale).
SCALED_LOSSES = {"phase": pixel.phase}

#: Names of all that need no network.
OF_PICTURES = (*PIXEL_LOSSES, *SCALED_LOSSES)

#: How features are compared.
CRITERIA = {"l1": pixel.l1, "mse": pixel.mse}

#: The literature's names of layers.
ALIASES = {"vgg22": "block2_conv2", "vgg34": "block3_conv4", "vgg54": "block5_conv4"}

#: LPIPS by the name of the loss: its own name of the network.
LPIPS = {f"lpips-{kind}": kind for kind in lpips.KINDS}

#: In front of a layer of VGG16; VGG19's have nothing.
VGG16 = "vgg16:"

_LAYERS = (*pretrained.BACKBONES["vgg19"].names, *(VGG16 + name for name in pretrained.BACKBONES["vgg16"].names))


def parse(name: str) -> str:
    """The canonical name of a content loss: ``vgg54:linear`` is ``block5_conv4:linear``.

    Raises ValueError for a name that is not known.
    """
    if name in OF_PICTURES or name in LPIPS:
        return name
    layer = str(name).removesuffix(LINEAR)
    linear = str(name)[len(layer) :]
    if (layer := ALIASES.get(layer, layer)) not in _LAYERS:
        short = [*OF_PICTURES, *ALIASES, *LPIPS]
        raise ValueError(
            f"content loss {name!r} is not one of {', '.join(short)}, block1_conv1 … block5_conv4 of VGG19, "
            f"{VGG16}block1_conv1 … {VGG16}block5_conv3 (layers also with {LINEAR}){hint(name, [*short, *_LAYERS])}"
        )
    return layer + linear


def _layers(term: str) -> tuple[str, tuple[str, ...]]:
    """The network and its layers that a canonical name needs."""
    if kind := LPIPS.get(term):
        return lpips.KINDS[kind].trunk, lpips.KINDS[kind].stages
    if term.startswith(VGG16):
        return "vgg16", (term.removeprefix(VGG16),)
    return "vgg19", (term,)


def _needed(terms: Iterable[str]) -> dict[str, list[str]]:
    """Layers by network, each once."""
    found: dict[str, list[str]] = {}
    for term in terms:
        if term not in OF_PICTURES:
            network, layers = _layers(term)
            found[network] = list(dict.fromkeys([*found.get(network, ()), *layers]))
    return found


def least_px(names: Iterable[str]) -> int:
    """The smallest side of the pictures, or of the window of them, that all networks in `names` can look at."""
    sides = [
        pretrained.BACKBONES[network].up_to(features.deepest(network, layers)).least_px
        for network, layers in _needed(map(parse, names)).items()
    ]
    return max(sides, default=1)


def content(
    names: Sequence[str],
    *,
    scale: int = 4,
    weights: str | Path | None = None,
    criterion: str = "l1",
    window_px: int = 0,
) -> Callable[..., dict]:
    """A function of (reference, output) that gives every content loss under its name in `names`.

    Parameters
    ----------
    names : sequence of str
        As `parse` takes them.
    scale : int
        Output side over input side, at least 1; for `phase`.
    weights : str, Path or None
        Folder of pretrained weights, "download", or None for what CAM2EYE_WEIGHTS names. Read only where a network is
        named; see `camsim.io.weights_folder`.
    criterion : {"l1", "mse"}
        How features are compared; LPIPS has its own way.
    window_px : int
        Side of the window that networks see of the pictures, in a random place that is the same for reference, output
        and the whole batch; 0 for all of them. Differences of the pictures themselves are always of all.

    Returns
    -------
    callable
        Of two pictures (B, H, W, 3), sRGB in [0, 1], not clipped → {name: number}, in the order of `names`; where there
        is a window, also of `seed`, a `keras.random.SeedGenerator` that its place is drawn with. Gradients run to the
        output alone. All layers of a network come from one pass, and its weights belong to no model.

    Raises
    ------
    ValueError
        For unknown names, a name given twice, another criterion, and missing or unfit weights; on call, for integer
        pictures, for pictures too small for a layer or a window, and for a window without a seed.
    """
    canonical = [(name, parse(name)) for name in names]
    known = [term for _, term in canonical]
    if twice := [term for term in known if known.count(term) > 1]:
        raise ValueError(f"content loss {twice[0]} is named twice")
    if criterion not in CRITERIA:
        raise ValueError(f"criterion {criterion!r} is not one of {', '.join(CRITERIA)}")
    of_pictures = PIXEL_LOSSES | {name: partial(loss, scale=scale) for name, loss in SCALED_LOSSES.items()}
    extractors = {network: features.extractor(network, layers, weights) for network, layers in _needed(known).items()}
    distances = {term: features.lpips(LPIPS[term], weights) for term in known if term in LPIPS}

    def losses(reference: Tensor, output: Tensor, *, seed: Any = None) -> dict[str, Tensor]:
        reference, output = ops.stop_gradient(_float32(reference)), _float32(output)
        found = {term: of_pictures[term](reference, output) for term in known if term in of_pictures}
        if extractors and window_px:
            reference, output = _same_window(reference, output, window_px, seed)
        wanted = {network: extract(reference) for network, extract in extractors.items()}
        given = {network: extract(output) for network, extract in extractors.items()}
        for term in known:
            if term in of_pictures:
                continue
            network, layers = _layers(term)
            if term in distances:
                found[term] = distances[term](wanted[network], given[network])
            else:
                found[term] = share(wanted[network][layers[0]], given[network][layers[0]], criterion)
        return {name: found[term] for name, term in canonical}

    return losses


def _same_window(reference: Tensor, output: Tensor, px: int, seed: Any) -> list[Tensor]:
    """Windows of px × px of both pictures in the same random place."""
    if seed is None:
        raise ValueError("a window in a random place needs a seed")
    rows, columns = (int(side) for side in reference.shape[1:3])
    if px > min(rows, columns):
        raise ValueError(f"pictures of {rows}×{columns} px have no window of {px} px")
    top, left = (keras.random.randint((), 0, side - px + 1, dtype="int32", seed=seed) for side in (rows, columns))
    return [ops.slice(x, (0, top, left, 0), (ops.shape(x)[0], px, px, 3)) for x in (reference, output)]


def share(wanted: Tensor, given: Tensor, criterion: str = "l1") -> Tensor:
    """How far features are from those wanted, as a share of how far those are from 0."""
    distance = CRITERIA[criterion]
    return distance(wanted, given) / (distance(0.0, wanted) + keras.config.epsilon())


def _float32(pictures: Tensor) -> Tensor:
    dtype = keras.backend.standardize_dtype(pictures.dtype)
    if "float" not in dtype:
        raise ValueError(f"pictures are {dtype}; give floats in [0, 1], 8-bit codes divided by 255")
    return ops.cast(pictures, "float32")
