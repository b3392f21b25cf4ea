"""What decides a training run, in and out of TOML.

The shipped configurations are `enhance/configs/*.toml`; any file of the same form is one. A file may name another
as its `base` and say only what differs. Every field states its default, bounds and meaning once, here.
"""

import dataclasses
from collections.abc import Iterable, Mapping
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

import tomli_w
from pydantic import Field

from camsim.arguments import shown
from camsim.io import text_file
from camsim.schema.fields import Auto, number, plain, table
from camsim.schema.frozen import Frozen, frozen
from camsim.schema.spelling import hint, parse_assignment

#: The loss that the critic gives; all others are content losses.
ADVERSARIAL = "adversarial"

#: Validation metrics, and whether more is better.
METRICS = {"psnr_db": True, "ssim": True, "delta_e": False}

#: First line of files that are made to be edited: where an editor finds what they may hold.
SCHEMA_LINE = "#:schema ./training.schema.json"

#: How much a loss counts.
Weight = Annotated[float, Field(ge=0, strict=True, allow_inf_nan=False)]


@frozen
class Stage(Frozen):
    """One stretch of training with one loss. It starts from what the stage before ships.

    Examples
    --------
    >>> import enhance
    >>> enhance.Stage(name="gan", steps=500, losses={"l1": 1.0, "adversarial": 0.003}).uses_critic
    True
    """

    name: str = plain("pixel", "names its files and log rows")
    steps: int = number(1000, 0, 10**9, "batches to train on; 0 leaves the stage out", scale="symlog")
    learning_rate: float = number(1e-3, 1e-12, 1.0, "Adam's, after the warm-up", scale="log")
    critic_learning_rate: Auto[float] = number(None, 1e-12, 1.0, "the critic's own; auto: the generator's", scale="log")
    warmup_steps: int = number(0, 0, 10**9, "the learning rate rises from nothing over so many steps", scale="symlog")
    schedule: Literal["constant", "cosine", "halving"] = plain(
        "cosine", "of the learning rate; halving: at 1/8, 1/4, 1/2 and 3/4 of the steps"
    )
    losses: dict[str, Weight] = table("weighted sum: content losses by name, and `adversarial`", l1=1.0)
    adversarial: dict[str, Any] = table("kind of adversarial loss, label_smoothing, label_noise, gradient_penalty, r1")
    criterion: Literal["l1", "mse"] = plain(
        "l1", "of VGG losses: how features are compared, each as a share of its layer"
    )
    perceptual_window_px: int = number(
        0,
        0,
        4096,
        "side of the window, placed anew in every step, that VGG and LPIPS losses see; 0: all",
        scale="symlog",
    )
    best: Literal["last", "psnr_db", "ssim", "delta_e"] = plain(
        "last", "weights that ship: the last, or the best validated by"
    )
    patience: int = number(
        0, 0, 10**6, "end the stage after so many validations without a better `best`; 0: never", scale="symlog"
    )

    def __post_init__(self) -> None:
        if not self.name.isidentifier():
            raise ValueError(f"stage name {shown(self.name)} must be a plain word")
        if not any(weight > 0 for weight in self.losses.values()):
            raise ValueError(f"{self.name}.losses: no weight is above 0, nothing would be learnt")
        if self.patience and self.best not in METRICS:
            raise ValueError(f"{self.name}.patience = {self.patience} needs {self.name}.best, the metric to watch")

    @classmethod
    def _prefix(cls, values: Mapping[str, object]) -> str:
        return f"{values.get('name', 'stage')}."

    @property
    def uses_critic(self) -> bool:
        """Whether the stage has an adversarial loss."""
        return self.losses.get(ADVERSARIAL, 0) > 0

    @property
    def content(self) -> dict[str, float]:
        """Content losses and their weights."""
        return {name: weight for name, weight in self.losses.items() if name != ADVERSARIAL}


