"""S-CIELAB as a loss: the values of the metric, and slopes that a network can follow.

Runs on whatever backend Keras has; only `gradient`, `compiled` and `float64` below know which.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from PIL import Image

keras = pytest.importorskip("keras")

import scielab
from scielab import SCIELABLoss, Viewing
from scielab.keras_losses import colour_difference
from scielab.keras_losses.s_cielab import scielab_map
from scielab.metrics import colour_difference as numpy_colour_difference

BACKEND = keras.backend.backend()
pytestmark = pytest.mark.skipif(BACKEND not in ("tensorflow", "jax"), reason="gradients are taken on TensorFlow or JAX")

ROOT = Path(__file__).parents[3]
COMPACT = np.load(Path(__file__).parents[2] / "golden" / "scielab.npz")
CASES = sorted({name.rsplit("/", 1)[0] for name in COMPACT if name.endswith("/ref")})
GOLDEN = ROOT.parent / "shared" / "reference" / "scielab" / "golden"
REFERENCES = json.loads((GOLDEN / "summary.json").read_text()) if (GOLDEN / "summary.json").exists() else {}
FORMULAS = (76, 94, 2000)

#: Colours where a formula, a root or a curve has a corner, and what a generator may give.
COLOURS = {
    "black": (0, 0, 0),
    "nearly black": (0.001, 0.0005, 0.002),
    "grey": (0.5, 0.5, 0.5),
    "white": (1, 1, 1),
    "red": (1, 0, 0),
    "green": (0, 1, 0),
    "blue": (0, 0, 1),
    "yellow": (1, 1, 0),
    "cyan": (0, 1, 1),
    "magenta": (1, 0, 1),
    "below": (-0.5, -0.2, -0.1),
    "above": (1.5, 1.2, 1.3),
    "far outside": (-5, 8, 3),
}


def gradient(function, true, pred):
    """function(true, pred), one number, and its slopes along `pred`."""
    if BACKEND == "tensorflow":
        import tensorflow as tf

        true, pred = tf.constant(true), tf.constant(pred)
        with tf.GradientTape() as tape:
            tape.watch(pred)
            value = function(true, pred)
        slopes = tape.gradient(value, pred)
    else:
        import jax

        value, slopes = jax.value_and_grad(function, argnums=1)(jax.numpy.asarray(true), jax.numpy.asarray(pred))
    return float(value), np.asarray(slopes)


def compiled(function):
    if BACKEND == "tensorflow":
        import tensorflow as tf

        return tf.function(function, jit_compile=True)
    import jax

    return jax.jit(function)


@pytest.fixture
def float64():
    """JAX has float64 only on demand."""
    if BACKEND == "tensorflow":
        yield
        return
    import jax

    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", False)


def uniform(colour, side=20):
    return np.full((1, side, side, 3), colour, dtype="float32")


def noise(shape, seed=0, low=0.0, high=1.0):
    return np.random.default_rng(seed).uniform(low, high, size=(*shape, 3)).astype("float32")


def pixel_slopes(slopes):
    """Of a mean over pixels: how fast one pixel's ΔE changes with its sRGB values."""
    return np.sqrt((slopes**2).sum(axis=-1)) * slopes[..., 0].size


def as_array(tensor):
    return keras.ops.convert_to_numpy(tensor)


# --- values ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize("case", CASES)
def test_maps_are_those_of_the_1996_code(case, formula):
    ref, out = COMPACT[f"{case}/ref"] / 255, COMPACT[f"{case}/out"] / 255
    rate, rows = float(COMPACT[f"{case}/samples_per_degree"]), COMPACT[f"{case}/rows"]
    true, pred = np.stack([out, ref]).astype("float32"), np.stack([out, out]).astype("float32")
    found = as_array(scielab_map(true, pred, samples_per_degree=rate, formula=formula))
    assert found.dtype == np.float32
    assert_allclose(found[1, rows], COMPACT[f"{case}/{formula}"], rtol=0, atol=5e-4)
    assert_array_equal(found[0], 0)


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize(("shape", "rate"), [((1, 1), 33), ((1, 7), 60), ((5, 90), 60), ((70, 6), 33), ((40, 52), 33)])
def test_maps_are_those_of_the_metric(shape, rate, formula):
    """Also where the picture is smaller than the filters along one side or both."""
    true, pred = noise((3, *shape), 1), noise((3, *shape), 2)
    expected = [
        scielab.delta_e(*pair, Viewing(samples_per_degree=rate, formula=formula))
        for pair in zip(true, pred, strict=True)
    ]
    found = as_array(scielab_map(true, pred, samples_per_degree=rate, formula=formula))
    assert_allclose(found, expected, rtol=0, atol=2e-3)
    value = float(SCIELABLoss(rate, formula)(true, pred))
    assert value == pytest.approx(np.mean(expected), abs=1e-3)


