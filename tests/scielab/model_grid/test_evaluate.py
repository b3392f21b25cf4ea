"""The cross-model grid: numbers, intervals, verdicts, figures, page, and going on after a kill."""

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from camsim import camera_file
from camsim.dataset import folder as dataset
from camsim.dataset import pairs, photographs
from camsim.io import image
from camsim.io.resize import resize
from camsim.light import colour
from scielab.metrics import catalogue, colour_difference, lpips
from scielab.model_grid import bootstrap, checkpoint, colour_scale, evaluate, figures, heat_table, report, tables
from scielab.model_grid import verdicts as judging

SETTINGS = ("ideal", "f22")


@pytest.fixture(scope="module")
def pictures():
    rendered = pairs.pairs(
        [photographs.builtin("chelsea")], {name: camera_file.load(name) for name in SETTINGS}, hr_px=64, scene_px=128
    )
    return [
        evaluate.Picture(name=p.name, reference=p.hr / 255, inputs={s: v / 255 for s, v in p.lr.items()})
        for p, _ in zip(rendered, range(2), strict=False)
    ]


def nearest(picture):
    return np.kron(picture, np.ones((4, 4, 1)))


def rows():
    return {"bicubic": evaluate.bicubic((64, 64)), "sr": evaluate.bicubic((64, 64)), "deblur": nearest}


@pytest.fixture(scope="module")
def results(pictures):
    return list(evaluate.evaluate(rows(), pictures, SETTINGS, samples_per_degree=33))


def test_the_perfect_model_scores_perfectly(pictures):
    answers = iter([p.reference for p in pictures for _ in SETTINGS])
    for result in evaluate.evaluate({"oracle": lambda _: next(answers)}, pictures, SETTINGS, samples_per_degree=33):
        assert (result.delta_e_mean, result.delta_e_p95, result.psnr_db, result.ssim) == (0, 0, 100, 1)
        assert result.lpips is None  # no weights, no number


def test_numbers_are_those_of_the_definitions(results, pictures):
    from scielab import delta_e

    result = results[0]
    reference = pictures[0].reference
    error = np.mean((reference - result.output) ** 2)
    assert result.psnr_db == pytest.approx(10 * np.log10(1 / error))
    mapped = delta_e(reference, result.output, samples_per_degree=33)
    assert result.delta_e_mean == pytest.approx(mapped.mean())
    assert result.delta_e_p95 == pytest.approx(np.percentile(mapped, 95))


def test_a_model_for_another_scale_is_named(pictures):
    with pytest.raises(ValueError, match="double.*32×32 where the reference is 64×64.*another scale"):
        list(evaluate.evaluate({"double": evaluate.bicubic((32, 32))}, pictures, SETTINGS, samples_per_degree=33))


# --- intervals ----------------------------------------------------------------------------------------------------


def test_the_spread_of_resampled_means_is_the_standard_error():
    values = np.random.default_rng(5).normal(20, 4, (400, 1))
    means = bootstrap.resampled_means(values)[:, 0]
    error = values.std() / np.sqrt(400)
    assert means.mean() == pytest.approx(values.mean(), abs=4 * error / np.sqrt(bootstrap.RESAMPLES))
    assert means.std() == pytest.approx(error, rel=0.03)
    low, high = bootstrap.interval(means)
    assert (low, high) == pytest.approx((values.mean() - 1.96 * error, values.mean() + 1.96 * error), abs=0.1 * error)


def test_95_percent_of_the_intervals_hold_the_truth():
    values = np.random.default_rng(8).normal(0, 1, (100, 600))  # 600 sets of 100 pictures
    limits = np.percentile(bootstrap.resampled_means(values, resamples=2000), bootstrap.LIMITS, axis=0)
    covered = np.mean((limits[0] < 0) & (limits[1] > 0))
    assert 0.95 - 0.03 < covered < 0.95 + 0.03  # three standard errors of the share


def test_all_columns_meet_the_same_resamples():
    values = np.random.default_rng(3).normal(0, 1, (12, 1))
    means = bootstrap.resampled_means(np.hstack([values, values + 7, np.full_like(values, 3)]))
    np.testing.assert_allclose(means[:, 1] - means[:, 0], 7, rtol=1e-12)
    np.testing.assert_allclose(means[:, 2], 3, rtol=1e-12)
    assert means[:, 0].std() > 0.1


