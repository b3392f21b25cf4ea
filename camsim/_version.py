"""The version, in a file of its own: nothing inside the packages imports a front door."""

__version__ = "0.1.0"
