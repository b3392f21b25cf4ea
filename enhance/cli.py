"""The `enhance` command."""

import contextlib
import itertools
import os
import tempfile
from pathlib import Path

import click

from camsim import camera as cameras
from camsim import console, files
from enhance import zoo

TASK_HELP = "sr, color, pixel or deblur: which camera setting is undone."


@click.group("enhance", context_settings=console.CONTEXT)
@console.version_option
def cli():
    """Networks that undo what a camera did.

    \b
    enhance train --task deblur                      on the built-in photographs
    enhance train --task deblur --data DIR -o RUN    on a set rendered by `camsim dataset`
    enhance apply -i in.png -o out.png --task deblur
    """


def _keras_or_explain() -> None:
    """TensorFlow is an extra: say so in one line where no backend is installed."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        with _hushed():
            import keras  # noqa: F401
    except ImportError as error:
        raise ValueError(
            f"{error.name or error} is not installed: training and applying models needs the extra `enhance` "
            "(in a checkout: pip install '.[enhance]')"
        ) from None


def load_model(path: Path):
    """A saved generator as a plain function, (h, w, 3) to (h·scale, w·scale, 3), sRGB values in [0, 1]."""
    _keras_or_explain()
    from enhance import apply as applying

    network = applying.load(path)
    return lambda rgb: applying.enlarge(network, rgb)


@contextlib.contextmanager
def _hushed():
    """Keep off the terminal what TensorFlow's C++ libraries say when they load; it comes out if loading fails."""
    saved = os.dup(2)
    with tempfile.TemporaryFile() as said:
        os.dup2(said.fileno(), 2)
        try:
            yield
        except BaseException:
            said.seek(0)
            os.write(saved, said.read())
            raise
        finally:
            os.dup2(saved, 2)
            os.close(saved)


@cli.command(short_help="Train a generator for one task.")
@click.option("--task", help=TASK_HELP)
@click.option("--camera", "camera_file", help="Undo a camera of your own (.toml) instead of a task's.")
@click.option(
    "--data", type=click.Path(path_type=Path), help="A set of `camsim dataset`.  [default: built-in photographs]"
)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Folder of the run.  [default: runs/TASK-N]")
@click.option("--resume", is_flag=True, help="Go on with the run in -o (or the latest of the task), exactly.")
@click.option("--steps", default=1500, show_default=True, help="Training steps with pixel loss.")
@click.option("--gan-steps", default=300, show_default=True, help="Steps with adversarial and content loss after that.")
@click.option("--generator", default="light", show_default=True, help="light, or srresnet (the classic; far slower).")
@click.option("--blocks", type=int, help="Residual blocks.  [default: light 8, srresnet 16]")
@click.option("--filters", type=int, help="Filters per convolution.  [default: light 32, srresnet 64]")
@click.option("--critic", default="patch", show_default=True, help="patch, or srgan (the classic; far slower).")
@click.option("--content", default="pixel", show_default=True, help="pixel, or a VGG19 layer such as block2_conv2.")
@click.option("--content-weight", default=1.0, show_default=True)
@click.option("--adversarial-weight", default=0.003, show_default=True)
@click.option("--vgg-weights", default="", metavar="FILE", help="VGG19 weights (.npz) for a VGG19 content loss.")
@click.option("--batch", default=16, show_default=True)
@click.option("--learning-rate", default=1e-3, show_default=True)
@click.option("--gan-learning-rate", default=1e-4, show_default=True)
@click.option("--log-every", default=25, show_default=True)
@click.option("--checkpoint-every", default=250, show_default=True)
@console.seed_option
@console.force_option
@console.dry_run_option
@console.reporting
@click.pass_context
def train(context, task, camera_file, data, output, resume, force, dry_run, console, **options):
    """Train a generator for one task.

    The run's folder gets a log (log.csv), previews, checkpoints, and at the end generator.keras. A run that was
    stopped, however roughly, goes on with --resume as if nothing had happened.
    """
    if resume:
        _refuse_options_with_resume(context)
        folder = output or _latest_run(task)
    else:
        if not task and not camera_file:
            raise click.UsageError(f"--task is needed: one of {', '.join(zoo.TASKS)}")
        camera = cameras.load(camera_file or zoo.TASKS.get(task) or _unknown_task(task))
        task = task or camera.name
        folder = output or _free_run(task)
        _check_run_folder(folder, force=force)
    _keras_or_explain()
    from tqdm import tqdm

    from camsim import dataset
    from enhance import data as pairing
    from enhance import runs
    from enhance import train as training

    if resume:
        config, digest = runs.read_config(folder)
        task = config.task
        camera = cameras.load(folder / runs.CAMERA)
        if (folder / zoo.CARD).exists():
            console.info(f"{folder}: already finished")
            _report_run(console, zoo.open_run(folder))
            return
    else:
        defaults = {"light": (8, 32), "srresnet": (16, 64)}.get(options["generator"], (8, 32))
        options["blocks"] = options["blocks"] or defaults[0]
        options["filters"] = options["filters"] or defaults[1]
        where = str(data.resolve()) if data else ""
        config = runs.Config(task=task, setting=camera.name, data=where, **options)
    if dry_run:
        plan = {"dry_run": True, "run": str(folder), "task": task, "steps": config.steps, "gan_steps": config.gan_steps}
        words = f"{config.steps} + {config.gan_steps} steps"
        console.result(f"would train {config.generator} for {task} in {folder}: {words}", plan)
        return
    quiet = not console.show_progress
    if config.data:
        pairs = pairing.load(config.data, config.setting)
        if not resume:
            camera = cameras.load(Path(config.data) / "cameras" / f"{config.setting}.toml")
    else:
        total = dataset.count(pairing.builtin_photos("train"))
        console.info(f"no --data given: rendering the built-in photographs through {camera.name}")
        with tqdm(total=total, unit="scene", disable=quiet, dynamic_ncols=True, mininterval=0.5, leave=False) as bar:
            pairs = pairing.builtin(camera, jobs=os.cpu_count() or 1, step=bar.update)
    if len(pairs) < 2:
        raise ValueError(f"{pairs.source}: {len(pairs)} picture is too few to train on")
    if resume and runs.fingerprint(pairs) != digest:
        raise ValueError(f"{pairs.source}: not the pictures that {folder} was trained on so far")
    training.extractor(config)  # what it lacks is better said before anything is written
    if not resume:
        runs.prepare(folder, config, cameras.to_toml(camera), pairs)
    console.info(f"{folder}: {config.generator} for {task}, {len(pairs)} pairs of {pairs.source}")
    try:
        _run_with_bar(folder, config, pairs, quiet)
    except KeyboardInterrupt:
        console.info(f"stopped; `enhance train --resume -o {folder}` {runs.progress_words(folder)}")
        raise
    _report_run(console, zoo.open_run(folder))


