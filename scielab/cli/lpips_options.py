"""The options of LPIPS: with which networks it is measured, and where their weights are."""

from collections.abc import Callable
from pathlib import Path

import click

#: Names of `scielab.metrics.lpips.KINDS`, which is not loaded for a page of help.
NETWORKS = ("alex", "vgg", "squeeze")


def lpips_options(command: Callable) -> Callable:
    """Add the options; the command gets `lpips`, the networks, and `weights`, a folder or the word "download"."""
    for option in (
        click.option(
            "--weights",
            type=click.Path(path_type=Path),
            metavar="DIR",
            help="Folder of pretrained weights, or `download`; with it LPIPS is measured.  "
            "[default: what CAM2EYE_WEIGHTS says]",
        ),
        click.option(
            "--lpips",
            type=click.Choice(NETWORKS),
            multiple=True,
            help="Measure LPIPS with this network.  Repeatable.  [default: alex]",
        ),
    ):
        command = option(command)
    return command
