"""Where the weights of networks come from: files of one folder, or what their authors publish.

Sources: torchvision's weights (https://download.pytorch.org/models); the heads of LPIPS 0.1
(https://github.com/richzhang/PerceptualSimilarity, lpips/weights/v0.1); VGG19 as `keras.applications` fetches it.
"""

from pathlib import Path
from types import MappingProxyType

import numpy as np

from camsim.io.weights_folder import Published, locate
from scielab.metrics import weights_file
from scielab.metrics.backbones import ALEXNET, SQUEEZENET, VGG16, VGG19, Backbone
from scielab.metrics.weights_file import Form, Wanted

#: The networks by name.
BACKBONES = MappingProxyType({"alex": ALEXNET, "vgg16": VGG16, "vgg19": VGG19, "squeeze": SQUEEZENET})

_TORCH = "https://download.pytorch.org/models"
_KERAS = "https://storage.googleapis.com/tensorflow/keras-applications"
_LPIPS = (
    "https://raw.githubusercontent.com/richzhang/PerceptualSimilarity/"
    "082bb24f84c091ea94de2867d34c4544f68e0963/lpips/weights/v0.1"
)

#: The weights of each network. Keras publishes an MD5 alone.
TRUNKS = MappingProxyType(
    {
        "alex": Published(
            what="AlexNet's weights",
            patterns=("alexnet*.npz", "alexnet*.pth"),
            name="alexnet-owt-7be5be79.pth",
            url=f"{_TORCH}/alexnet-owt-7be5be79.pth",
            digest="sha256:7be5be791159472b1fbf3c69796f7cb30dca7ad8466c2df70058c37116cdee02",
            size=244_408_911,
        ),
        "vgg16": Published(
            what="VGG16's weights of torchvision",
            patterns=("vgg16*.npz", "vgg16*.pth"),
            name="vgg16-397923af.pth",
            url=f"{_TORCH}/vgg16-397923af.pth",
            digest="sha256:397923af8e79cdbb6a7127f12361acd7a2f83e06b05044ddf496e83de57a5bf0",
            size=553_433_881,
        ),
        "vgg19": Published(
            what="VGG19's weights of Keras",
            patterns=("vgg19*.npz", "vgg19*.h5"),
            name="vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5",
            url=f"{_KERAS}/vgg19/vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5",
            digest="md5:253f8cb515780f3b799900260a226db6",
            size=80_134_624,
        ),
        "squeeze": Published(
            what="SqueezeNet 1.1's weights of torchvision",
            patterns=("squeezenet1_1*.npz", "squeezenet1_1*.pth"),
            name="squeezenet1_1-b8a52dc0.pth",
            url=f"{_TORCH}/squeezenet1_1-b8a52dc0.pth",
            digest="sha256:b8a52dc049b60e4b6ab68ad0df457362afab8b6304b2febdc1650a5dab4d7e7b",
            size=8_000_000,
        ),
    }
)


def _head(network: str, digest: str, size: int) -> Published:
    return Published(
        what=f"the weights of LPIPS 0.1 for {network}",
        patterns=(f"lpips*{network}.npz", f"lpips*{network}.pth", f"{network}.pth"),
        name=f"lpips_v0.1_{network}.pth",
        url=f"{_LPIPS}/{network}.pth",
        digest=f"sha256:{digest}",
        size=size,
    )


#: What LPIPS has learnt of each network's channels, by LPIPS's own names of the networks.
HEADS = MappingProxyType(
    {
        "alex": _head("alex", "df73285e35b22355a2df87cdb6b70b343713b667eddbda73e1977e0c860835c0", 6009),
        "vgg": _head("vgg", "a78928a0af1e5f0fcb1f3b9e8f8c3a2a5a3de244d830ad5c1feddc79b8432868", 7289),
        "squeeze": _head("squeeze", "4a5350f23600cb79923ce65bb07cbf57dca461329894153e05a1346bd531cf76", 10811),
    }
)

#: Channels of the layers that LPIPS compares.
HEAD_WIDTHS = MappingProxyType(
    {
        "alex": (64, 192, 384, 256, 256),
        "vgg": (64, 128, 256, 512, 512),
        "squeeze": (64, 128, 256, 384, 384, 512, 512),
    }
)


def trunk(name: str, place: Path | str | None = None, *, until: str | None = None) -> dict[str, tuple]:
    """Kernels and biases of a network's convolutions, as `backbones.features` takes them.

    Parameters
    ----------
    name : str
        Of `BACKBONES`.
    place : Path, str or None
        As `weights_folder.locate` takes it.
    until : str, optional
        The last layer that is needed: a file may end there.

    Raises
    ------
    NoWeightsError
        Where the weights are not there; see `weights_folder.locate`.
    ValueError
        Where they are damaged or another network's.
    """
    return read_trunk(name, locate(TRUNKS[name], place), until=until)


def read_trunk(name: str, path: Path | str, *, until: str | None = None) -> dict[str, tuple]:
    """The same from a file."""
    backbone = BACKBONES[name].up_to(until) if until else BACKBONES[name]
    arrays = weights_file.read(path, _wanted(backbone))
    if backbone.bgr:
        first = f"{backbone.convolutions[0].name}/kernel"
        arrays[first] = np.ascontiguousarray(arrays[first][:, :, ::-1])
    names = [layer.name for layer in backbone.convolutions]
    return {name: (arrays[f"{name}/kernel"], arrays[f"{name}/bias"]) for name in names}


def _wanted(backbone: Backbone) -> dict[str, Wanted]:
    """Every array under LAYER/kernel and LAYER/bias, which a file may have under torchvision's names instead."""
    found = {}
    for layer in backbone.convolutions:
        kernel, bias = f"{layer.name}/kernel", f"{layer.name}/bias"
        kernels, biases = [Form(kernel)], [Form(bias)]
        if layer.torch:
            kernels.append(Form(f"{layer.torch}.weight", axes=(2, 3, 1, 0)))
            biases.append(Form(f"{layer.torch}.bias"))
        found[kernel] = Wanted((layer.side, layer.side, layer.inside, layer.outside), tuple(kernels))
        found[bias] = Wanted((layer.outside,), tuple(biases))
    return found


def heads(name: str, place: Path | str | None = None) -> tuple[np.ndarray, ...]:
    """What LPIPS has learnt of the channels of each layer that it compares, (channels,) float32; as for `trunk`."""
    return read_heads(locate(HEADS[name], place), name)


def read_heads(path: Path | str, name: str) -> tuple[np.ndarray, ...]:
    """The same from a file."""
    widths = HEAD_WIDTHS[name]
    names = [f"lin{i}.model.1.weight" for i in range(len(widths))]
    wanted = {name: Wanted((1, width, 1, 1), (Form(name),)) for name, width in zip(names, widths, strict=True)}
    return tuple(array.ravel() for array in weights_file.read(path, wanted).values())
