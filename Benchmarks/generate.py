"""Writes a reference and a current table with known drift, seeded, row group by row group.

Usage: generate.py FOLDER --rows 1000000 [--columns 50]

Four fifths of the columns are numbers of mixed distributions with nulls, the rest categories. A fifth
of all columns drift in current; truth.json names them. Does nothing where the files are there.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

GROUP = 125_000


def number(kind, rng, n, drifts):
    """A column of one of ten shapes, shifted or stretched where it drifts."""
    shapes = [
        lambda: rng.normal(0.4 if drifts else 0, 1, n),
        lambda: rng.lognormal(0.3 if drifts else 0, 1, n),
        lambda: rng.exponential(1.5 if drifts else 1, n),
        lambda: rng.uniform(0, 1.3 if drifts else 1, n),
        lambda: rng.gamma(3.0 if drifts else 2.0, 1, n),
        lambda: rng.standard_t(3, n) + (0.5 if drifts else 0),
        lambda: np.where(rng.random(n) < (0.7 if drifts else 0.5), -2, 2) + rng.normal(0, 1, n),
        lambda: np.round(rng.lognormal(3.3 if drifts else 3, 0.8, n), 2),
        lambda: rng.poisson(6.0 if drifts else 5.0, n).astype(np.int64),
        lambda: rng.normal(0.4 if drifts else 0, 2, n).astype(np.float32),
    ]
    return shapes[kind % len(shapes)]()


def categories(kind, rng, n, drifts):
    """Zipf-like shares of 4 to 200 categories; the order of shares is turned where it drifts."""
    size = (4, 12, 40, 200)[kind % 4]
    weights = 1 / np.arange(1, size + 1)
    if drifts:
        weights = np.roll(weights, 1)
    picked = rng.choice(size, n, p=weights / weights.sum())
    return pa.DictionaryArray.from_arrays(
        pa.array(picked, pa.int32()), [f"category {i}" for i in range(size)]
    ).cast(pa.string())


def with_nulls(column, share, rng):
    column = column if isinstance(column, pa.Array) else pa.array(column)
    mask = pa.array(rng.random(len(column)) < share)
    return pc.if_else(mask, pa.scalar(None, column.type), column)


def write(path, rows, columns, drifting, seed):
    numeric = columns * 4 // 5
    writer = None
    for start in range(0, rows, GROUP):
        n = min(GROUP, rows - start)
        rng = np.random.default_rng([seed, start])
        table = {}
        for i in range(columns):
            name = f"n{i}" if i < numeric else f"c{i}"
            make = number if i < numeric else categories
            table[name] = with_nulls(make(i, rng, n, name in drifting), (i % 11) / 100, rng)
        batch = pa.table(table)
        writer = writer or pq.ParquetWriter(path, batch.schema, compression="zstd")
        writer.write_table(batch, row_group_size=GROUP)
    writer.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, required=True)
    parser.add_argument("--columns", type=int, default=50)
    arguments = parser.parse_args()
    folder, stamp = arguments.folder, arguments.folder / "truth.json"
    numeric = arguments.columns * 4 // 5
    names = [f"n{i}" if i < numeric else f"c{i}" for i in range(arguments.columns)]
    drifting = names[2::5][: arguments.columns // 5]
    if stamp.exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    write(folder / "reference.parquet", arguments.rows, arguments.columns, [], 1)
    write(folder / "current.parquet", arguments.rows, arguments.columns, drifting, 2)
    stamp.write_text(json.dumps(drifting))


main()
