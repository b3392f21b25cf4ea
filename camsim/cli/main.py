"""The `camsim` command."""

import click

from camsim.cli import chart, console, dataset, designer, fetch, installation, measure, render, settings


@click.group("camsim", cls=console.Commands, context_settings=console.CONTEXT)
@installation.version_option
def cli() -> None:
    """What a camera does to a picture.

    A photograph becomes a spectral scene, passes lens, sensor and image processor, and comes out degraded.

    \b
    camsim render --setting f22                      a built-in photograph through an f/22 lens
    camsim render my.jpg --setting pixel25 -o out/   your own
    camsim fetch kodak                               photographs of a known data set
    camsim dataset photos/ -o data/                  a training set: HR, LR per setting, manifest
    camsim chart slanted-edge                        a test chart
    camsim measure mtf edge.png                      what a camera did to it, in numbers
    camsim designer                                  a camera to play with, in the browser
    """


for command in (
    settings.settings,
    render.render,
    fetch.fetch,
    dataset.dataset,
    chart.chart,
    measure.measure,
    designer.designer,
):
    cli.add_command(command)


def main() -> None:
    """Entry point of the `camsim` command."""
    console.run(cli)