def test_the_seed_alone_decides():
    values = np.random.default_rng(3).normal(0, 1, (12, 2))
    np.testing.assert_array_equal(bootstrap.resampled_means(values), bootstrap.resampled_means(values.copy()))
    assert (bootstrap.resampled_means(values) != bootstrap.resampled_means(values, seed=1)).any()


@pytest.mark.parametrize("values", [np.zeros(4), np.zeros((0, 3))])
def test_what_cannot_be_resampled_is_refused(values):
    with pytest.raises(ValueError, match="pictures × columns"):
        bootstrap.resampled_means(values)


# --- cells and verdicts -------------------------------------------------------------------------------------------


def made(table: dict, setting: str = "f22") -> list[evaluate.Result]:
    """Results from {model: [(ΔE, PSNR) of each picture]}."""
    return [
        evaluate.Result(
            model=model,
            setting=setting,
            picture=str(i),
            output=None,
            delta_e=None,
            delta_e_mean=delta_e,
            delta_e_p95=3 * delta_e,
            psnr_db=psnr,
            ssim=0.5,
        )
        for model, column in table.items()
        for i, (delta_e, psnr) in enumerate(column)
    ]


def test_cells_are_means_over_pictures(results):
    cells = judging.summarise(results)
    assert [(c.model, c.setting) for c in cells[:2]] == [("bicubic", "ideal"), ("sr", "ideal")]
    two = [r.psnr_db for r in results if (r.model, r.setting) == ("deblur", "f22")]
    assert len(two) == 2
    found = next(c for c in cells if (c.model, c.setting) == ("deblur", "f22"))
    assert found.pictures == 2 and found.scores["psnr_db"].value == pytest.approx(np.mean(two))
    # Two pictures: a quarter of the resamples is twice the first, a quarter twice the second
    assert (found.scores["psnr_db"].low, found.scores["psnr_db"].high) == pytest.approx((min(two), max(two)))


def test_the_verdict_counts_the_baseline_and_says_by_how_much():
    (verdict,) = judging.judge(made({"bicubic": [(5, 24)], "sr": [(7, 23)], "deblur": [(4, 23.5)]}))
    delta_e, psnr = verdict.margins["delta_e_mean"], verdict.margins["psnr_db"]
    assert delta_e.wins and delta_e.estimate.value == pytest.approx(1) and delta_e.rival == "bicubic"
    assert not psnr.wins and psnr.estimate.value == pytest.approx(-0.5) and psnr.rival == "bicubic"
    said = tables.sentence(verdict)
    assert "wins by 1.00 ΔE (next: bicubic)" in said and "loses by 0.50 dB (best: bicubic)" in said


def test_a_single_picture_has_no_interval():
    results = made({"bicubic": [(5, 24)], "deblur": [(4, 25)]})
    (verdict,) = judging.judge(results)
    estimate = judging.summarise(results)[0].scores["delta_e_mean"]
    assert (estimate.low, estimate.high, estimate.half_width) == (None, None, None)
    assert not verdict.margins["delta_e_mean"].excludes_zero
    assert "±" not in tables.text(judging.summarise(results))
    assert tables.as_dict(judging.summarise(results), [verdict])["cells"][0]["psnr_db_interval"] is None


def test_equal_is_no_win():
    (verdict,) = judging.judge(made({"bicubic": [(5, 24)] * 3, "deblur": [(5, 24)] * 3}))
    assert not any(margin.wins or margin.excludes_zero for margin in verdict.margins.values())


def test_a_margin_is_paired():
    """Pictures differ far more than models do, yet the better model is better on each."""
    hard = np.random.default_rng(0).uniform(5, 40, 20)
    results = made({"bicubic": [(d, 20) for d in hard], "deblur": [(d - 0.5, 20.25) for d in hard]})
    own = judging.summarise(results)[1].scores["delta_e_mean"]
    (verdict,) = judging.judge(results)
    margin = verdict.margins["delta_e_mean"]
    assert own.high - own.low > 5
    assert (margin.estimate.low, margin.estimate.high) == pytest.approx((0.5, 0.5)) and margin.excludes_zero


