"""Rendered sets: photographs through cameras, as pairs of high and low resolution."""
