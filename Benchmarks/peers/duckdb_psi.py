"""DuckDB SQL: PSI of every column, counted in the engine between the reference's deciles."""

import sys

import duckdb
import numpy as np

sources = [f"read_parquet('{path}')" for path in sys.argv[1:3]]


def psi(first, second):
    p, q = (np.maximum(np.array(x, float) / sum(x), 1e-4) for x in (first, second))
    return float(np.sum((q - p) * np.log(q / p)))


columns = duckdb.execute(f"DESCRIBE SELECT * FROM {sources[0]}").fetchall()
numeric = [name for name, kind, *_ in columns if kind != "VARCHAR"]
levels = [i / 10 for i in range(1, 10)]
cuts = duckdb.execute(
    "SELECT " + ", ".join(f"quantile_cont({n}, {levels})" for n in numeric) + f" FROM {sources[0]}"
).fetchone()
drifted = 0
for name, cut in zip(numeric, cuts):
    cell = " + ".join(f"({name} > {edge!r})::TINYINT" for edge in sorted(set(cut)))
    counts = []
    for source in sources:
        cells = dict(
            duckdb.execute(
                f"SELECT {cell}, count(*) FROM {source} WHERE {name} IS NOT NULL GROUP BY 1"
            ).fetchall()
        )
        counts.append([cells.get(i, 0) for i in range(len(set(cut)) + 1)])
    drifted += psi(*counts) >= 0.1
for name, kind, *_ in columns:
    if kind == "VARCHAR":
        tables = [
            dict(duckdb.execute(f"SELECT {name}, count({name}) FROM {s} GROUP BY 1").fetchall())
            for s in sources
        ]
        keys = sorted((set(tables[0]) | set(tables[1])) - {None})
        drifted += psi(*[[t.get(k, 0) for k in keys] for t in tables]) >= 0.1
print(drifted)
