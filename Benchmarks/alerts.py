"""The evaluation of alert rules, in memory."""

import json
from pathlib import Path

from processes import run


def section(options, report):
    report.circumstances()
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
