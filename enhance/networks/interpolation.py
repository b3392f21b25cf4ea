"""Between two networks of the same layers: one whose weights are a mixture of theirs.

Networks that were fine-tuned from one another can be mixed weight by weight: what they make then changes gradually from
one's to the other's, as a dial between fidelity and texture, at no cost (X. Wang et al., "ESRGAN: Enhanced
super-resolution generative adversarial networks", ECCV Workshops 2018, section 3.4, "network interpolation").
"""

import json

import keras

from enhance.networks import keras_writer


def move_toward(network: keras.Model, other: keras.Model, share: float) -> None:
    """Give a network the weights (1 - share) * its own + share * those of `other`.

    Parameters
    ----------
    network, other : keras.Model
        Functional networks of the same layers, best one fine-tuned from the other: two that were trained apart have
        nothing good between them.
    share : float
        In [0, 1]: 0 leaves the network as it is, 1 makes it the other.

    Raises
    ------
    ValueError
        Where the two have different layers, or the share is outside.

    Examples
    --------
    >>> from enhance.networks import generators
    >>> one, two = (generators.build("light", scale=2, blocks=1, filters=4) for _ in range(2))
    >>> move_toward(one, two, 1.0)
    >>> bool((one.get_weights()[0] == two.get_weights()[0]).all())
    True
    """
    if not 0 <= share <= 1:
        raise ValueError(f"a share of {share:g} is not between 0 and 1")
    if _layers(network) != _layers(other):
        raise ValueError("the two have different layers, and nothing is between them")
    pairs = zip(network.get_weights(), other.get_weights(), strict=True)
    network.set_weights([(1 - share) * own + share * theirs for own, theirs in pairs])


def _layers(network: keras.Model) -> list[dict]:
    """What a network is made of: its layers, how they are joined, and nothing of their training."""
    text = json.dumps(keras.saving.serialize_keras_object(network)).encode()
    return keras_writer.config_of(text)["config"]["layers"]
