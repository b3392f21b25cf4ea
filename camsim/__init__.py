"""What a camera does to a picture: scene, optics, sensor, image processor."""

from camsim._version import __version__

__all__ = ["__version__"]
