"""A training run as a folder: its configuration, how far it came, what it leaves.

::

    config.toml  camera.toml   its configuration, and the camera whose pictures it learns from
    log.csv  tensorboard/      losses, speed and validation, one row per logging interval
    checkpoints/               the last few; each holds everything needed to go on exactly
    previews/                  held-out pictures: input, Pillow's bicubic, output, target
    STAGE.keras                the generator that a stage gave
    generator.keras            the result
    run.json  README.md        its card, for programs and for people
"""

import contextlib
import csv
import dataclasses
import io
import math
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tomli_w
from keras import ops

from camsim.arguments import shown
from camsim.io import atomic, csv_file, text_file
from camsim.io.arrays import Archive, open_npz
from camsim.schema.fields import number, plain
from camsim.schema.frozen import Frozen, record
from enhance import config as configs
from enhance import zoo
from enhance.networks import keras_writer

LOG, README = "log.csv", "README.md"
CHECKPOINTS, PREVIEWS, BOARD = "checkpoints", "previews", "tensorboard"

#: Columns of log.csv; the losses of all stages stand between them.
FIRST_COLUMNS = ("step", "stage", "learning_rate", "images_per_s", "loss")
LAST_COLUMNS = ("d_real", "d_fake", "val_psnr_db", "val_ssim", "val_delta_e", "val_mesh", "val_hatch")


@record
class Progress(Frozen):
    """How far a run is: kept in every checkpoint."""

    step: int = number(0, 0, 10**12, "batches seen in all stages")
    stage: int = number(0, 0, 10**6, "index of the present stage")
    done: int = number(0, 0, 10**9, "batches of it")
    rollbacks: int = number(0, 0, 10**6, "times that it went back because a loss was no number")
    best: float = plain(math.nan, "the stage's best validation", strict=True)
    stale: int = number(0, 0, 10**9, "validations since the best one")
    seconds: float = number(0.0, 0, 1e12, "spent training")


def prepare(folder: Path, config: configs.Config, camera_toml: str, fingerprint: str) -> None:
    """Start a run: write its configuration and camera, and clear what an earlier run left."""
    folder.mkdir(parents=True, exist_ok=True)
    stages = list(config.stages)
    if (folder / zoo.CONFIG).exists():
        stages += read_config(folder)[0].stages
    for name in (LOG, README, zoo.GENERATOR, zoo.CARD, *(f"{stage.name}.keras" for stage in stages)):
        (folder / name).unlink(missing_ok=True)
    for name in (CHECKPOINTS, PREVIEWS, BOARD):
        shutil.rmtree(folder / name, ignore_errors=True)
    values = configs.to_dict(config) | {"data_sha256": fingerprint}
    atomic.write_text(folder / zoo.CAMERA, camera_toml)
    atomic.write_text(folder / zoo.CONFIG, tomli_w.dumps(values))


def read_config(folder: Path) -> tuple[configs.Config, str]:
    """The configuration of a run and the fingerprint of its data; ValueError where there is none."""
    path = folder / zoo.CONFIG
    try:
        values = text_file.read_toml(path)
    except FileNotFoundError:
        raise ValueError(f"{folder}: no training run here ({zoo.CONFIG} is missing)") from None
    fingerprint = values.get("data_sha256")
    if not isinstance(fingerprint, str):
        raise ValueError(f"{path}: damaged, or not the configuration of a run (data_sha256 is missing)")
    return configs.from_dict(values, source=str(path)), fingerprint


def checkpoints(folder: Path) -> list[Path]:
    """A run's checkpoints, the oldest first."""
    return sorted((folder / CHECKPOINTS).glob("step_*.npz"))


def progress(folder: Path) -> Progress:
    """How far the run's last checkpoint is."""
    paths = checkpoints(folder)
    if not paths:
        return Progress()
    with _opened(paths[-1]) as archive:
        return _progress_in(archive)


def progress_words(folder: Path) -> str:
    """From where a stopped run would go on."""
    done = progress(folder).step
    return f"goes on from step {done}" if done else "starts over: there is no checkpoint yet"


def save_generator(generator: keras.Model, path: Path) -> None:
    """Save as `.keras`, whole or not at all."""
    with atomic.atomic(path) as temporary:
        keras_writer.save(generator, temporary)


