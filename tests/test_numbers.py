"""Numbers that README and model cards quote are those of the run records and of benchmarks/results.

What is not quoted is not asked for; what is quoted must agree, in as many digits as it has.
"""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
if not (ROOT / "README.md").is_file():
    pytest.skip("an installed package has no pages to compare", allow_module_level=True)

#: README and the pages that it points to.
README = "\n".join(
    path.read_text(encoding="utf-8") for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
)
RESULTS = ROOT / "benchmarks" / "results"
TASKS = ("sr", "color", "pixel", "deblur")
WEIGHTS = ROOT / "enhance" / "weights" / "faithful"
RECORDS = {task: json.loads((WEIGHTS / task / "run.json").read_text(encoding="utf-8")) for task in TASKS}
CARDS = {task: (WEIGHTS / task / "README.md").read_text(encoding="utf-8") for task in TASKS}
GRID = json.loads((RESULTS / "grid-100.json").read_text(encoding="utf-8"))
CELLS = {(cell["model"], cell["setting"]): cell for cell in GRID["cells"]}
SETTINGS = ("ideal", "underexposed", "pixel25", "f22")


def agrees(quoted: str, value: float) -> bool:
    """Whether a number, as written, is the value rounded to as many digits; half a digit more for rounding twice."""
    digits = len(quoted.partition(".")[2])
    return abs(float(quoted) - value) <= 0.51 * 10**-digits


def test_a_number_agrees_in_the_digits_it_has():
    assert agrees("52.1", 52.12) and agrees("8", 7.98) and not agrees("45", 52.1) and not agrees("24.92", 24.91)


def test_minutes_of_training_are_those_of_the_records():
    minutes = [record["minutes"] for record in RECORDS.values()]
    for text in (README, *CARDS.values()):
        for low, high in re.findall(r"(\d+) to (\d+) minutes", text):
            assert agrees(low, min(minutes)) and agrees(high, max(minutes))
    assert not re.search(r"\b45\s+minutes", README)


@pytest.mark.parametrize("task", TASKS)
def test_a_card_says_what_the_record_says(task):
    card, record = CARDS[task], RECORDS[task]
    (minutes,) = re.findall(r"([\d.]+) minutes", card)
    assert agrees(minutes, record["minutes"])
    (psnr, ssim, delta_e) = re.findall(
        r"Held-out pictures \| PSNR ([\d.]+) dB.*?SSIM ([\d.]+); S-CIELAB ΔE ([\d.]+)", card
    )[0]
    found = record["validation"]
    assert (
        agrees(psnr, found["val_psnr_db"]) and agrees(ssim, found["val_ssim"]) and agrees(delta_e, found["val_delta_e"])
    )
    assert f"{record['parameters']:,} parameters" in card and f"{record['pairs']:,} pictures" in card


@pytest.mark.parametrize("task", TASKS)
def test_a_card_quotes_the_grid_of_100_photographs(task):
    n = r"(\d+\.\d+)"
    quoted = re.findall(rf"PSNR\s+{n} dB, SSIM {n}, S-CIELAB ΔE {n}; bicubic enlargement {n} dB, {n}, {n}", CARDS[task])
    for row in quoted:
        for model, numbers in ((task, row[:3]), ("bicubic", row[3:])):
            cell = CELLS[model, RECORDS[task]["setting"]]
            for number, name in zip(numbers, ("psnr_db", "ssim", "delta_e_mean"), strict=True):
                assert agrees(number, cell[name]), (model, name)


def test_grids_in_the_pages_are_those_of_their_files():
    """Each table begins with its settings, which say the file that it must agree with."""
    grids = {
        tuple(dict.fromkeys(cell["setting"] for cell in grid["cells"])): grid
        for grid in (json.loads(path.read_text(encoding="utf-8")) for path in RESULTS.glob("grid-*.json"))
    }
    shown = re.findall(r"^mean ΔE ± .*100 pictures\n +(.*)\n((?:.*\n)*?)```", README, re.MULTILINE)
    assert {tuple(head.split()) for head, _ in shown} == set(grids)
    for head, body in shown:
        settings, grid = head.split(), grids[tuple(head.split())]
        at = {(cell["model"], cell["setting"]): cell for cell in grid["cells"]}
        rows = re.findall(r"^(\w+) +(.* / .*)$", body, re.MULTILINE)
        assert [model for model, _ in rows] == list(dict.fromkeys(model for model, _ in at))
        for model, row in rows:
            cells = re.findall(r"([\d.]+) ±([\d.]+) / +([\d.]+)", row)
            for setting, (delta_e, half, psnr) in zip(settings, cells, strict=True):
                cell = at[model, setting]
                assert agrees(delta_e, cell["delta_e_mean"]) and agrees(psnr, cell["psnr_db"]), (model, setting)
                low, high = cell["delta_e_mean_interval"]
                assert agrees(half, (high - low) / 2), (model, setting)
        columns = {(column["setting"], column["model"]): column for column in grid["columns"]}
        for setting, model, does, margin in re.findall(
            r"^([\w-]+): (\w+) (wins|loses) by ([\d.]+) ΔE", body, re.MULTILINE
        ):
            found = columns[setting, model]["delta_e_mean"]
            assert found["wins"] == (does == "wins") and agrees(margin, abs(found["margin"]))