def test_a_margin_is_to_the_best_row_of_each_resample():
    """Two rivals, each as good as the model on half of the pictures and 2 worse on the others."""
    half = np.arange(40) % 2
    results = made({"bicubic": [(5 + 2 * h, 20) for h in half], "sr": [(7 - 2 * h, 20) for h in half]})
    results += made({"deblur": [(5, 20)] * 40})
    (verdict,) = judging.judge(results)
    margin = verdict.margins["delta_e_mean"]
    assert margin.estimate.value == pytest.approx(1)  # each rival's mean is 6
    # The better rival's mean is 6 - |B - 1/2|·2 for B of the resampled pictures in one half: never above 6
    assert margin.estimate.high == pytest.approx(1) and 0.5 < margin.estimate.low < 0.8


def test_a_difference_that_changes_sign_with_the_picture_may_be_chance():
    swings = [(5 + d, 20) for d in (-2, 2, -2, 2, -1, 1.5)]
    (verdict,) = judging.judge(made({"bicubic": [(5.5, 20)] * 6, "deblur": swings}))
    margin = verdict.margins["delta_e_mean"]
    assert margin.wins and not margin.excludes_zero
    assert re.search(r"wins by 0\.42 ΔE \[-\d\.\d\d, \d\.\d\d\] which may be chance", tables.sentence(verdict))


def test_a_loss_is_told_as_a_positive_number_with_its_interval():
    worse = [(6, 20), (7, 20), (6.5, 20)]
    (verdict,) = judging.judge(made({"bicubic": [(5, 20)] * 3, "deblur": worse}))
    assert "deblur loses by 1.50 ΔE [1.00, 2.00] (best: bicubic)" in tables.sentence(verdict)


def test_nothing_is_told_as_minus_zero():
    assert catalogue.MEASURES[0].show(-0.001) == "0.00" and catalogue.MEASURES[0].show(-0.006, unit=True) == "-0.01 ΔE"


def test_a_table_with_holes_is_refused():
    results = made({"bicubic": [(5, 20)] * 3, "deblur": [(5, 20)] * 2})
    for found in (results, results[:1] + results[:1], []):
        with pytest.raises(ValueError, match="same pictures"):
            judging.summarise(found)


def test_files_hold_every_number_with_its_bounds(results):
    cells, verdicts = judging.summarise(results), judging.judge(results)
    record = tables.as_dict(cells, verdicts)
    lines = list(csv.DictReader(io.StringIO(tables.as_csv(cells))))
    assert len(lines) == len(record["cells"]) == 6
    for line, stored in zip(lines, record["cells"], strict=True):
        assert (line["model"], line["setting"], line["pictures"]) == (stored["model"], stored["setting"], "2")
        for name in ("delta_e_mean", "delta_e_p95", "psnr_db", "ssim"):
            bounds = [float(line[f"{name}_low"]), float(line[f"{name}_high"])]
            assert float(line[name]) == stored[name] and bounds == stored[f"{name}_interval"]
            assert bounds[0] <= stored[name] <= bounds[1]
    assert [column["setting"] for column in record["columns"]] == ["ideal", "f22"]
    assert set(record["columns"][0]["psnr_db"]) == {"wins", "margin", "margin_interval", "excludes_zero", "rival"}


def test_the_table_fits_its_columns(results):
    lines = tables.text(judging.summarise(results)).splitlines()
    assert "2 pictures" in lines[0] and lines[1].split() == ["ideal", "f22"]
    assert [line.split()[0] for line in lines[2:5]] == ["bicubic", "sr", "deblur"]
    assert lines[3].count("*") == lines[4].count("*") == 1 and lines[2].count("*") == 0 and lines[2].count("±") == 2


# --- figures and page ---------------------------------------------------------------------------------------------


