"""The `enhance train` and `enhance configs` commands."""

import dataclasses
from pathlib import Path

import click

from camsim import camera_file as cameras
from camsim import schema
from camsim.cli import console
from camsim.cli.console import in_option
from enhance import backend, zoo
from enhance import config as configs

PATH = click.Path(path_type=Path)

#: Options that a resumed run may be given: the others are its own.
_WITH_RESUME = {"task", "output", "resume", "dry_run", "as_json", "quiet", "verbose"}

#: Options that set one key of the configuration each.
_SHORTCUTS = ("batch", "precision", "crop", "jobs", "seed", "vgg_weights", "init")


@click.command(short_help="Train a generator for one task.")
@click.option("--task", help="sr, color, pixel or deblur: which camera setting is undone.")
@click.option("--camera", "camera_file", metavar="FILE", help="Undo a camera of your own (.toml), or a setting.")
@click.option(
    "--data",
    type=PATH,
    help="A set of `camsim dataset`, a folder with HR/ and LR/, or photographs for the camera to degrade during "
    "training.  [default: built-in photographs]",
)
@click.option("-o", "--output", type=PATH, help="Folder of the run.  [default: runs/TASK-N]")
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
@click.option("--vgg-weights", metavar="FILE", help="VGG19's weights (.npz, .h5) for VGG losses, or `download`.")
@click.option("--batch", type=int, help="Pictures per step.")
@click.option("--precision", help="auto, float32 or bfloat16.")
@click.option("--crop", help="fixed_size or random_size: windows cut from pictures larger than needed.")
@click.option("--jobs", type=int, help="Processes that render pictures during training.")
@click.option("--seed", type=int, help="Same seed, same run.")
@console.force_option
@console.dry_run_option
@console.reporting
@click.pass_context
def train(
    context,
    task,
    camera_file,
    data,
    output,
    resume,
    config,
    steps,
    assignments,
    ranges,
    force,
    dry_run,
    console,
    **shortcuts,
):
    """Train a generator for one task.

    The run's folder gets a log (log.csv), previews, checkpoints, and at the end generator.keras. A run that was
    stopped, however roughly, goes on with --resume as if nothing had happened.
    """
    if resume:
        _refuse_options_with_resume(context)
        folder = output or _latest_run(task)
        camera = None
    else:
        chosen = _configured(task, camera_file, config, data, steps, assignments, ranges, shortcuts)
        chosen, camera = _with_camera(chosen, task, camera_file, config, console.info)
        folder = output or _free_run(chosen.task)
        _check_run_folder(folder, force=force)
    backend.ensure()
    from enhance.data import sampling
    from enhance.training import build, engine, run_folder

    digest = ""
    if resume:
        chosen, digest = run_folder.read_config(folder)
        camera = cameras.load(folder / run_folder.CAMERA)
        if (folder / zoo.CARD).exists():
            console.info(f"{folder}: already finished")
            _report_run(console, zoo.open_run(folder))
            return
    else:
        chosen = dataclasses.replace(chosen, precision=build.chosen_precision(chosen.precision))
    build.check(_begun(chosen, folder) if resume else chosen)  # before pictures are rendered or anything is written
    plan = {"run": str(folder), "task": chosen.task, "stages": {s.name: s.steps for s in chosen.stages if s.steps}}
    words = ", ".join(f"{steps} steps {name}" for name, steps in plan["stages"].items())
    if dry_run:
        kind = chosen.generator["kind"]
        console.result(f"would train {kind} for {chosen.task} in {folder}: {words}", {"dry_run": True} | plan)
        return
    source = _open_source(chosen, camera, console)
    try:
        asked = chosen.scale, chosen.hr_px
        chosen = dataclasses.replace(chosen, scale=source.scale, hr_px=source.hr_px)
        if resume and source.fingerprint() != digest:
            raise ValueError(f"{source.source}: not the pictures that {folder} was trained on so far")
        if not resume:
            if (chosen.scale, chosen.hr_px) != asked:
                build.check(chosen)
            engine.check_held_out(chosen, len(sampling.held_out(len(source), chosen.validation)))
            run_folder.prepare(folder, chosen, cameras.to_toml(camera), source.fingerprint())
        console.info(f"{folder}: {chosen.generator['kind']} for {chosen.task}, {words}; {source.source}")
        _run_with_bar(folder, chosen, source, console)
    except KeyboardInterrupt:
        console.info(f"stopped; `enhance train --resume -o {folder}` {run_folder.progress_words(folder)}")
        raise
    finally:
        source.close()
    _report_run(console, zoo.open_run(folder))


