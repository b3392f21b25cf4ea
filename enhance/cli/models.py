"""The `enhance models` command."""

import click

from camsim.cli import console
from camsim.cli.console import Console
from enhance import zoo


@click.command(short_help="List the trained models.")
@console.reporting
def models(console: Console) -> None:
    """List the trained models that --task finds: your latest of each task first, then those that came with it."""
    entries = zoo.known()
    rows = [f"{'task':8}{'scale':>5}{'size':>10}  {'held-out':>9}{'ΔE':>7}  {'trained on':40}  {'licence':50}  folder"]
    rows += [_row(entry) for entry in entries]
    if not entries:
        rows = ["no trained models: `enhance train --task deblur` makes one"]
    found = [{"path": str(entry.folder), "licence": entry.licence} | entry.facts for entry in entries]
    console.result("\n".join(rows), {"models": found})


def _row(entry: zoo.Entry) -> str:
    card, scores = entry.card, entry.card["validation"]
    psnr = f"{scores['val_psnr_db']:.2f} dB" if "val_psnr_db" in scores else "–"
    delta_e = f"{scores['val_delta_e']:.2f}" if "val_delta_e" in scores else "–"
    size, data = f"{card['parameters']:,}", str(card["data"])
    shown = data if len(data) <= 40 else f"…{data[-39:]}"
    first = f"{card['task']:8}{card['scale']:>4}×{size:>10}  {psnr:>9}{delta_e:>7}"
    return f"{first}  {shown:40}  {entry.licence:50}  {entry.folder}"
