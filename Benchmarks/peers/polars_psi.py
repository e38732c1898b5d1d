"""Polars: PSI of every column, ten equal-frequency bins of the reference."""

import sys

import numpy as np
import polars as pl

r, c = (pl.read_parquet(path) for path in sys.argv[1:3])


def psi(first, second):
    p, q = (np.maximum(x / x.sum(), 1e-4) for x in (first, second))
    return float(np.sum((q - p) * np.log(q / p)))


drifted = 0
for name, kind in r.schema.items():
    if kind.is_numeric():
        # Sorted once, quantiles are look-ups.
        values = r[name].drop_nulls().cast(pl.Float64).sort()
        cuts = sorted({values.quantile(i / 10, "linear") for i in range(1, 10)})
        ends = values.search_sorted(pl.Series(cuts), side="right").to_numpy()
        now = np.searchsorted(cuts, c[name].drop_nulls().to_numpy(), side="left")
        counts = [
            np.diff([0, *ends, len(values)]),
            np.bincount(now, minlength=len(cuts) + 1),
        ]
    else:
        tables = [dict(x[name].drop_nulls().value_counts().iter_rows()) for x in (r, c)]
        keys = sorted(set(tables[0]) | set(tables[1]))
        counts = [np.array([t.get(k, 0) for k in keys]) for t in tables]
    drifted += psi(*counts) >= 0.1
print(drifted)
