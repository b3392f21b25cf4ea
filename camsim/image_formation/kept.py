"""The last results of a function, up to so many bytes."""

import threading
from collections.abc import Callable

import numpy as np


class Kept:
    """A function of hashable arguments whose last results are kept, as many as fit into `most_bytes`.

    What is larger by itself is made anew each time.
    """

    def __init__(self, make: Callable[..., np.ndarray], most_bytes: int) -> None:
        self._make, self._most_bytes = make, most_bytes
        self._found: dict[tuple, np.ndarray] = {}
        self._lock = threading.Lock()

    def __call__(self, *arguments: object) -> np.ndarray:
        with self._lock:
            found = self._found.pop(arguments, None)
        if found is None:
            found = self._make(*arguments)
        with self._lock:
            self._found[arguments] = found  # the latest last
            while self.bytes > self._most_bytes:
                del self._found[next(iter(self._found))]
        return found

    @property
    def bytes(self) -> int:
        """What is kept now."""
        return sum(values.nbytes for values in self._found.values())
