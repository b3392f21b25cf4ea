"""The text of the package page; all other metadata stands in setup.cfg.

README.md is written for a checkout: its pictures and further pages lie beside it, and a package page has no such
neighbours. A picture becomes its caption there, a link to a file the text of the link and the file's place.
"""

import re
from pathlib import Path

from setuptools import setup

_LINK = re.compile(r"(!?)\[([^\]]*)\]\((?!https?:|mailto:|#)([^)\s]+)\)")


def standing_alone(text: str) -> str:
    """Markdown without links to files beside it."""

    def words(link: re.Match) -> str:
        is_picture, label, place = link.groups()
        if is_picture:
            return f"*Picture: {label}.*"
        return label if label.strip("`") == place else f"{label} (`{place}` in the source)"

    return _LINK.sub(words, text)


if __name__ == "__main__":
    setup(long_description=standing_alone(Path("README.md").read_text(encoding="utf-8")))
