"""Features of VGG19, the network whose inner layers stand for what a picture looks like.

The weights are never part of this package and never random: they come from a file, which is read as plain arrays, or
from Keras's own download. Nothing here is a Keras layer, so that no model takes the features' weights for its own.

References: K. Simonyan and A. Zisserman, "Very deep convolutional networks for large-scale image recognition", ICLR
2015; J. Johnson, A. Alahi and L. Fei-Fei, "Perceptual losses for real-time style transfer and super-resolution",
ECCV 2016; X. Wang et al., "ESRGAN", ECCV Workshops 2018 (features before activation).
"""

import contextlib
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from keras import ops

from camsim.io import weights_folder
from enhance.backend import Tensor

#: Names of the file of weights in a folder: ours, and those that Keras gives to what it downloads.
FILES = ("vgg19.npz", "vgg19.h5", "vgg19_weights_tf_dim_ordering_tf_kernels*.h5")

#: Behind a layer's name: its features before the rectifier.
LINEAR = ":linear"

#: Mean of the training pictures: blue, green, red in 0 … 255.
MEAN_BGR = (103.939, 116.779, 123.68)

_BLOCKS = ((2, 64), (2, 128), (4, 256), (4, 512), (4, 512))  # convolutions, and how many features each gives


def _layers() -> Iterator[tuple[str, dict[str, tuple[int, ...]]]]:
    """Name and shapes of every convolution, in order."""
    planes = 3
    for block, (count, width) in enumerate(_BLOCKS, 1):
        for number in range(1, count + 1):
            yield f"block{block}_conv{number}", {"kernel": (3, 3, planes, width), "bias": (width,)}
            planes = width


#: The 16 convolutions in order, block1_conv1 … block5_conv4, with the shapes of kernel (HWIO) and bias.
LAYERS = dict(_layers())

Weights = dict[str, dict[str, np.ndarray]]


def extractor(names: Iterable[str], weights: str | Path | None = None) -> Callable[..., dict]:
    """A function from pictures to the features of several layers, by one pass through one frozen VGG19.

    Parameters
    ----------
    names : iterable of str
        One or more layers from block1_conv1 to block5_conv4: features after the rectifier; with ``:linear`` behind the
        name, before it.
    weights : str, Path or None
        As for `read_weights`; the layers up to the deepest one named are read.

    Returns
    -------
    callable
        Of pictures (B, H, W, 3), sRGB in [0, 1], not clipped → {name: features (B, H', W', C) in float32}, computed in
        float32 under every precision policy.

    Raises
    ------
    ValueError
        For an unknown layer and as `read_weights` does; on call, for pictures too small for a layer.
    """
    names, order = tuple(names), list(LAYERS)
    if unknown := [name for name in names if name.removesuffix(LINEAR) not in LAYERS]:
        raise ValueError(f"{unknown[0]!r} is none of VGG19's layers, block1_conv1 … block5_conv4")
    depth = 1 + max(order.index(name.removesuffix(LINEAR)) for name in names)
    arrays = read_weights(order[:depth], weights)
    convolutions = {
        layer: {part: ops.convert_to_tensor(array) for part, array in parts.items()} for layer, parts in arrays.items()
    }
    mean = ops.convert_to_tensor(MEAN_BGR, "float32")

    def features(pictures: Tensor) -> dict[str, Tensor]:
        _check_size(pictures.shape, order[depth - 1])
        x = ops.flip(ops.cast(pictures, "float32"), axis=-1) * 255.0 - mean  # trained on BGR, 0 … 255, less the mean
        found: dict[str, Tensor] = {}
        for layer, parts in convolutions.items():
            if layer.endswith("conv1") and layer != "block1_conv1":
                x = ops.max_pool(x, 2, 2, data_format="channels_last")
            linear = ops.conv(x, parts["kernel"], padding="same", data_format="channels_last") + parts["bias"]
            x = ops.relu(linear)
            found |= {layer + LINEAR: linear, layer: x}
        return {name: found[name] for name in names}

    return features


def _check_size(shape: tuple[int | None, ...], layer: str) -> None:
    least = 2 ** (int(layer[len("block")]) - 1)  # a pooling by 2 before every block but the first
    if any(side is not None and side < least for side in shape[1:3]):
        raise ValueError(f"pictures of {shape[1]}×{shape[2]} px are too small for {layer}: {least} px at least")


