"""The service under load on this machine: events a second, latency, memory, and whether all is kept.

Its load comes from processes beside it. At the end everything that was acknowledged is looked for in the
service's Parquet files. A FastAPI endpoint that writes as durably gets the same load in the same run.
"""

import contextlib
import functools
import multiprocessing
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import duckdb
import numpy as np

import load
from processes import HERE

MODEL = "bench"
PATH = f"/v1/models/{MODEL}/predictions"
SENDERS = 4
WARM_UP = 3
SPAN = 15
# Events a second that are asked for. Latencies are of half of it, and of half of what was measured.
TARGET = 100_000
# Seconds that latencies are measured for.
BESIDE = 30
# One-event requests a second beside steady batches.
TIMED = 100
LINES = functools.partial(load.JSONBatch, rows=2_000, is_array=False)
ARRAYS = functools.partial(load.JSONBatch, rows=2_000, is_array=True)
PARQUET = functools.partial(load.ParquetBatch, rows=5_000)
STOP_SECONDS = 120


class Server:
    """A process that listens on the loopback interface, with its children."""

    def __init__(self, command, log, environment={}):
        self.log = open(log, "wb")
        self.process = subprocess.Popen(
            [str(x) for x in command], stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
            env=os.environ | environment)

    def pids(self):
        """The process and its children."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [self.process.pid, *map(int, children.split())]

    def cpu(self):
        """Seconds of CPU so far."""
        ticks = 0
        for pid in self.pids():
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def memory(self):
        """MiB in memory now."""
        sizes = [
            int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text()).group(1))
            for pid in self.pids()
        ]
        return sum(sizes) / 1024

    def wait_for(self, address):
        for _ in range(600):
            with contextlib.suppress(OSError):
                return urllib.request.urlopen(address, timeout=5).status
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise RuntimeError(f"{address} does not answer; see {self.log.name}")

    def stop(self):
        """Asks it to end; its exit code, or None where it had to be killed."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return None
        finally:
            self.log.close()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Load:
    """Senders in processes of their own, and the sum of what they tell."""

    def __init__(self, server, calls):
        """calls: functions of `load` with their arguments."""
        context = multiprocessing.get_context("fork")
        self.server = server
        self.cpu, self.begun = server.cpu(), time.monotonic()
        self.pipes, self.senders = [], []
        for call, arguments in calls:
            ours, theirs = context.Pipe(False)
            sender = context.Process(target=self.send, args=(theirs, call, arguments), daemon=True)
            sender.start()
            theirs.close()
            self.pipes.append(ours)
            self.senders.append(sender)

    @staticmethod
    def send(pipe, call, arguments):
        try:
            pipe.send(call(**arguments))
        except Exception as error:
            failed = load.Sent(arguments["sender"])
            failed.errors.append(repr(error))
            pipe.send(failed.finish())

    def finish(self):
        """What the senders tell, and the cores the server and they took."""
        sent = [pipe.recv() for pipe in self.pipes]
        seconds = time.monotonic() - self.begun
        for sender in self.senders:
            sender.join()
        for x in sent:
            if x.errors:
                print(f"{x.sender}: {x.errors[0]}", file=sys.stderr)
        cores = (self.server.cpu() - self.cpu) / seconds, sum(x.cpu for x in sent) / seconds
        return sent, cores


def rate(sent, begun, ended):
    """Events acknowledged a second within a time."""
    return sum(n for x in sent for at, n in x.acknowledged if begun <= at < ended) / (ended - begun)


class Ledger:
    """How many events of each sender were acknowledged."""

    def __init__(self):
        self.events = {}
        self.refused = 0
        self.errors = 0

    def add(self, sent):
        for x in sent:
            self.events[x.sender] = self.events.get(x.sender, 0) + sum(n for _, n in x.acknowledged)
            self.refused += x.refused
            self.errors += len(x.errors)

    def check(self, folder):
        """Compares with the Parquet files; says in a sentence what was found."""
        files = f"{folder}/events/{MODEL}/predictions/**/*.parquet"
        found = dict(duckdb.sql(
            f"SELECT split_part(prediction_id, '-', 1), count(*) FROM '{files}' GROUP BY 1").fetchall())
        (rows, ids), = duckdb.sql(
            f"SELECT count(*), count(DISTINCT prediction_id) FROM '{files}'").fetchall()
        lost = sum(max(0, n - found.get(sender, 0)) for sender, n in self.events.items())
        # More of a sender than was acknowledged can be there: an answer may be lost where the event is not.
        return (
            f"Of {sum(self.events.values()):,} acknowledged events {lost:,} are missing in the Parquet files after "
            f"SIGTERM, and {rows - ids:,} are there twice; {self.refused} batches were refused for want of room and "
            f"sent again, {self.errors} failed.")


def throughput(server, port, path, name, make_batch):
    """Acknowledged events a second of batches sent as fast as answers come."""
    until = time.monotonic() + WARM_UP + SPAN
    running = Load(server, [
        (load.send_batches,
         {"sender": f"{name}{i}", "port": port, "path": path, "make_batch": make_batch, "until": until})
        for i in range(SENDERS)
    ])
    sent, cores = running.finish()
    return rate(sent, until - SPAN, until), cores, sent


def singles(server, port, path, name):
    """As above, of one-event requests over 32 connections."""
    until = time.monotonic() + WARM_UP + SPAN
    running = Load(server, [
        (load.send_singles,
         {"sender": f"{name}{i}", "port": port, "path": path, "connections": 16, "until": until})
        for i in range(2)
    ])
    sent, cores = running.finish()
    return rate(sent, until - SPAN, until), cores, sent


