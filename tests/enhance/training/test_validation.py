"""Scores of held-out pictures, and what the log and the card make of them."""

import numpy as np
import pytest

pytest.importorskip("keras")

from enhance import zoo
from enhance.training import model_card, run_folder, validation


def test_pictures_like_their_targets_have_the_best_scores(make_pairs):
    hr = make_pairs()[1]
    found = validation.scores(hr, hr, 4)
    assert found.pop("mesh") > 0  # whatever the targets have
    assert found == {"psnr_db": 100, "ssim": 1, "delta_e": 0, "hatch": 1}


def test_a_drawn_mesh_is_seen(make_pairs):
    hr = make_pairs(side=64)[1]
    drawn = hr.copy()
    drawn[:, ::4, ::4] = np.minimum(drawn[:, ::4, ::4].astype(int) + 8, 255)
    clean, spoilt = validation.scores(hr, hr, 4), validation.scores(drawn, hr, 4)
    assert spoilt["mesh"] > 100 * clean["mesh"] and spoilt["hatch"] > 100


def test_targets_smaller_than_a_window_have_neither_mesh_nor_hatch(make_pairs, tmp_path, configure):
    hr = make_pairs(side=24)[1]
    found = validation.scores(hr, hr, 4)
    assert set(found) == {"psnr_db", "ssim", "delta_e"}
    log = run_folder.Log(tmp_path, configure(), 0)
    log.add({"step": 2, "stage": "pixel", "loss": 0.5} | {f"val_{name}": value for name, value in found.items()})
    again = run_folder.Log(tmp_path, configure(), 2)
    assert again.validation("last") == {"val_psnr_db": 100, "val_ssim": 1, "val_delta_e": 0}


def test_a_card_tells_mesh_and_hatch_where_they_were_measured():
    (card,) = (entry.card for entry in zoo.shipped() if entry.card["task"] == "deblur")
    scores = {name: value for name, value in card["validation"].items() if name not in ("val_mesh", "val_hatch")}
    without = model_card.text(card | {"validation": scores})
    assert "PSNR" in without and "mesh" not in without and "hatch" not in without
    found = model_card.text(card | {"validation": scores | {"val_mesh": 1.234, "val_hatch": 1.5}})
    assert "; mesh 1.23 in flat areas; hatch 1.50 in busy ones" in found
