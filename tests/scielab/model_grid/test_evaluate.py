"""Every model on every camera's pictures, measured."""

import json
import re

import numpy as np
import pytest

from scielab.metrics import lpips, mesh
from scielab.model_grid import evaluate, report, rows, tables, verdicts


def test_the_perfect_model_scores_perfectly(pictures):
    answers = iter([p.reference / 255 for p in pictures for _ in p.inputs])
    results = list(evaluate.evaluate({"oracle": lambda _: next(answers)}, pictures))
    assert len(results) == 4  # two pictures through two cameras
    for result in results:
        # without weights no LPIPS, without limits neither mesh nor hatch
        assert result.numbers == {"delta_e_mean": 0, "delta_e_p95": 0, "psnr_db": 100, "ssim": 1}
        assert result.powers is None


def test_numbers_are_those_of_the_definitions(results, pictures, limits):
    from scielab import delta_e

    result = results[0]
    reference, output = pictures[0].reference / 255, result.output / 255
    error = np.mean((reference - output) ** 2)
    assert result.numbers["psnr_db"] == pytest.approx(10 * np.log10(1 / error))
    mapped = delta_e(reference, output)
    assert result.numbers["delta_e_mean"] == pytest.approx(mapped.mean())
    assert result.numbers["delta_e_p95"] == pytest.approx(np.percentile(mapped, 95))
    np.testing.assert_array_equal(result.powers, mesh.Reference(reference, limits).powers(output))


def test_a_model_for_another_scale_is_named(pictures):
    with pytest.raises(ValueError, match=r"double.*32×32 where the reference is 64×64.*another scale"):
        list(evaluate.evaluate({"double": rows.pillow_bicubic(2)}, pictures))


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (lambda picture: np.full((64, 64, 3), np.nan), "finite"),
        (lambda picture: np.zeros((64, 64, 3), np.uint8), "floating-point"),
        (lambda picture: np.zeros((64, 64)), "shape"),
    ],
)
def test_what_is_no_picture_is_refused(pictures, model, words):
    with pytest.raises(ValueError, match=f"model mine: .*{words}"):
        list(evaluate.evaluate({"mine": model}, pictures))


def test_outputs_are_rounded_once_and_kept_as_bytes(pictures):
    grey = {"grey": lambda picture: np.full((64, 64, 3), 100.4 / 255)}
    result = next(evaluate.evaluate(grey, pictures))
    assert result.output.dtype == np.uint8 and (result.output == 100).all()


def test_no_model_can_change_what_the_others_see(pictures):
    def careless(picture):
        picture *= 0
        return np.zeros((64, 64, 3))

    first, second = list(evaluate.evaluate({"a": careless, "b": rows.pillow_bicubic(4)}, pictures[:1]))[:2]
    assert second.numbers["psnr_db"] > first.numbers["psnr_db"] + 5


def test_with_a_network_every_output_has_its_lpips(pictures, models, trained_for, drawn_weights):
    networks = [lpips.load(name, drawn_weights) for name in ("squeeze", "alex")]
    results = list(evaluate.evaluate(models, pictures, networks=networks))
    shown = pictures[0].reference / 255, results[0].output / 255
    for network in networks:
        assert results[0].numbers[network.metric] == lpips.distance(network, *shown) > 0
    cells = verdicts.summarise(results, trained_for)
    assert set(cells[0].estimates) == {"delta_e_mean", "delta_e_p95", "psnr_db", "ssim", "lpips-alex", "lpips-squeeze"}
    assert "lpips-squeeze_low" in tables.as_csv(cells, {}).splitlines()[0]
    page = report.page(pictures, results, cells, verdicts.judge(results, trained_for), top=40, facts={})
    content = json.loads(re.search(r"const C = (\{.*\});\n", page).group(1))
    assert content["metrics"][-1]["name"] == "lpips-squeeze" and page.count('<table class="heat">') == 6
