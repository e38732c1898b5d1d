"""Measures plumbline beside its floor and its peers, and writes the table to RESULTS.md.

Usage: run.py --plumbline PATH --floor PATH --kernels PATH --python PATH [--quick] [--data FOLDER] [--out FILE]

Every command is a whole process; runs are interleaved and the least wall time of each counts, with the
peak memory of its worst run. Figures are ratios within one run: the machine may be busy.
"""

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

HERE = Path(__file__).parent
TIME_LIMIT = 600


def measure(command):
    """Wall seconds, CPU seconds, peak MiB and output of a process; None where it failed."""
    begun = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        output, _ = process.communicate(timeout=TIME_LIMIT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return None
    return {"wall": time.monotonic() - begun, "code": process.returncode, "output": output.decode()}


def run(command):
    """As above, with what GNU time says of memory and CPU."""
    log = HERE / ".data" / "time.txt"
    result = measure(["/usr/bin/time", "-o", str(log), "-f", "%M %U %S", *map(str, command)])
    if result is None or result["code"] not in (0, 1):
        return None
    memory, user, system = log.read_text().split()[-3:]
    return result | {"memory": int(memory) / 1024, "cpu": float(user) + float(system)}


def best(commands, repetitions):
    """The least wall time of each command over interleaved repetitions."""
    found = {name: None for name in commands}
    for _ in range(repetitions):
        for name, command in commands.items():
            result = run(command)
            if result is None:
                continue
            known = found[name]
            if known is None or result["wall"] < known["wall"]:
                result["memory"] = max(result["memory"], known["memory"] if known else 0)
                found[name] = result
            else:
                known["memory"] = max(known["memory"], result["memory"])
    return found


class Report:
    def __init__(self):
        self.lines = []

    def text(self, line=""):
        print(line)
        self.lines.append(line)

    def table(self, titles, rows):
        rows = [[str(x) for x in row] for row in rows]
        widths = [max(len(x) for x in column) for column in zip(titles, *rows)]
        for row in [titles, ["-" * w for w in widths], *rows]:
            self.text("| " + " | ".join(x.ljust(w) for x, w in zip(row, widths)) + " |")
        self.text()


def seconds(result):
    return f"{result['wall']:.2f} s" if result else "failed"


def ratio(result, base):
    return f"{result['wall'] / base['wall']:.2f}×" if result and base else "–"


def mebibytes(result):
    return f"{result['memory']:.0f} MiB" if result else "–"


def drifted(result):
    """How many columns a tool calls drifted, and which, where it says."""
    if not result:
        return "–", None
    if result["output"].lstrip().startswith("{"):
        report = json.loads(result["output"])
        names = sorted(x["column"] for x in report["columns"] if x["drifted"])
        return str(len(names)), names
    match = re.search(r"(\d+)\s*$", result["output"])
    return (match.group(1) if match else "–"), None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--plumbline", required=True)
    parser.add_argument("--floor", required=True)
    parser.add_argument("--kernels", required=True)
    parser.add_argument("--python", required=True)
    parser.add_argument("--data", type=Path, default=HERE / ".data")
    parser.add_argument("--out", type=Path, default=HERE / "RESULTS.md")
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows")
    options = parser.parse_args()
    scale = 10 if options.quick else 1
    options.data.mkdir(parents=True, exist_ok=True)

    def files(rows, columns=50):
        folder = options.data / f"{rows}x{columns}"
        subprocess.run(
            [options.python, HERE / "generate.py", folder, "--rows", str(rows), "--columns", str(columns)],
            check=True,
        )
        return [folder / "reference.parquet", folder / "current.parquet"]

    def plumbline(data, *arguments):
        return [options.plumbline, "drift", *data, "--format", "json", *arguments]

    def peer(name, data):
        return [options.python, HERE / "peers" / f"{name}.py", *data]

    report = Report()
    report.text("# Measured")
    report.text()
    versions = subprocess.run(
        [options.python, "-c", "import duckdb,numpy,polars,scipy; print('DuckDB', duckdb.__version__,"
         " 'NumPy', numpy.__version__, 'Polars', polars.__version__, 'SciPy', scipy.__version__)"],
        capture_output=True, text=True,
    ).stdout.strip()
    model = next(
        (l.split(":")[1].strip() for l in open("/proc/cpuinfo") if l.startswith("model name")), "?"
    )
    report.text(
        f"{date.today()}, {model}, {os.cpu_count()} cores, {platform.system()}; {versions}. "
        "`make bench` makes this file; whole processes, best of interleaved runs."
    )
    report.text()

    rows = 1_000_000 // scale
    data = files(rows)
    truth = sorted(json.loads((data[0].parent / "truth.json").read_text()))
    categorical = [f"c{i}" for i in range(40, 50)]
    exact = [x for name in categorical for x in ("--method-for", f"{name}=chi_square")]
    commands = {
        "floor: the same engine only decoding": [options.floor, *data],
        "plumbline, exact KS and χ²": plumbline(data, "--method", "ks_test", "--summaries", "exact", *exact),
        "plumbline, exact W1": plumbline(data, "--method", "wasserstein", "--summaries", "exact"),
        "plumbline, PSI": plumbline(data, "--method", "psi", "--summaries", "exact"),
        "plumbline, binned KS": plumbline(data, "--method", "ks_test", "--summaries", "binned"),
        "DuckDB in Python, only decoding": peer("duckdb_decode", data),
        "Polars, PSI": peer("polars_psi", data),
        "DuckDB SQL, PSI": peer("duckdb_psi", data),
        "NumPy on two threads, exact KS and χ²": peer("numpy_ks", data),
    }
    found = best(commands, 3)
    found |= best({"SciPy, KS and W1 and χ²": peer("scipy_ks_w1", data)}, 1)
    floor = found["floor: the same engine only decoding"]
    report.text(f"## {rows:,} × 50 against {rows:,} × 50, Parquet; {len(truth)} columns truly drift")
    report.text()
    report.table(
        ["", "wall", "of the floor", "CPU", "peak memory", "called drifted"],
        [
            [name, seconds(x), ratio(x, floor), f"{x['cpu']:.1f} s" if x else "–", mebibytes(x), drifted(x)[0]]
            for name, x in found.items()
        ],
    )
    ours = found["plumbline, exact KS and χ²"]
    named = drifted(ours)[1]
    report.text(f"Plumbline's drifted columns {'are exactly' if named == truth else 'are not'} the true ones.")
    report.text()
    pairs = [
        ("exact KS and χ² against NumPy", "plumbline, exact KS and χ²", "NumPy on two threads, exact KS and χ²"),
        ("PSI against Polars", "plumbline, PSI", "Polars, PSI"),
        ("PSI against DuckDB SQL", "plumbline, PSI", "DuckDB SQL, PSI"),
        ("exact KS and χ² against SciPy's KS, W1 and χ²", "plumbline, exact KS and χ²", "SciPy, KS and W1 and χ²"),
    ]
    report.table(
        ["same method", "times as fast"],
        [[title, ratio(found[b], found[a])] for title, a, b in pairs],
    )

    report.text("## Time against rows and columns (exact KS)")
    report.text()
    sizes = [(r // scale, c) for r, c in [(10_000, 50), (100_000, 50), (1_000_000, 50), (1_000_000, 10), (1_000_000, 20)]]
    grown = best(
        {s: plumbline(files(*s), "--method", "ks_test", "--summaries", "exact") for s in sizes}, 3
    )
    report.table(
        ["rows", "columns", "wall", "µs per 1000 cells", "peak memory"],
        [
            [f"{r:,}", c, seconds(x), f"{x['wall'] * 1e9 / (2 * r * c):.0f}" if x else "–", mebibytes(x)]
            for (r, c), x in grown.items()
        ],
    )

    report.text("Up to 10,000 values p-values are exact, counted over all lattice paths, which takes longer.")
    report.text()
    report.text("## Counting in cells: memory against rows (KS, 20 columns)")
    report.text()
    streamed = best(
        {
            r: plumbline(files(r, 20), "--method", "ks_test", "--summaries", "binned")
            for r in (1_000_000 // scale, 10_000_000 // scale)
        },
        2,
    )
    body = []
    for r, x in streamed.items():
        gap = "–"
        if x:
            columns = [c for c in json.loads(x["output"])["columns"] if c["type"] == "numerical"]
            gap = max(c["details"]["upper_bound"] - c["details"]["lower_bound"] for c in columns)
            gap = f"{gap:.4f}"
        body.append([f"{r:,}", seconds(x), mebibytes(x), gap])
    report.table(["rows", "wall", "peak memory", "widest bound on D"], body)
    count = 10_000_000 // scale
    ours, theirs = (
        json.loads(run(command)["output"])
        for command in ([options.kernels, count], [options.python, HERE / "peers" / "ttest.py", count])
    )
    ours |= theirs
    report.text(f"## Kernels over {count:,} rows, in memory, one thread (least of several)")
    report.text()

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
    report.text()
    options.out.write_text("\n".join(report.lines).rstrip() + "\n")


main()
