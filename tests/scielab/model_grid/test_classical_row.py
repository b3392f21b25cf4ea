"""The row `classical`: it takes part where it was fitted, abstains elsewhere, and counts among the rivals."""

import numpy as np
import pytest

from camsim import camera_file
from scielab.model_grid import classical_row, run
from scielab.model_grid.rows import Row

pytestmark = pytest.mark.installed


def nearest(picture: np.ndarray) -> np.ndarray:
    return picture.repeat(4, 0).repeat(4, 1)


def phone() -> object:
    return camera_file.from_dict({"name": "phone", "optics": {"fnumber": 8.0}})


def test_it_has_answers_to_builtin_cameras_alone_and_at_their_scale():
    (row,) = classical_row.rows(["f22", "phone"], 4)
    assert isinstance(row, Row) and set(row.load()) == {"f22"} and "phone" not in row.words
    assert classical_row.rows(["phone"], 4) == [] == classical_row.rows(["f22"], 2)


def test_it_abstains_from_a_camera_that_it_was_not_fitted_to(tmp_path):
    found = run.grid(
        {"mine": nearest}, cameras=["f22", phone()], trained_for={"mine": "phone"}, limit=2, output=tmp_path / "out"
    )
    assert {(c.model, c.setting) for c in found.cells} == {
        *((model, "f22") for model in ("bicubic", "classical", "mine")),
        *((model, "phone") for model in ("bicubic", "mine")),
    }
    assert next(line for line in str(found).splitlines() if line.startswith("classical")).rstrip().endswith("–")
    assert found.verdicts[0].margins["psnr_db"].rival == "bicubic"
    assert "takes no part" in found.report.read_text(encoding="utf-8")
    assert len(found.results) == 2 * 5


def test_nothing_is_said_of_it_where_no_camera_has_an_answer():
    found = run.grid({"mine": nearest}, cameras=[phone()], limit=1)
    assert {c.model for c in found.cells} == {"bicubic", "mine"}


def test_it_counts_among_the_rivals():
    """Nearest-neighbour enlargement loses to both baselines, and to the better of them."""
    found = run.grid({"mine": nearest}, cameras=["f22"], trained_for={"mine": "f22"}, limit=3)
    margin = found.verdicts[0].margins["psnr_db"]
    means = {c.model: c.estimates["psnr_db"].value for c in found.cells}
    assert margin.rival == "classical" and not margin.wins
    assert margin.estimate.value == pytest.approx(means["mine"] - means["classical"])


def test_a_model_of_its_name_is_refused():
    with pytest.raises(ValueError, match="two models are called classical"):
        run.grid({"classical": nearest}, cameras=["f22"], limit=1)
