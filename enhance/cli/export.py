"""The `enhance export` command."""

from pathlib import Path

import click

from camsim.cli import console
from camsim.cli.console import Console
from camsim.io import outputs
from enhance import backend
from enhance.cli.model_options import Model, model_options, needed
from enhance.inference.run import open_network


@click.command(short_help="Write a model for other runtimes.")
@model_options
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    metavar="OUT",
    help="FILE.onnx, FILE.tflite, or FOLDER.",
)
@console.force_option
@console.dry_run_option
@console.reporting
def export(
    model: Model | None,
    output: Path,
    force: bool,
    dry_run: bool,
    console: Console,
) -> None:
    """Write a model for other runtimes: ONNX, TFLite or, without a suffix, TensorFlow's SavedModel.

    It takes (1, H, W, 3) float32 sRGB values in [0, 1], any H and W. What was written is run once and compared with
    Keras; more than 0.001 of difference is an error, and nothing is left.
    """
    found = needed(model)
    outputs.check([output], found.files, force=force)
    backend.ensure()
    from enhance.inference import export

    kind = export.kind_of(output)
    export.check_place(output)
    if dry_run:
        plan = {"dry_run": True, **found.record, "outputs": [str(output)]}
        console.result(f"would write {output} ({kind})", plan)
        return
    worst = export.export(open_network(found), output)
    console.info(f"model: {found}")
    record = found.record | {"output": str(output), "kind": kind, "largest_difference": worst}
    console.result(f"{output}  {kind}, within {worst:.1e} of Keras", record)
