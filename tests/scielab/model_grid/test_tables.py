"""The grid in words and numbers."""

import csv
import io
import re

from scielab.metrics import catalogue
from scielab.model_grid import tables, verdicts


def test_a_single_picture_has_no_interval(made, trained_for):
    results = made({"bicubic": [(5, 24)], "deblur": [(4, 25)]})
    (verdict,) = verdicts.judge(results, trained_for)
    estimate = verdicts.summarise(results, trained_for)[0].estimates["delta_e_mean"]
    assert (estimate.low, estimate.high, estimate.half_width) == (None, None, None)
    assert not verdict.margins["delta_e_mean"].excludes_zero
    assert "±" not in tables.text(verdicts.summarise(results, trained_for))
    assert tables.as_dict(verdicts.summarise(results, trained_for), [verdict])["cells"][0]["psnr_db_interval"] is None


def test_a_difference_that_changes_sign_with_the_picture_may_be_chance(made, trained_for):
    swings = [(5 + d, 20) for d in (-2, 2, -2, 2, -1, 1.5)]
    (verdict,) = verdicts.judge(made({"bicubic": [(5.5, 20)] * 6, "deblur": swings}), trained_for)
    margin = verdict.margins["delta_e_mean"]
    assert margin.wins and not margin.excludes_zero
    assert re.search(r"wins by 0\.42 ΔE \[-\d\.\d\d, \d\.\d\d\] which may be chance", tables.sentence(verdict))


def test_a_loss_is_told_as_a_positive_number_with_its_interval(made, trained_for):
    worse = [(6, 20), (7, 20), (6.5, 20)]
    (verdict,) = verdicts.judge(made({"bicubic": [(5, 20)] * 3, "deblur": worse}), trained_for)
    assert "deblur loses by 1.50 ΔE [1.00, 2.00] (best: bicubic)" in tables.sentence(verdict)


def test_nothing_is_told_as_minus_zero():
    assert catalogue.METRICS[0].show(-0.001) == "0.00" and catalogue.METRICS[0].show(-0.006, unit=True) == "-0.01 ΔE"


def test_files_hold_every_number_with_its_bounds(results, cells, trained_for):
    record = tables.as_dict(cells, verdicts.judge(results, trained_for))
    lines = list(csv.DictReader(io.StringIO(tables.as_csv(cells, {"sr": "here"}))))
    assert len(lines) == len(record["cells"]) == 6
    for line, stored in zip(lines, record["cells"], strict=True):
        assert line["model_from"] == ("here" if line["model"] == "sr" else "")
        assert (line["model"], line["setting"], line["pictures"]) == (stored["model"], stored["setting"], "2")
        for name in ("delta_e_mean", "delta_e_p95", "psnr_db", "ssim", "mesh", "hatch"):
            bounds = [float(line[f"{name}_low"]), float(line[f"{name}_high"])]
            assert float(line[name]) == stored[name] and bounds == stored[f"{name}_interval"]
            assert bounds[0] < bounds[1] and (bounds[0] <= stored[name] <= bounds[1] or name in ("mesh", "hatch"))
    assert [column["setting"] for column in record["columns"]] == ["ideal", "f22"]
    for name in ("psnr_db", "mesh", "hatch"):
        assert set(record["columns"][0][name]) == {"wins", "margin", "margin_interval", "excludes_zero", "rival"}


def test_the_table_fits_its_columns(cells):
    lines = tables.text(cells).splitlines()
    assert "2 pictures" in lines[0] and lines[1].split() == ["ideal", "f22"]
    assert [line.split()[0] for line in lines[2:5]] == ["bicubic", "sr", "deblur"]
    assert lines[3].count("*") == lines[4].count("*") == 1 and lines[2].count("*") == 0 and lines[2].count("±") == 2


def test_without_trained_models_there_is_no_star(made):
    text = tables.text(verdicts.summarise(made({"bicubic": [(5, 24)], "mine": [(4, 25)]}), {}))
    assert "*" not in text and text.splitlines()[-1].split() == ["mine", "4.00", "/", "25.00"]


def test_the_notebook_table_holds_the_same_and_no_markup_of_names(made, cells):
    table = tables.as_html(cells)
    assert table.count("<tr>") == 4 and table.count("<td>") == 6 and table.count("<b>") == 2
    for line in tables.text(cells).splitlines()[2:5]:
        assert all(word.strip(" *") in table for word in line.split("  ") if word.strip())
    odd = tables.as_html(verdicts.summarise(made({"<i>": [(5, 24)]}), {}))
    assert "<i>" not in odd and "&lt;i&gt;" in odd


def test_who_is_no_rival_stands_below_a_line(made):
    results = made({"bicubic": [(5, 24)], "deblur": [(4, 25)], "blind": [(3, 26)], "other": [(3, 26)]})
    cells = verdicts.summarise(results, {"deblur": "f22"}, no_rivals={"blind", "other"})
    lines = tables.text(cells).splitlines()
    assert [line.split()[0].strip("─") for line in lines[2:7]] == ["bicubic", "deblur", "", "blind", "other"]
    assert set(lines[4]) == {"─"} and len(lines[4]) >= len(lines[3].rstrip(" *"))
    above, below = tables.as_html(cells).split("border-top")
    assert ">deblur<" in above and ">blind<" not in above and ">blind<" in below and ">other<" in below
    stored = tables.as_dict(cells, [])["cells"]
    assert {cell["model"]: cell["rival"] for cell in stored} == {
        "bicubic": True,
        "deblur": True,
        "blind": False,
        "other": False,
    }
    plain = verdicts.summarise(results, {})
    assert "─" not in tables.text(plain) and "border-top" not in tables.as_html(plain)
