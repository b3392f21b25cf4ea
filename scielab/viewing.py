"""How pictures are looked at."""

#: A picture at 96 dpi seen from 0.5 m (0.030319° per pixel), rounded.
DEFAULT_SAMPLES_PER_DEGREE = 33.0