def save_checkpoint(folder: Path, state: Progress, groups: Mapping[str, list], *, keep: int) -> None:
    """Write everything needed to go on exactly into one file, whole or not at all; keep the last few."""
    arrays = {f"{group}/{i}": ops.convert_to_numpy(v) for group, vs in groups.items() for i, v in enumerate(vs)}
    with atomic.atomic(folder / CHECKPOINTS / f"step_{state.step:09d}.npz") as temporary:
        np.savez(temporary, **{f"progress/{k}": v for k, v in dataclasses.asdict(state).items()}, **arrays)
    for old in checkpoints(folder)[:-keep]:
        old.unlink(missing_ok=True)


def restore(folder: Path, groups: Mapping[str, list]) -> Progress:
    """Load the last checkpoint into groups of variables; returns how far it is.

    Groups that it has not (an optimizer, where a stage had just begun) are left as they are.
    """
    with _opened(checkpoints(folder)[-1]) as archive:
        stored = {name.partition("/")[0] for name in archive.names}
        for group, variables in groups.items():
            for number, variable in enumerate(variables if group in stored else ()):
                variable.assign(archive[f"{group}/{number}"])
        return _progress_in(archive)


def _progress_in(archive: Archive) -> Progress:
    return Progress(**{entry.name: archive[f"progress/{entry.name}"].item() for entry in dataclasses.fields(Progress)})


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Archive]:
    """A checkpoint to read from; ValueError in one line where it is damaged."""
    try:
        with open_npz(path) as archive:
            yield archive
    except ValueError as error:
        reason = str(error).removeprefix(f"{path}: ")
        words = f"damaged, or of another configuration ({reason}); without it, an older one serves"
        raise ValueError(f"{path}: {words}") from error


class Log:
    """log.csv, cut back to the checkpoint that training goes on from; TensorBoard as well, where it is installed."""

    def __init__(self, folder: Path, config: configs.Config, step: int):
        self.path, self.rows = folder / LOG, []
        losses = dict.fromkeys(name for stage in config.stages for name in stage.losses)
        critic = ("critic", "penalty") if config.uses_critic else ()
        self.columns = [*FIRST_COLUMNS, *losses, *critic, *LAST_COLUMNS]
        self._board = _tensorboard(folder)
        if step and self.path.exists():
            self.rows = _rows_in(self.path)
        self.cut(step)

    def cut(self, step: int) -> None:
        """Forget the rows after `step`."""
        self.rows = [row for row in self.rows if int(row["step"]) <= step]

    def add(self, row: dict) -> None:
        """Append a row and write the file anew."""
        self.rows.append({k: f"{v:.6g}" if isinstance(v, float) else v for k, v in row.items()})
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, self.columns, extrasaction="ignore", restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.rows)
        atomic.write_text(self.path, text.getvalue())
        if self._board:
            for name, value in row.items():
                if isinstance(value, float):
                    self._board.add_scalar(name, value, row["step"])
            self._board.flush()

    def validation(self, best: str) -> dict[str, float]:
        """The last stage's metrics: those of its last validated row, or of the first that is `best` by one of them."""
        rows = [row for row in self.rows if row["stage"] == self.rows[-1]["stage"] and row.get("val_psnr_db")]
        found = [{name: float(row[name]) for name in LAST_COLUMNS[2:] if row.get(name)} for row in rows]
        if best in configs.METRICS and found:
            sign = -1 if configs.METRICS[best] else 1
            return min(found, key=lambda values: sign * values[f"val_{best}"])
        return found[-1] if found else {}

    def steps_by_stage(self) -> dict[str, int]:
        """How many steps each stage took."""
        ends = {row["stage"]: int(row["step"]) for row in self.rows}
        return {stage: end - begin for (stage, end), begin in zip(ends.items(), [0, *ends.values()], strict=False)}


def _rows_in(path: Path) -> list[dict]:
    """The rows of a log; ValueError where what is used of one is not what `Log.add` writes."""
    rows = csv_file.rows(path)
    for row in rows:
        try:
            sound = 0 <= int(row["step"]) < 10**12 and row["stage"].isidentifier()
            sound &= all(math.isfinite(float(row[name])) for name in LAST_COLUMNS[2:] if row.get(name))
        except (KeyError, ValueError):
            sound = False
        if not sound:
            raise ValueError(f"{path}: damaged ({shown(row)} is no row of a log)")
    return rows


def _tensorboard(folder: Path) -> Any:
    """A writer of TensorBoard's, None where it is not installed."""
    try:
        # may be missing where types are checked
        from tensorboard.summary import Writer  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        return None
    return Writer(str(folder / BOARD))
