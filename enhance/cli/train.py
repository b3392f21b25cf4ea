"""The `enhance train` command."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from camsim.cli import console, fetch
from camsim.cli.console import Console
from enhance import zoo
from enhance.cli.model_options import what_to_type

if TYPE_CHECKING:
    from tqdm import tqdm

    from enhance.training import start

PATH = click.Path(path_type=Path)

#: Options that a resumed run may be given: the others are its own.
_WITH_RESUME = {"task", "output", "resume", "dry_run", "as_json", "quiet", "verbose"}

#: Parameters whose option has another name.
_OPTIONS = {"assignments": "set", "ranges": "range"}

#: The option that gives what an error says is missing. Errors are known by name: their modules load Keras.
_OPTION_OF = {"NoInitError": "--init", "NoWeightsError": "--weights"}


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
        keys = {name: getattr(self, name) for name in names if getattr(self, name) is not None}
        return keys if self.data is None else keys | {"data": str(self.data)}


@click.command(short_help="Train a generator for one task.")
@click.option("--task", metavar="TASK", help="sr, color, pixel or deblur: which camera setting is undone.")
@click.option("--camera", metavar="FILE", help="Undo a camera of your own (.toml), or a setting.")
@click.option(
    "--data",
    type=PATH,
    metavar="DATA",
    help="A set of `camsim dataset`, a folder with HR/ and LR/, or photographs for the camera to degrade during "
    "training: also those of `camsim fetch`, by name.  [default: built-in photographs]",
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
    help="Folder of pretrained weights, or `download`, for VGG and LPIPS losses.  [default: what CAM2EYE_WEIGHTS says]",
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
    if given["data"] and not given["dry_run"] and (fetched := fetch.photographs(given["data"], console)):
        given["data"] = fetched
    options = Options(**given)
    if options.resume:
        _refuse_options_with_resume(context)
    with _options_named():
        plan = _resumed(options) if options.resume else _new(options, console)
    if options.dry_run and not plan.is_finished:
        record = {"dry_run": True, "run": str(plan.folder), "task": plan.config.task, "stages": plan.steps}
        words, _, steps = plan.describe().partition(", ")
        console.result(f"would train {words} in {plan.folder}: {steps}", record)
        return
    entry = _train(plan, console)
    psnr_db = entry.card["validation"].get("val_psnr_db")
    psnr = "" if psnr_db is None else f", {psnr_db:.2f} dB on held-out pictures"
    text = f"{entry.weights}  {entry.task}, {entry.card['steps']} steps{psnr}"
    if entry.task in zoo.TASKS:
        console.info(
            f"`--model {entry.folder}` uses it; after `enhance models use {entry.folder}` so does {entry.name}"
        )
    console.result(text, {"run": str(entry.folder)} | entry.facts)


def _resumed(options: Options) -> "start.Plan":
    """The run to go on with: that in -o, or the latest of the task."""
    from enhance.training import start

    if options.output:
        return start.resumed(options.output)
    if not options.task:
        raise click.UsageError("--resume needs -o RUN, or --task for the latest run of a task")
    try:
        folder = start.latest_run(options.task)
    except ValueError as error:
        raise ValueError(f"{error}; name one with -o") from error
    return start.resumed(folder)


def _new(options: Options, console: Console) -> "start.Plan":
    """The new run that the options describe."""
    from enhance.training import start

    if not (options.config or options.task or options.camera):
        raise click.UsageError(f"--task is needed: one of {', '.join(zoo.TASKS)}")
    try:
        return start.planned(
            options.config,
            task=options.task,
            camera=options.camera,
            folder=options.output,
            force=options.force,
            steps=None if options.steps is None else _steps(options.steps),
            overrides=[*options.assignments, *map(_range, options.ranges)],
            say=console.info,
            **options.keys(),
        )
    except FileExistsError as error:
        raise ValueError(f"{error.filename} exists: --resume goes on with it, --force trains anew") from error


def _steps(text: str) -> list[int]:
    """The numbers of --steps."""
    counts = text.split(",")
    if not all(count.strip().isdecimal() and len(count) < 20 for count in counts):
        raise click.BadParameter(f"{text}: whole numbers for the stages, in order", param_hint="--steps")
    return [int(count) for count in counts]


def _range(text: str) -> str:
    """A --range as an assignment of --set."""
    key, _, bounds = text.partition("=")
    try:
        low, high = (float(bound) for bound in bounds.split(","))
    except ValueError:
        raise click.BadParameter(
            f"{text}: write KEY=LOW,HIGH, such as optics.fnumber=4,32", param_hint="--range"
        ) from None
    return f"vary.{key.strip()}=[{low}, {high}]"


def _refuse_options_with_resume(context: click.Context) -> None:
    for name in context.params:
        given = context.get_parameter_source(name) == click.core.ParameterSource.COMMANDLINE
        if given and name not in _WITH_RESUME:
            shown = _OPTIONS.get(name, name.replace("_", "-"))
            raise click.UsageError(f"--{shown} cannot be changed with --resume: the run keeps its own")


@contextlib.contextmanager
def _options_named() -> Iterator[None]:
    """Name the option that an error of core code is about, where one gives what is missing."""
    try:
        with what_to_type():
            yield
    except ValueError as error:
        if option := _OPTION_OF.get(type(error).__name__):
            raise ValueError(f"{option}: {error}") from error
        raise


def _train(plan: "start.Plan", console: Console) -> zoo.Entry:
    """Train with bars of progress; returns the finished run."""
    from enhance.training import start

    progress = _Progress(plan, console)
    try:
        return start.run(plan, report=progress.report, say=progress.say, step=progress.picture)
    except KeyboardInterrupt:
        if progress.has_begun:
            from enhance.training import run_folder

            words = run_folder.progress_words(plan.folder)
            console.info(f"stopped; `enhance train --resume -o {plan.folder}` {words}")
        raise
    finally:
        progress.close()


class _Progress:
    """A bar of the pictures that are made or read, then one of the steps."""

    def __init__(self, plan: "start.Plan", console: Console):
        from enhance.training import run_folder

        self._console, self._batch = console, plan.config.batch
        self._steps = {"unit": "step", "total": plan.config.total_steps, "smoothing": 0.1}
        self._begun = run_folder.progress(plan.folder).step if plan.fingerprint else 0
        self._bar: tqdm | None = None
        self._counts_steps = False
        self._resumes = bool(plan.fingerprint)

    @property
    def has_begun(self) -> bool:
        """Whether there is a run to go on with."""
        return self._resumes or self._counts_steps

    def picture(self) -> None:
        """A picture was rendered or read."""
        self._bar = self._bar if self._bar is not None else self._console.bar(unit="picture", leave=False)
        self._bar.update()

    def report(self, steps: int, losses: Mapping[str, float]) -> None:
        """Steps were done. Their bar begins behind the first, which takes long because it is compiled."""
        bar = self._bar
        if bar is not None and self._counts_steps:
            bar.update(steps)
        else:
            self.close()
            bar = self._bar = self._console.bar(initial=self._begun + steps, **self._steps)
            self._counts_steps = True
        shown = {name: f"{value:.4f}" for name, value in losses.items() if name != "loss"}
        rate = bar.format_dict["rate"] or 0
        bar.set_postfix(shown | {"img/s": f"{rate * self._batch:.0f}"}, refresh=False)

    def say(self, text: str) -> None:
        """Write a line above the bar."""
        if self._bar is not None:
            self._bar.clear()
        self._console.info(text)

    def close(self) -> None:
        """Leave the terminal as it is to be found."""
        if self._bar is not None:
            self._bar.close()
