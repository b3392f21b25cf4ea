"""Cells and verdicts: means with intervals, and who wins by how much."""

import numpy as np
import pytest

from scielab.metrics import mesh
from scielab.model_grid import tables, verdicts


def test_cells_are_means_over_pictures(results, trained_for):
    cells = verdicts.summarise(results, trained_for)
    assert [(c.model, c.setting) for c in cells[:2]] == [("bicubic", "ideal"), ("sr", "ideal")]
    two = [r.numbers["psnr_db"] for r in results if (r.model, r.setting) == ("deblur", "f22")]
    assert len(two) == 2
    found = next(c for c in cells if (c.model, c.setting) == ("deblur", "f22"))
    assert found.pictures == 2 and found.estimates["psnr_db"].value == pytest.approx(np.mean(two))
    # Two pictures: a quarter of the resamples is twice the first, a quarter twice the second
    assert (found.estimates["psnr_db"].low, found.estimates["psnr_db"].high) == pytest.approx((min(two), max(two)))


def test_the_verdict_counts_the_baseline_and_says_by_how_much(made, trained_for):
    (verdict,) = verdicts.judge(made({"bicubic": [(5, 24)], "sr": [(7, 23)], "deblur": [(4, 23.5)]}), trained_for)
    delta_e, psnr = verdict.margins["delta_e_mean"], verdict.margins["psnr_db"]
    assert delta_e.wins and delta_e.estimate.value == pytest.approx(1) and delta_e.rival == "bicubic"
    assert not psnr.wins and psnr.estimate.value == pytest.approx(-0.5) and psnr.rival == "bicubic"
    said = tables.sentence(verdict)
    assert "wins by 1.00 ΔE (next: bicubic)" in said and "loses by 0.50 dB (best: bicubic)" in said


def test_equal_is_no_win(made, trained_for):
    (verdict,) = verdicts.judge(made({"bicubic": [(5, 24)] * 3, "deblur": [(5, 24)] * 3}), trained_for)
    assert not any(margin.wins or margin.excludes_zero for margin in verdict.margins.values())


def test_a_margin_is_paired(made, trained_for):
    """Pictures differ far more than models do, yet the better model is better on each."""
    hard = np.random.default_rng(0).uniform(5, 40, 20)
    results = made({"bicubic": [(d, 20) for d in hard], "deblur": [(d - 0.5, 20.25) for d in hard]})
    own = verdicts.summarise(results, trained_for)[1].estimates["delta_e_mean"]
    (verdict,) = verdicts.judge(results, trained_for)
    margin = verdict.margins["delta_e_mean"]
    assert own.high - own.low > 5
    assert (margin.estimate.low, margin.estimate.high) == pytest.approx((0.5, 0.5)) and margin.excludes_zero


def test_a_margin_is_to_the_best_row_of_each_resample(made, trained_for):
    """Two rivals, each as good as the model on half of the pictures and 2 worse on the others."""
    half = np.arange(40) % 2
    results = made({"bicubic": [(5 + 2 * h, 20) for h in half], "sr": [(7 - 2 * h, 20) for h in half]})
    results += made({"deblur": [(5, 20)] * 40})
    (verdict,) = verdicts.judge(results, trained_for)
    margin = verdict.margins["delta_e_mean"]
    assert margin.estimate.value == pytest.approx(1)  # each rival's mean is 6
    # The better rival's mean is 6 - |B - 1/2|·2 for B of the resampled pictures in one half: never above 6
    assert margin.estimate.high == pytest.approx(1) and 0.5 < margin.estimate.low < 0.8


def test_a_table_with_holes_is_refused(made, trained_for):
    results = made({"bicubic": [(5, 20)] * 3, "deblur": [(5, 20)] * 2})
    for found in (results, results[:1] + results[:1], []):
        with pytest.raises(ValueError, match="same pictures"):
            verdicts.summarise(found, trained_for)


