"""What an evaluation found: means of one protocol, and how it shows itself."""

from dataclasses import replace

import numpy as np
import pytest

from enhance.evaluation import benchmark, results
from enhance.evaluation.protocol import Protocol


def nearest(factor):
    return lambda rgb: np.kron(rgb, np.ones((factor, factor, 1)))


def test_means_keep_protocols_apart(bench):
    opened = benchmark.open_bench(bench, scale=4)
    scores = [r for p in (Protocol(), Protocol(crop_px=2)) for r in benchmark.evaluate(opened, {"m": nearest(4)}, p)]
    with pytest.raises(ValueError, match=r"2 px border.*4 px border"):
        results.means(scores)
    with pytest.raises(ValueError, match=r"×2.*×4"):
        results.means([scores[0], replace(scores[1], scale=2)])
    (mean,) = results.means(scores[:2])
    assert mean.psnr_db == pytest.approx((scores[0].psnr_db + scores[1].psnr_db) / 2) and mean.pictures == 2


def test_an_evaluation_shows_itself_short_as_text_and_as_html(bench):
    opened = benchmark.open_bench(bench, scale=4)
    found = benchmark.evaluate_all([opened], {"a<b": nearest(4)}, Protocol(), delta_e=True)
    assert len(found) == 2 and len(found.scores) == 4
    assert [row.model for row in found] == ["bicubic", "a<b"] and list(found) == results.means(found.scores)
    assert repr(found) == "<bicubic, a<b on bench: ×4, Y (BT.601 studio), 4 px border cropped, range 255>"
    lines = str(found).splitlines()
    assert lines[0] == found.headline and lines[1].split()[-1] == "ΔE" and len(lines) == 6
    page = found._repr_html_()
    assert page.startswith("<table>") and "<td>a&lt;b</td>" in page and f"<td>{found.rows[0].psnr_db:.2f}</td>" in page


def test_a_csv_holds_one_scale_and_one_protocol(bench, tmp_path):
    path = tmp_path / "scores.csv"
    scores = {
        (scale, crop_px): list(
            benchmark.evaluate(
                benchmark.open_bench(bench, scale=scale), {"m": nearest(scale)}, Protocol(crop_px=crop_px)
            )
        )
        for scale, crop_px in ((4, 4), (4, 2), (2, 4))
    }
    results.append_csv(path, scores[4, 4])
    results.append_csv(path, scores[4, 4])
    before = path.read_bytes()
    assert before.count(b"\n") == 5
    for way, words in (((2, 4), r"holds numbers of ×4, Y .*; those of ×2, Y"), ((4, 2), "4 px border.*2 px border")):
        with pytest.raises(ValueError, match=words):
            results.append_csv(path, scores[way])
    assert path.read_bytes() == before