@pytest.mark.reference
@pytest.mark.skipif(not REFERENCES, reason="no reference data beside this checkout")
@pytest.mark.parametrize("case", [case for case in REFERENCES if not case.startswith("hats")] or ["none"])
def test_every_reference_picture(case):
    data, rate = np.load(GOLDEN / f"{case}.npz"), REFERENCES[case]["samp_per_deg"]
    names = [f"{case}_{which}.png" for which in ("ref", "out")]
    pair = [np.asarray(Image.open(GOLDEN / name), dtype="float32")[None] / 255 for name in names]
    for formula, name in {76: "dE76_1996", 94: "dE94_1996", 2000: "dE2000_on_1996lab"}.items():
        if name in data:
            found = as_array(scielab_map(*pair, samples_per_degree=rate, formula=formula))
            assert_allclose(found[0], data[name], rtol=0, atol=2e-3, err_msg=name)


@pytest.mark.parametrize(("formula", "method"), [(76, "CIE 1976"), (94, "CIE 1994"), (2000, "CIE 2000")])
def test_formulas_agree_with_colour_science(float64, formula, method):
    colour = pytest.importorskip("colour")
    low, high = np.array([[0, -90, -90], [100, 90, 90]])
    first, second = np.random.default_rng(3).uniform(low, high, size=(2, 500, 3))
    options = {"textiles": False} if formula == 94 else {}
    expected = colour.delta_E(first, second, method=method, **options)
    found = colour_difference.FORMULAS[formula](
        *(tuple(map(keras.ops.convert_to_tensor, lab.T)) for lab in (first, second))
    )
    low = BACKEND == "jax" and formula == 2000  # Keras computes sin and arctan2 in float32 there
    assert_allclose(as_array(found), expected, rtol=1e-6 if low else 1e-9)


def test_ciede2000_gives_published_values(float64):
    """Sharma, Wu, Dalal (2005), table 1: blues, hues on both sides of 0, opposite hues, greys."""
    table = np.array(
        [
            (50, 2.6772, -79.7751, 50, 0, -82.7485, 2.0425),
            (50, -1.3802, -84.2814, 50, 0, -82.7485, 1.0000),
            (50, 0, 0, 50, -1, 2, 2.3669),
            (50, 2.4900, -0.0010, 50, -2.4900, 0.0009, 7.1792),
            (50, 2.4900, -0.0010, 50, -2.4900, 0.0011, 7.2195),
            (50, -0.0010, 2.4900, 50, 0.0009, -2.4900, 4.8045),
            (50, -0.0010, 2.4900, 50, 0.0011, -2.4900, 4.7461),
            (50, 2.5, 0, 56, -27, -3, 31.9030),
            (50, 2.5, 0, 50, 3.1736, 0.5854, 1.0000),
            (36.4612, 47.8580, 18.3852, 36.2715, 50.5065, 21.2231, 1.4146),
            (6.7747, -0.2908, -2.4247, 5.8714, -0.0985, -2.2286, 0.6377),
        ]
    )
    columns = [keras.ops.convert_to_tensor(column) for column in np.ascontiguousarray(table.T)]
    for one, other in ((columns[:3], columns[3:6]), (columns[3:6], columns[:3])):
        assert_allclose(as_array(colour_difference.delta_e_2000(one, other)), table[:, 6], rtol=0, atol=5e-5)


