"""SciPy: ks_2samp and wasserstein_distance of every number, χ² of every category."""

import sys

import numpy as np
import pyarrow.parquet as pq
from scipy import stats

drifted = 0
for name in pq.read_schema(sys.argv[1]).names:
    first, second = (pq.read_table(p, columns=[name]).column(0).drop_null() for p in sys.argv[1:3])
    if name.startswith("c"):
        tables = [dict(zip(*(x.to_pylist() for x in v.value_counts().flatten()))) for v in (first, second)]
        keys = sorted(set(tables[0]) | set(tables[1]))
        table = np.array([[t.get(k, 0) for k in keys] for t in tables])
        drifted += stats.chi2_contingency(table, correction=False)[1] < 0.05
    else:
        r, c = first.to_numpy(), second.to_numpy()
        test = stats.ks_2samp(r, c)
        stats.wasserstein_distance(r, c)
        drifted += test.pvalue < 0.05 and test.statistic >= 0.04
print(drifted)
