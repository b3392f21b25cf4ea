"""A training run as a folder: what it was asked for, how far it came, what it leaves.

::

    config.toml  camera.toml   what was asked for, and the camera whose pictures it learns from
    log.csv                    losses and speed, one row per logging interval
    checkpoint.npz             everything needed to go on exactly
    previews/                  held-out pictures: input, bicubic, output, target
    pretrain.keras             the generator after the first stage
    generator.keras run.json   the result and its card
"""

import contextlib
import csv
import dataclasses
import hashlib
import io
import math
import tomllib
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import tomli_w
from keras import ops

from camsim import files
from enhance import data, models, zoo

CONFIG, CAMERA, LOG, CHECKPOINT, PRETRAINED = (
    "config.toml",
    "camera.toml",
    "log.csv",
    "checkpoint.npz",
    "pretrain.keras",
)
COLUMNS = ("step", "stage", "loss", "pixel", "content", "adversarial", "critic", "images_per_s", "val_psnr_db")


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything that decides a training run, apart from its data."""

    task: str
    setting: str
    data: str = ""  #: folder of a rendered set; "": the built-in photographs
    generator: str = "light"
    blocks: int = 8
    filters: int = 32
    critic: str = "patch"
    steps: int = 1500  #: of the first stage
    gan_steps: int = 300  #: of the second stage
    batch: int = 16
    learning_rate: float = 1e-3
    gan_learning_rate: float = 1e-4
    content: str = "pixel"  #: of the second stage: pixel, or a layer of VGG19 such as block2_conv2
    content_weight: float = 1.0
    adversarial_weight: float = 0.003
    vgg_weights: str = ""
    validation: int = 16  #: pairs held out
    log_every: int = 25
    checkpoint_every: int = 250
    seed: int = 0

    def __post_init__(self):
        for name, known in (("generator", models.GENERATORS), ("critic", models.CRITICS)):
            if getattr(self, name) not in known:
                raise ValueError(f"{name} = {getattr(self, name)!r} must be one of {', '.join(known)}")
        for name in ("blocks", "filters", "batch", "log_every", "checkpoint_every"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} = {getattr(self, name)} must be at least 1")
        for name in ("learning_rate", "gan_learning_rate"):
            if not 0 < getattr(self, name) <= 1:
                raise ValueError(f"{name} = {getattr(self, name)} must be in (0, 1]")
        for name in ("content_weight", "adversarial_weight"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ValueError(f"{name} = {getattr(self, name)} must not be negative")
        for name in ("steps", "gan_steps", "validation", "seed"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} = {getattr(self, name)} must not be negative")
        if self.steps + self.gan_steps < 1:
            raise ValueError("steps and gan_steps are both 0: nothing to train")

    @property
    def total_steps(self) -> int:
        return self.steps + self.gan_steps


def prepare(folder: Path, config: Config, camera_toml: str, pairs: data.PairSet) -> None:
    """Start a run: write what was asked for."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in (LOG, CHECKPOINT, PRETRAINED, zoo.GENERATOR, zoo.CARD):
        (folder / name).unlink(missing_ok=True)
    values = dataclasses.asdict(config) | {"data_sha256": fingerprint(pairs)}
    files.write_text(folder / CONFIG, tomli_w.dumps(values))
    files.write_text(folder / CAMERA, camera_toml)


def read_config(folder: Path) -> tuple[Config, str]:
    """The configuration of a run and the fingerprint of its data; ValueError where there is none."""
    try:
        values = tomllib.loads((folder / CONFIG).read_text(encoding="utf-8"))
        digest = values.pop("data_sha256")
        return Config(**values), digest
    except FileNotFoundError:
        raise ValueError(f"{folder}: no training run here ({CONFIG} is missing)") from None
    except (OSError, KeyError, TypeError, tomllib.TOMLDecodeError) as error:
        raise ValueError(f"{folder / CONFIG}: damaged ({error})") from error


def steps_done(folder: Path) -> int:
    """Steps that the run's last checkpoint holds."""
    path = folder / CHECKPOINT
    if not path.exists():
        return 0
    with _open_checkpoint(path) as archive:
        return int(archive["step"])


def progress_words(folder: Path) -> str:
    """From where a stopped run would go on."""
    done = steps_done(folder)
    return f"goes on from step {done}" if done else "starts over: there is no checkpoint yet"


def fingerprint(pairs: data.PairSet) -> str:
    """SHA-256 of the pictures: a run goes on only with the data it began with."""
    return hashlib.sha256(pairs.lr.tobytes() + pairs.hr.tobytes()).hexdigest()


def save_generator(generator: keras.Model, path: Path) -> None:
    """Save as `.keras`, whole or not at all."""
    with files.atomic(path) as temporary:
        generator.save(temporary)


def save_checkpoint(folder: Path, step: int, stage: str, generator, critic, trainer: keras.Model) -> None:
    """Everything needed to go on exactly, in one file that is replaced whole."""
    groups = {"generator": generator.variables, "optimizer": trainer.optimizer.variables}
    if critic is not None:
        groups["critic"] = critic.variables
    arrays = {f"{group}/{i}": ops.convert_to_numpy(v) for group, vs in groups.items() for i, v in enumerate(vs)}
    with files.atomic(folder / CHECKPOINT) as temporary:
        np.savez(temporary, step=step, stage=stage, **arrays)


@contextlib.contextmanager
def _open_checkpoint(path: Path):
    try:
        with np.load(path, allow_pickle=False) as archive:
            yield archive
    except (OSError, KeyError, EOFError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(f"{path}: damaged, or of another configuration ({error})") from error


def _assign(archive, group: str, variables) -> None:
    for number, variable in enumerate(variables):
        variable.assign(archive[f"{group}/{number}"])


def restore(folder: Path, generator, critic) -> int:
    """Load the networks of the last checkpoint; returns its step, 0 without one."""
    path = folder / CHECKPOINT
    if not path.exists():
        return 0
    with _open_checkpoint(path) as archive:
        _assign(archive, "generator", generator.variables)
        if critic is not None:
            _assign(archive, "critic", critic.variables)
        return int(archive["step"])


def restore_optimizer(folder: Path, trainer: keras.Model, stage: str) -> None:
    """Load the optimizer's state where the checkpoint is of the same stage; a new stage starts afresh."""
    path = folder / CHECKPOINT
    if path.exists():
        with _open_checkpoint(path) as archive:
            if str(archive["stage"]) == stage:
                _assign(archive, "optimizer", trainer.optimizer.variables)


class Log:
    """log.csv, cut back to the checkpoint that training goes on from."""

    def __init__(self, path: Path, step: int):
        self.path, self.rows = path, []
        if step and path.exists():
            with open(path, newline="", encoding="utf-8") as file:
                self.rows = [row for row in csv.DictReader(file) if (row.get("step") or "").isdigit()]
            self.rows = [row for row in self.rows if int(row["step"]) <= step]

    def add(self, row: dict) -> None:
        self.rows.append({k: f"{v:.6g}" if isinstance(v, float) else v for k, v in row.items()})
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, COLUMNS, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.rows)
        files.write_text(self.path, text.getvalue())

    def last_validation(self) -> float | None:
        values = [row["val_psnr_db"] for row in self.rows if row.get("val_psnr_db")]
        return float(values[-1]) if values else None