def _report_run(console, entry: zoo.Entry) -> None:
    """Note a finished run as its task's latest and print its card."""
    try:
        zoo.note(entry.path)
    except (OSError, ValueError) as error:  # the model is there all the same
        console.info(f"note: --task will not find this model by itself ({error}); use --models {entry.path}")
    card = entry.card
    psnr = "" if card["val_psnr_db"] is None else f", {card['val_psnr_db']:.2f} dB on held-out scenes"
    steps = card["steps"] + card["gan_steps"]
    console.result(f"{entry.weights}  {entry.task}, {steps} steps{psnr}", {"run": str(entry.path)} | card)


def _run_with_bar(folder, config, pairs, quiet):
    from tqdm import tqdm

    from enhance import runs
    from enhance import train as training

    look = {"unit": "step", "disable": quiet, "dynamic_ncols": True, "mininterval": 0.5, "smoothing": 0.1}
    with tqdm(total=config.total_steps, initial=runs.steps_done(folder), **look) as bar:

        def report(steps, losses):
            bar.update(steps)
            shown = {name: f"{value:.4f}" for name, value in losses.items() if name != "loss"}
            rate = bar.format_dict["rate"] or 0
            bar.set_postfix(shown | {"img/s": f"{rate * config.batch:.0f}"}, refresh=False)

        return training.run(folder, config, pairs, report)


def _unknown_task(task: str) -> str:
    raise click.BadParameter(f"unknown task {task!r}; known: {', '.join(zoo.TASKS)}", param_hint="--task")


def _refuse_options_with_resume(context: click.Context) -> None:
    allowed = {"task", "output", "resume", "dry_run", "as_json", "quiet", "verbose"}
    for name in set(context.params) | {"force"}:
        given = context.get_parameter_source(name) == click.core.ParameterSource.COMMANDLINE
        if given and name not in allowed:
            raise click.UsageError(f"--{name.replace('_', '-')} cannot be changed with --resume: the run keeps its own")


def _runs(task: str) -> list[Path]:
    """Run folders `runs/TASK-N` in this directory, by number."""
    found = [p for p in Path("runs").glob(f"{task}-*") if p.name.removeprefix(f"{task}-").isdigit()]
    return sorted(found, key=lambda p: int(p.name.rpartition("-")[2]))