def test_the_papers_benchmarks_are_those_of_their_file():
    wanted = json.loads((RESULTS / "set5-set14-bsd100.json").read_text(encoding="utf-8"))["means"]
    rows = re.findall(r"^(\w*) +(bicubic|sr) +(\d+) +([\d.]+) +([\d.]+)$", README, re.MULTILINE)
    bench = ""
    for name, model, pictures, psnr, ssim in rows:
        bench = name or bench
        (found,) = (mean for mean in wanted if (mean["bench"], mean["model"]) == (bench, model))
        assert int(pictures) == found["pictures"] and agrees(psnr, found["psnr_db"]) and agrees(ssim, found["ssim"])


def test_speed_of_training_is_what_the_benchmark_measured():
    page = (ROOT / "docs" / "speed.md").read_text(encoding="utf-8")
    rows = {(row["case"], row["precision"]): row for row in json.loads((RESULTS / "train.json").read_text("utf-8"))}
    names = {"light 8×32": "light-8x32", "light 8×64": "light-8x64", "classic SRResNet, batch norm": "srresnet-bn"}
    n = r"([\d.]+)"
    shown = re.findall(
        rf"^\| (.*) \| {n} images/s \| {n} % \| {n} images/s \| {n}, {n} images/s \|$", page, re.MULTILINE
    )
    assert [name for name, *_ in shown] == list(names)
    for name, pretrain, share, gan, half_pretrain, half_gan in shown:
        row, half = (rows[names[name], precision] for precision in ("float32", "bfloat16"))
        assert agrees(pretrain, row["pretrain_loading"]) and agrees(gan, row["gan"])
        assert agrees(half_pretrain, half["pretrain_loading"]) and agrees(half_gan, half["gan"])
        assert agrees(share, 300 * row["forward_gflop"] * row["pretrain_loading"] / row["matrix_gflops"])
    light, classic = (
        [rows[case, precision]["pretrain_loading"] for precision in ("float32", "bfloat16")]
        for case in ("light-8x64", "srresnet-bn")
    )
    ((single, half),) = re.findall(rf"8×64, takes {n} times .* float32 and {n} times in\s+bfloat16", page)
    assert agrees(single, light[0] / classic[0]) and agrees(half, light[1] / classic[1])


def test_speed_of_applying_is_what_the_benchmark_measured():
    page = (ROOT / "docs" / "speed.md").read_text(encoding="utf-8")
    rows = {(row["generator"], row["way"]): row for row in json.loads((RESULTS / "apply.json").read_text("utf-8"))}
    names = {"light 8×32": "light", "light 8×64": "light-8x64", "SRResNet": "srresnet"}
    cell = r"([\d.]+) s, ([\d.]+) (MB|GB)"
    shown = re.findall(rf"^\| (.*) \| {cell} \| {cell} \|$", page, re.MULTILINE)
    assert [name for name, *_ in shown] == list(names)
    for name, *numbers in shown:
        for way, (seconds, memory, unit) in (("tiles", numbers[:3]), ("whole", numbers[3:])):
            row = rows[names[name], way]
            assert agrees(seconds, row["best_s"]) and agrees(memory, row["peak_mb"] / {"MB": 1, "GB": 1000}[unit])


def test_speed_of_rendering_for_training_is_what_the_benchmark_measured():
    page = (ROOT / "docs" / "speed.md").read_text(encoding="utf-8")
    rendered = json.loads((RESULTS / "data.json").read_text("utf-8"))["rendered"]
    for key, pattern in (
        ("processor_ms_per_image", r"takes (\d+) to (\d+) ms\s+of processor time"),
        ("images_per_s_1_process", r"one process renders (\d+) to (\d+) a second"),
    ):
        ((low, high),) = re.findall(pattern, page)
        values = [row[key] for row in rendered]
        assert agrees(low, min(values)) and agrees(high, max(values))


def test_what_augmenting_costs_is_what_the_benchmark_measured():
    taken = list(json.loads((RESULTS / "augment.json").read_text(encoding="utf-8"))["cpu_ms_per_picture"].values())
    page = (ROOT / "docs" / "augment.md").read_text(encoding="utf-8")
    quoted = re.findall(r"(\d+\.\d+)\s+ms", page)
    assert len(quoted) == 3 and all(map(agrees, quoted, taken))


def test_memory_is_what_the_benchmark_measured_and_no_more_than_promised():
    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    cases = json.loads((RESULTS / "memory.json").read_text(encoding="utf-8"))["cases"]
    (table,) = re.findall(r"^\| `.*MB per megapixel.*\n\|-.*\n((?:\|.*\n)+)", page, re.MULTILINE)
    rows = [[cell.strip(" `") for cell in row.strip("|").split("|")] for row in table.splitlines()]
    assert [name for name, *_ in rows] == list(cases)
    promised = re.findall(r"`(\w+ \w+)` takes (\d+) MB at\s+most from (\d+) megapixels on", page)
    assert [command for command, *_ in promised] == ["scielab compare", "enhance apply"]
    for name, *cells in rows:
        values = cases[name]["mb_per_megapixel"]
        numbers = [cell for cell in cells if cell != "–"]
        assert len(numbers) == len(values) and all(map(agrees, numbers, values.values())), name
        for command, most_mb, least_mp in promised:
            if cases[name]["command"].startswith(command):
                assert all(mb <= int(most_mb) for size, mb in values.items() if float(size) >= int(least_mp)), name
