"""What the numbers rest on."""

import json

import numpy as np
import pytest

from scielab.metrics import lpips
from scielab.model_grid import checkpoint, provenance
from scielab.model_grid.pictures import Picture, PictureSet
from scielab.model_grid.rows import Row
from scielab.viewing import Viewing

VIEWING = Viewing(samples_per_degree=33)


def picture(name: str, photograph: str = "", columns: int = 8) -> Picture:
    pixels = {
        "reference": np.zeros((8, columns, 3), np.uint8),
        "inputs": {"f22": np.zeros((2, columns // 4, 3), np.uint8)},
    }
    return Picture(name=name, photograph=photograph, **pixels)


def picture_set(*photographs: str) -> PictureSet:
    return PictureSet(pictures=[picture(str(i), digest) for i, digest in enumerate(photographs)], source="set")


def row(name: str, *seen: str, **more: object) -> Row:
    return Row(name=name, load=lambda: None, **({"seen": frozenset(seen)} | more))


def test_photographs_that_a_model_was_trained_on_are_counted():
    found = [row("sr", "x", "y"), row("color", "x", "y", "else"), row("pixel"), row("deblur", "z")]
    assert provenance.seen_in_training([*found, row("mine", seen=None)], picture_set("x", "x", "y", "z")) == [
        "3 of 4 pictures are of photographs that the model for sr, color was trained on",
        "1 of 4 pictures are of photographs that the model for deblur was trained on",
    ]


def test_the_page_says_what_is_not_known():
    known, unknown = (
        provenance.in_words(found, picture_set("x"), VIEWING, {}, [])
        for found in ([row("sr")], [row("sr"), row("mine", seen=None)])
    )
    assert known["Trained on them"] == "no: no model was trained on any of these photographs"
    assert unknown["Trained on them"] == "not known of mine"
    assert known["Pictures"] == "1 of 1 photographs, 8×8, from set" and "Pillow" in known["bicubic"]


def test_many_pictures_of_few_photographs_are_noted():
    assert provenance.notes(picture_set("x", "y"), {}) == [] == provenance.notes(picture_set("x"), {})
    (note,) = provenance.notes(picture_set("x", "x", "y"), {})
    assert note.startswith("3 pictures are cut from 2 photographs")


def test_weights_that_are_not_the_published_ones_are_noted(drawn_weights):
    network = lpips.load("squeeze", drawn_weights)
    facts = {network.metric: lpips.facts(network)}
    (note,) = provenance.notes(picture_set("x"), facts)
    assert "lpips-squeeze" in note and "0.1008" in note
    words = provenance.in_words([row("sr")], picture_set("x"), VIEWING, facts, [])["lpips-squeeze"]
    assert words.startswith("LPIPS 0.1, SqueezeNet 1.1; weights squeezenet1_1.npz ")
    facts[network.metric]["published_weights"] = True
    assert provenance.notes(picture_set("x"), facts) == []


def test_lpips_is_measured_where_it_is_asked_for_or_its_weights_are_there(drawn_weights, monkeypatch, tmp_path):
    def names(networks, place):
        return [network.metric for network in provenance.lpips_networks(networks, place)]

    assert names((), None) == []
    assert names((), str(drawn_weights)) == ["lpips-alex"]
    assert names("squeeze", drawn_weights) == ["lpips-squeeze"]
    assert names(("squeeze", "alex"), drawn_weights) == ["lpips-squeeze", "lpips-alex"]
    with pytest.raises(ValueError, match=r"LPIPS 0.1 for alex are needed"):
        names(["alex"], None)
    monkeypatch.setenv("CAM2EYE_WEIGHTS", str(drawn_weights))
    assert names((), None) == ["lpips-alex"]
    monkeypatch.setenv("CAM2EYE_WEIGHTS", str(tmp_path))
    assert names((), None) == []  # a folder with other weights, such as VGG19's
    for networks, place in ((["alex"], None), ((), tmp_path)):
        with pytest.raises(ValueError, match=r"LPIPS 0.1 for alex are not here"):
            names(networks, place)


def test_the_record_holds_what_a_row_says_of_itself():
    found = [row("sr", facts={"path": "there", "steps": 3}, origin="abroad"), row("mine", seen=None)]
    record = provenance.record(found, picture_set("x", "y"), Viewing(samples_per_degree=20), {}, ["seen"])
    assert record["models"] == {"sr": {"path": "there", "steps": 3, "from": "abroad"}, "mine": {"from": ""}}
    assert record["metric"]["samples_per_degree"] == 20.0 and record["photographs"] == 2
    assert record["seen_in_training"] == ["seen"]


def test_the_results_depend_on_models_pictures_and_viewing():
    data, other = picture_set("x"), picture_set("x", "y")
    first = provenance.dependencies([row("sr", sha256="a")], data, VIEWING, {})
    assert first == provenance.dependencies([row("sr", sha256="a")], data, VIEWING, {})
    assert first != provenance.dependencies([row("sr", sha256="b")], data, VIEWING, {})
    assert first != provenance.dependencies([row("sr", sha256="a")], data, Viewing(samples_per_degree=34), {})
    assert first != provenance.dependencies([row("sr", sha256="a")], other, VIEWING, {})


def test_pictures_of_two_widths_have_two_rates_where_a_field_of_view_is_given():
    """What is judged differs from what the rate of the first picture would give, for all the others."""
    data = PictureSet(pictures=[picture("narrow", columns=8), picture("wide", columns=16)], source="set")
    field, fixed = Viewing(fov_deg=4), Viewing(samples_per_degree=2)
    assert [field.rate(8), field.rate(16), fixed.rate(16)] == [2, 4, 2]
    by_field, by_rate = (provenance.record([row("sr")], data, seen, {}, [])["metric"] for seen in (field, fixed))
    assert by_field["samples_per_degree"] is None and by_field["geometry"] == "4° across the width"
    assert by_rate["samples_per_degree"] == 2
    keys = [provenance.dependencies([row("sr", sha256="a")], data, seen, {}) for seen in (field, fixed)]
    assert json.dumps(keys[0]) != json.dumps(keys[1])
    words = [provenance.in_words([row("sr")], data, seen, {}, [])["ΔE"] for seen in (field, fixed)]
    assert "CIE76, 4° across the width, sRGB" in words[0] and "CIE76, 2 samples per degree, sRGB" in words[1]


def test_sixteen_digits_tell_a_photograph():
    """A list of whole hashes and one of their beginnings mean the same; less than sixteen digits are no match."""
    digests = [f"{number:064x}"[::-1] for number in range(1, 4)]
    short = [row("whole", *digests[:2]), row("short", *(digest[:16] for digest in digests[:2])), row("none", "1" * 15)]
    assert provenance.seen_in_training(short, picture_set(*digests)) == [
        "2 of 3 pictures are of photographs that the model for whole, short was trained on"
    ]


@pytest.mark.parametrize("package", ["numpy", "scipy", "pillow", "keras", "tensorflow", "jax"])
def test_results_of_another_version_of_a_library_are_not_gone_on_with(tmp_path, monkeypatch, package):
    """Its last digits may differ: half of a grid would be of one version, half of the other."""

    def store() -> checkpoint.Store:
        return checkpoint.Store.open(tmp_path, provenance.dependencies([row("sr")], picture_set("x"), VIEWING, {}))

    version, installed = checkpoint.metadata.version, store()
    assert store() == installed
    monkeypatch.setattr(checkpoint.metadata, "version", lambda name: "0.0.1" if name == package else version(name))
    assert store() != installed


def test_nor_those_of_another_version_of_ours_or_backend(tmp_path, monkeypatch):
    def facts() -> dict:
        return provenance.dependencies([row("sr")], picture_set("x"), VIEWING, {})

    ours = facts()
    monkeypatch.setenv("KERAS_BACKEND", "another")
    assert facts() != ours
    monkeypatch.undo()
    monkeypatch.setattr(provenance, "__version__", "0.0.0")
    assert facts() != ours
