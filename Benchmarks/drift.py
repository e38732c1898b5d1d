"""Drift checks as whole processes, beside the floor and the peers; and how they grow."""

import json
import re
import subprocess

from processes import HERE, best


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


class Commands:
    """What is run on generated data."""

    def __init__(self, options):
        self.options = options

    def files(self, rows, columns=50):
        folder = self.options.data / f"{rows}x{columns}"
        subprocess.run(
            [self.options.python, HERE / "generate.py", folder, "--rows", str(rows), "--columns", str(columns)],
            check=True,
        )
        return [folder / "reference.parquet", folder / "current.parquet"]

    def plumbline(self, data, *arguments):
        return [self.options.plumbline, "drift", *data, "--format", "json", *arguments]

    def peer(self, name, data):
        return [self.options.python, HERE / "peers" / f"{name}.py", *data]


def section(options, report):
    report.circumstances("duckdb", "numpy", "polars", "scipy")
    report.text("Whole processes, best of interleaved runs.")
    report.text()
    commands = Commands(options)
    scale = 10 if options.quick else 1
    beside_peers(commands, report, 1_000_000 // scale)
    growing(commands, report, scale)
    counting(commands, report, scale)


def beside_peers(commands, report, rows):
    plumbline, peer = commands.plumbline, commands.peer
    data = commands.files(rows)
    truth = sorted(json.loads((data[0].parent / "truth.json").read_text()))
    categorical = [f"c{i}" for i in range(40, 50)]
    exact = [x for name in categorical for x in ("--method-for", f"{name}=chi_square")]
    found = best(
        {
            "floor: the same engine only decoding": [commands.options.floor, *data],
            "plumbline, exact KS and χ²": plumbline(data, "--method", "ks_test", "--summaries", "exact", *exact),
            "plumbline, exact W1": plumbline(data, "--method", "wasserstein", "--summaries", "exact"),
            "plumbline, PSI": plumbline(data, "--method", "psi", "--summaries", "exact"),
            "plumbline, binned KS": plumbline(data, "--method", "ks_test", "--summaries", "binned"),
            "DuckDB in Python, only decoding": peer("duckdb_decode", data),
            "Polars, PSI": peer("polars_psi", data),
            "DuckDB SQL, PSI": peer("duckdb_psi", data),
            "NumPy on two threads, exact KS and χ²": peer("numpy_ks", data),
        },
        3,
    )
    found |= best({"SciPy, KS and W1 and χ²": peer("scipy_ks_w1", data)}, 1)
    floor = found["floor: the same engine only decoding"]
    report.heading(f"{rows:,} × 50 against {rows:,} × 50, Parquet; {len(truth)} columns truly drift")
    report.table(
        ["", "wall", "of the floor", "CPU", "peak memory", "called drifted"],
        [
            [name, seconds(x), ratio(x, floor), f"{x['cpu']:.1f} s" if x else "–", mebibytes(x), drifted(x)[0]]
            for name, x in found.items()
        ],
    )
    named = drifted(found["plumbline, exact KS and χ²"])[1]
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


def growing(commands, report, scale):
    report.heading("Time against rows and columns (exact KS)")
    sizes = [(10_000, 50), (100_000, 50), (1_000_000, 50), (1_000_000, 10), (1_000_000, 20)]
    sizes = [(rows // scale, columns) for rows, columns in sizes]
    grown = best(
        {s: commands.plumbline(commands.files(*s), "--method", "ks_test", "--summaries", "exact") for s in sizes}, 3
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


def counting(commands, report, scale):
    report.heading("Counting in cells: memory against rows (KS, 20 columns)")
    streamed = best(
        {
            rows: commands.plumbline(commands.files(rows, 20), "--method", "ks_test", "--summaries", "binned")
            for rows in (1_000_000 // scale, 10_000_000 // scale)
        },
        2,
    )
    body = []
    for rows, x in streamed.items():
        gap = "–"
        if x:
            columns = [c for c in json.loads(x["output"])["columns"] if c["type"] == "numerical"]
            gap = max(c["details"]["upper_bound"] - c["details"]["lower_bound"] for c in columns)
            gap = f"{gap:.4f}"
        body.append([f"{rows:,}", seconds(x), mebibytes(x), gap])
    report.table(["rows", "wall", "peak memory", "widest bound on D"], body)
