"""The grid as a page."""

import base64
import io
import json
import re

import numpy as np
from PIL import Image

from scielab.model_grid import report, verdicts


def content_of(page: str) -> dict:
    return json.loads(re.search(r"const C = (\{.*\});\n", page).group(1))


def test_the_page_needs_nothing_else_and_holds_the_numbers(results, cells, trained_for, pictures):
    found = verdicts.judge(results, trained_for)
    page = report.page(
        pictures, results, cells, found, top=40, facts={"a </script> b": "c"}, warnings=["<!-- d", "<!--TITLE-->"]
    )
    assert not re.search(
        r"""(src|href)\s*=\s*["']?(https?:)?//|@import|url\(\s*["']?http|fetch\(|XMLHttpRequest""", page
    )
    assert "http://" not in page and "https://" not in page
    content = content_of(page)
    assert {c["psnr_db"] for c in content["cells"]} == {c.estimates["psnr_db"].value for c in cells}
    assert content["cells"][0]["delta_e_mean_interval"][0] == cells[0].estimates["delta_e_mean"].low
    assert content["warnings"] == ["<!-- d", "<!--TITLE-->"] and page.count("</script>") == 1 and "<!-- d" not in page
    assert [m["name"] for m in content["metrics"]] == ["delta_e_mean", "delta_e_p95", "psnr_db", "ssim"]
    shown = content["pictures"][pictures[0].name]
    keys = {f"{model}/{setting}" for model in ("bicubic", "sr", "deblur") for setting in ("ideal", "f22")}
    assert set(shown["outputs"]) == set(shown["maps"]) == keys
    assert content["trainedFor"] == trained_for
    assert "<title>Two models × two cameras</title>" in page and "<h1>Two models × two cameras</h1>" in page


def test_pictures_are_embedded_as_they_are(results, cells, pictures):
    content = content_of(report.page(pictures, results, cells, [], top=40, facts={}))
    shown = content["pictures"][pictures[1].name]
    for url, pixels in (
        (shown["reference"], pictures[1].reference),
        (shown["inputs"]["f22"], pictures[1].inputs["f22"]),
    ):
        with Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))) as stored:
            np.testing.assert_array_equal(np.asarray(stored), pixels)
