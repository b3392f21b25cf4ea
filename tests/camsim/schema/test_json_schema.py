"""JSON Schemas: what is shipped is what the commands print, and it says of files what the program says of them."""

import json
import re
import tomllib
from pathlib import Path

import pytest

from camsim import camera_file
from camsim.camera import Camera
from camsim.schema.fields import default, fields, kind_words
from camsim.schema.json_schema import unit
from enhance import config

jsonschema = pytest.importorskip("jsonschema")

ROOT = Path(__file__).parents[3]
SCHEMAS = {
    "camsim/settings/camera.schema.json": camera_file.file_schema,
    "enhance/configs/training.schema.json": config.file_schema,
}
FILES = {
    camera_file.file_schema: ("camsim/settings/*.toml", "enhance/weights/*/*/camera.toml"),
    config.file_schema: ("enhance/configs/*.toml", "enhance/weights/*/*/config.toml"),
}


def mistakes(schema: dict, text: str) -> list[str]:
    """Where an editor would complain about a TOML file, and after which rule."""
    found = jsonschema.Draft202012Validator(schema).iter_errors(tomllib.loads(text))
    return [f"{error.json_path}: {error.validator}" for error in found]


@pytest.mark.parametrize("path", SCHEMAS)
def test_a_shipped_schema_is_the_one_that_is_printed(path):
    printed = SCHEMAS[path]()
    jsonschema.Draft202012Validator.check_schema(printed)
    assert printed["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert json.loads((ROOT / path).read_text(encoding="utf-8")) == printed, f"print it anew into {path}"
    json.dumps(printed, allow_nan=False)


@pytest.mark.parametrize(
    ("schema", "path"),
    [(schema, path) for schema, places in FILES.items() for place in places for path in sorted(ROOT.glob(place))],
)
def test_shipped_files_are_what_their_schema_says(schema, path):
    assert mistakes(schema(), path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", [*ROOT.glob("camsim/settings/*.toml"), *ROOT.glob("enhance/configs/*.toml")])
def test_files_to_start_from_name_the_schema_beside_them(path):
    comment, _, name = path.read_text(encoding="utf-8").partition("\n")[0].partition(" ")
    assert comment == "#:schema" and str((path.parent / name).relative_to(ROOT)) in SCHEMAS


@pytest.mark.parametrize("name", camera_file.builtin_names())
def test_a_camera_as_it_is_written_is_what_its_schema_says(name):
    assert mistakes(camera_file.file_schema(), camera_file.to_toml(camera_file.load(name))) == []
    assert mistakes(config.file_schema(), config.to_toml(config.load("deblur"))) == []


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("[optics]\nfnumber = 0.1", "$.optics.fnumber: minimum"),
        ("[optics]\nfnumber = true", "$.optics.fnumber: type"),
        ("[optics]\nfnumbr = 4", "$.optics: additionalProperties"),
        ("[optics]\nfocal_length_mm = 0", "$.optics.focal_length_mm: exclusiveMinimum"),
        ("[sensor]\nbit_depth = 8.5", "$.sensor.bit_depth: type"),
        ("[sensor]\nexposure_s = 'car'", "$.sensor.exposure_s: anyOf"),
        ("[sensor]\nauto_exposure = 'min'", "$.sensor.auto_exposure: enum"),
        ("[isp]\nwhite_balance = 'grey'", "$.isp.white_balance: anyOf"),
        ("lens = 1", "$: additionalProperties"),
    ],
)
def test_what_the_program_refuses_an_editor_marks(text, where):
    assert mistakes(camera_file.file_schema(), text) == [where]
    key = where.partition(":")[0].removeprefix("$").removeprefix(".") or "lens"
    with pytest.raises(ValueError, match=re.escape(key)):
        camera_file.from_dict(tomllib.loads(text))


def test_what_the_program_takes_an_editor_does_not_mark():
    text = "[scene]\ndistance_m = inf\nfov_deg = 'auto'\n[isp]\ncolor_matrix = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]"
    assert mistakes(camera_file.file_schema(), text) == []
    assert camera_file.from_dict(tomllib.loads(text)).isp.color_matrix == (1, 0, 0, 0, 1, 0, 0, 0, 1)


def test_every_key_of_a_camera_has_meaning_default_scale_and_the_unit_that_it_ends_with():
    schema = camera_file.file_schema()
    known = dict(fields(Camera))
    for key, field in known.items():
        part, _, name = key.rpartition(".")
        about = schema["$defs"][known_part(part)]["properties"][name] if part else schema["properties"][name]
        assert about["description"] == field.description and ("default" in about or about["x-default"] == "inf")
        if "number" in kind_words(field.annotation) and "list" not in kind_words(field.annotation):
            positive = default(field) is None or default(field) > 0
            assert about["x-scale"] in ("linear", "symlog", *(["log"] if positive else [])), key
        if unit(name):
            assert about["x-unit"] == unit(name)
    optics = schema["$defs"]["Optics"]["properties"]
    assert optics["fnumber"]["x-scale"] == "log" and "x-unit" not in optics["fnumber"]
    sensor = schema["$defs"]["Sensor"]["properties"]
    units = {name: about["x-unit"] for name, about in sensor.items() if "x-unit" in about}
    assert units == {
        "pixel_pitch_um": "µm",
        "full_well_e": "e⁻",
        "conversion_gain_uv_per_e": "µV/e⁻",
        "dark_current_e_per_s": "e⁻/s",
        "read_noise_e": "e⁻",
        "reference_pitch_um": "µm",
        "dsnu_e": "e⁻",
        "column_offset_fpn_e": "e⁻",
        "black_level_dn": "DN",
        "bit_depth": "bit",
        "exposure_s": "s",
        "exposure_ev": "EV",
    }


def known_part(name: str) -> str:
    """The class of a part of a camera, by its key."""
    return Camera.__pydantic_fields__[name].annotation.__name__


def test_a_configuration_file_has_stages_and_a_base():
    schema = config.file_schema()
    assert mistakes(schema, "base = 'deblur'\n[[stage]]\nname = 'gan'\nlosses = { l1 = 1 }") == []
    assert mistakes(schema, "[[stage]]\nlosses = { l1 = -1 }") == ["$.stage[0].losses.l1: minimum"]
    assert mistakes(schema, "stages = []") != []
