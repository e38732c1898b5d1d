"""The evaluation of alert rules, in memory and as the command that replays them."""

import json
from pathlib import Path

import duckdb

from processes import best, run

MINUTES = 7 * 24 * 60
MODELS = 50


def section(options, report):
    report.circumstances("duckdb")
    times = json.loads(run([str(Path(options.kernels).parent / "Alerts")])["output"])
    evaluations = times["evaluations"]
    report.heading(f"Alert rules: {evaluations / 1e6:.0f} million pairs of rule and series in one batch")
    names = ["all healthy", "1 % begin to fail", "1 % fail on", "1 % begin to fire", "1 % fire on"]
    report.table(
        ["", "wall", "ns per pair"],
        [[name, f"{times[name]:.3f} s", f"{times[name] / evaluations * 1e9:.1f}"] for name in names],
    )
    report.text(
        f"A week of live traffic, {times['minutes']:,.0f} minutes of 50 series against the default rules: "
        f"{times['a week of minutes']:.2f} s, {times['alerts of the week']:.0f} alerts, "
        f"{times['ends of the week']:.0f} ends."
    )
    report.text()
    samples = week(options.data)
    replay = best({"replay": [options.plumbline, "alerts", "replay", "--samples", samples, "--format", "json"]}, 3)
    report.text(
        f"`plumbline alerts replay` over a Parquet file of such a week, {MINUTES * MODELS * 3:,} samples: "
        f"{replay['replay']['wall']:.2f} s, {replay['replay']['memory']:.0f} MiB."
    )
    report.text()


def week(folder):
    """A file of three metrics of some models at every minute of a week, with hours in which they are bad."""
    path = folder / "week.parquet"
    duckdb.sql(
        f"""
        COPY (
          SELECT TIMESTAMPTZ '2026-11-01 00:00:00+00' + INTERVAL (minute) MINUTE AS timestamp,
            'model_' || model AS model_name,
            0.003 + CASE WHEN (model * 7919 + minute // 120) % 97 = 0 THEN 0.06 ELSE 0 END AS error_rate,
            0.22 + CASE WHEN (model * 104729 + minute // 60) % 131 = 0 THEN 0.5 ELSE 0 END
              AS prediction_latency_p95,
            0.7 AS prediction_latency_p99
          FROM range({MINUTES}) minutes(minute), range({MODELS}) models(model) ORDER BY timestamp
        ) TO '{path}' (FORMAT parquet)
        """)
    return path
