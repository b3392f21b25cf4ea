"""The `camsim fetch` command, and how other commands fetch what they are told to use by name."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from camsim.cli import console
from camsim.cli.console import Console, table

if TYPE_CHECKING:
    from camsim.dataset.fetched import Fetched, Web
    from camsim.dataset.recipe import Recipe


@click.command(short_help="Fetch photographs of known data sets.")
@click.argument("name", required=False)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder for them.  [default: your cache, where every command finds them by name]",
)
@click.option(
    "--have",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Take from this folder what it has, instead of the web. Repeatable.",
)
@click.option("--allow-local", is_flag=True, help="Also from addresses of your own network.")
@console.dry_run_option
@console.reporting
def fetch(
    name: str | None, output: Path | None, have: tuple[Path, ...], allow_local: bool, dry_run: bool, console: Console
) -> None:
    """Fetch the photographs of a data set, or list the sets.

    NAME is a data set, as `camsim fetch` lists them, or a recipe of your own (.toml). What is there already is not
    fetched again, and a download that was interrupted goes on.
    """
    from camsim.dataset import fetched, recipe

    if name is None:
        _list(console)
        return
    known = recipe.read(recipe.place(name))
    folder = output or fetched.cached(Path(name).stem)
    if dry_run:
        words = f"would fetch {_amount(known, recipe.place(name))} into {folder}; licence: {known.licence}"
        console.result(words, {"dry_run": True, "name": known.name, "output": str(folder), "licence": known.licence})
        return
    found = _fetch(name, folder, have, fetched.Web(allow_local=allow_local), console)
    if found.unlike:
        raise ValueError(
            f"{folder}: {len(found.unlike)} of {found.pictures + len(found.unlike)} pictures were left out: what was "
            f"made of them here is not what is recorded, {found.unlike[0]} the first"
        )
    summary = {"name": known.name, "output": str(folder), "licence": known.licence}
    summary |= {key: getattr(found, key) for key in ("pictures", "there", "taken", "downloaded")}
    console.result(
        f"{folder}: {found.pictures:,} pictures ({found.there:,} were there, {found.taken:,} taken from other folders, "
        f"{found.downloaded:,} downloaded); licence: {known.licence}",
        summary,
    )


def by_name(word: str | Path, console: Console) -> Path | None:
    """The folder of a data set of the package, fetched now if need be; None for a word that names none, or a path."""
    from camsim.dataset import fetched, recipe

    name = str(word).lower()
    if Path(word).exists() or name not in recipe.names():
        return None
    folder = fetched.cached(name)
    if not fetched.is_complete(folder):
        known = recipe.read(recipe.place(name))
        console.info(f"fetching {name} into {folder}: {_amount(known, recipe.place(name))}; licence: {known.licence}")
        if (found := _fetch(name, folder, (), fetched.Web(), console)).unlike:
            raise ValueError(f"{folder}: {len(found.unlike)} pictures are not what is recorded: `camsim fetch {name}`")
    return folder


def photographs(word: str | Path, console: Console) -> Path | None:
    """The same, without the reductions that a benchmark holds beside its photographs."""
    folder = by_name(word, console)
    return folder / "HR" if folder and (folder / "HR").is_dir() else folder


def _fetch(name: str, folder: Path, have: tuple[Path, ...], asking: "Web", console: Console) -> "Fetched":
    """Fetch with a bar."""
    from camsim.dataset import fetch as sets

    with console.bar(leave=False) as bar:

        def begin(unit: str, total: int) -> None:
            bar.unit, bar.unit_scale = unit, unit == "B"
            bar.reset(total or None)

        return sets.fetch(name, folder, have=have, asking=asking, begin=begin, step=bar.update)


def _amount(known: "Recipe", place: Path) -> str:
    """How much a recipe fetches."""
    from camsim.dataset import fetched, recipe

    parts = []
    if files := recipe.listed(known, place):
        parts.append(f"{len(files):,} pictures")
    if known.archive:
        size = fetched.size_bytes(known)
        parts.append(f"{size / 1e9:.2f} GB" if size else "an archive of unknown size")
    return " and ".join(parts)


def _list(console: Console) -> None:
    from camsim.dataset import fetched, recipe

    rows, values = [("name", "what", "to fetch", "here", "licence")], []
    for name in recipe.names():
        known = recipe.read(recipe.place(name))
        here = fetched.is_complete(fetched.cached(name))
        rows.append((name, known.description, _amount(known, recipe.place(name)), "yes" if here else "", known.licence))
        values.append({"name": name, "description": known.description, "here": here, "licence": known.licence})
    console.result(table(rows), values)
