"""The grid as a heat table."""

import numpy as np

from camsim.io import image
from scielab.metrics import catalogue
from scielab.model_grid import colour_scale, heat_table, verdicts


def test_the_heat_table_shows_each_cell_in_its_colour(results, cells, trained_for, tmp_path):
    metric = catalogue.METRICS[0]
    heat_table.save(tmp_path / "matrix.png", cells, verdicts.judge(results, trained_for), metric)
    drawn = image.read(tmp_path / "matrix.png")[::3, ::3].reshape(-1, 3)
    for shade in colour_scale.colours([c.estimates[metric.name].value for c in cells], lower_is_better=True):
        painted = (np.abs(drawn - shade) < 1.5 / 255).all(axis=1)
        assert painted.mean() > 0.03  # a cell less its words
    again = tmp_path / "again.png"
    heat_table.save(again, cells, verdicts.judge(results, trained_for), metric)
    assert again.read_bytes() == (tmp_path / "matrix.png").read_bytes()


def test_a_second_verdict_of_a_column_has_room_of_its_own(made, tmp_path):
    results = made({"bicubic": [(5, 24)], "one": [(4, 25)], "two": [(3, 26)]})
    heights = []
    for trained_for in ({}, {"one": "f22"}, {"one": "f22", "two": "f22"}):
        cells, found = verdicts.summarise(results, trained_for), verdicts.judge(results, trained_for)
        heat_table.save(tmp_path / "matrix.png", cells, found, catalogue.METRICS[0])
        heights.append(image.read(tmp_path / "matrix.png").shape[0])
    assert heights[0] == heights[1] < heights[2]


def test_a_line_parts_the_rivals_from_the_others(made, tmp_path):
    """The only row of the picture that is dark from the first column's cells to the last's."""
    results = made({"bicubic": [(5, 24)], "deblur": [(4, 25)], "deblur:perceptual": [(3, 26)]})
    dark = {}
    for aside in ((), ("deblur:perceptual",)):
        cells = verdicts.summarise(results, {}, no_rivals=aside)
        heat_table.save(tmp_path / "matrix.png", cells, [], catalogue.METRICS[0])
        cell = image.read(tmp_path / "matrix.png")[:, 250:500]  # within the one column: 1.02 to 2.64 inches at 200 dpi
        dark[aside] = int((cell < 0.25).all(axis=(1, 2)).sum())
    assert dark[()] == 0 and 0 < dark["deblur:perceptual",] < 10