def _begun(config: configs.Config, folder: Path) -> configs.Config:
    """The configuration of a run to go on with: a checkpoint takes the place of the model it started from."""
    from enhance.training import run_folder

    return dataclasses.replace(config, init="", needs_init=False) if run_folder.checkpoints(folder) else config


def _configured(task, camera_file, name, data, steps, assignments, ranges, shortcuts) -> configs.Config:
    """The configuration that the options ask for, not yet with its camera."""
    if not name and not task and not camera_file:
        raise click.UsageError(f"--task is needed: one of {', '.join(zoo.TASKS)}")
    config = configs.load(name or (task if task in configs.names() else "default"))
    if data is not None:
        config = dataclasses.replace(config, data=str(data))
    if steps is not None:
        config = _with_steps(config, steps)
    with in_option("--set"):
        config = configs.override(config, assignments)
    given = {key: shortcuts[key] for key in _SHORTCUTS if shortcuts[key] is not None}
    for text in ranges:
        key, _, bounds = text.partition("=")
        try:
            low, high = (float(bound) for bound in bounds.split(","))
        except ValueError:
            raise click.BadParameter(f"{text}: write KEY=LOW,HIGH, such as optics.fnumber=4,32", param_hint="--range")
        given["vary"] = given.get("vary", dict(config.vary)) | {key.strip(): [low, high]}
    return _with_whole_paths(dataclasses.replace(config, **given))


def _with_whole_paths(config: configs.Config) -> configs.Config:
    """So that the run goes on, and is done again, from any folder."""
    if config.data and not Path(config.data).exists():
        raise ValueError(f"{config.data}: no such file or folder")
    paths = {key: getattr(config, key) for key in ("data", "init", "vgg_weights")}
    whole = {key: str(Path(path).resolve()) for key, path in paths.items() if path and Path(path).exists()}
    return dataclasses.replace(config, **whole)


def _with_steps(config: configs.Config, text: str) -> configs.Config:
    counts = text.split(",")
    if len(counts) > len(config.stages) or not all(count.strip().isdecimal() for count in counts):
        names = ", ".join(stage.name for stage in config.stages)
        raise click.BadParameter(f"{text}: whole numbers for the stages {names}, in order", param_hint="--steps")
    stages = list(config.stages)
    for number, count in enumerate(counts):
        stages[number] = dataclasses.replace(stages[number], steps=int(count))
    return dataclasses.replace(config, stages=tuple(stages))


def _with_camera(config: configs.Config, task, camera_file, name, note) -> tuple[configs.Config, cameras.Camera]:
    """The configuration with its task and setting, and the camera: --camera's, the task's, or a run's own."""
    beside = Path(name or "") / "camera.toml"
    if name and not Path(name).is_dir():
        beside = Path(name).parent / "camera.toml"
    if camera_file:
        camera = cameras.load(camera_file)
    elif task:
        camera = cameras.load(zoo.TASKS.get(task) or _unknown_task(task))
    elif name not in configs.names() and beside.is_file():
        camera, task = cameras.load(beside), config.task
    elif config.task in zoo.TASKS:
        camera, task = cameras.load(zoo.TASKS[config.task]), config.task
    else:
        raise click.UsageError(f"--task or --camera is needed; tasks: {', '.join(zoo.TASKS)}")
    if camera_file and task in zoo.TASKS and camera != cameras.load(zoo.TASKS[task]):
        note(f"note: {camera_file} is not {zoo.TASKS[task]}, but this model will be found as that of {task}")
    return dataclasses.replace(config, task=task or camera.name, setting=camera.name), camera


def _open_source(config: configs.Config, camera: cameras.Camera, console):
    from tqdm import tqdm

    from enhance.data import discover

    if not config.data:
        console.info(f"no --data given: rendering the built-in photographs through {camera.name}")
    look = {"unit": "picture", "disable": not console.show_progress, "dynamic_ncols": True, "leave": False}
    with tqdm(mininterval=0.5, **look) as bar:
        return discover.open(
            config.data or None,
            camera=camera,
            setting=config.setting,
            vary=config.vary,
            hr_px=config.hr_px,
            scale=config.scale,
            crop=config.crop,
            seed=config.seed,
            jobs=config.jobs,
            step=bar.update,
        )


