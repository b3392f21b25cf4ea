"""The record of a comparison in words."""

import numpy as np

from scielab.comparison import record
from scielab.metrics import s_cielab


def test_limits_and_columns_are_named_after_the_numbers_of_the_metric():
    numbers = list(s_cielab.summary(np.zeros((1, 1))))
    assert [*record.POOLED, *record.SHARES] == numbers
    assert list(record.LIMITABLE) == [*record.POOLED, "above1", "above2.3", "above5", "above10"]
