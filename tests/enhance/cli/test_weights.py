"""`enhance weights` as it is typed."""

import json

from camsim.io import web, weights_folder


def test_it_lists_what_there_is_and_where_it_is(command, tmp_path, monkeypatch):
    monkeypatch.setenv(weights_folder.VARIABLE, str(tmp_path))
    (tmp_path / "vgg19_mine.npz").touch()
    said = command("enhance", "weights", "--json")
    here = {row["name"]: row["here"] for row in json.loads(said.stdout)}
    assert set(here) == {"alex", "vgg16", "vgg19", "squeeze", "lpips-alex", "lpips-vgg", "lpips-squeeze"}
    assert here["vgg19"] == str(tmp_path / "vgg19_mine.npz") and not here["vgg16"]
    assert "553.4 MB" in command("enhance", "weights").stdout


def test_an_unknown_name_and_no_network_are_one_line(refused, tmp_path, monkeypatch):
    assert "no weights 'vgg'" in refused("enhance", "weights", "vgg")
    monkeypatch.setenv(weights_folder.VARIABLE, str(tmp_path))

    def offline(url, *_, **__):
        raise ValueError(f"{url}: cannot be fetched (no connection)")

    monkeypatch.setattr(web, "fetch", offline)
    assert "cannot be fetched (no connection); where there is no network" in refused("enhance", "weights", "lpips-alex")


def test_what_is_there_is_not_fetched(command, tmp_path, monkeypatch):
    monkeypatch.setenv(weights_folder.VARIABLE, str(tmp_path))
    (tmp_path / "vgg19_mine.npz").touch()
    said = command("enhance", "weights", "vgg19")
    assert said.returncode == 0 and said.stdout.strip() == str(tmp_path / "vgg19_mine.npz")
