"""Measurements as figures."""

from xml.etree import ElementTree as ET

import numpy as np
import pytest

from camsim.charts import catalogue
from camsim.io import image
from camsim.measure import figures, slanted_edge


@pytest.mark.slow
def test_figures_are_written_whole_in_every_format(tmp_path):
    edge = catalogue.make("slanted-edge", 120, 120)[..., 0]
    response = slanted_edge.measure(edge, (0, 0, 120, 120))
    for suffix in (".png", ".pdf", ".svg"):
        for name in ("a", "b"):
            figures.save_mtf(tmp_path / f"{name}{suffix}", response, edge)
    drawn = image.read(tmp_path / "a.png")
    assert (drawn[[0, 0, -1, -1], [0, -1, 0, -1]] == 1).all(), "white paper"
    assert len(np.unique(drawn[drawn.shape[0] // 3 : -drawn.shape[0] // 3].reshape(-1, 3), axis=0)) > 50, "and curves"
    portable = (tmp_path / "a.pdf").read_bytes()
    assert portable.startswith(b"%PDF-") and portable.rstrip().endswith(b"%%EOF")
    vectors = ET.parse(tmp_path / "a.svg").getroot()  # raises where it is not whole
    assert vectors.tag.endswith("svg") and len(vectors.findall(".//{*}path")) > 10
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