@frozen
class Config(Frozen):
    """Everything that decides a training run, apart from the pictures themselves.

    Examples
    --------
    >>> import enhance
    >>> config = enhance.Config(task="deblur", batch=8, stages=(enhance.Stage(steps=300),))
    >>> config.total_steps
    300
    """

    description: str = plain("", "in words")
    task: str = plain("", "what is undone: sr, color, pixel, deblur or a name of your own")
    style: str = plain("faithful", "what the model is found by beside its task: faithful, perceptual or another word")
    setting: str = plain("", "name of the camera")
    data: str = plain("", "folder of pictures; empty: the built-in photographs")
    init: str = plain("", "a model (.keras) or run that training starts from")
    needs_init: bool = plain(False, "refuse to start from random weights")
    generator: dict[str, Any] = table("kind, and the options of its kind", kind="light")
    critic: dict[str, Any] = table("kind, and the options of its kind", kind="patch")
    vary: dict[str, Any] = table("camera keys drawn anew for every picture, each as [low, high]")
    stages: tuple[Stage, ...] = plain((Stage(),), "one after another")
    batch: int = number(16, 1, 4096, "pictures per step", scale="log")
    hr_px: int = number(
        128, 11, 4096, "side of the target pictures, or that of smaller pairs; SSIM's window is 11", scale="log"
    )
    scale: int = number(4, 1, 8, "target side over input side; pairs have their own", scale="log")
    crop: Literal["fixed_size", "random_size"] = plain("fixed_size", "windows cut from pictures larger than needed")
    jobs: int = number(2, 0, 1024, "processes that render pictures during training")
    precision: Literal["auto", "float32", "bfloat16"] = plain(
        "auto", "of the networks; auto: bfloat16 where the processor computes in it"
    )
    compile: Literal["auto", "on", "off"] = plain(
        "auto", "XLA; auto: on for JAX and for GPUs, off for TensorFlow on a CPU"
    )
    ema: float = number(0.999, 0, 0.999999, "decay of the averaged weights that ship, at most 1 - 20/steps; 0: none")
    clip_norm: float = number(0.0, 0, 1e12, "bound of each network's gradient norm; 0: none", scale="symlog")
    weights: str = plain("", "folder of pretrained weights, or `download`, for VGG and LPIPS losses")
    validation: int = number(16, 0, 100_000, "pictures held out to validate on", scale="symlog")
    log_every: int = number(25, 1, 10**9, "steps per row of the log", scale="log")
    checkpoint_every: int = number(250, 1, 10**9, "steps between checkpoints and validations", scale="log")
    keep_checkpoints: int = number(2, 1, 1000, "checkpoints kept", scale="log")
    rollbacks: int = number(3, 0, 100, "times to go back to the last checkpoint, at half the rate, when a loss is NaN")
    seed: int = number(0, 0, 2**31 - 1, "of first weights, order of pictures, turns and noise")

    def __post_init__(self) -> None:
        if not self.style.isidentifier():
            raise ValueError(f"style {shown(self.style)} must be a plain word")
        names = [stage.name for stage in self.stages]
        if len(set(names)) < len(names):
            raise ValueError(f"stages {', '.join(names)}: two have the same name")
        if not self.total_steps:
            raise ValueError("no stage has any steps: nothing to train")
        if self.hr_px % self.scale:
            raise ValueError(f"hr_px = {self.hr_px} must be a multiple of scale = {self.scale}")
        for stage in self.stages:
            if stage.perceptual_window_px > self.hr_px:
                raise ValueError(
                    f"{stage.name}.perceptual_window_px = {stage.perceptual_window_px}: the pictures have hr_px = "
                    f"{self.hr_px}"
                )

    @property
    def total_steps(self) -> int:
        """Batches of all stages."""
        return sum(stage.steps for stage in self.stages)

    @property
    def uses_critic(self) -> bool:
        """Whether any stage that is trained has an adversarial loss."""
        return any(stage.uses_critic and stage.steps for stage in self.stages)


def names() -> list[str]:
    """Names of the shipped configurations."""
    folder = resources.files("enhance") / "configs"
    return sorted(path.name.removesuffix(".toml") for path in folder.iterdir() if path.name.endswith(".toml"))


def load(source: str | Path) -> Config:
    """A shipped configuration by name, a TOML file, or that of a run (its folder).

    Raises ValueError for an unknown name, a missing file, an unknown key or an impossible value.
    """
    return from_dict(_read(source, seen=()), source=str(source))


def _shipped(name: str) -> dict:
    """The values in a shipped configuration."""
    text = (resources.files("enhance") / "configs" / f"{name}.toml").read_text(encoding="utf-8")
    return text_file.parse_toml(text, name)