def test_the_heat_scale_has_equal_steps_and_legible_words():
    rgb = np.array(colour_scale.scale())
    assert rgb.min() > 0 and rgb.max() < 1  # nothing was clipped to fit sRGB
    lab = colour_difference.xyz_to_lab(colour.linear_to_xyz(colour.srgb_decode(rgb)), colour.SRGB_WHITE_XYZ)
    steps = np.linalg.norm(np.diff(lab, axis=0), axis=1)
    assert np.ptp(steps) < 1e-3 * steps.mean()
    assert (np.diff(lab[:, 0]) > 0).all()
    luminance = colour.linear_to_xyz(colour.srgb_decode(rgb))[:, 1] / 100
    for shade, y in zip(rgb, luminance, strict=True):
        contrast = 1.05 / (y + 0.05) if colour_scale.ink(shade) == "#ffffff" else (y + 0.05) / (0.0056 + 0.05)
        assert contrast >= 4  # WCAG 2 asks for 3 of large words, 4.5 of small ones


@pytest.mark.parametrize("lower_is_better", [True, False])
def test_the_best_is_lightest(lower_is_better):
    shades = colour_scale.colours([3, 1, 2], lower_is_better=lower_is_better).sum(axis=1)
    assert list(np.argsort(shades)) == ([0, 2, 1] if lower_is_better else [1, 2, 0])


def test_the_matrix_shows_each_cell_in_its_colour(results, tmp_path):
    cells = judging.summarise(results)
    measure = catalogue.MEASURES[0]
    heat_table.save(tmp_path / "matrix.png", cells, judging.judge(results), measure)
    drawn = image.read(tmp_path / "matrix.png")[::3, ::3].reshape(-1, 3)
    for shade in colour_scale.colours([c.scores[measure.name].value for c in cells], lower_is_better=True):
        painted = (np.abs(drawn - shade) < 1.5 / 255).all(axis=1)
        assert painted.mean() > 0.03  # a cell less its words
    again = tmp_path / "again.png"
    heat_table.save(again, cells, judging.judge(results), measure)
    assert again.read_bytes() == (tmp_path / "matrix.png").read_bytes()


def content_of(page: str) -> dict:
    return json.loads(re.search(r"const C = (\{.*\});\n", page).group(1))


def test_the_page_needs_nothing_else_and_holds_the_numbers(results, pictures):
    cells = judging.summarise(results)
    page = report.page(
        pictures, results, cells, judging.judge(results), top=40, facts={"a </script> b": "c"}, warnings=["<!-- d"]
    )
    assert not re.search(
        r"""(src|href)\s*=\s*["']?(https?:)?//|@import|url\(\s*["']?http|fetch\(|XMLHttpRequest""", page
    )
    assert "http://" not in page and "https://" not in page
    content = content_of(page)
    assert {c["psnr_db"] for c in content["cells"]} == {c.scores["psnr_db"].value for c in cells}
    assert content["cells"][0]["delta_e_mean_interval"][0] == cells[0].scores["delta_e_mean"].low
    assert content["warnings"] == ["<!-- d"] and page.count("</script>") == 1 and "<!-- d" not in page
    assert [m["name"] for m in content["measures"]] == ["delta_e_mean", "delta_e_p95", "psnr_db", "ssim"]
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


# --- LPIPS in the grid --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def drawn_weights(tmp_path_factory, drawn_arrays):
    """Weights that are nobody's, in a file."""
    path = tmp_path_factory.mktemp("weights") / "drawn.npz"
    np.savez(path, **drawn_arrays())
    return path


def test_with_a_network_every_output_has_its_lpips(pictures, drawn_weights):
    network = lpips.load([drawn_weights])
    results = list(evaluate.evaluate(rows(), pictures, SETTINGS, samples_per_degree=33, network=network))
    assert results[0].lpips == lpips.distance(network, pictures[0].reference, results[0].output) > 0
    cells = judging.summarise(results)
    assert set(cells[0].scores) == {"delta_e_mean", "delta_e_p95", "psnr_db", "ssim", "lpips"}
    assert "lpips_low" in tables.as_csv(cells).splitlines()[0]
    content = content_of(report.page(pictures, results, cells, judging.judge(results), top=40, facts={}))
    assert content["measures"][-1]["name"] == "lpips" and len(content["shades"]["lpips"]) == len(cells)


# --- going on with an unfinished grid -----------------------------------------------------------------------------