def _report_run(console, entry: zoo.Entry) -> None:
    """Note a finished run as its task's latest and print its card."""
    try:
        zoo.note(entry.path)
    except (OSError, ValueError) as error:  # the model is there all the same
        console.info(f"note: --task will not find this model by itself ({error}); use --models {entry.path}")
    card = entry.card
    found = card["validation"].get("val_psnr_db")
    psnr = "" if found is None else f", {found:.2f} dB on held-out pictures"
    console.result(
        f"{entry.weights}  {entry.task}, {card['steps']} steps{psnr}", {"run": str(entry.path)} | entry.facts
    )


def _run_with_bar(folder: Path, config: configs.Config, source, console) -> dict:
    from tqdm import tqdm

    from enhance.training import engine, run_folder

    quiet = not console.show_progress
    look = {"unit": "step", "disable": quiet, "dynamic_ncols": True, "mininterval": 0.5, "smoothing": 0.1}
    with tqdm(total=config.total_steps, initial=run_folder.progress(folder).step, **look) as bar:

        def report(steps, losses):
            bar.update(steps)
            shown = {name: f"{value:.4f}" for name, value in losses.items() if name != "loss"}
            rate = bar.format_dict["rate"] or 0
            bar.set_postfix(shown | {"img/s": f"{rate * config.batch:.0f}"}, refresh=False)

        def say(text):
            bar.clear()
            console.info(text)

        return engine.run(folder, config, source, report, say)


def _unknown_task(task: str) -> str:
    raise click.BadParameter(f"unknown task {task!r}; known: {', '.join(zoo.TASKS)}", param_hint="--task")


def _refuse_options_with_resume(context: click.Context) -> None:
    for name in context.params:
        given = context.get_parameter_source(name) == click.core.ParameterSource.COMMANDLINE
        if given and name not in _WITH_RESUME:
            shown = {"camera_file": "camera", "assignments": "set", "ranges": "range"}.get(name, name.replace("_", "-"))
            raise click.UsageError(f"--{shown} cannot be changed with --resume: the run keeps its own")


def _runs(task: str) -> list[Path]:
    """Folders `runs/TASK-N` in this directory, by number."""
    found = [p for p in Path("runs").glob(f"{task}-*") if p.name.removeprefix(f"{task}-").isdigit()]
    return sorted(found, key=lambda p: int(p.name.rpartition("-")[2]))


def _free_run(task: str) -> Path:
    last = int(_runs(task)[-1].name.rpartition("-")[2]) if _runs(task) else 0
    return Path("runs") / f"{task}-{last + 1}"


def _latest_run(task: str | None) -> Path:
    if not task:
        raise click.UsageError("--resume needs -o RUN, or --task for the latest run of a task")
    found = [path.parent for path in Path("runs").glob("*/config.toml") if configs.load(path).task == task]
    if not found:
        raise ValueError(f"no run of {task} in {Path('runs').resolve()}; name one with -o")
    return max(found, key=lambda folder: (folder / "config.toml").stat().st_mtime)


def _check_run_folder(folder: Path, *, force: bool) -> None:
    if folder.is_file():
        raise ValueError(f"{folder} is a file")
    if not folder.is_dir() or not any(folder.iterdir()):
        return
    if not (folder / "config.toml").exists():
        raise ValueError(f"{folder} holds something other than a training run")
    if not force:
        raise ValueError(f"{folder} exists: --resume goes on with it, --force trains anew")


@click.command("configs", short_help="List the training configurations, or show one.")
@click.argument("name", required=False)
@click.option("--keys", is_flag=True, help="Every key with its default, bounds and meaning.")
@console.reporting
def list_configs(name, keys, console):
    """List the shipped training configurations; with NAME, print one as a TOML file to start from."""
    if keys:
        rows = list(configs.keys())
        table = [
            {"key": key, "meaning": entry.metadata["meaning"], "bounds": schema.bounds(entry.metadata)}
            for key, entry in rows
        ]
        text = "\n".join(f"{row['key']:29}{row['bounds']:31}{row['meaning']}" for row in table)
        console.result(text, {"keys": table})
    elif name:
        config = configs.load(name)
        console.result(configs.to_toml(config).rstrip(), configs.to_dict(config))
    else:
        known = {name: configs.load(name) for name in configs.names()}
        rows = [f"{name:16}{config.description}" for name, config in known.items()]
        console.result("\n".join(rows), {"configs": {n: configs.to_dict(c) for n, c in known.items()}})
