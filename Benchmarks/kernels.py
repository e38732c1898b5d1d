"""Kernels over rows in memory, beside the least that could be done with them and SciPy."""

import json

from processes import HERE, run


def section(options, report):
    report.circumstances("numpy", "scipy")
    count = 10_000_000 // (10 if options.quick else 1)
    ours, theirs = (
        json.loads(run(command)["output"])
        for command in ([options.kernels, count], [options.python, HERE / "peers" / "ttest.py", count])
    )
    ours |= theirs
    report.heading(f"Kernels over {count:,} rows, in memory, one thread (least of several)")

    def beside(title, name, other):
        return [title, f"{ours[name] * 1000:.1f} ms", other, f"{ours[other] * 1000:.1f} ms",
                f"{ours[name] / ours[other]:.2f}×"]

    report.table(
        ["", "wall", "beside", "its wall", "ratio"],
        [
            beside("area under the ROC curve", "auc", "sorting the scores"),
            beside("log loss", "log_loss", "one pass of sums"),
            beside("A/B: means, interval, lift", "comparison", "SciPy ttest_ind on NumPy arrays"),
            beside("A/B: means, interval, lift", "comparison", "SciPy ttest_ind on lists"),
        ],
    )
    report.text(f"Assignment: {ours['assignments'] / 1e6:.1f} million users a second on one core.")
