"""Where a network computes."""

import contextlib

import keras


def on_device(name: str) -> contextlib.AbstractContextManager:
    """The scope of a device: auto (the backend's own choice), cpu, gpu or gpu:N; ValueError where it is not there."""
    if name == "auto":
        return contextlib.nullcontext()
    kind, _, number = str(name).partition(":")
    if kind not in ("cpu", "gpu") or not (number or "0").isdigit():
        raise ValueError(f"unknown device {name!r}; use auto, cpu, gpu or gpu:N")
    try:
        there = keras.distribution.list_devices(kind)
    except RuntimeError:  # how JAX says that it has none
        there = []
    wanted = f"{kind}:{number or 0}"
    if wanted not in there:
        raise ValueError(f"no device {wanted} for {keras.backend.backend()}; there is {', '.join(there) or 'none'}")
    return keras.device(wanted)
