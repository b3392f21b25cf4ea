"""The `enhance train` command."""

import contextlib
import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from camsim.cli import console
from camsim.cli.console import Console, in_option
from enhance import backend, zoo
from enhance import config as configs
from enhance.cli.model_options import what_to_type
from enhance.training import start

if TYPE_CHECKING:
    from enhance.data.batches import TrainingPictures

PATH = click.Path(path_type=Path)

#: Options that a resumed run may be given: the others are its own.
_WITH_RESUME = {"task", "output", "resume", "dry_run", "as_json", "quiet", "verbose"}

#: Parameters whose option has another name.
_OPTIONS = {"assignments": "set", "ranges": "range"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What was typed."""

    task: str | None
    camera: str | None
    data: Path | None
    output: Path | None
    resume: bool
    config: str | None
    steps: str | None
    assignments: Sequence[str]
    ranges: Sequence[str]
    init: str | None
    weights: str | None
    batch: int | None
    precision: str | None
    crop: str | None
    jobs: int | None
    seed: int | None
    force: bool
    dry_run: bool

    def keys(self) -> dict[str, object]:
        """The keys of the configuration that have an option of their own, where it was given."""
        names = ("batch", "precision", "crop", "jobs", "seed", "weights", "init")
        return {name: getattr(self, name) for name in names if getattr(self, name) is not None}


@click.command(short_help="Train a generator for one task.")
@click.option("--task", metavar="TASK", help="sr, color, pixel or deblur: which camera setting is undone.")
@click.option("--camera", metavar="FILE", help="Undo a camera of your own (.toml), or a setting.")
@click.option(
    "--data",
    type=PATH,
    metavar="DATA",
    help="A set of `camsim dataset`, a folder with HR/ and LR/, or photographs for the camera to degrade during "
    "training.  [default: built-in photographs]",
)
@click.option("-o", "--output", type=PATH, metavar="RUN", help="Folder of the run.  [default: runs/TASK-N]")
@click.option("--resume", is_flag=True, help="Go on with the run in -o (or the latest of the task), exactly.")
@click.option(
    "--config",
    metavar="NAME",
    help="A configuration of `enhance configs`, a .toml file, or a run to do again.  [default: the task's]",
)
@click.option("--steps", metavar="N[,N…]", help="Steps of the configuration's stages, in order; 0 leaves one out.")
@click.option(
    "--set", "assignments", multiple=True, metavar="KEY=VALUE", help="Change one value, such as gan.losses.l1=0.01."
)
@click.option("--range", "ranges", multiple=True, metavar="KEY=LOW,HIGH", help="Draw a camera's value per picture.")
@click.option("--init", metavar="RUN", help="Start from a trained model: a run or a .keras file.")
@click.option(
    "--weights",
    metavar="DIR",
    help="Folder of pretrained weights, or `download`: VGG losses need VGG19's, vgg19.npz or Keras' .h5.  "
    "[default: what CAM2EYE_WEIGHTS says]",
)
@click.option("--batch", type=int, help="Pictures per step.")
@click.option("--precision", metavar="NAME", help="auto, float32 or bfloat16.")
@click.option("--crop", metavar="NAME", help="fixed_size or random_size: windows cut from pictures larger than needed.")
@click.option("--jobs", type=int, help="Processes that render pictures during training.")
@click.option("--seed", type=int, help="Same seed, same run.")
@console.force_option
@console.dry_run_option
@console.reporting
@click.pass_context
def train(context: click.Context, console: Console, **given: Any) -> None:
    """Train a generator for one task.

    The run's folder gets a log (log.csv), previews, checkpoints, and at the end generator.keras. A run that was
    stopped, however roughly, goes on with --resume as if nothing had happened.
    """
    options = Options(**given)
    if options.resume:
        _refuse_options_with_resume(context)
        plan = _resumed(options)
        if start.is_finished(plan.folder):
            console.info(f"{plan.folder}: already finished")
            _report_run(zoo.open_run(plan.folder), console)
            return
    else:
        plan = _new(options, console)
    if options.dry_run:
        record = {"dry_run": True, "run": str(plan.folder), "task": plan.config.task, "stages": plan.steps}
        words, _, steps = plan.describe().partition(", ")
        console.result(f"would train {words} in {plan.folder}: {steps}", record)
        return
    _report_run(_train(plan, console), console)


def _resumed(options: Options) -> start.Plan:
    """The run to go on with: that in -o, or the latest of the task."""
    if not options.output and not options.task:
        raise click.UsageError("--resume needs -o RUN, or --task for the latest run of a task")
    try:
        folder = options.output or start.latest_run(options.task)
    except ValueError as error:
        raise ValueError(f"{error}; name one with -o") from error
    with _options_named():
        return start.resumed(folder)


def _new(options: Options, console: Console) -> start.Plan:
    """The new run that the options describe."""
    config = _configured(options)
    with in_option("--camera" if options.camera else "--task" if options.task else "--task or --camera"):
        config, camera = start.with_camera(
            config, task=options.task, camera=options.camera, source=options.config, say=console.info
        )
    folder = options.output or start.free_run(config.task)
    try:
        start.check_folder(folder, force=options.force)
    except FileExistsError as error:
        raise ValueError(f"{folder} exists: --resume goes on with it, --force trains anew") from error
    with _options_named():
        return start.new(config, camera, folder)


def _configured(options: Options) -> configs.Config:
    """The configuration that the options ask for, not yet with its camera."""
    name, task = options.config, options.task
    if not name and not task and not options.camera:
        raise click.UsageError(f"--task is needed: one of {', '.join(zoo.TASKS)}")
    config = configs.load(name or (task if task in configs.names() else "default"))
    if options.data is not None:
        config = dataclasses.replace(config, data=str(options.data))
    if options.steps is not None:
        config = _with_steps(config, options.steps)
    with in_option("--set"):
        config = configs.override(config, options.assignments)
    keys = options.keys()
    if options.ranges:
        keys["vary"] = dict(config.vary) | dict(map(_range, options.ranges))
    return start.with_whole_paths(dataclasses.replace(config, **keys))


def _with_steps(config: configs.Config, text: str) -> configs.Config:
    """The configuration with the steps of --steps."""
    counts = text.split(",")
    if len(counts) > len(config.stages) or not all(count.strip().isdecimal() for count in counts):
        names = ", ".join(stage.name for stage in config.stages)
        raise click.BadParameter(f"{text}: whole numbers for the stages {names}, in order", param_hint="--steps")
    return start.with_steps(config, [int(count) for count in counts])


def _range(text: str) -> tuple[str, list[float]]:
    """Key and bounds of a --range."""
    key, _, bounds = text.partition("=")
    try:
        low, high = (float(bound) for bound in bounds.split(","))
    except ValueError:
        raise click.BadParameter(
            f"{text}: write KEY=LOW,HIGH, such as optics.fnumber=4,32", param_hint="--range"
        ) from None
    return key.strip(), [low, high]


def _refuse_options_with_resume(context: click.Context) -> None:
    for name in context.params:
        given = context.get_parameter_source(name) == click.core.ParameterSource.COMMANDLINE
        if given and name not in _WITH_RESUME:
            shown = _OPTIONS.get(name, name.replace("_", "-"))
            raise click.UsageError(f"--{shown} cannot be changed with --resume: the run keeps its own")


@contextlib.contextmanager
def _options_named() -> Iterator[None]:
    """Name the option that an error of core code is about, where one gives what is missing."""
    backend.ensure()
    from enhance.losses import vgg
    from enhance.training import build

    try:
        with what_to_type():
            yield
    except build.NoInitError as error:
        raise ValueError(f"--init: {error}") from error
    except vgg.NoWeightsError as error:
        raise ValueError(f"--weights: {error}") from error


def _train(plan: start.Plan, console: Console) -> zoo.Entry:
    """Train with bars of progress; returns the finished run."""
    from enhance.training import run_folder

    pictures = _open_with_bar(plan, console)
    try:
        plan = start.prepare(plan, pictures)
        console.info(f"{plan.folder}: {plan.describe()}; {pictures.source}")
        _train_with_bar(plan, pictures, console)
    except KeyboardInterrupt:
        console.info(f"stopped; `enhance train --resume -o {plan.folder}` {run_folder.progress_words(plan.folder)}")
        raise
    finally:
        pictures.close()
    return zoo.open_run(plan.folder)


def _open_with_bar(plan: start.Plan, console: Console) -> "TrainingPictures":
    from tqdm import tqdm

    if not plan.config.data:
        console.info(f"no --data given: rendering the built-in photographs through {plan.camera.name}")
    bar_options = {"unit": "picture", "disable": not console.show_progress, "dynamic_ncols": True, "leave": False}
    with tqdm(mininterval=0.5, **bar_options) as bar:
        return start.open_pictures(plan, step=bar.update)


def _train_with_bar(plan: start.Plan, pictures: "TrainingPictures", console: Console) -> None:
    from tqdm import tqdm

    from enhance.training import engine, run_folder

    batch, begun = plan.config.batch, run_folder.progress(plan.folder).step
    bar_options = {"unit": "step", "disable": not console.show_progress, "dynamic_ncols": True, "mininterval": 0.5}
    with tqdm(total=plan.config.total_steps, initial=begun, smoothing=0.1, **bar_options) as bar:

        def report(steps: int, losses: dict[str, float]) -> None:
            bar.update(steps)
            shown = {name: f"{value:.4f}" for name, value in losses.items() if name != "loss"}
            rate = bar.format_dict["rate"] or 0
            bar.set_postfix(shown | {"img/s": f"{rate * batch:.0f}"}, refresh=False)

        def say(text: str) -> None:
            bar.clear()
            console.info(text)

        engine.run(plan.folder, plan.config, pictures, report, say)


def _report_run(entry: zoo.Entry, console: Console) -> None:
    """Remember a finished run and print its card."""
    if trouble := start.remember(entry):
        console.info(f"note: `enhance models` will not list this model ({trouble}); name it: --model {entry.folder}")
    psnr_db = entry.card["validation"].get("val_psnr_db")
    psnr = "" if psnr_db is None else f", {psnr_db:.2f} dB on held-out pictures"
    text = f"{entry.weights}  {entry.task}, {entry.card['steps']} steps{psnr}"
    if entry.task in zoo.TASKS:
        console.info(
            f"`--model {entry.folder}` uses it; after `enhance models use {entry.folder}` so does {entry.task}"
        )
    console.result(text, {"run": str(entry.folder)} | entry.facts)
