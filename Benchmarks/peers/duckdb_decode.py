"""DuckDB from Python: decode every column of both files to Arrow batches."""

import sys

import duckdb

for path in sys.argv[1:3]:
    reader = duckdb.execute(f"SELECT * FROM read_parquet('{path}')").to_arrow_reader(122_880)
    for batch in reader:
        pass
