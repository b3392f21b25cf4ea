"""What is about to go away is an error where our own lines use it, and no one else's."""

import warnings

import pytest


def warn(module, category):
    warnings.warn_explicit("is about to go away", category, f"{module}.py", 1, module=module)


@pytest.mark.parametrize("category", [DeprecationWarning, PendingDeprecationWarning, FutureWarning])
@pytest.mark.parametrize("module", ["camsim", "camsim.io.image", "enhance.zoo", "scielab.eye.display", __name__])
def test_it_is_an_error_in_our_modules(module, category):
    with pytest.raises(category, match="about to go away"):
        warn(module, category)


@pytest.mark.parametrize("module", ["keras.src.ops", "matplotlib.figure", "jax._src.core"])
def test_it_is_not_in_those_of_libraries(module):
    warn(module, DeprecationWarning)
