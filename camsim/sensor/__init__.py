"""The sensor: pixels under a colour mosaic, exposure, noise and the ADC."""
