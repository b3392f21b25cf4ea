"""The `scielab` command."""

import click

from camsim.cli import console, installation
from scielab.cli import compare, grid


@click.group("scielab", cls=console.Commands, context_settings=console.CONTEXT)
@installation.version_option
def cli() -> None:
    """What the eye sees of the difference between pictures.

    S-CIELAB blurs both pictures as the eye does at the viewing distance, then takes the CIE colour difference
    of every pixel.

    \b
    scielab compare photo.png restored.png                   the numbers
    scielab compare photo.png restored.png -o map.png        and where the difference is
    scielab compare photo.png restored.png --html page.html  with a slider, in a browser
    scielab compare photos/ restored/ --csv all.csv          all pairs of two folders
    """


cli.add_command(compare.compare)
cli.add_command(grid.grid)


def main() -> None:
    """Run the command line."""
    console.run(cli)
