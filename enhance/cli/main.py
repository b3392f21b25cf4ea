"""The `enhance` command."""

import click

from camsim.cli import console
from enhance import zoo
from enhance.cli.apply import apply, export
from enhance.cli.evaluate import evaluate
from enhance.cli.train import list_configs, train


@click.group("enhance", context_settings=console.CONTEXT)
@console.version_option
def cli():
    """Networks that undo what a camera did.

    \b
    enhance apply -i in.png -o out.png --task deblur     with the models that came with it, or your own
    enhance train --task deblur                          on the built-in photographs
    enhance train --task deblur --data DIR -o RUN        on a set of `camsim dataset`, or your photographs
    enhance evaluate --bench Set5=DIR --task sr          PSNR and SSIM as the papers measure them
    """


for command in (train, list_configs, apply, evaluate, export):
    cli.add_command(command)


@cli.command(short_help="List the trained models.")
@console.reporting
def models(console):
    """List the trained models that --task finds: your latest of each task first, then those that came with it."""
    entries = zoo.known()
    rows = [f"{'task':8}{'scale':>5}{'size':>10}  {'held-out':>9}{'ΔE':>7}  {'trained on':40}  folder"]
    for entry in entries:
        card, found = entry.card, entry.card["validation"]
        psnr = f"{found['val_psnr_db']:.2f} dB" if "val_psnr_db" in found else "–"
        delta_e = f"{found['val_delta_e']:.2f}" if "val_delta_e" in found else "–"
        size = f"{card['parameters']:,}"
        data = str(card["data"])
        shown = data if len(data) <= 40 else f"…{data[-39:]}"
        rows.append(f"{card['task']:8}{card['scale']:>4}×{size:>10}  {psnr:>9}{delta_e:>7}  {shown:40}  {entry.path}")
    if not entries:
        rows = ["no trained models: `enhance train --task deblur` makes one"]
    console.result("\n".join(rows), {"models": [{"path": str(e.path)} | e.facts for e in entries]})


def main():
    """Entry point of the `enhance` command."""
    console.run(cli)
