"""Training configurations: what they refuse, how they are merged, that they come back from TOML."""

import re
import tomllib

import pytest

from camsim.schema.fields import choices, fields
from enhance import config

pytestmark = pytest.mark.installed


@pytest.mark.parametrize("name", config.names())
def test_every_shipped_configuration_comes_back_from_toml(name):
    shipped = config.load(name)
    assert config.from_dict(tomllib.loads(config.to_toml(shipped))) == shipped
    assert shipped.description and shipped.total_steps > 0


def test_the_shipped_configurations_are_those_promised():
    promised = (
        "srresnet-mse srresnet-vgg22 srresnet-vgg54 srgan-mse srgan-vgg22 srgan-vgg54 srgan-perpix "
        "edsr srgan-edsr esrgan srgan-scielab"
    )
    assert {*promised.split(), "sr", "color", "pixel", "deblur"} <= set(config.names())


def test_the_shipped_configurations_are_the_papers():
    srgan = config.load("srgan-vgg54")
    assert srgan.generator == {"kind": "srresnet", "blocks": 16, "filters": 64} and srgan.batch == 16
    assert [stage.name for stage in srgan.stages] == ["mse", "gan"]
    assert srgan.stages[1].losses == {"vgg54": 1.0, "adversarial": 0.02}
    esrgan = config.load("esrgan").stages[1]
    assert esrgan.losses == {"l1": 0.01, "vgg54:linear": 1.0, "adversarial": 5e-3}  # Wang et al., eq. 3
    assert esrgan.adversarial["kind"] == "relativistic"
    edsr, both = config.load("edsr"), config.load("srgan-edsr")
    assert both.generator == edsr.generator and [stage.name for stage in both.stages] == ["pixel", "gan"]
    assert both.stages[0] == edsr.stages[0] and both.stages[1] == srgan.stages[1]
    assert config.load("srgan-mse").stages[1].losses == {"mse": 1.0, "adversarial": 1e-3 / 4}  # Ledig et al., eq. 3
    assert config.load("srresnet-vgg54").stages[1].losses == {"vgg54": 1.0}


def test_a_file_says_only_what_differs_from_its_base(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(
        'base = "srgan-vgg54"\nbatch = 4\n[generator]\nblocks = 2\n[critic]\nkind = "patch"\n'
        '[[stage]]\nname = "gan"\nsteps = 7\nlosses = { l1 = 1, adversarial = 0.1 }\n'
    )
    mine, base = config.load(path), config.load("srgan-vgg54")
    assert mine.batch == 4 and mine.generator == base.generator | {"blocks": 2}
    assert mine.critic == {"kind": "patch"}
    assert mine.stages[0] == base.stages[0]
    assert mine.stages[1].steps == 7 and mine.stages[1].losses == {"l1": 1.0, "adversarial": 0.1}
    assert mine.stages[1].schedule == base.stages[1].schedule


def test_options_of_another_kind_are_not_inherited():
    changed = config.override(config.load("default"), ["generator.kind=srresnet", "generator.norm=none"])
    assert changed.generator == {"kind": "srresnet", "norm": "none"}


def test_single_values_are_changed_by_text():
    words = ["batch=8", "gan.losses.l1=0.01", "vary.optics.fnumber=[4, 32]", "gan.adversarial.kind=hinge", "ema=0"]
    changed = config.override(config.load("deblur"), words)
    assert changed.batch == 8 and changed.ema == 0.0
    assert changed.stages[1].losses["l1"] == 0.01
    assert changed.vary == {"optics.fnumber": [4, 32]}
    assert changed.stages[1].adversarial["kind"] == "hinge"


@pytest.mark.parametrize(
    ("assignment", "words"),
    [
        ("batch=0", r"batch = 0 must be in \[1"),
        ("batch=many", "batch = 'many' must be a whole number"),
        ("batch", "write KEY=VALUE"),
        ("bach=4", "unknown key bach; did you mean 'batch'"),
        ("gan.steps=-1", "gan.steps = -1 must be in"),
        ("gan.stps=1", "unknown key gan.stps; did you mean 'gan.steps'"),
        ("gone.steps=1", "unknown key gone.steps"),
        ("pixel.learning_rate=nan", r"learning_rate = nan must be a number in \[1e-12, 1\]"),
        ("pixel.schedule=cosin", "did you mean 'cosine'"),
        ("pixel.losses={}", "no weight is above 0"),
        ("pixel.losses={l1=-1}", r"pixel.losses.l1 = -1 must be in \[0, inf\)"),
        ("pixel.losses={l1=inf}", "pixel.losses.l1 = inf must be a finite number"),
        ("pixel.losses={l1=0}", "no weight is above 0"),
        ("pixel.patience=3", "needs pixel.best"),
        ("precision=float16", "must be one of auto, float32, bfloat16"),
        ("generator=light", "must be a table"),
        ("hr_px=130", "must be a multiple of scale = 4"),
    ],
)
def test_impossible_values_are_named(assignment, words):
    base = config.override(config.load("default"), ["scale=4"])
    with pytest.raises(ValueError, match=words):
        config.override(base, [assignment])


def test_a_run_without_steps_or_with_twin_stages_is_refused():
    values = config.to_dict(config.load("default"))
    for stage in values["stage"]:
        stage["steps"] = 0
    with pytest.raises(ValueError, match="nothing to train"):
        config.from_dict(values)
    values["stage"] = [{"name": "a"}, {"name": "a"}]
    with pytest.raises(ValueError, match="same name"):
        config.from_dict(values)


def test_broken_files_are_named(tmp_path):
    loop, text = tmp_path / "loop.toml", tmp_path / "text.toml"
    loop.write_text(f'base = "{loop}"\n')
    text.write_text("no toml")
    for source, words in (
        (loop, "its own base"),
        (text, "not TOML"),
        (tmp_path / "gone.toml", "no such file"),
        ("gone", "unknown configuration 'gone'"),
    ):
        with pytest.raises(ValueError, match=words):
            config.load(source)


@pytest.mark.parametrize("kind", [config.Config, config.Stage])
def test_every_field_is_explained_where_it_stands_and_in_the_docstring(kind):
    for name, field in fields(kind):
        assert field.description
        assert re.search(rf"^{name} : .+\n    {re.escape(field.description)}", kind.__doc__, re.MULTILINE)


def test_a_stage_can_ship_the_weights_that_any_validation_metric_finds_best():
    assert choices(dict(fields(config.Stage))["best"].annotation) == ["last", *config.METRICS]