def same(one: evaluate.Result, other: evaluate.Result) -> bool:
    pictures = zip((one.output, one.delta_e), (other.output, other.delta_e), strict=True)
    return one.without_pictures() == other.without_pictures() and all(
        (a is None and b is None) or np.array_equal(a, b) for a, b in pictures
    )


def test_what_is_stored_comes_back_to_the_last_bit(results, tmp_path):
    store = checkpoint.Store.open(tmp_path, {"a": 1})
    one = [r for r in results if r.picture == results[0].picture]
    store.save(0, one)
    store.save(1, [r.without_pictures() for r in one])
    assert all(map(same, store.load(0, pictures=True), one))
    assert all(map(same, store.load(1, pictures=False), [r.without_pictures() for r in one]))
    assert store.load(1, pictures=True) is None and store.load(2, pictures=False) is None


def test_what_was_judged_before_is_not_judged_again(pictures, results, tmp_path):
    store = checkpoint.Store.open(tmp_path, {})
    asked = []

    def counted(picture):
        asked.append(1)
        if len(asked) > 2:  # both settings of the first picture are through
            raise KeyboardInterrupt
        return nearest(picture)

    options = {"samples_per_degree": 33, "shown": frozenset([pictures[1].name])}
    with pytest.raises(KeyboardInterrupt):
        checkpoint.resume(store, rows() | {"deblur": counted}, pictures, **options)
    assert store.has(0, pictures=False) and not store.has(1, pictures=True)
    steps = []
    found = checkpoint.resume(store, rows(), pictures, step=lambda: steps.append(1), **options)
    assert len(steps) == 6  # three rows on both settings of the second picture
    known = [r if r.picture == pictures[1].name else r.without_pictures() for r in results]
    assert all(map(same, found, known)) and len(found) == len(known)

    never = dict.fromkeys(rows(), lambda _: pytest.fail("judged again"))
    assert all(map(same, checkpoint.resume(store, never, pictures, **options), found))
    first = next(store.folder.glob("000000*"))
    first.write_bytes(first.read_bytes()[:100])  # as a failing power supply may leave it
    assert all(map(same, checkpoint.resume(store, rows(), pictures, **options), found))


def test_other_inputs_find_nothing(pictures, tmp_path):
    store = checkpoint.Store.open(tmp_path, {"models": "a"})
    assert checkpoint.Store.open(tmp_path, {"models": "a"}) == store != checkpoint.Store.open(tmp_path, {"models": "b"})
    store.save(0, list(evaluate.evaluate(rows(), pictures[:1], SETTINGS, samples_per_degree=33)))
    assert checkpoint.any_in(tmp_path) and store.begun
    other = checkpoint.Store.open(tmp_path, {"models": "b"})
    assert not other.begun and other.remove_others() and not other.remove_others()
    assert not checkpoint.any_in(tmp_path)


def test_the_hash_of_a_picture_is_of_all_its_pixels(pictures):
    changed = pictures[0].inputs["f22"].copy()
    changed[3, 4, 1] += 1 / 255
    other = evaluate.Picture(name="x", reference=pictures[0].reference, inputs=pictures[0].inputs | {"f22": changed})
    digests = [checkpoint.picture_sha256(picture) for picture in (pictures[0], pictures[1], other)]
    assert len(set(digests)) == 3


# --- the command --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def workplace(tmp_path_factory):
    """A rendered set and four untrained models of the form that training leaves."""
    pytest.importorskip("keras")
    from camsim.io import atomic
    from enhance import zoo
    from enhance.networks import generators
    from enhance.training import run_folder

    place = tmp_path_factory.mktemp("grid")
    views = {name: camera_file.load(name) for name in zoo.TASKS.values()}
    image.write(place / "photo.png", resize(image.read(photographs.builtin("coffee").path), (96, 144)))
    for name in ("astronaut", "chelsea", "china"):
        image.write(place / f"{name}.png", resize(image.read(photographs.builtin(name).path), (96, 96)))
    sources = photographs.open_sources([place / f"{name}.png" for name in ("photo", "astronaut", "chelsea", "china")])
    dataset.write(place / "set", sources, views, hr_px=64, scene_px=96)
    for scale, folder in ((4, "models"), (2, "double")):
        for task in zoo.TASKS:
            (place / folder / task).mkdir(parents=True)
            run_folder.save_generator(
                generators.light(scale=scale, blocks=1, filters=4), place / folder / task / zoo.GENERATOR
            )
            card = {
                "task": task,
                "scale": scale,
                "generator": "light",
                "parameters": 0,
                "data": "photographs",
                "steps": 0,
                "stages": {},
                "validation": {},
                "finished": True,
                "source_sha256": [atomic.sha256(place / "photo.png")],
            }
            atomic.write_text(place / folder / task / zoo.CARD, json.dumps(card))
    return place


