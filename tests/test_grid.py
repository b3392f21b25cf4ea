"""The cross-model grid, its figures and its page."""

import json
import re

import numpy as np
import pytest

from camsim import camera, dataset, image, photos
from scielab import figures, grid, report

SETTINGS = ("ideal", "f22")


@pytest.fixture(scope="module")
def pictures():
    pairs = dataset.pairs(
        [photos.builtin("chelsea")], {name: camera.load(name) for name in SETTINGS}, hr_px=64, scene_px=128
    )
    return [
        grid.Picture(name=p.name, reference=p.hr / 255, inputs={s: v / 255 for s, v in p.lr.items()})
        for p, _ in zip(pairs, range(2), strict=False)
    ]


@pytest.fixture(scope="module")
def results(pictures):
    nearest = lambda p: np.kron(p, np.ones((4, 4, 1)))
    models = {"bicubic": grid.bicubic((64, 64)), "sr": grid.bicubic((64, 64)), "deblur": nearest}
    return list(grid.evaluate(models, pictures, SETTINGS, samples_per_degree=33))


def test_the_perfect_model_scores_perfectly(pictures):
    answers = iter([p.reference for p in pictures for _ in SETTINGS])
    for result in grid.evaluate({"oracle": lambda _: next(answers)}, pictures, SETTINGS, samples_per_degree=33):
        assert (result.delta_e_mean, result.delta_e_p95, result.psnr_db, result.ssim) == (0, 0, 100, 1)


def test_numbers_are_those_of_the_definitions(results, pictures):
    from scielab import delta_e

    result = results[0]
    reference = pictures[0].reference
    error = np.mean((reference - result.output) ** 2)
    assert result.psnr_db == pytest.approx(10 * np.log10(1 / error))
    mapped = delta_e(reference, result.output, samples_per_degree=33)
    assert result.delta_e_mean == pytest.approx(mapped.mean())
    assert result.delta_e_p95 == pytest.approx(np.percentile(mapped, 95))


def test_cells_are_means_over_pictures(results):
    cells = grid.summarise(results)
    assert [(c.model, c.setting) for c in cells[:2]] == [("bicubic", "ideal"), ("sr", "ideal")]
    two = [r.psnr_db for r in results if (r.model, r.setting) == ("deblur", "f22")]
    assert len(two) == 2
    assert next(c for c in cells if (c.model, c.setting) == ("deblur", "f22")).psnr_db == pytest.approx(np.mean(two))


def cell(model, setting, delta_e, psnr):
    return grid.Cell(model=model, setting=setting, delta_e_mean=delta_e, delta_e_p95=0, psnr_db=psnr, ssim=0)


def test_the_verdict_counts_the_baseline_and_says_by_how_much():
    cells = [cell("bicubic", "f22", 5, 24), cell("sr", "f22", 7, 23), cell("deblur", "f22", 4, 23.5)]
    (verdict,) = grid.judge(cells)
    assert verdict.wins_delta_e and verdict.margin_delta_e == pytest.approx(1)
    assert not verdict.wins_psnr and verdict.margin_psnr_db == pytest.approx(-0.5) and verdict.rival_psnr == "bicubic"
    assert "wins by 1.00 ΔE" in grid.describe(verdict) and "loses by 0.50 dB (best: bicubic)" in grid.describe(verdict)


def test_equal_is_no_win():
    cells = [cell("bicubic", "f22", 5, 24), cell("deblur", "f22", 5, 24)]
    (verdict,) = grid.judge(cells)
    assert not verdict.wins_delta_e and not verdict.wins_psnr


def test_a_model_for_another_scale_is_named(pictures):
    with pytest.raises(ValueError, match="double.*32×32 where the reference is 64×64.*another scale"):
        list(grid.evaluate({"double": grid.bicubic((32, 32))}, pictures, SETTINGS, samples_per_degree=33))


def test_the_page_needs_nothing_else_and_holds_the_numbers(results, pictures):
    cells = grid.summarise(results)
    page = report.page(pictures, results, cells, grid.judge(cells), top=40, facts={"a </script> b": "c"})
    assert not re.search(
        r"""(src|href)\s*=\s*["']?(https?:)?//|@import|url\(\s*["']?http|fetch\(|XMLHttpRequest""", page
    )
    assert "http://" not in page and "https://" not in page
    content = json.loads(re.search(r"const C = (\{.*\});\n", page).group(1).replace("<\\/", "</"))
    assert {c["psnr_db"] for c in content["cells"]} == {c.psnr_db for c in cells}
    assert page.count("</script>") == 1
    shown = content["pictures"][pictures[0].name]
    assert (
        set(shown["outputs"])
        == set(shown["maps"])
        == {f"{m}/{s}" for m in ("bicubic", "sr", "deblur") for s in SETTINGS}
    )


