"""The grid as a page."""

import base64
import html
import io
import json
import re

import numpy as np
import pytest
from PIL import Image

import scielab
from scielab.comparison import map_scale
from scielab.metrics import catalogue
from scielab.model_grid import report, verdicts


def content_of(page: str) -> dict:
    return json.loads(re.search(r"const C = (\{.*\});\n", page).group(1))


def pixels_of(url: str) -> np.ndarray:
    with Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))) as stored:
        return np.asarray(stored.convert("RGB"))


def boxes_of(page: str) -> list[str]:
    """What stands in the cells of the tables, without markup."""
    found = re.findall(r"<td data-model[^>]*>(.*?)</td>", page.partition("<script>\n")[0])
    return [" ".join(html.unescape(re.sub(r"<[^>]*>", " ", box)).split()) for box in found]


@pytest.fixture(scope="module")
def page(results, cells, trained_for, pictures) -> str:
    found = verdicts.judge(results, trained_for)
    more = {"facts": {"a </script> b": "c"}, "warnings": ["<!-- d", "<b>"]}
    return report.page(pictures, results, cells, found, top=40, **more)


def test_the_page_needs_nothing_else(page):
    assert "default-src 'none'; img-src data:;" in page  # a browser refuses all that is outside
    assert not re.search(r"""(src|href)=["']?(?!data:)[^"'>\s]|@import|fetch\(|XMLHttpRequest|https?://""", page)
    assert page.count("</script>") == 2 and "<!-- d" not in page and "<b>" not in page
    assert "<li>&lt;!-- d</li><li>&lt;b&gt;</li>" in page and "<dt>a &lt;/script&gt; b</dt><dd>c</dd>" in page
    assert "<title>Two models × two cameras</title>" in page and "<h1>Two models × two cameras</h1>" in page


def test_without_a_script_every_number_of_every_metric_stands_in_a_table(page, cells, trained_for):
    boxes = boxes_of(page)
    metrics = [metric for metric in catalogue.METRICS if metric.name in cells[0].estimates]
    assert len(metrics) == 6 and len(boxes) == 6 * len(cells)
    of_models = sorted(cells, key=lambda cell: ["bicubic", "sr", "deblur"].index(cell.model))
    for box, (metric, cell) in zip(boxes, ((m, c) for m in metrics for c in of_models), strict=True):
        estimate = cell.estimates[metric.name]
        words = f"{metric.show(estimate.value)} {metric.show(estimate.low)} – {metric.show(estimate.high)}"
        assert box == words + (" trained for this camera" if trained_for.get(cell.model) == cell.setting else "")
    assert page.count("wins by") + page.count("loses by") == 2 * (2 + 6)  # two verdicts, as cards and below six tables


def test_the_script_has_every_picture_and_its_numbers(page, results, pictures, trained_for):
    content = content_of(page)
    assert [m["name"] for m in content["metrics"]] == [
        "delta_e_mean",
        "delta_e_p95",
        "psnr_db",
        "ssim",
        "mesh",
        "hatch",
    ]
    assert content["trainedFor"] == trained_for and list(content["pictures"]) == [p.name for p in pictures]
    for result in results:
        shown = content["pictures"][result.picture]
        assert shown["numbers"][f"{result.model}/{result.setting}"] == [
            *result.numbers.values(),
            *(None, None),  # of all pictures, not of one
        ]
    keys = {f"{model}/{setting}" for model in ("bicubic", "sr", "deblur") for setting in ("ideal", "f22")}
    assert set(shown["outputs"]) == set(shown["maps"]) == keys


def test_inputs_are_embedded_as_they_are_and_outputs_as_an_eye_sees_them(page, results, pictures):
    content = content_of(page)
    shown = content["pictures"][pictures[1].name]
    np.testing.assert_array_equal(pixels_of(shown["reference"]), pictures[1].reference)
    np.testing.assert_array_equal(pixels_of(shown["inputs"]["f22"]), pictures[1].inputs["f22"])
    for result in results:
        key, shown = f"{result.model}/{result.setting}", content["pictures"][result.picture]
        assert scielab.compare(result.output, pixels_of(shown["outputs"][key])).delta_e.mean() < 1
        seen = pixels_of(shown["maps"][key])[..., 0] / 255
        assert np.abs(seen - map_scale.places(result.delta_e, 40)).mean() < 0.03


def test_it_opens_where_a_model_helps_most_on_its_own_camera(made, page):
    table = {"bicubic": [(9, 20)], "one": [(8, 21)], "two": [(2, 30)]}
    assert report.opening(verdicts.summarise(made(table), {"one": "f22"})) == ("one", "f22")
    assert report.opening(verdicts.summarise(made(table), {"one": "f22", "two": "f22"})) == ("two", "f22")
    assert report.opening(verdicts.summarise(made(table), {})) == ("two", "f22")
    worse = {"bicubic": [(9, 20)], "one": [(12, 18)]}
    assert report.opening(verdicts.summarise(made(worse), {"one": "f22"})) == ("one", "f22")
    start = content_of(page)["start"]
    assert start["model"] in ("sr", "deblur") and start["setting"] == content_of(page)["trainedFor"][start["model"]]


def test_a_page_of_one_picture_without_verdicts(results, cells, pictures):
    page = report.page(pictures[1:], results, cells, [], top=40, facts={}, first=pictures[1].name)
    assert content_of(page)["start"]["picture"] == pictures[1].name == next(iter(content_of(page)["pictures"]))
    assert "wins by" not in page.partition("<script>\n")[0] and "1 of the 2 pictures that were judged" in page


def test_who_is_no_rival_stands_below_a_line_of_the_tables(results, pictures, trained_for, page):
    aside = verdicts.summarise(results, trained_for, no_rivals={"deblur"})
    found = verdicts.judge(results, trained_for, no_rivals={"deblur"})
    parted = report.page(pictures, results, aside, found, top=40, facts={})
    rows = re.findall(r'<tr( class="line")?><th scope="row"[^>]*>(\w+)</th><td data', parted)
    assert rows == 6 * [("", "bicubic"), ("", "sr"), (' class="line"', "deblur")]
    assert "is no rival of theirs" in parted
    assert 'class="line"' not in page and "is no rival of theirs" not in page
