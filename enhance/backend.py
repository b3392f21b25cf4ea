"""Loading Keras and its backend, which take seconds and may be missing."""

import contextlib
import logging
import os
import tempfile
from collections.abc import Iterable, Iterator
from typing import Any

#: A tensor of whatever backend Keras runs on, or a symbolic one of a network that is being built.
Tensor = Any


def ensure() -> None:
    """Import Keras quietly; ValueError in one line where it or its backend is not installed: they are an extra."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # every new size of picture is a warning otherwise
    try:
        with without_stderr():
            import keras  # noqa: F401
    except ImportError as error:
        raise ValueError(
            f"{error.name or error} is not installed: training and applying models needs the extra `enhance` "
            "(in a checkout: pip install '.[enhance]')"
        ) from None


def sum_in_one_order() -> None:
    """Have TensorFlow's sums over threads give the same bits every time; JAX's on a CPU do so by themselves.

    Without it the gradients of two runs from the same state may differ in their last bits on a busy machine.
    """
    import keras

    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        tf.config.experimental.enable_op_determinism()


def after(tensors: Iterable[Tensor | None]) -> contextlib.AbstractContextManager[object]:
    """What is added to TensorFlow's graph in this block happens once the tensors are computed.

    TensorFlow runs in any order what does not need each other's results, and what its graph optimizer leaves of the
    order of reading and assigning one variable does not suffice. JAX's variables never change within a step.
    """
    import keras

    if keras.backend.backend() != "tensorflow":
        return contextlib.nullcontext()
    import tensorflow as tf

    return tf.control_dependencies([tensor for tensor in tensors if tensor is not None])


@contextlib.contextmanager
def without_stderr(*, shown_on_error: bool = True) -> Iterator[None]:
    """Keep off standard error what C++ libraries write there; if the block fails it is `shown_on_error`."""
    stderr = os.dup(2)
    with tempfile.TemporaryFile() as written:
        os.dup2(written.fileno(), 2)
        try:
            yield
        except BaseException:
            written.seek(0)
            os.write(stderr, written.read() if shown_on_error else b"")
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
