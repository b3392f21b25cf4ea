"""The folder `datasets`: its page says what the recipes say."""

import importlib.util
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "datasets"


def test_the_datasheet_is_made_from_the_recipes():
    spec = importlib.util.spec_from_file_location("datasheet", FOLDER / "datasheet.py")
    datasheet = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(datasheet)
    page = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert datasheet.written(page) == page
