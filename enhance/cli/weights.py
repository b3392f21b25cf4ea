"""The `enhance weights` command."""

from typing import TYPE_CHECKING

import click

from camsim.cli import console
from camsim.cli.console import Console, table

if TYPE_CHECKING:
    from camsim.io.weights_folder import Published


@click.command(short_help="Fetch pretrained weights, or list them.")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@console.reporting
def weights(names: tuple[str, ...], console: Console) -> None:
    """Fetch the pretrained weights of VGG and LPIPS losses, or list them.

    NAME is one of the list: a network's trunk (`vgg19`), or what LPIPS has learnt of one (`lpips-alex`). They go to the
    folder of the variable CAM2EYE_WEIGHTS, or to your cache, where `--weights download` finds them.
    """
    from camsim.io import weights_folder
    from camsim.schema.spelling import hint

    known = _known()
    if not names:
        rows = [("name", "what", "at most", "here")]
        rows += [(name, file.what, f"{file.size / 1e6:,.1f} MB", _here(file)) for name, file in known.items()]
        console.result(table(rows), [{"name": row[0], "what": row[1], "here": row[3]} for row in rows[1:]])
        return
    if unknown := [name for name in names if name not in known]:
        raise ValueError(f"no weights {unknown[0]!r}: {', '.join(known)}{hint(unknown[0], known)}")
    found = {}
    for name in names:
        console.info(f"{known[name].what}: at most {known[name].size / 1e6:,.1f} MB")
        found[name] = str(weights_folder.locate(known[name], weights_folder.DOWNLOAD))
    console.result("\n".join(found.values()), found)


def _known() -> "dict[str, Published]":
    from scielab.metrics import pretrained

    return {**pretrained.TRUNKS, **{f"lpips-{name}": file for name, file in pretrained.HEADS.items()}}


def _here(file: "Published") -> str:
    """Where a file of weights lies; "" where it is not."""
    from camsim.io import weights_folder

    return str(weights_folder.find(weights_folder.downloads(), *file.patterns) or "")