def test_values_of_a_tanh_are_mapped():
    true, pred = noise((2, 24, 24), 4), noise((2, 24, 24), 5)
    expected = as_array(scielab_map(true, pred))
    found = as_array(scielab_map(2 * true - 1, 2 * pred - 1, value_range=(-1, 1)))
    assert_allclose(found, expected, atol=1e-3)
    assert float(SCIELABLoss(value_range=(0, 255))(255 * true, 255 * pred)) == pytest.approx(expected.mean(), rel=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("formula", [94, 2000])
def test_compiled_is_the_same(formula):
    true, pred = noise((2, 36, 30), 6), noise((2, 36, 30), 7)
    instance = SCIELABLoss(formula=formula)
    value, slopes = gradient(instance, true, pred)
    compiled_value, compiled_slopes = gradient(compiled(instance), true, pred)
    assert compiled_value == pytest.approx(value, rel=1e-5)
    assert_allclose(compiled_slopes, slopes, rtol=0, atol=1e-3 * np.abs(slopes).max())


def test_pictures_of_a_batch_do_not_touch():
    true, pred = noise((3, 21, 25), 8), noise((3, 21, 25), 9)
    together = as_array(scielab_map(true, pred))
    alone = [as_array(scielab_map(true[i : i + 1], pred[i : i + 1]))[0] for i in range(3)]
    assert_allclose(together, alone, atol=1e-4)


# --- slopes ----------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize("rate", [10, 33], ids=["larger than the filters", "smaller than the filters"])
def test_gradients_are_the_central_differences(float64, formula, rate):
    rng = np.random.default_rng(10)
    true, pred = rng.uniform(0, 1, size=(1, 14, 17, 3)), rng.uniform(-0.2, 1.2, size=(1, 14, 17, 3))
    coarse = BACKEND == "jax" and formula == 2000  # Keras computes sin and arctan2 in float32 there
    step = 1e-4 if coarse else 1e-6

    def total(true, pred):  # Keras's mean would be in float32 on JAX
        return keras.ops.sum(scielab_map(true, pred, samples_per_degree=rate, formula=formula))

    def difference(direction):
        return float(total(true, pred + step * direction) - total(true, pred - step * direction)) / (2 * step)

    _, slopes = gradient(total, true, pred)
    assert slopes.dtype == np.float64
    direction = rng.normal(size=pred.shape)
    assert (slopes * direction).sum() == pytest.approx(difference(direction), rel=1e-2 if coarse else 1e-6)
    if coarse:
        return
    for _ in range(12):
        place = tuple(rng.integers(size) for size in pred.shape)
        one = np.zeros(pred.shape)
        one[place] = 1
        assert slopes[place] == pytest.approx(difference(one), rel=1e-4)


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize("name", [*COLOURS, "noise"])
def test_identical_pictures_are_the_minimum(formula, name):
    """To rounding: a backend may order the sums of the two pictures differently. Slopes are some 100 elsewhere."""
    picture = noise((1, 20, 20), 11) if name == "noise" else uniform(COLOURS[name])
    value, slopes = gradient(SCIELABLoss(formula=formula), picture, picture)
    assert 0 <= value < 1e-6
    assert pixel_slopes(slopes).max() < 5


@pytest.mark.slow
@pytest.mark.parametrize(("formula", "steepest"), [(76, 300), (94, 300), (2000, 6000)])
@pytest.mark.parametrize("name", COLOURS)
def test_every_pixel_has_a_finite_slope(formula, steepest, name):
    """In ΔE per unit of sRGB value: neither nothing, where a network would stand still, nor an explosion."""
    pred = uniform(COLOURS[name])
    for other, colour in COLOURS.items():
        if other == name:
            continue
        value, slopes = gradient(SCIELABLoss(formula=formula), uniform(colour), pred)
        lengths = pixel_slopes(slopes)
        assert np.isfinite(value) and np.isfinite(slopes).all(), other
        assert lengths.min() > 0.1 and lengths.max() < steepest, (other, lengths.min(), lengths.max())


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize(("value", "sign"), [(-3, -1), (-0.1, -1), (0, -1), (1, 1), (1.1, 1), (4, 1)])
def test_values_out_of_range_are_pulled_back(formula, value, sign):
    _, slopes = gradient(SCIELABLoss(formula=formula), uniform((0.5, 0.5, 0.5)), uniform((value,) * 3))
    assert (sign * slopes.sum(axis=-1) > 0).all(), "a step against the slope leads towards the reference"


def test_lightness_beyond_the_range_is_nearly_linear():
    """Neither cut off nor blown up: twice as far outside is about twice as wrong."""
    for black, near, far in ((0, -0.5, -1), (1, 2, 3)):
        steps = [float(SCIELABLoss()(uniform((black,) * 3), uniform((value,) * 3))) for value in (near, far)]
        assert 1.7 < steps[1] / steps[0] < 2.1


@pytest.mark.parametrize("formula", FORMULAS)
def test_equal_parts_poison_nothing(formula):
    """0 · ∞ in one pixel would be NaN in all that its filter reaches."""
    true = noise((1, 9, 9), 12)
    pred = true.copy()
    pred[0, :, 5:] = 0.5

    def mean(true, pred):
        return keras.ops.mean(scielab_map(true, pred, samples_per_degree=3, formula=formula))

    lengths = pixel_slopes(gradient(mean, true, pred)[1])[0]  # the filters reach one pixel
    assert lengths[:, :3].max() < 5
    assert lengths[:, 5:].min() > 5 and np.isfinite(lengths).all()


# --- precision -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_is_computed_in_float32(dtype):
    true, half = noise((2, 20, 20), 13), keras.ops.cast(noise((2, 20, 20), 14), dtype)
    found, expected = scielab_map(true, half), scielab_map(true, keras.ops.cast(half, "float32"))
    assert keras.backend.standardize_dtype(found.dtype) == "float32"
    assert_array_equal(as_array(found), as_array(expected))
    assert float(SCIELABLoss()(true, half)) == pytest.approx(as_array(expected).mean(), rel=1e-6)


def test_float64_stays(float64):
    true, pred = np.random.default_rng(15).random((2, 1, 40, 44, 3))
    expected = scielab.delta_e(true[0], pred[0])
    assert_allclose(as_array(scielab_map(true, pred))[0], expected, rtol=0, atol=1e-9)
    exact = SCIELABLoss(dtype="float64")(true, pred)
    assert keras.backend.standardize_dtype(exact.dtype) == "float64"
    assert float(exact) == pytest.approx(expected.mean(), abs=1e-10)


def test_low_floatx_is_not_followed():
    before = keras.config.floatx()
    try:
        keras.config.set_floatx("bfloat16")
        assert SCIELABLoss().dtype == "float32"
    finally:
        keras.config.set_floatx(before)
    assert SCIELABLoss().dtype == "float32"


# --- as a Keras loss -------------------------------------------------------------------------------------------


def colour_network(shape=(None, None, 3)):
    """A 3×3 colour matrix that starts as the identity."""
    inputs = keras.Input(shape)
    matrix = keras.layers.Dense(3, kernel_initializer=keras.initializers.Identity(), name="matrix")
    return keras.Model(inputs, matrix(inputs))


def cast_pictures():
    """Pictures with a colour cast, and without."""
    meant = noise((16, 5, 5), 16, 0.1, 0.9).repeat(4, axis=1).repeat(4, axis=2)
    return meant @ np.array([[0.9, 0.1, 0.0], [0.0, 0.7, 0.1], [0.2, 0.0, 0.5]], "float32"), meant


@pytest.mark.slow
@pytest.mark.parametrize(("formula", "jit"), [(76, "auto"), (94, "auto"), (2000, "auto"), (76, True)])
def test_fit_lowers_it(formula, jit):
    keras.utils.set_random_seed(0)
    model, (seen, meant) = colour_network(), cast_pictures()
    model.compile(keras.optimizers.Adam(0.02), loss=SCIELABLoss(formula=formula), jit_compile=jit)
    history = model.fit(seen, meant, batch_size=8, epochs=15, verbose=0).history["loss"]
    assert history[-1] < history[0] / 3


@pytest.mark.slow
def test_fit_with_mixed_precision_and_from_a_generator():
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model, (seen, meant) = colour_network(), cast_pictures()
    finally:
        keras.config.set_dtype_policy(policy)
    assert model(seen[:1]).dtype == keras.ops.cast(seen, "bfloat16").dtype
    model.compile(keras.optimizers.Adam(0.02), loss=SCIELABLoss())
    batches = ((seen[i % 2 :: 2], meant[i % 2 :: 2]) for i in range(30))
    history = model.fit(batches, steps_per_epoch=10, epochs=3, verbose=0).history["loss"]
    assert np.isfinite(history).all() and history[-1] < history[0] / 2


@pytest.mark.slow
def test_compiled_model_survives_its_file(tmp_path):
    model, (seen, meant) = colour_network((20, 20, 3)), cast_pictures()
    model.compile("adam", loss=SCIELABLoss(samples_per_degree=21.5, formula=94, value_range=(-0.5, 1.5)))
    model.fit(seen, meant, epochs=1, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert isinstance(loaded.loss, SCIELABLoss)
    assert loaded.loss.get_config() == model.loss.get_config()
    assert loaded.evaluate(seen, meant, verbose=0) == pytest.approx(model.evaluate(seen, meant, verbose=0), rel=1e-6)


def test_config_round_trip():
    one = SCIELABLoss(60, 94, (-1, 1), reduction="sum", name="eye", dtype="float64")
    config = one.get_config()
    assert config == {
        "name": "eye",
        "reduction": "sum",
        "samples_per_degree": 60.0,
        "formula": 94,
        "value_range": [-1.0, 1.0],
        "dtype": "float64",
    }
    assert SCIELABLoss.from_config(config).get_config() == config
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(one))
    assert isinstance(again, SCIELABLoss) and again.get_config() == config


def test_a_loss_saved_by_an_earlier_version_is_found_by_its_registered_name():
    saved = keras.saving.serialize_keras_object(SCIELABLoss(60, 94)) | {"module": "scielab.loss"}
    assert saved["registered_name"] == "cam2eye>SCIELABLoss"
    assert keras.saving.deserialize_keras_object(saved).get_config() == SCIELABLoss(60, 94).get_config()


def test_reductions():
    true, pred = noise((2, 18, 22), 17), noise((2, 18, 22), 18)
    maps = as_array(scielab_map(true, pred))
    assert_allclose(as_array(SCIELABLoss(reduction=None)(true, pred)), maps, rtol=1e-6)
    assert float(SCIELABLoss(reduction="sum")(true, pred)) == pytest.approx(maps.sum(), rel=1e-5)
    assert float(SCIELABLoss()(true, pred)) == pytest.approx(maps.mean(), rel=1e-5)


@pytest.mark.parametrize("shape", [(3,), (3, 1), (3, 1, 1)])
def test_a_weight_per_picture_is_not_one_per_column(shape):
    true, pred = noise((3, 3, 3), 19), noise((3, 3, 3), 20)  # where nothing but the shape's meaning tells them apart
    weights = np.array([0.0, 1.0, 3.0], "float32")
    means = as_array(scielab_map(true, pred)).mean(axis=(1, 2))
    found = float(SCIELABLoss()(true, pred, sample_weight=weights.reshape(shape)))
    assert found == pytest.approx((weights * means).mean(), rel=1e-5)


def test_a_weight_per_pixel():
    true, pred, weights = noise((2, 12, 14), 21), noise((2, 12, 14), 22), noise((2, 12, 14), 23)[..., 0]
    expected = (weights * as_array(scielab_map(true, pred))).mean()
    assert float(SCIELABLoss()(true, pred, sample_weight=weights)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"samples_per_degree": 0}, "above 0"),
        ({"samples_per_degree": 1001}, "at most 1000"),
        ({"formula": 31}, "31; it must be one of 76, 94, 2000"),
        ({"value_range": (1, 0)}, "lower first"),
        ({"value_range": (0, np.inf)}, "finite"),
        ({"value_range": 255}, "255; it must be two"),
        ({"dtype": "float16"}, "'float32' or 'float64'"),
    ],
)
def test_wrong_arguments_are_named(options, words):
    with pytest.raises(ValueError, match=words):
        SCIELABLoss(**options)
    if "dtype" not in options:
        with pytest.raises(ValueError, match=words):
            scielab_map(noise((1, 4, 4)), noise((1, 4, 4)), **options)


