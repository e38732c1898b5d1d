"""Trains a model of late arrivals on the flights of January to March, and predicts the rest of 2013.

Usage: train_late_flights.py FOLDER, which holds the demo's reference.parquet and current.parquet

Writes to FOLDER:
  spring.parquet       every second day of January to March, which the model has not seen, with labels
  predictions.parquet  April to December, the probability of arriving over 15 minutes late
  labels.parquet       what happened, by id, and when it was known: most within days, some after weeks
"""

import sys
from pathlib import Path

import duckdb
import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

folder = Path(sys.argv[1])
rng = np.random.default_rng(2013)
flights = duckdb.sql(
    f"""
    SELECT row_number() OVER (ORDER BY scheduled, carrier, flight, origin, dest, tailnum) AS id,
      scheduled, carrier, origin, dest, distance, hour(scheduled) AS hour,
      dayofweek(scheduled) AS weekday, arr_delay > 15 AS late, arr_delay
    FROM read_parquet(['{folder}/reference.parquet', '{folder}/current.parquet'])
    ORDER BY id
    """
).fetchnumpy()


def codes(name):
    return np.unique(flights[name].astype(str), return_inverse=True)[1]


features = np.column_stack(
    [codes("carrier"), codes("origin"), codes("dest"), flights["distance"], flights["hour"],
     flights["weekday"]]
).astype(float)
known = ~np.ma.getmaskarray(flights["late"])
late = np.ma.filled(flights["late"], False).astype(int)
scheduled = flights["scheduled"].astype("datetime64[us]")
spring = scheduled < np.datetime64("2013-04-01")
odd_day = (scheduled.astype("datetime64[D]").astype(int) % 2).astype(bool)

model = HistGradientBoostingClassifier(max_iter=120, learning_rate=0.06, random_state=0)
taught = spring & odd_day & known
model.fit(features[taught], late[taught])
probability = model.predict_proba(features)[:, 1]

delay = np.ma.filled(flights["arr_delay"], 0)
days = np.where(rng.random(len(late)) < 0.05, rng.exponential(25, len(late)), rng.exponential(2, len(late)))
minutes = 30 + flights["distance"] / 8 + np.maximum(delay, -20)
arrived = scheduled + (minutes * 60e6).astype("timedelta64[us]")
known_at = arrived + (days * 86_400e6).astype("timedelta64[us]")

columns = {
    "id": flights["id"], "scheduled": scheduled, "carrier": flights["carrier"],
    "origin": flights["origin"], "dest": flights["dest"], "probability": probability,
    "late": late, "known_at": known_at,
}


def write(name, names, rows):
    table = {n: np.ma.getdata(columns[n])[rows] for n in names}
    connection = duckdb.connect()
    connection.register("source", table)
    connection.execute(f"COPY source TO '{folder}/{name}.parquet' (FORMAT parquet)")


inputs = ["id", "scheduled", "carrier", "origin", "dest", "probability"]
write("spring", [*inputs, "late"], spring & ~odd_day & known)
write("predictions", inputs, ~spring)
write("labels", ["id", "late", "known_at"], ~spring & known & (known_at < np.datetime64("2014-01-01")))
