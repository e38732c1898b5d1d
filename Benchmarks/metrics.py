"""Instruments of Telemetry and their exposition, beside prometheus_client."""

import json

from processes import HERE, run

FORMATS = {"text": "text", "open_metrics": "OpenMetrics"}


def section(options, report):
    report.circumstances("prometheus-client")
    ours, theirs = (
        json.loads(run(command)["output"])
        for command in ([options.instruments], [options.python, HERE / "peers" / "prometheus_exposition.py"])
    )
    report.heading("Counting and observing (least of several)")
    report.table(
        ["", "one thread", "8 threads on one instrument, an operation", "operations a second, 1 → 8 threads",
         "prometheus_client, one thread"],
        [
            [
                title, f"{ours[name]['one'] * 1e9:.1f} ns", f"{ours[name]['eight'] * 1e9:.1f} ns",
                f"{1e-6 / ours[name]['one']:.0f} → {1e-6 / ours[name]['eight']:.0f} million",
                f"{theirs[name] * 1e9:.0f} ns",
            ]
            for name, title in [("counter", "counter, increment"), ("histogram", "histogram of 10 bounds, observe")]
        ],
    )
    report.text("With 8 threads an operation's time is the wall time by all operations of all threads.")
    report.text()
    report.heading(f"Exposition of {ours['samples']:,} series (least of several)")
    if ours["samples"] != theirs["samples"]:
        report.text(f"prometheus_client wrote {theirs['samples']:,} series: they do not compare.")
        report.text()
    report.table(
        ["", "plumbline", "prometheus_client", "times as fast"],
        [
            [title, f"{ours[name] * 1e3:.2f} ms", f"{theirs[name] * 1e3:.1f} ms",
             f"{theirs[name] / ours[name]:.0f}×"]
            for name, title in FORMATS.items()
        ],
    )
