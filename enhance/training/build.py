"""The networks and losses that a configuration names, made."""

import contextlib
import platform
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Literal

import keras
import numpy as np

from enhance import config as configs
from enhance import zoo
from enhance.backend import Tensor
from enhance.losses import catalogue
from enhance.losses.adversarial import Adversarial
from enhance.losses.pixel import PHASE_WINDOW_LR_PX
from enhance.networks import critics, generators, keras_file

_POLICIES = {"float32": "float32", "bfloat16": "mixed_bfloat16"}


class NoInitError(ValueError):
    """The configuration starts from a trained model, and none is named."""


def check(config: configs.Config) -> None:
    """Raise ValueError in one line for what could not be trained: unknown options or losses, missing weights."""
    network = generator(config, "float32")
    keras_file.check_network(network)
    lr_px = config.hr_px // config.scale
    made, wanted = network.compute_output_shape((1, lr_px, lr_px, 3)), (1, config.hr_px, config.hr_px, 3)
    if tuple(made) != wanted:
        raise ValueError(f"the generator {network.name} makes {tuple(made)} of {lr_px} px pictures, not {wanted}")
    if config.init:
        initial_weights(config, network)
    elif config.needs_init:
        raise NoInitError("this configuration fine-tunes a trained model: init must name a run or a .keras file")
    normalised = config.uses_critic and critics.has_batch_norm(critic(config, "float32"))
    for stage in config.stages:
        if stage.steps:
            content_losses(stage, config)
            seen_px, least_px = stage.perceptual_window_px or config.hr_px, catalogue.least_px(_content_names(stage))
            if seen_px < least_px:
                raise ValueError(f"{stage.name}.losses: {seen_px} px are too small for them, {least_px} px at least")
            if "phase" in _content_names(stage) and config.hr_px < PHASE_WINDOW_LR_PX * config.scale:
                raise ValueError(
                    f"{stage.name}.losses.phase needs targets of {PHASE_WINDOW_LR_PX * config.scale} px at least at "
                    f"scale {config.scale}, hr_px = {config.hr_px}"
                )
            loss = adversarial_loss(stage)
            if stage.uses_critic and (loss.gradient_penalty or loss.r1) and normalised:
                raise ValueError(
                    f"{stage.name}.adversarial: gradient penalties need a critic without batch norm, critic.norm = none"
                )


def generator(config: configs.Config, precision: str) -> keras.Model:
    """An untrained generator, float32 or bfloat16 inside; its output is float32."""
    kind, options = _options(config.generator, "generator", derived="scale")
    with _policy(precision):
        return generators.build(kind, scale=config.scale, **options)


def critic(config: configs.Config, precision: str) -> keras.Model:
    """An untrained critic for the targets of a configuration."""
    kind, options = _options(config.critic, "critic", derived="side")
    with _policy(precision):
        return critics.build(kind, side=config.hr_px, **options)


def initial_weights(config: configs.Config, network: keras.Model) -> list[np.ndarray]:
    """The weights of the model that `config.init` names; ValueError where it is of another shape than `network`."""
    path = Path(config.init)
    if path.is_dir():
        path = zoo.open_run(path).weights
    weights = keras_file.load(path).get_weights()
    if [w.shape for w in weights] != [w.shape for w in network.get_weights()]:
        kind = config.generator["kind"]
        raise ValueError(f"{path}: other layers than the {kind} generator of this configuration, cannot start from it")
    return weights


def content_losses(stage: configs.Stage, config: configs.Config) -> Callable[..., dict[str, Tensor]]:
    """The content losses of a stage: (reference, output, seed) to tensors by name; those of weight 0 are left out."""
    return catalogue.content(
        _content_names(stage),
        scale=config.scale,
        weights=config.weights or None,
        criterion=stage.criterion,
        window_px=stage.perceptual_window_px,
    )


def _content_names(stage: configs.Stage) -> list[str]:
    return [name for name, weight in stage.content.items() if weight > 0]


def adversarial_loss(stage: configs.Stage) -> Adversarial:
    """The adversarial loss that a stage describes, whether it is used or not."""
    try:
        return Adversarial(**stage.adversarial)
    except ValueError as error:
        raise ValueError(f"{stage.name}.adversarial: {error}") from None


def chosen_precision(precision: Literal["auto", "float32", "bfloat16"]) -> Literal["float32", "bfloat16"]:
    """``auto`` made definite: bfloat16 where the processor computes in it, measured to be faster there."""
    if precision != "auto":
        return precision
    return "bfloat16" if on_gpu() or "bf16" in _cpu_flags() else "float32"


def compiled(choice: str) -> bool:
    """Whether XLA compiles the step. On a CPU it is slower than TensorFlow's own kernels; JAX always compiles."""
    if choice == "auto":
        return keras.backend.backend() == "jax" or on_gpu()
    return choice == "on"


def on_gpu() -> bool:
    """Whether the backend sees a GPU."""
    return bool(keras.distribution.list_devices("gpu"))


def _cpu_flags() -> str:
    """What the processor says it can do, where the system tells (Linux); "" elsewhere."""
    if platform.system() != "Linux":
        return ""
    text = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")
    return next((line for line in text.splitlines() if line.startswith("flags")), "")


def _options(table: Mapping, name: str, derived: str) -> tuple[str, dict]:
    """Kind and options of a network; ValueError where one is set that follows from other keys, or no kind is."""
    options = dict(table)
    if derived in options:
        raise ValueError(f"{name}.{derived} cannot be set: it follows from the keys hr_px and scale")
    kind = options.pop("kind", None)
    if kind is None:
        raise ValueError(f"{name}.kind is missing")
    return kind, options


@contextlib.contextmanager
def _policy(precision: str) -> Iterator[None]:
    """Make layers of a precision; the one that was set before comes back."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(_POLICIES[precision])
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