def test_every_model_trained_for_a_setting_has_its_verdict(made):
    results = made({"bicubic": [(5, 24)], "one": [(4, 25)], "two": [(3, 26)], "three": [(2, 27)]})
    first, second = verdicts.judge(results, {"one": "f22", "two": "f22", "three": "elsewhere"})
    assert (first.model, second.model) == ("one", "two")
    assert first.margins["psnr_db"].rival == second.margins["psnr_db"].rival == "three"
    assert [
        cell.model for cell in verdicts.summarise(results, {"one": "f22", "three": "elsewhere"}) if cell.trained
    ] == ["one"]


def test_a_model_that_is_trained_for_nothing_simply_competes(made):
    results = made({"bicubic": [(5, 24)], "mine": [(4, 25)]})
    assert verdicts.judge(results, {}) == []
    assert not any(cell.trained for cell in verdicts.summarise(results, {}))


def test_mesh_and_hatch_are_of_all_pictures_together(results, trained_for):
    cells = verdicts.summarise(results, trained_for)
    for cell in cells:
        one, two = (r.powers for r in results if (r.model, r.setting) == (cell.model, cell.setting))
        for name, function in (("mesh", mesh.mesh), ("hatch", mesh.hatch)):
            found = cell.estimates[name]
            assert found.value == pytest.approx(function(one + two))
            # Two pictures: a quarter of the resamples is twice the first, a quarter twice the second
            ends = sorted(float(function(powers)) for powers in (one, two, one + two))
            assert (found.low, found.high) == pytest.approx((ends[0], ends[-1]))
    assert len({cell.estimates["mesh"].value for cell in cells}) > 2


def test_the_smaller_mesh_wins(results, trained_for):
    """On f/22 `deblur` repeats pixels, and the others are the same enlargement."""
    verdict = next(v for v in verdicts.judge(results, trained_for) if v.setting == "f22")
    value = {c.model: c.estimates for c in verdicts.summarise(results, trained_for) if c.setting == "f22"}
    for name in ("mesh", "hatch"):
        margin = verdict.margins[name]
        assert margin.estimate.value == pytest.approx(value["bicubic"][name].value - value["deblur"][name].value)
        assert margin.wins == (value["deblur"][name].value < value["bicubic"][name].value)


def test_without_flat_windows_there_is_no_mesh(made, trained_for):
    (verdict,) = verdicts.judge(made({"bicubic": [(5, 24)], "deblur": [(4, 25)]}), trained_for)
    assert "mesh" not in verdict.margins and "hatch" not in verdict.margins


def test_who_is_no_rival_need_not_be_beaten_and_is_told_its_own_gap(made):
    """A model of another style may be the best in one measure; the verdict of the faithful one does not know it."""
    table = {"bicubic": [(5, 24)], "deblur": [(4, 25)], "deblur:perceptual": [(3, 24.5)], "blind": [(4.5, 24.8)]}
    trained_for = {"deblur": "f22", "deblur:perceptual": "f22"}
    aside = {"deblur:perceptual", "blind"}
    found = {v.model: v.margins for v in verdicts.judge(made(table), trained_for, no_rivals=aside)}
    assert list(found) == ["deblur", "deblur:perceptual", "blind"]
    gaps = {"deblur": (1, 1, "bicubic"), "deblur:perceptual": (1, -0.5, "deblur"), "blind": (-0.5, -0.2, "deblur")}
    for model, (delta_e, psnr_db, rival) in gaps.items():
        margins = found[model]
        assert margins["delta_e_mean"].estimate.value == pytest.approx(delta_e)
        assert margins["psnr_db"].estimate.value == pytest.approx(psnr_db)
        assert margins["delta_e_mean"].rival == margins["psnr_db"].rival == rival
    cells = verdicts.summarise(made(table), trained_for, no_rivals=aside)
    assert [cell.rival for cell in cells] == [True, True, False, False]
    (alone,) = verdicts.judge(made({"bicubic": [(5, 24)], "blind": [(4, 25)]}), {}, no_rivals={"blind"})
    assert alone.margins["psnr_db"].rival == "bicubic"


def test_with_no_rival_at_all_there_is_no_verdict(made):
    assert verdicts.judge(made({"deblur": [(4, 25)]}), {"deblur": "f22"}) == []
    assert verdicts.judge(made({"a": [(4, 25)], "b": [(4, 25)]}), {"a": "f22"}, no_rivals={"a", "b"}) == []
