"""Results as tables for notebooks."""

from collections.abc import Iterable
from html import escape


def table(rows: Iterable[Iterable[str]], *, caption: str = "", head: Iterable[str] = ()) -> str:
    """Rows of cells as an HTML table; the first cell of every row is its heading."""

    def cells(row: Iterable[str]) -> str:
        first, *others = map(escape, row)
        return f"<tr><th>{first}</th>{''.join(f'<td>{cell}</td>' for cell in others)}</tr>"

    top = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    parts = [f"<caption>{escape(caption)}</caption>" if caption else "", f"<tr>{top}</tr>" if top else ""]
    return f"<table>{''.join([*parts, *map(cells, rows)])}</table>"