def _read(source: str | Path, seen: tuple[str, ...]) -> dict:
    """The values in a file, over those of its base."""
    if str(source) in seen:
        raise ValueError(f"{source}: is its own base")
    path = Path(source) / "config.toml" if Path(source).is_dir() else Path(source)
    is_shipped = str(source) in names()
    if not is_shipped and path.suffix != ".toml":
        raise ValueError(f"unknown configuration {shown(str(source))}; known: {', '.join(names())}, or a .toml file")
    try:
        values = _shipped(str(source)) if is_shipped else text_file.read_toml(path)
    except FileNotFoundError:
        raise ValueError(f"{path}: no such file") from None
    base = values.pop("base", "")
    try:
        if not isinstance(base, str):
            raise ValueError(f"base = {shown(base)} must be text")
        _check_stages(values)
    except ValueError as error:
        raise ValueError(f"{source}: {error}") from None
    return _merged(_read(base, (*seen, str(source))), values) if base else values


def _merged(base: dict, changes: dict) -> dict:
    """`base` with `changes`: tables key by key, stages by name, anything else replaced.

    A generator or critic of another kind starts from that kind's own defaults, and losses are replaced whole.
    """
    result = dict(base)
    for key, value in changes.items():
        old = result.get(key)
        if key == "stage" and isinstance(old, list) and isinstance(value, list):
            known = {stage.get("name"): stage for stage in old}
            fresh = {stage.get("name"): _merged(known.get(stage.get("name"), {}), stage) for stage in value}
            result[key] = list((known | fresh).values())
            continue
        if isinstance(old, dict) and isinstance(value, dict) and key != "losses":
            same_kind = value.get("kind", old.get("kind")) == old.get("kind")
            value = _merged(old, value) if same_kind else value
        result[key] = value
    return result


def from_dict(values: Mapping, *, source: str = "configuration") -> Config:
    """Make a configuration from nested dictionaries, as TOML gives them (stages as ``[[stage]]``)."""
    values = dict(values)
    values.pop("data_sha256", None)
    try:
        _check_stages(values)
        stages = values.pop("stage", [{}])
        return Config(**values, stages=tuple(Stage(**stage) for stage in stages))
    except ValueError as error:
        raise ValueError(f"{source}: {error}" if source else str(error)) from None


def _check_stages(values: Mapping) -> None:
    stages = values.get("stage", [])
    sound = isinstance(stages, list) and all(isinstance(s, dict) and isinstance(s.get("name", ""), str) for s in stages)
    if not sound or "stages" in values:
        raise ValueError("stages are tables, [[stage]], whose name is text")


def to_dict(config: Config) -> dict:
    """Nested dictionaries that `from_dict` takes back."""
    values = {"stage" if key == "stages" else key: value for key, value in dataclasses.asdict(config).items()}
    stages = [{key: "auto" if value is None else value for key, value in s.items()} for s in values["stage"]]
    return values | {"stage": stages}


def to_toml(config: Config) -> str:
    """The configuration as a TOML file that loads back equal."""
    return tomli_w.dumps(to_dict(config))


def file_schema() -> dict:
    """The JSON Schema of configuration files, which say as ``[[stage]]`` and ``base`` what a `Config` does not."""
    from camsim.schema.json_schema import json_schema

    schema = json_schema(Config, "training configuration of enhance")
    keys = schema["properties"]
    keys["stage"] = {key: value for key, value in keys.pop("stages").items() if key != "default"}
    keys["base"] = {"type": "string", "description": "a configuration, by name or file, of which this one differs"}
    keys["data_sha256"] = {"type": "string", "description": "written by a run: of the pictures it was trained on"}
    return schema


def override(config: Config, assignments: Iterable[str]) -> Config:
    """Change values by text such as ``batch=8``, ``generator.blocks=16`` or ``gan.losses.l1=0.01``.

    Keys are those of the file, those of a stage under its name. Values are written as in TOML; bare words are text.
    """
    values = to_dict(config)
    for assignment in assignments:
        path, value = parse_assignment(assignment, example="batch=8")
        head, _, rest = path.partition(".")
        by_name = {stage["name"]: stage for stage in values["stage"]}
        target, keys = (by_name[head], rest) if head in by_name and rest else (values, path)
        table, _, key = keys.partition(".")  # what is inside a table may have dots: vary.optics.fnumber
        if key and isinstance(target.get(table), dict):
            if key == "kind" and target[table].get("kind") != value:
                target[table] = {}
            target[table][key] = value
        elif not key and table not in ("stage", "stages"):
            target[table] = value
        else:
            known = [*by_name, *values]
            raise ValueError(f"{assignment}: unknown key {path}{hint(head, known)}")
    return from_dict(values, source="")
