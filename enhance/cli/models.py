"""The `enhance models` command."""

from pathlib import Path

import click

from camsim.cli import console
from camsim.cli.console import Console
from enhance import user_files, zoo
from enhance.cli.model_options import what_to_type


@click.group(short_help="List the trained models, or choose among them.", invoke_without_command=True)
@console.reporting
@click.pass_context
def models(context: click.Context, console: Console) -> None:
    """List the trained models: those that came with the package, then the runs that you finished, the latest first.

    A star marks what a name stands for, a task's or with a style TASK:STYLE: the shipped model, unless `enhance models
    use RUN` chose another.
    """
    if context.invoked_subcommand:
        return
    entries = zoo.known()
    stars, gone = set(), []
    for name in dict.fromkeys([*zoo.TASKS, *(entry.name for entry in entries), *user_files.chosen()]):
        task, _, style = name.partition(":")
        try:
            stars.add(zoo.find(task, style or zoo.FAITHFUL).folder)
        except ValueError as error:
            gone.append(str(error))
    chosen = [zoo.open_run(path) for path in user_files.chosen().values() if Path(path) in stars]
    entries += [entry for entry in chosen if entry.folder not in [other.folder for other in entries]]
    rows = [
        f"  {'model':18}{'scale':>5}{'size':>10}  {'held-out':>9}{'ΔE':>7}  {'trained on':40}  {'licence':50}  folder"
    ]
    rows += [("* " if entry.folder in stars else "  ") + _row(entry) for entry in entries]
    if not entries:
        rows = ["no trained models: `enhance train --task deblur` makes one"]
    for words in zoo.damaged():
        console.info(f"note: {words}; it is left out")
    for words in gone:
        console.info(f"note: {words}; `enhance models use --reset` forgets it")
    listed = [
        {"path": str(entry.folder), "in_use": entry.folder in stars, "licence": entry.licence} | entry.facts
        for entry in entries
    ]
    console.result("\n".join(rows), {"models": listed})


def _row(entry: zoo.Entry) -> str:
    card, scores = entry.card, entry.card["validation"]
    psnr = f"{scores['val_psnr_db']:.2f} dB" if "val_psnr_db" in scores else "–"
    delta_e = f"{scores['val_delta_e']:.2f}" if "val_delta_e" in scores else "–"
    size, data = f"{card['parameters']:,}", str(card["data"])
    shown = data if len(data) <= 40 else f"…{data[-39:]}"
    first = f"{entry.name:18}{card['scale']:>4}×{size:>10}  {psnr:>9}{delta_e:>7}"
    return f"{first}  {shown:40}  {entry.licence:50}  {entry.folder}"


@models.command(short_help="Choose the run that a task's name stands for.")
@click.argument("run", required=False, metavar="[RUN]")
@click.option(
    "--reset", is_flag=True, help="Go back to what is shipped: for the task (or TASK:STYLE) RUN, or without it for all."
)
@console.reporting
def use(run: str | None, reset: bool, console: Console) -> None:
    """Let its task's name, with its style if it has one, stand for the run in the folder RUN, in every command.

    \b
    enhance models use runs/deblur-1        `--model deblur` is this run from now on
    enhance models use --reset deblur       and the shipped model again
    """
    if reset:
        tasks = zoo.reset(run)
        what = ", ".join(tasks) if tasks else "nothing was chosen"
        console.result(f"as shipped: {what}" if tasks else what, {"reset": tasks})
        return
    if not run:
        raise click.UsageError("the folder of a run is needed, or --reset")
    with what_to_type():
        entry = zoo.use(run)
    record = {"task": entry.task, "style": entry.style, "path": str(entry.folder)}
    console.result(f"{entry.name}: {entry.folder}", record)