def _free_run(task: str) -> Path:
    last = int(_runs(task)[-1].name.rpartition("-")[2]) if _runs(task) else 0
    return Path("runs") / f"{task}-{last + 1}"


def _latest_run(task: str | None) -> Path:
    if not task:
        raise click.UsageError("--resume needs -o RUN, or --task for the latest run of a task")
    if not _runs(task):
        raise ValueError(f"no run of {task} in {Path('runs').resolve()}; name one with -o")
    return _runs(task)[-1]


def _check_run_folder(folder: Path, *, force: bool) -> None:
    if folder.is_file():
        raise ValueError(f"{folder} is a file")
    if not folder.is_dir() or not any(folder.iterdir()):
        return
    if not (folder / "config.toml").exists():
        raise ValueError(f"{folder} holds something other than a training run")
    if not force:
        raise ValueError(f"{folder} exists: --resume goes on with it, --force trains anew")


@cli.command(short_help="Enlarge pictures with a trained model.")
@click.option("-i", "--input", "inputs", required=True, multiple=True, type=click.Path(path_type=Path), metavar="IN")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="A picture file, or a folder.")
@click.option("--task", help=TASK_HELP)
@click.option("--models", type=click.Path(path_type=Path), help="Folder of trained models, or one run.")
@click.option("--model", type=click.Path(path_type=Path), help="A .keras file instead of a task's model.")
@console.force_option
@console.dry_run_option
@console.reporting
def apply(inputs, output, task, models, model, force, dry_run, console):
    """Enlarge pictures, files or folders of any size, with a trained model.

    Without --models it is the task's latest finished run.
    """
    if not task and not model and not models:
        raise click.UsageError("--task or --model is needed")
    path = model or (zoo.find(task, models) if task else zoo.open_run(models)).weights
    targets = list(_apply_targets(inputs, output))
    files.refuse_inputs([target for _, target in targets], [source for source, _ in targets])
    files.refuse_existing([target for _, target in targets], force=force)
    from tqdm import tqdm

    from camsim import image

    for source, target in targets:  # before anything is loaded or written
        files.check_writable(target)
        image.read(source)
    if dry_run:
        names = [str(target) for _, target in targets]
        plan = {"dry_run": True, "model": str(path), "outputs": names}
        console.result("\n".join(f"would write {name}" for name in names), plan)
        return
    enlarge = load_model(path)
    console.info(f"model: {path}")
    done = []
    for source, target in tqdm(targets, unit="picture", disable=len(targets) == 1 or not console.show_progress):
        result = enlarge(image.read(source))
        image.write(target, result)
        done.append({"input": str(source), "output": str(target), "width": result.shape[1], "height": result.shape[0]})
    console.result(
        "\n".join(f"{d['output']}  {d['width']}×{d['height']}" for d in done), {"model": str(path), "outputs": done}
    )


def _apply_targets(inputs, output):
    from camsim import image

    sources = image.find(inputs)
    one_file = len(inputs) == 1 and inputs[0].is_file()
    if one_file and output.suffix and not output.is_dir():
        image.check_suffix(output)
        return [(sources[0], output)]
    if output.is_file() or output.suffix.lower() in image.SUFFIXES:
        raise click.UsageError(f"{len(sources)} inputs need a folder after -o, not {output}")
    roots = {path: root for root in inputs if root.is_dir() for path in image.find([root])}
    targets = [output / (p.relative_to(roots[p]) if p in roots else p.name) for p in sources]
    twice = [a for a, b in itertools.pairwise(sorted(targets)) if a == b]
    if twice:
        raise click.UsageError(f"two inputs would both become {twice[0]}")
    return list(zip(sources, targets, strict=True))


@cli.command(short_help="List the trained models.")
@console.reporting
def models(console):
    """List the trained models that --task finds, the latest of each task first."""
    entries = zoo.noted()
    rows = [f"{'task':8}{'size':>9}  {'held-out':>9}  {'trained on':44}  folder"]
    for entry in entries:
        card = entry.card
        psnr = "–" if card.get("val_psnr_db") is None else f"{card['val_psnr_db']:.2f} dB"
        rows.append(
            f"{card['task']:8}{card.get('parameters', 0):>9,}  {psnr:>9}  {card.get('data', '')[:44]:44}  {entry.path}"
        )
    if not entries:
        rows = ["no trained models yet: `enhance train --task deblur` makes one"]
    console.result("\n".join(rows), {"models": [{"path": str(e.path)} | e.card for e in entries]})


def main():
    """Entry point of the `enhance` command."""
    console.run(cli)
