"""The `enhance` command."""

import click

from camsim.cli import console, installation
from enhance.cli.apply import apply
from enhance.cli.configs import list_configs
from enhance.cli.evaluate import evaluate
from enhance.cli.export import export
from enhance.cli.models import models
from enhance.cli.train import train
from enhance.cli.weights import weights


@click.group("enhance", cls=console.Commands, context_settings=console.CONTEXT)
@installation.version_option
def cli() -> None:
    """Networks that undo what a camera did.

    \b
    enhance apply in.png -o out.png --model deblur       with the models that came with it, or your own
    enhance train --task deblur                          on the built-in photographs
    enhance train --task deblur --data DIR -o RUN        on a set of `camsim dataset`, or your photographs
    enhance models use RUN                               let a task's name stand for a run of yours
    enhance evaluate --bench set5 --model sr             PSNR and SSIM as the papers measure them
    """


for command in (train, list_configs, apply, evaluate, export, models, weights):
    cli.add_command(command)


def main() -> None:
    """Entry point of the `enhance` command."""
    console.run(cli)