def read_weights(layers: Iterable[str], source: str | Path | None = None) -> Weights:
    """``{layer: {"kernel": (3, 3, in, out), "bias": (out,)}}`` in float32 for some of VGG19's layers.

    `source` is an ``.npz`` with arrays ``block1_conv1/kernel``, ``block1_conv1/bias`` …; an ``.h5`` of Keras (weights
    of any version, or a whole model), of which nothing but the arrays is read; or "download", for which Keras fetches
    its ImageNet weights; or a folder with one of these under a name of `FILES`. None stands for the folder that the
    environment variable CAM2EYE_WEIGHTS names.

    Raises NoWeightsError where nothing says where they are, or a download fails; ValueError where a file is missing,
    damaged or lacks an array, and for arrays of another shape or type than VGG19's, which are not read at all.
    """
    layers = list(layers)
    if str(source) == "download":
        return _download(layers)
    source = source or weights_folder.chosen()
    if source is None:
        raise NoWeightsError(
            f"{layers[-1]} needs VGG19's weights: a folder with {' or '.join(FILES)}, or the word `download`; or a "
            f"folder in the variable {weights_folder.VARIABLE}"
        )
    if Path(source).is_dir():
        folder, source = source, weights_folder.find(source, *FILES)
        if source is None:
            raise NoWeightsError(f"{folder}: none of VGG19's weights here: {', '.join(FILES)}")
    try:
        return _read_file(Path(source), layers)
    except _UnfitError:
        raise
    except FileNotFoundError:
        raise ValueError(f"{source}: no such file") from None
    except OSError as error:
        raise ValueError(f"{source}: {error.strerror or 'damaged'}") from error
    except (EOFError, LookupError, MemoryError, RuntimeError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(f"{source}: damaged") from error  # what zipfile, NumPy and h5py raise


def _download(layers: list[str]) -> Weights:
    try:
        model = keras.applications.VGG19(include_top=False, weights="imagenet")
    except Exception as error:  # every kind of trouble with a network, each an exception of its own
        raise NoWeightsError(
            f"Keras could not download VGG19's weights ({type(error).__name__}); where there is no network name a file"
        ) from error
    return {layer: dict(zip(LAYERS[layer], model.get_layer(layer).get_weights(), strict=True)) for layer in layers}


class NoWeightsError(ValueError):
    """Weights are needed that no file is named for; the message says which."""


class _UnfitError(ValueError):
    """A file that is sound but not what is wanted; the message says why."""


@dataclass(frozen=True, slots=True)
class _Stored:
    """An array in a file before its numbers are read: what a header promises may have any size."""

    shape: tuple[int, ...]
    dtype: np.dtype
    load: Callable[[], np.ndarray]


def _read_file(path: Path, layers: list[str]) -> Weights:
    with path.open("rb") as file:
        start = file.read(8)
    if start.startswith(b"PK"):
        opened = _open_npz(path)
    elif start == b"\x89HDF\r\n\x1a\n":
        opened = _open_h5(path)
    else:
        raise _UnfitError(f"{path}: neither an .npz nor an .h5 of VGG19's weights")
    weights: Weights = {layer: {} for layer in layers}
    with opened as find:
        for layer, parts in weights.items():
            for part, shape in LAYERS[layer].items():
                if (stored := find(layer, part)) is None:
                    raise _UnfitError(f"{path}: lacks {layer}/{part}")
                if stored.shape != shape or stored.dtype.kind != "f" or stored.dtype.itemsize > 8:
                    raise _UnfitError(
                        f"{path}: {layer}/{part} is {stored.dtype} {stored.shape}; VGG19's is float32 {shape}"
                    )
                parts[part] = stored.load().astype("float32")
                if not np.isfinite(parts[part]).all():
                    raise _UnfitError(f"{path}: {layer}/{part} has values that are no finite numbers")
    return weights


@contextlib.contextmanager
def _open_npz(path: Path) -> Iterator[Callable[[str, str], _Stored | None]]:
    with zipfile.ZipFile(path) as archive:
        members = set(archive.namelist())

        def find(layer: str, part: str) -> _Stored | None:
            if (member := f"{layer}/{part}.npy") not in members:
                return None
            with archive.open(member) as file:
                if np.lib.format.read_magic(file) != (1, 0):  # later ones are for headers that an array never has
                    raise ValueError(member)
                shape, _, dtype = np.lib.format.read_array_header_1_0(file)
            return _Stored(shape, dtype, lambda: load(member))

        def load(member: str) -> np.ndarray:
            with archive.open(member) as file:
                return np.lib.format.read_array(file, allow_pickle=False)

        yield find


@contextlib.contextmanager
def _open_h5(path: Path) -> Iterator[Callable[[str, str], _Stored | None]]:
    """Arrays lie in a group that has the layer's name, or since Keras 3 has it as an attribute.

    Links to elsewhere, and numbers in other files or compressed, are refused: Keras writes neither.
    """
    import h5py

    with h5py.File(path, "r") as file:
        links = []
        file.id.links.visit(lambda name, about: links.append((name.decode(), about.type)), info=True)
        if elsewhere := [name for name, kind in links if kind != h5py.h5l.TYPE_HARD]:
            raise _UnfitError(f"{path}: {elsewhere[0]} is a link to elsewhere")
        found = {}
        for name, _ in links:
            if not isinstance(dataset := file[name], h5py.Dataset):
                continue
            group = dataset.parent
            layer = str(group.attrs.get("name", group.name.split("/")[-1]))
            part = {4: "kernel", 1: "bias"}.get(dataset.ndim)
            if layer in LAYERS and (layer, part) in found:
                raise _UnfitError(f"{path}: has more than one {layer}/{part}")
            found[layer, part] = dataset

        def find(layer: str, part: str) -> _Stored | None:
            if (dataset := found.get((layer, part))) is None:
                return None
            layout = dataset.id.get_create_plist()
            if layout.get_layout() not in (h5py.h5d.CONTIGUOUS, h5py.h5d.COMPACT) or layout.get_external_count():
                raise _UnfitError(f"{path}: {layer}/{part} is compressed, cut into chunks, or kept in another file")
            return _Stored(dataset.shape, dataset.dtype, lambda: dataset[()])

        yield find
