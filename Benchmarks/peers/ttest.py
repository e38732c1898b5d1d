"""SciPy's Welch test of two halves, from lists and from arrays. Usage: ttest.py ROWS; prints JSON."""

import json
import sys
import time

import numpy as np
from scipy import stats

rng = np.random.default_rng(1)
values = rng.normal(0, 1, int(sys.argv[1]))
control, treatment = np.array_split(values, 2)
lists = control.tolist(), treatment.tolist()


def least(repetitions, first, second):
    times = []
    for _ in range(repetitions):
        begun = time.perf_counter()
        stats.ttest_ind(second, first, equal_var=False).confidence_interval()
        times.append(time.perf_counter() - begun)
    return min(times)


print(json.dumps({
    "SciPy ttest_ind on NumPy arrays": least(5, control, treatment),
    "SciPy ttest_ind on lists": least(2, *lists),
}))
