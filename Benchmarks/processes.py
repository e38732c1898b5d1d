"""Runs whole processes and measures them."""

import subprocess
import time
from pathlib import Path

HERE = Path(__file__).parent
TIME_LIMIT = 600


def measure(command):
    """Wall seconds, exit code and output of a process; None where it took too long."""
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
    """As above, with what GNU time says of memory and CPU; None where it failed."""
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
