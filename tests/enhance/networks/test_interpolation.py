"""Between two networks: the dial of ESRGAN's network interpolation."""

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from enhance.networks import generators, interpolation, keras_file, keras_writer


def filled(seed, *, blocks=1, activation=None, name="lr"):
    """A small network, all of its weights drawn."""
    x = inputs = keras.Input((None, None, 3), name=name)
    for number in range(blocks):
        x = keras.layers.Conv2D(3, 3, padding="same", activation=activation, name=f"conv{number}")(x)
    network = keras.Model(inputs, x, name=f"network{seed}")
    random = np.random.default_rng(seed)
    network.set_weights([random.normal(size=weight.shape) for weight in network.get_weights()])
    return network


def outputs(network, picture):
    return keras.ops.convert_to_numpy(network(picture, training=False))


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_between_linear_networks_lie_the_mixtures_of_their_outputs(share):
    """One convolution is linear in its weights: there mixing weights is mixing pictures."""
    picture = np.random.default_rng(9).random((1, 7, 8, 3)).astype("float32")
    one, two = outputs(filled(1), picture), outputs(filled(2), picture)
    mixed = filled(1)
    interpolation.move_toward(mixed, filled(2), share)
    np.testing.assert_allclose(outputs(mixed, picture), (1 - share) * one + share * two, atol=1e-5)


def test_the_ends_of_the_dial_are_the_networks_themselves():
    for share, seed in ((0.0, 1), (1.0, 2)):
        mixed = filled(1, blocks=3, activation="relu")
        interpolation.move_toward(mixed, filled(2, blocks=3, activation="relu"), share)
        for weight, wanted in zip(mixed.get_weights(), filled(seed, blocks=3).get_weights(), strict=True):
            np.testing.assert_array_equal(weight, wanted)


def test_every_generator_can_be_mixed_with_itself_from_a_file(tmp_path):
    """How weights were initialised stands in a network that was built, and not in one that was read: no difference."""
    for name in generators.GENERATORS:
        built = generators.build(name, scale=2, blocks=1, filters=4)
        keras_writer.save(built, tmp_path / f"{name}.keras")
        before = built.get_weights()
        interpolation.move_toward(built, keras_file.load(tmp_path / f"{name}.keras"), 0.5)
        for weight, wanted in zip(built.get_weights(), before, strict=True):
            np.testing.assert_allclose(weight, wanted, rtol=1e-6)


@pytest.mark.parametrize("other", [{"blocks": 2}, {"activation": "relu"}])
def test_other_layers_have_nothing_between_them(other):
    """Also where the shapes of all weights are the same."""
    with pytest.raises(ValueError, match="different layers"):
        interpolation.move_toward(filled(1), filled(2, **other), 0.5)


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_nothing_lies_beyond_the_ends(share):
    with pytest.raises(ValueError, match="is not between 0 and 1"):
        interpolation.move_toward(filled(1), filled(2), share)
