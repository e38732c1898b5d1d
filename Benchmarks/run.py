"""Measures plumbline beside its floor and its peers, and writes the tables to RESULTS.md.

Usage: run.py --plumbline PATH --floor PATH --kernels PATH --instruments PATH --python PATH
              [--only SECTION]... [--quick] [--soak SECONDS] [--data FOLDER] [--out FILE]

A section that is not measured stays in the file as it is.
"""

import argparse
from pathlib import Path

import alerts
import drift
import kernels
import metrics
import report
import service
from processes import HERE

SECTIONS = {
    "alerts": alerts.section,
    "drift": drift.section,
    "kernels": kernels.section,
    "metrics": metrics.section,
    "service": service.section,
}


def main():
    parser = argparse.ArgumentParser()
    for tool in ("plumbline", "floor", "kernels", "instruments", "python"):
        parser.add_argument(f"--{tool}", required=True)
    parser.add_argument("--data", type=Path, default=HERE / ".data")
    parser.add_argument("--out", type=Path, default=HERE / "RESULTS.md")
    parser.add_argument("--only", action="append", choices=SECTIONS, help="measure this section")
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows")
    parser.add_argument("--soak", type=float, default=60, help="seconds the service is soaked for")
    options = parser.parse_args()
    options.data.mkdir(parents=True, exist_ok=True)
    measured = {}
    for name in options.only or SECTIONS:
        measured[name] = report.Report()
        SECTIONS[name](options, measured[name])
        # One at a time, so that what was measured stays where a later section fails.
        report.write(options.out, SECTIONS, measured)


main()