@pytest.mark.parametrize(
    ("true", "pred", "words"),
    [
        (np.zeros((4, 4, 3), "float32"), np.zeros((4, 4, 3), "float32"), r"\(4, 4, 3\); it must be \(batch"),
        (np.zeros((1, 4, 4, 1), "float32"), np.zeros((1, 4, 4, 1), "float32"), r"\(1, 4, 4, 1\)"),
        (np.zeros((1, 0, 4, 3), "float32"), np.zeros((1, 0, 4, 3), "float32"), r"\(1, 0, 4, 3\)"),
        (np.zeros((1, 4, 5, 3), "float32"), np.zeros((1, 4, 4, 3), "float32"), "columns is 4 and 5"),
        (np.zeros((1, 4, 4, 3), "uint8"), np.zeros((1, 4, 4, 3), "float32"), "uint8.*divided by 255"),
        (np.zeros((1, 4, 4, 3), "float32"), np.zeros((1, 4, 4, 3), "int32"), "int32"),
    ],
)
def test_wrong_pictures_are_named(true, pred, words):
    for function in (scielab_map, SCIELABLoss()):
        with pytest.raises(ValueError, match=words):
            function(true, pred)


@pytest.mark.slow
@pytest.mark.skipif(BACKEND != "tensorflow", reason="JAX knows every size when it compiles")
def test_unknown_picture_size_is_named():
    import tensorflow as tf

    spec = tf.TensorSpec((None, None, None, 3))
    with pytest.raises(ValueError, match="number of rows is unknown"):
        tf.function(scielab_map, input_signature=[spec, spec]).get_concrete_function()
    known = tf.TensorSpec((None, 24, 20, 3))
    function = tf.function(SCIELABLoss(), input_signature=[known, spec]).get_concrete_function()
    true, pred = noise((2, 24, 20), 24), noise((2, 24, 20), 25)
    assert float(function(tf.constant(true), tf.constant(pred))) == pytest.approx(float(SCIELABLoss()(true, pred)))


