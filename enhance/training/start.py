"""How a run begins, or goes on: its configuration, camera, folder and pictures, all checked before anything is written.

What can be checked without Keras comes first; Keras is loaded inside the functions that need it.
"""

import errno
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from camsim import arguments, camera_file
from camsim.camera import Camera
from camsim.io import lock
from enhance import backend, user_files, zoo
from enhance import config as configs

if TYPE_CHECKING:
    from enhance.data.batches import TrainingPictures

#: Below the working directory: where runs go that no folder is named for.
RUNS = Path("runs")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A run that is to begin, or to go on."""

    folder: Path
    config: configs.Config
    camera: Camera
    fingerprint: str = ""  #: of the pictures that it was trained on so far; empty for a new run
    force: bool = False  #: whether a new run may take the place of another

    @property
    def is_finished(self) -> bool:
        """Whether it is a run that goes on, and has come to its end already."""
        return bool(self.fingerprint) and is_finished(self.folder)

    @property
    def steps(self) -> dict[str, int]:
        """Steps of the stages that are trained, by name."""
        return {stage.name: stage.steps for stage in self.config.stages if stage.steps}

    def describe(self) -> str:
        """In words: network, task and steps."""
        steps = ", ".join(f"{count} steps {name}" for name, count in self.steps.items())
        return f"{self.config.generator['kind']} for {self.config.task}, {steps}"


def new(config: configs.Config, camera: Camera, folder: Path) -> Plan:
    """A new run, for which `check_folder` was asked; ValueError where its configuration cannot be trained."""
    from enhance.data import live_camera

    live_camera.varied(camera, config.vary)
    backend.ensure()
    from enhance.training import build

    config = replace(config, precision=build.chosen_precision(config.precision))
    build.check(config)
    return Plan(folder=folder, config=config, camera=camera)


def planned(
    source: configs.Config | str | Path | None = None,
    *,
    task: str | None = None,
    camera: Camera | str | Path | None = None,
    folder: str | Path | None = None,
    force: bool = False,
    steps: Sequence[int] | None = None,
    overrides: Iterable[str] = (),
    say: Callable[[str], object] = lambda text: None,
    **keys: Any,
) -> Plan:
    """A new run from a configuration, or what it is loaded from, with some keys changed; checked, nothing written.

    `task` and `camera` are as `with_camera` says, and `source` may be a task, too; by default it is the configuration
    of the task. `steps` are as `with_steps` says, `overrides` as `config.override`, `keys` are fields of `Config`. The
    folder is the next of its task in `RUNS` where none is named.

    Raises ValueError for what cannot be trained, FileExistsError where the folder holds a run, without `force`.
    """
    origin: str | Path | None = None
    if isinstance(source, configs.Config):
        config, task = source, task or source.task or None
    else:
        if not isinstance(source, str | os.PathLike | None):
            raise ValueError(f"a configuration is a Config, a name, a file or a run, not {type(source).__name__}")
        origin, task = source, task or (str(source) if camera is None and source in zoo.TASKS else None)
        config = configs.load(source or (task if task in configs.names() else "default"))
    config = config if steps is None else with_steps(config, steps)
    changed = replace(configs.override(config, overrides), **keys)
    for key in ("task", "setting"):
        if getattr(changed, key) != getattr(config, key):
            raise ValueError(f"{key} = {getattr(changed, key)!r} cannot be set: it follows from the task or the camera")
    config, chosen = with_camera(with_whole_paths(changed), task=task, camera=camera, source=origin, say=say)
    place = free_run(config.task) if folder is None else Path(folder)
    check_folder(place, force=force)
    return replace(new(config, chosen, place), force=force)


def resumed(folder: Path) -> Plan:
    """The run in a folder, to go on with; ValueError where there is none."""
    backend.ensure()
    from enhance.training import build, run_folder

    config, fingerprint = run_folder.read_config(folder)
    if not is_finished(folder):
        # a checkpoint takes the place of the model that training started from
        begun = replace(config, init="", needs_init=False) if run_folder.checkpoints(folder) else config
        build.check(begun)
    return Plan(folder=folder, config=config, camera=camera_file.load(folder / zoo.CAMERA), fingerprint=fingerprint)


def open_pictures(plan: Plan, *, step: Callable[[], object] = lambda: None) -> "TrainingPictures":
    """The pictures that a run learns from; `step` is called after each that is rendered or read into memory."""
    from enhance.data import discover

    config = plan.config
    return discover.open(
        config.data or None,
        camera=plan.camera,
        setting=config.setting,
        vary=config.vary,
        hr_px=config.hr_px,
        scale=config.scale,
        crop=config.crop,
        seed=config.seed,
        jobs=config.jobs,
        step=step,
    )


def prepare(plan: Plan, pictures: "TrainingPictures") -> Plan:
    """The plan with the sizes of the pictures; the folder of a new run is made, or cleared.

    Raises ValueError where the pictures do not suit the run, before anything is written.
    """
    from enhance.data import sampling
    from enhance.training import build, engine, run_folder

    config = replace(plan.config, scale=pictures.scale, hr_px=pictures.hr_px)
    if plan.fingerprint:
        if pictures.fingerprint() != plan.fingerprint:
            raise ValueError(f"{pictures.source}: not the pictures that {plan.folder} was trained on so far")
        return replace(plan, config=config)
    if config != plan.config:
        build.check(config)
    engine.check_held_out(config, len(sampling.held_out(len(pictures), config.validation)))
    run_folder.prepare(plan.folder, config, camera_file.to_toml(plan.camera), pictures.fingerprint())
    return replace(plan, config=config)


def run(
    plan: Plan,
    *,
    report: Callable[[int, dict], object] = lambda steps, losses: None,
    say: Callable[[str], object] = lambda text: None,
    step: Callable[[], object] = lambda: None,
) -> zoo.Entry:
    """Train to the end; returns the finished run. One that was trained here is remembered as the latest.

    `report(steps, losses)` is called after every batch, `step` after every picture that is rendered or read into
    memory before the first, `say` with what a person should know. Raises ValueError as `prepare` and `engine.run` do,
    and where another process trains in the folder.
    """
    if plan.is_finished:
        say(f"{plan.folder}: already finished")
        return zoo.open_run(plan.folder)
    from enhance.training import engine

    with lock.inside(plan.folder):
        if not plan.fingerprint:
            check_folder(plan.folder, force=plan.force)  # another process may have been faster
        if not plan.config.data:
            say(f"no pictures named: rendering the built-in photographs through {plan.camera.name}")
        with open_pictures(plan, step=step) as pictures:
            plan = prepare(plan, pictures)
            say(f"{plan.folder}: {plan.describe()}; {pictures.source}")
            engine.run(plan.folder, plan.config, pictures, report, say)
        entry = zoo.open_run(plan.folder)
    if trouble := remember(entry):
        say(f"{plan.folder}: this model will not be listed ({trouble})")
    return entry


def is_finished(folder: Path) -> bool:
    """Whether the run in a folder has come to its end."""
    return (folder / zoo.CARD).exists()


def remember(entry: zoo.Entry) -> str:
    """Remember a finished run as the latest; returns why that could not be done, for the model is there."""
    try:
        user_files.remember(entry.folder)
    except (OSError, ValueError) as error:
        return str(error)
    return ""


# --- the configuration --------------------------------------------------------------------------------------------


def with_steps(config: configs.Config, counts: Sequence[int]) -> configs.Config:
    """Other numbers of steps for the first stages, in order; ValueError for more numbers than stages."""
    if len(counts) > len(config.stages):
        names = ", ".join(stage.name for stage in config.stages)
        raise ValueError(f"{len(counts)} numbers of steps for the stages {names}")
    whole = [arguments.whole(count, "steps", 0) for count in counts]
    stages = [replace(stage, steps=count) for stage, count in zip(config.stages, whole, strict=False)]
    return replace(config, stages=(*stages, *config.stages[len(counts) :]))


def with_whole_paths(config: configs.Config) -> configs.Config:
    """Paths from the root, so that the run goes on, and is done again, from any folder."""
    if config.data and not Path(config.data).exists():
        raise ValueError(f"{config.data}: no such file or folder")
    return replace(
        config, data=_whole_path(config.data), init=_whole_path(config.init), weights=_whole_path(config.weights)
    )


def _whole_path(path: str) -> str:
    """A path from the root, where something is there; else, as `download`, what was given."""
    return str(Path(path).resolve()) if path and Path(path).exists() else path


def with_camera(
    config: configs.Config,
    *,
    task: str | None = None,
    camera: Camera | str | Path | None = None,
    source: str | Path | None = None,
    say: Callable[[str], object] = lambda text: None,
) -> tuple[configs.Config, Camera]:
    """The configuration with its task and setting, and the camera that is undone.

    Parameters
    ----------
    config : Config
        Perhaps with a task.
    task : str or None
        One of `zoo.TASKS`, or with a camera any name.
    camera : Camera, str, Path or None
        A camera of one's own (.toml), or a setting; else that of the task, of the run that the configuration is from,
        or of the configuration's task.
    source : str, Path or None
        What the configuration was loaded from.
    say : callable
        Called with what a person should know.

    Raises
    ------
    ValueError
        For an unknown task, a camera that cannot be read, and where neither is named.
    """
    if camera is not None:
        chosen = camera if isinstance(camera, Camera) else camera_file.load(camera)
    elif task:
        if task not in zoo.TASKS:
            raise ValueError(f"unknown task {task!r}; known: {', '.join(zoo.TASKS)}")
        chosen = camera_file.load(zoo.TASKS[task])
    elif source and str(source) not in configs.names() and (beside := _camera_beside(Path(source))).is_file():
        chosen, task = camera_file.load(beside), config.task
    elif config.task in zoo.TASKS:
        chosen, task = camera_file.load(zoo.TASKS[config.task]), config.task
    else:
        raise ValueError(f"neither a task nor a camera is named; tasks: {', '.join(zoo.TASKS)}")
    if camera is not None and task in zoo.TASKS and chosen != camera_file.load(zoo.TASKS[task]):
        shown = chosen.name if isinstance(camera, Camera) else camera
        say(f"note: {shown} is not {zoo.TASKS[task]}, but this model will be found as that of {task}")
    return replace(config, task=task or chosen.name, setting=chosen.name), chosen


def _camera_beside(source: Path) -> Path:
    """Where the camera of a run is, of which the folder or the configuration is named."""
    return (source if source.is_dir() else source.parent) / zoo.CAMERA


# --- the folder ---------------------------------------------------------------------------------------------------


def runs(task: str) -> list[Path]:
    """Folders `runs/TASK-N` in this directory, by number."""
    found = [path for path in RUNS.glob(f"{task}-*") if path.name.removeprefix(f"{task}-").isdigit()]
    return sorted(found, key=lambda path: int(path.name.rpartition("-")[2]))


def free_run(task: str) -> Path:
    """The folder `runs/TASK-N` behind the last of its task."""
    last = int(runs(task)[-1].name.rpartition("-")[2]) if runs(task) else 0
    return RUNS / f"{task}-{last + 1}"


def latest_run(task: str) -> Path:
    """The folder below `runs` whose run of a task began last; ValueError where there is none."""
    found = [path.parent for path in RUNS.glob(f"*/{zoo.CONFIG}") if configs.load(path).task == task]
    if not found:
        raise ValueError(f"no run of {task} in {RUNS.resolve()}")
    return max(found, key=lambda folder: (folder / zoo.CONFIG).stat().st_mtime)


def check_folder(folder: Path, *, force: bool) -> None:
    """Raise ValueError where a new run cannot go into a folder, FileExistsError where it would replace another."""
    if folder.is_file():
        raise ValueError(f"{folder} is a file")
    if folder.is_symlink() and not folder.exists():
        raise ValueError(f"{folder} is a link that leads nowhere")
    if not folder.is_dir() or not any(path.name != lock.NAME for path in folder.iterdir()):
        return
    if not (folder / zoo.CONFIG).exists():
        raise ValueError(f"{folder} holds something other than a training run")
    if not force:
        raise FileExistsError(errno.EEXIST, "holds a training run", str(folder))
