"""What a camera does to a picture: scene, optics, sensor, image processor."""

__version__ = "0.1.0"