def test_figures_show_every_tile_pixel_by_pixel(results, pictures, tmp_path):
    figures.save_outputs(tmp_path / "grid.png", pictures, results)
    figures.save_maps(tmp_path / "map.png", pictures, results, top=40)
    canvas = image.read(tmp_path / "grid.png")
    tile = next(
        r.output for r in results if r.model == "deblur" and r.setting == "f22" and r.picture == pictures[0].name
    )
    windows = np.lib.stride_tricks.sliding_window_view(canvas[..., 1], (8, 8))
    inside = tile[20:28, 20:28, 1]
    assert (np.abs(windows - inside).max(axis=(2, 3)) < 1 / 255).any()
    assert image.read(tmp_path / "map.png").shape[1] == canvas.shape[1]


# --- the command --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def workplace(tmp_path_factory):
    """A rendered set and four untrained models of the form that training leaves."""
    pytest.importorskip("keras")
    from camsim import files
    from enhance import models, runs, zoo

    place = tmp_path_factory.mktemp("grid")
    views = {name: camera.load(name) for name in zoo.TASKS.values()}
    image.write(place / "photo.png", image.resize(image.read(photos.builtin("coffee").path), (96, 144)))
    dataset.write(place / "set", photos.open_sources([place / "photo.png"]), views, hr_px=64, scene_px=96)
    for scale, folder in ((4, "models"), (2, "double")):
        for task in zoo.TASKS:
            (place / folder / task).mkdir(parents=True)
            runs.save_generator(models.light(scale=scale, blocks=1, filters=4), place / folder / task / zoo.GENERATOR)
            card = {
                "task": task,
                "scale": scale,
                "finished": True,
                "source_sha256": [files.sha256(place / "photo.png")],
            }
            files.write_text(place / folder / task / zoo.CARD, json.dumps(card))
    return place


@pytest.mark.slow
def test_the_command_writes_all_five_files_and_says_who_wins(command, refused, workplace, tmp_path):
    arguments = ("scielab", "grid", "--models", workplace / "models", "--data", workplace / "set", "-o", "out")
    done = command(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    printed = json.loads(done.stdout)
    stored = json.loads((tmp_path / "out" / "grid.json").read_text())
    assert stored["cells"] == printed["cells"] and len(stored["cells"]) == 20
    assert {c["model"] for c in stored["cells"]} == {"bicubic", "sr", "color", "pixel", "deblur"}
    assert {c["setting"] for c in stored["cells"]} == {"ideal", "underexposed", "pixel25", "f22"}
    assert set(stored["cells"][0]) == {"model", "setting", "delta_e_mean", "delta_e_p95", "psnr_db", "ssim"}
    assert [c["setting"] for c in stored["columns"]] == ["ideal", "underexposed", "pixel25", "f22"]
    names = {p.name for p in (tmp_path / "out").iterdir()}
    assert names == {"report.html", "grid.png", "delta_e.png", "grid.json", "grid.csv"}
    assert "trained on" in done.stderr  # it warns that these models have seen the photograph
    assert "exists" in refused(*arguments)
    table = command(*arguments, "--force").stdout
    assert "deblur" in table and "report.html" in table


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--models", "gone"), "gone"),
        ((), "no model for sr"),
        (("--models", "MODELS", "--data", "gone"), "no rendered set"),
        (("--models", "DOUBLE", "--data", "SET"), "scale 2"),
        (("--models", "MODELS", "--data", "SET", "--show", "nobody"), "nobody"),
        (("--models", "MODELS", "--data", "SET", "--samples-per-degree", "0"), "degree"),
        (("--models", "MODELS", "--data", "SET", "-o", "file.txt"), "file.txt"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(refused, workplace, tmp_path, arguments, words):
    (tmp_path / "file.txt").write_text("mine")
    names = {"SET": workplace / "set", "MODELS": workplace / "models", "DOUBLE": workplace / "double"}
    assert words in refused("scielab", "grid", *(names.get(argument, argument) for argument in arguments))
    assert [p.name for p in tmp_path.iterdir() if p.name != "home"] == ["file.txt"]