class Soak:
    """A steady load of batches with one-event requests beside: their latencies, and memory by second."""

    def __init__(self, server, port, name, events_a_second, seconds):
        until = time.monotonic() + seconds
        batches = events_a_second / LINES.keywords["rows"] / SENDERS
        running = Load(server, [
            (load.send_batches,
             {"sender": f"{name}{i}", "port": port, "path": PATH, "make_batch": LINES, "until": until,
              "rate": batches, "offset": i / batches / SENDERS})
            for i in range(SENDERS)
        ] + [(load.send_timed, {"sender": f"{name}timed", "port": port, "path": PATH, "until": until, "rate": TIMED})])
        self.seconds = seconds
        self.memory = []
        while time.monotonic() < until:
            self.memory.append(server.memory())
            time.sleep(1)
        self.sent, self.cores = running.finish()
        self.rate = rate(self.sent, until - seconds, until)
        self.latencies = np.array([x for s in self.sent for x in s.latencies]) * 1e3

    def row(self):
        percentiles = (*np.percentile(self.latencies, [50, 99, 99.9]), self.latencies.max())
        return [f"{self.rate:,.0f}", f"{self.seconds:.0f} s", f"{self.cores[0]:.2f}", f"{len(self.latencies):,}",
                *(f"{x:.1f} ms" for x in percentiles)]


@contextlib.contextmanager
def plumbline(options, folder):
    """The service on a data folder of its own; ends killed where it was not stopped."""
    port = free_port()
    config = folder / "plumbline.yaml"
    config.write_text(
        f"service:\n  data_folder: {folder}/data\n  listen: 127.0.0.1:{port}\n  stop_seconds: {STOP_SECONDS}\n"
        f"models:\n  - {{name: {MODEL}, version: v1, type: regression}}\n")
    server = Server([options.plumbline, "serve", "--config", config], folder / "service.log")
    try:
        server.wait_for(f"http://127.0.0.1:{port}/readyz")
        yield server, port
    finally:
        if server.process.poll() is None:
            server.process.kill()
            server.process.wait()


@contextlib.contextmanager
def fastapi(options, folder, workers):
    port = free_port()
    server = Server(
        [options.python, "-m", "uvicorn", "--app-dir", HERE / "peers", "fastapi_ingest:app", "--host", "127.0.0.1",
         "--port", str(port), "--workers", str(workers), "--log-level", "warning", "--no-access-log"],
        folder / f"fastapi{workers}.log", {"INGEST_DATABASE": f"{folder}/peer{workers}.db"})
    try:
        server.wait_for(f"http://127.0.0.1:{port}/openapi.json")
        yield server, port
    finally:
        server.stop()


def section(options, report):
    report.circumstances("fastapi", "uvicorn", "pydantic", "pyarrow", "duckdb")
    folder = Path(tempfile.mkdtemp(prefix="service-", dir=options.data))
    try:
        measure(options, report, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def measure(options, report, folder):
    ledger = Ledger()
    rates, rows = {}, []

    def note(title, found):
        rates[title], cores, sent = found
        rows.append([title, f"{rates[title]:,.0f}", f"{cores[0]:.2f}", f"{cores[1]:.2f}"])
        print(*rows[-1], flush=True)
        return sent

    lines, array, parquet, single = (
        "lines of JSON, 2,000 events", "JSON array, 2,000 events", "Parquet, 5,000 events", "JSON, 1 event")
    for workers in (1, 2):
        with fastapi(options, folder, workers) as (server, port):
            title = f"FastAPI, {workers} worker{'s' * (workers > 1)}: "
            note(title + array, throughput(server, port, "/predictions", "array", ARRAYS))
            note(title + single, singles(server, port, "/predictions", "single"))
    with plumbline(options, folder) as (server, port):
        for title, name, batch in [(lines, "lines", LINES), (array, "array", ARRAYS), (parquet, "parquet", PARQUET)]:
            ledger.add(note(title, throughput(server, port, PATH, name, batch)))
        ledger.add(note(single, singles(server, port, PATH, "single")))
        steady = [
            Soak(server, port, "target", TARGET / 2, BESIDE),
            Soak(server, port, "half", rates[lines] / 2, BESIDE),
            Soak(server, port, "soak", TARGET / 2, options.soak),
        ]
        for x in steady:
            ledger.add(x.sent)
        load_average = os.getloadavg()[0]
        begun = time.monotonic()
        code = server.stop()
        stopped = time.monotonic() - begun
    kept = ledger.check(f"{folder}/data")

    report.heading("The service: durable events a second, 20 features each, the load from the same 2 cores")
    report.table(["a request", "events/s", "cores of the server", "cores of the senders"], rows)
    report.table(
        ["same requests", "plumbline beside FastAPI's best"],
        [
            [title, f"{rates[title] / max(v for k, v in rates.items() if k.endswith(': ' + title)):.1f}×"]
            for title in (array, single)
        ],
    )
    report.heading("One-event requests beside a steady load of batches of 2,000")
    report.table(
        ["events/s", "for", "cores", "1-event POSTs", "p50", "p99", "p99.9", "longest"], [x.row() for x in steady])
    tenths = [np.mean(x) for x in np.array_split(np.array(steady[-1].memory), 10)]
    report.table(
        [f"memory by tenths of the {options.soak:.0f} s"] + [str(i + 1) for i in range(10)],
        [["MiB"] + [f"{x:.0f}" for x in tenths]],
    )
    report.text(kept)
    report.text()
    report.text(
        f"One-event requests were sent at {TIMED} a second, and timed from when each was due. "
        f"The service stopped in {stopped:.1f} s with exit code {code}; the load average of the machine was then "
        f"{load_average:.1f}: what is above the service's own cores was other work.")
