"""How far a generator sees and how much it enlarges, read off its layers."""

import math
from collections.abc import Iterator

import keras

_POINTWISE = {
    *("InputLayer", "BatchNormalization", "Rescaling", "Activation", "ReLU", "LeakyReLU", "PReLU"),
    *("Add", "Multiply", "Concatenate"),
}
_INTERPOLATION_PX = {"nearest": 0, "bilinear": 1, "bicubic": 2, "lanczos3": 3, "lanczos5": 5}


def scale_of(model: keras.Model) -> int:
    """How many times larger the generator's output is."""
    return int(model.compute_output_shape((1, 8, 8, 3))[1]) // 8


def px(model: keras.Model) -> int | None:
    """How many LR pixels away an input pixel can still change an output pixel; None for layers unknown here."""
    reach, _ = _reach_and_scale(model)
    if math.isinf(reach):
        return None
    return math.floor(reach + 1 - 1 / scale_of(model))  # the last output pixel in an LR pixel looks farthest


def inner_scale(model: keras.Model) -> float:
    """How many times larger the largest of what its layers give is."""
    return _reach_and_scale(model)[1]


def _reach_and_scale(model: keras.Model) -> tuple[float, float]:
    """The sum of the half-widths of all kernels, in LR pixels, on the longest way; and the largest inner scale."""
    by_layer: dict[str, tuple[float, float]] = {}
    largest = 1.0
    for layer in model.get_config()["layers"]:
        kind, config = layer["class_name"], layer["config"]
        before = [by_layer[name] for name in _inputs(layer["inbound_nodes"])]
        reach, scale = max((reach for reach, _ in before), default=0.0), before[0][1] if before else 1.0
        if kind == "Conv2D":
            sides = zip(config["kernel_size"], config["dilation_rate"], strict=True)
            reach += math.ceil(max((size - 1) * dilation for size, dilation in sides) / 2) / scale
            scale /= max(config["strides"])
        elif kind == "Conv2DTranspose":
            scale *= max(config["strides"])
            reach += (max(config["kernel_size"]) - 1) / scale
        elif kind == "UpSampling2D":
            reach += _INTERPOLATION_PX[config["interpolation"]] / scale
            scale *= max(config["size"])
        elif kind in ("PixelShuffle", "Bilinear"):
            reach += (kind == "Bilinear") / scale
            scale *= config["scale"]
        elif kind not in _POINTWISE:
            reach = math.inf
        by_layer[config["name"]] = (reach, scale)
        largest = max(largest, scale)
    return max(reach for reach, _ in by_layer.values()), largest


def _inputs(node: object) -> Iterator[str]:
    """The names of the layers whose outputs stand in the nodes of a layer's config."""
    if isinstance(node, dict):
        if node.get("class_name") == "__keras_tensor__":
            yield node["config"]["keras_history"][0]
        else:
            for value in node.values():
                yield from _inputs(value)
    elif isinstance(node, list | tuple):
        for value in node:
            yield from _inputs(value)
