"""`camsim fetch` as it is typed."""

import json
import shutil

import pytest

from camsim.dataset import fetched


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setattr(fetched, "cached", lambda name: tmp_path / "cache" / name)


def test_without_a_name_it_lists_the_sets(command):
    said = command("camsim", "fetch")
    assert said.returncode == 0
    for name in ("kodak", "set5", "test100", "training", "div2k", "coco2017"):
        assert f"\n{name} " in said.stdout
    assert "3.53 GB" in said.stdout and "CC BY-NC 4.0" in said.stdout
    assert {row["name"] for row in json.loads(command("camsim", "fetch", "--json").stdout)} >= {"oct", "afhq"}


def test_dry_run_says_how_much_and_under_which_terms(command, tmp_path):
    said = command("camsim", "fetch", "set5", "-o", "set5", "--dry-run")
    assert said.stdout == "would fetch 10 pictures into set5; licence: none stated: customary in research\n"
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_name_is_one_line(refused):
    assert "no data set 'kodac'" in refused("camsim", "fetch", "kodac")


@pytest.mark.reference
def test_a_folder_that_holds_a_set_makes_the_same_set_without_the_web(command, shared, tmp_path):
    said = command("camsim", "fetch", "test100", "-o", "here", "--have", shared / "data" / "test100")
    assert said.returncode == 0 and "100 pictures (0 were there, 100 taken from other folders, 0 downl" in said.stdout
    here = {path.name: path.read_bytes() for path in (tmp_path / "here").glob("*.png")}
    assert here == {path.name: path.read_bytes() for path in (shared / "data" / "test100").glob("*.png")}


@pytest.mark.slow
@pytest.mark.reference
def test_what_was_fetched_is_found_by_its_name(command, shared, tmp_path):
    command("camsim", "fetch", "set5", "--have", shared / "data" / "bench" / "Set5")
    shutil.rmtree(tmp_path / "cache" / "set5" / "LRbicx4")
    said = command("camsim", "dataset", "set5", "-o", "set", "--setting", "ideal")
    assert said.returncode == 0 and "5 scenes of 5 photographs" in said.stdout
