"""Measurements as figures."""

import pytest

from camsim.charts import catalogue
from camsim.measure import figures, slanted_edge


@pytest.mark.slow
def test_figures_are_written_whole_in_every_format(tmp_path):
    edge = catalogue.make("slanted-edge", 120, 120)[..., 0]
    response = slanted_edge.measure(edge, (0, 0, 120, 120))
    for suffix in (".png", ".pdf", ".svg"):
        for name in ("a", "b"):
            figures.save_mtf(tmp_path / f"{name}{suffix}", response, edge)
        assert (tmp_path / f"a{suffix}").stat().st_size > 5000
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
