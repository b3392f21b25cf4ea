"""Writes the table of README.md from the recipes: `python datasets/datasheet.py`."""

from pathlib import Path

from camsim.dataset import recipe

HERE = Path(__file__).parent
BEGIN, END = "<!-- from the recipes: datasets/datasheet.py -->\n", "<!-- end -->\n"


def table() -> str:
    """A row per recipe whose pictures are fetched."""
    rows = ["| `camsim fetch` | what | licence | to be cited | not yet checked |", "|---|---|---|---|---|"]
    for name in recipe.names():
        known = recipe.read(recipe.place(name))
        size = sum(archive.size_bytes for archive in known.archive)
        what = f"{known.description}{f' ({size / 1e9:.2f} GB)' if size else ''}"
        rows.append(f"| `{name}` | {what} | {known.licence} | {known.citation} | {known.unchecked} |")
    return "\n".join(rows) + "\n"


def written(text: str) -> str:
    """The README with the table of today's recipes."""
    head, _, rest = text.partition(BEGIN)
    return f"{head}{BEGIN}{table()}{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    page = HERE / "README.md"
    page.write_text(written(page.read_text(encoding="utf-8")), encoding="utf-8")
