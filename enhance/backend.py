"""Loading Keras and its backend, which take seconds and may be missing."""

import contextlib
import logging
import os
import tempfile
from collections.abc import Iterator


def ensure() -> None:
    """Import Keras quietly; ValueError in one line where it or its backend is not installed: they are an extra."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # every new size of picture is a warning otherwise
    try:
        with hushed():
            import keras  # noqa: F401
    except ImportError as error:
        raise ValueError(
            f"{error.name or error} is not installed: training and applying models needs the extra `enhance` "
            "(in a checkout: pip install '.[enhance]')"
        ) from None


@contextlib.contextmanager
def hushed(*, tell: bool = True) -> Iterator[None]:
    """Keep off standard error what C++ libraries say there; with `tell` it comes out if the block fails."""
    saved = os.dup(2)
    with tempfile.TemporaryFile() as said:
        os.dup2(said.fileno(), 2)
        try:
            yield
        except BaseException:
            said.seek(0)
            os.write(saved, said.read() if tell else b"")
            raise
        finally:
            os.dup2(saved, 2)
            os.close(saved)
