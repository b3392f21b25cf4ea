"""AlexNet, VGG16, VGG19 and SqueezeNet 1.1 up to their last features: what they are made of, and the way through.

A network is data, and `features` leads pictures through it with the operations of whoever asks: NumPy measures with
it, `keras.ops` learns from it. The weights are not part of this package; `pretrained` reads them.

References: A. Krizhevsky, "One weird trick for parallelizing convolutional neural networks", arXiv:1404.5997, 2014
(AlexNet as torchvision has it); K. Simonyan and A. Zisserman, "Very deep convolutional networks for large-scale image
recognition", ICLR 2015 (VGG16, VGG19); F. Iandola et al., "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters
and <0.5MB model size", arXiv:1602.07360, 2016.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np


@dataclass(frozen=True, slots=True)
class Convolution:
    """A convolution with bias; a rectifier follows it."""

    name: str
    torch: str  #: its name in torchvision's state dict; "" where those weights are of another training
    inside: int  #: channels
    outside: int
    side: int = 3
    stride: int = 1
    padding: int = 0


@dataclass(frozen=True, slots=True)
class Pool:
    """The maximum of side × side at every second pixel."""

    side: int
    ceil: bool = False  #: whether the last window may reach over the border by a pixel


@dataclass(frozen=True, slots=True)
class Fire:
    """A convolution that squeezes the channels, and two side by side that expand them."""

    name: str
    squeeze: Convolution
    expand: tuple[Convolution, Convolution]


Layer = Convolution | Pool | Fire

#: Kernel (k, k, in, out) and bias (out,) of every convolution by name, float32, for RGB in [0, 1].
Weights = Mapping[str, tuple[Any, Any]]


class Operations(Protocol):
    """What arrays of some kind are computed with; pictures are (…, H, W, C)."""

    def convolve(self, x: Any, kernel: Any, bias: Any, *, stride: int, padding: int) -> Any: ...

    def rectify(self, x: Any) -> Any: ...

    def pool(self, x: Any, *, side: int, ceil: bool) -> Any: ...

    def join(self, parts: Sequence[Any]) -> Any: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Backbone:
    """A network that was trained to name what is in a picture, without its end that names it."""

    title: str
    layers: tuple[Layer, ...]
    mean: tuple[float, float, float]  #: of the training pictures' red, green and blue, in [0, 1]
    deviation: tuple[float, float, float]  #: what colours less their mean are divided by
    bgr: bool = False  #: whether the first convolution's weights are for blue, green, red

    @property
    def convolutions(self) -> tuple[Convolution, ...]:
        """All of them, in order."""
        found = ((layer.squeeze, *layer.expand) if isinstance(layer, Fire) else (layer,) for layer in self.layers)
        return tuple(layer for layer in itertools.chain(*found) if isinstance(layer, Convolution))

    @property
    def names(self) -> tuple[str, ...]:
        """Of the layers that have features, in order."""
        return tuple(layer.name for layer in self.layers if not isinstance(layer, Pool))

    def up_to(self, name: str) -> "Backbone":
        """The same network, ending behind a layer."""
        end = 1 + next(i for i, layer in enumerate(self.layers) if not isinstance(layer, Pool) and layer.name == name)
        return Backbone(
            title=self.title, layers=self.layers[:end], mean=self.mean, deviation=self.deviation, bgr=self.bgr
        )

    @property
    def least_px(self) -> int:
        """The smallest side of a picture of which a feature is left at the end."""
        return next(side for side in itertools.count(1) if self._side(side) >= 1)

    def _side(self, side: int) -> int:
        """Side of the last features of a picture; 0 or less where nothing is left."""
        for layer in self.layers:
            if isinstance(layer, Pool):
                side = (side + layer.ceil - layer.side) // 2 + 1
            elif isinstance(layer, Convolution):
                side = (side + 2 * layer.padding - layer.side) // layer.stride + 1
            if side < 1:
                break
        return side


def features(backbone: Backbone, weights: Weights, pictures: Any, ops: Operations) -> Iterator[tuple[str, Any, Any]]:
    """Name, features before the rectifier and features behind it of one layer after another.

    Parameters
    ----------
    backbone : Backbone
        The network; `Backbone.up_to` ends it early.
    weights : mapping
        Kernel and bias of its convolutions, as arrays that `ops` takes.
    pictures : (…, H, W, 3) float32
        sRGB in [0, 1], not clipped, `Backbone.least_px` pixels a side or more.
    ops : Operations
        What the arrays are computed with.
    """

    def convolved(x: Any, layer: Convolution) -> Any:
        return ops.convolve(x, *weights[layer.name], stride=layer.stride, padding=layer.padding)

    x = (pictures - np.array(backbone.mean, np.float32)) / np.array(backbone.deviation, np.float32)
    for layer in backbone.layers:
        if isinstance(layer, Pool):
            x = ops.pool(x, side=layer.side, ceil=layer.ceil)
            continue
        if isinstance(layer, Fire):
            squeezed = ops.rectify(convolved(x, layer.squeeze))
            linear = ops.join([convolved(squeezed, part) for part in layer.expand])
        else:
            linear = convolved(x, layer)
        x = ops.rectify(linear)
        yield layer.name, linear, x


def _vgg(depths: Sequence[int], *, torch: bool) -> tuple[Layer, ...]:
    """So many convolutions in each block, a pooling between blocks."""
    layers: list[Layer] = []
    planes, place = 3, 0  # `place` among torchvision's layers, which count rectifiers and poolings
    for block, (depth, width) in enumerate(zip(depths, (64, 128, 256, 512, 512), strict=True), 1):
        if block > 1:
            layers.append(Pool(2))
            place += 1
        for number in range(1, depth + 1):
            name = f"block{block}_conv{number}"
            layers.append(Convolution(name, f"features.{place}" if torch else "", planes, width, padding=1))
            planes, place = width, place + 2
    return tuple(layers)


def _fire(place: int, inside: int, squeezed: int, outside: int) -> Fire:
    name = f"features.{place}"
    squeeze, one, three = (f"{name}.{part}" for part in ("squeeze", "expand1x1", "expand3x3"))
    return Fire(
        name,
        Convolution(squeeze, squeeze, inside, squeezed, side=1),
        (
            Convolution(one, one, squeezed, outside, side=1),
            Convolution(three, three, squeezed, outside, padding=1),
        ),
    )


#: Mean and standard deviation of ImageNet's colours, by which torchvision's networks see.
_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)

ALEXNET = Backbone(
    title="AlexNet",
    layers=(
        Convolution("conv1", "features.0", 3, 64, side=11, stride=4, padding=2),
        Pool(3),
        Convolution("conv2", "features.3", 64, 192, side=5, padding=2),
        Pool(3),
        Convolution("conv3", "features.6", 192, 384, padding=1),
        Convolution("conv4", "features.8", 384, 256, padding=1),
        Convolution("conv5", "features.10", 256, 256, padding=1),
    ),
    mean=_MEAN,
    deviation=_DEVIATION,
)

#: With torchvision's weights, of a training of their own: not those of Simonyan and Zisserman.
VGG16 = Backbone(title="VGG16", layers=_vgg((2, 2, 3, 3, 3), torch=True), mean=_MEAN, deviation=_DEVIATION)

#: With the weights of Simonyan and Zisserman, as Keras has them: blue, green, red of 0 … 255 less their means.
VGG19 = Backbone(
    title="VGG19",
    layers=_vgg((2, 2, 4, 4, 4), torch=False),
    mean=(123.68 / 255, 116.779 / 255, 103.939 / 255),
    deviation=(1 / 255, 1 / 255, 1 / 255),
    bgr=True,
)

SQUEEZENET = Backbone(
    title="SqueezeNet 1.1",
    layers=(
        Convolution("features.0", "features.0", 3, 64, stride=2),
        Pool(3, ceil=True),
        _fire(3, 64, 16, 64),
        _fire(4, 128, 16, 64),
        Pool(3, ceil=True),
        _fire(6, 128, 32, 128),
        _fire(7, 256, 32, 128),
        Pool(3, ceil=True),
        _fire(9, 256, 48, 192),
        _fire(10, 384, 48, 192),
        _fire(11, 384, 64, 256),
        _fire(12, 512, 64, 256),
    ),
    mean=_MEAN,
    deviation=_DEVIATION,
)
