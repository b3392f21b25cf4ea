"""Instruments: sharpness, colour and noise of a camera in numbers."""
