"""Writes the flights of January to June, and of July to December 2013, as Parquet.

Usage: prepare_flights.py FOLDER_WITH_FLIGHTS_CSV OUTPUT_FOLDER
"""

import os
import sys

import duckdb

source, output = sys.argv[1:]
# current.parquet is written last, and moved into place whole: its presence means all is there.
for name, condition in [("reference", "month <= 6"), ("current", "month >= 7")]:
    fresh = os.path.join(source, f"{name}.parquet")
    duckdb.execute(
        f"""
        COPY (
          SELECT make_timestamp(year, month, day, hour, minute, 0) AS scheduled,
            * EXCLUDE (year, month, day, hour, minute, time_hour)
          FROM read_csv(?, nullstr = ['NA', ''], sample_size = -1)
          WHERE {condition} ORDER BY scheduled, carrier, flight, origin
        ) TO '{fresh}' (FORMAT parquet)
        """,
        [os.path.join(source, "flights.csv")],
    )
    os.replace(fresh, os.path.join(output, f"{name}.parquet"))