@pytest.mark.slow
def test_the_command_writes_all_files_and_says_who_wins(command, refused, workplace, tmp_path):
    arguments = ("scielab", "grid", "--models", workplace / "models", "--data", workplace / "set", "-o", "out")
    done = command(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    printed = json.loads(done.stdout)
    stored = json.loads((tmp_path / "out" / "grid.json").read_text())
    assert stored["cells"] == printed["cells"] and len(stored["cells"]) == 20
    assert {c["model"] for c in stored["cells"]} == {"bicubic", "sr", "color", "pixel", "deblur"}
    assert {c["setting"] for c in stored["cells"]} == {"ideal", "underexposed", "pixel25", "f22"}
    numbers = {"delta_e_mean", "delta_e_p95", "psnr_db", "ssim"}
    assert set(stored["cells"][0]) == {"model", "setting", "pictures"} | numbers | {f"{n}_interval" for n in numbers}
    assert [c["setting"] for c in stored["columns"]] == ["ideal", "underexposed", "pixel25", "f22"]
    names = {p.name for p in (tmp_path / "out").iterdir()}
    assert names == {"report.html", "grid.png", "delta_e.png", "matrix.png", "grid.json", "grid.csv"}
    assert "trained on" in done.stderr  # it warns that these models have seen the photograph
    assert "exists" in refused(*arguments)


@pytest.mark.slow
def test_a_killed_grid_goes_on_to_the_same_bytes(command, workplace, drawn_weights, tmp_path):
    arguments = [
        "grid",
        "--models",
        workplace / "models",
        "--data",
        workplace / "set",
        "--lpips-weights",
        drawn_weights,
    ]
    whole = command("scielab", *arguments, "-o", "whole")
    assert whole.returncode == 0, whole.stderr
    assert "0.1008" in whole.stderr  # these weights are not the published ones
    assert "deblur" in whole.stdout and "report.html" in whole.stdout

    (tmp_path / "killed").mkdir()
    (tmp_path / "killed" / "grid.csv").write_text("of another grid")
    start = [
        sys.executable,
        "-c",
        "from scielab.cli.main import main; main()",
        *map(str, arguments),
        "-o",
        "killed",
        "--force",
    ]
    process = subprocess.Popen(start, cwd=tmp_path, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        for _ in range(6000):
            if any((tmp_path / "killed").glob(".unfinished-*/0*.npz")):
                break
            time.sleep(0.01)
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    assert process.returncode == -signal.SIGKILL  # it had not come to its end
    assert {p.name.partition("-")[0] for p in (tmp_path / "killed").iterdir()} == {".unfinished", "grid.csv"}
    resumed = command("scielab", *arguments, "-o", "killed")  # needs no --force: the killed run had it
    assert resumed.returncode == 0, resumed.stderr
    assert re.search(r"going on with an unfinished run: [1-3] of 4 pictures", resumed.stderr)
    for path in (tmp_path / "whole").iterdir():
        assert path.read_bytes() == (tmp_path / "killed" / path.name).read_bytes(), path.name
    assert len(list((tmp_path / "killed").iterdir())) == 6
    stored = json.loads((tmp_path / "killed" / "grid.json").read_text())
    assert stored["lpips"]["published_weights"] is False and stored["cells"][0]["lpips"] > 0
    assert stored["intervals"] == {"percent": 95, "resamples": 10_000, "seed": 0}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--models", "gone"), "gone"),
        (("--models", "MODELS", "--data", "SET", "--lpips-weights", "file.txt"), "file.txt: damaged"),
        (("--models", "MODELS", "--data", "SET", "--lpips-weights", "gone.npz"), "gone.npz: no such file"),
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
