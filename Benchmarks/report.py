"""Sections of RESULTS.md: how they are written, and how one takes the place of its last measurement."""

import os
import platform
import re
from datetime import date
from importlib.metadata import version

HEAD = """# Measured

`make bench` makes this file, `Scripts/bench --only SECTION` one section of it. Everything in a section was
measured in one run; the machine may be busy, so the figures beside each other are what counts.
"""


class Report:
    """The lines of one section."""

    def __init__(self):
        self.lines = []

    def text(self, line=""):
        print(line, flush=True)
        self.lines.append(line)

    def heading(self, title):
        self.text(f"## {title}")
        self.text()

    def table(self, titles, rows):
        rows = [[str(x) for x in row] for row in rows]
        widths = [max(len(x) for x in column) for column in zip(titles, *rows)]
        for row in [titles, ["-" * w for w in widths], *rows]:
            self.text("| " + " | ".join(x.ljust(w) for x, w in zip(row, widths)) + " |")
        self.text()

    def circumstances(self, *packages):
        """When and where it was measured, and beside which packages."""
        model = next(
            (l.split(":")[1].strip() for l in open("/proc/cpuinfo") if l.startswith("model name")), "?"
        )
        beside = "; " * bool(packages) + " ".join(f"{name} {version(name)}" for name in packages)
        self.text(f"{date.today()}, {model}, {os.cpu_count()} cores, {platform.system()}{beside}.")
        self.text()


def sections(text):
    """The sections of a results file, by their names."""
    parts = re.split(r"^<!-- (\w+) -->\n", text, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], (x.strip() for x in parts[1::2])))


def write(path, names, measured):
    """Writes what was measured, and of the other sections what the file has."""
    known = sections(path.read_text()) if path.exists() else {}
    known |= {name: "\n".join(report.lines).strip() for name, report in measured.items()}
    parts = [f"<!-- {name} -->\n{known[name]}\n" for name in names if name in known]
    path.write_text("\n".join([HEAD, *parts]))