@pytest.mark.slow
def test_example_shows_a_falling_loss():
    code = [sys.executable, ROOT / "examples" / "scielab_loss.py", "--epochs", "3", "--cuts", "1", "--crops", "64"]
    result = subprocess.run(code, capture_output=True, text=True, check=False, env=os.environ | {"PYTHONUTF8": "1"})
    assert result.returncode == 0, result.stderr
    start, *epochs = [[float(n) for n in re.findall(r"ΔE +([\d.]+)", line)] for line in result.stdout.splitlines()]
    training, unseen = zip(*epochs, strict=True)
    assert len(training) == 3 and training[-1] < training[0]
    assert unseen[-1] < start[0]


def test_ciede2000_of_colours_beyond_all_colours_is_no_overflow():
    """Of values that a network gives which has lost its way chroma to the seventh power is no float32."""
    angle = np.radians(275.0)
    reference, test = (
        np.array([50.0, chroma * np.cos(angle), chroma * np.sin(angle + turn)], np.float32)
        for chroma, turn in ((1e8, 0.0), (1.2e8, 0.05))
    )
    true = numpy_colour_difference.delta_e_2000(reference.astype(float), test.astype(float))
    found = colour_difference.delta_e_2000(
        list(keras.ops.convert_to_tensor(reference)), list(keras.ops.convert_to_tensor(test))
    )
    assert_allclose(float(found), true, rtol=1e-3)
    share = colour_difference._saturation(keras.ops.convert_to_tensor(np.array([1e4, 1e8, 1e30], np.float32)))
    assert_allclose(np.asarray(share), 1, rtol=1e-6)
