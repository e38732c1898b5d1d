"""Prepared batches of events, and senders over raw sockets: cheap enough not to be what is measured.

A batch is made once. Before each sending only its number, which is part of its events' ids, and its time
are written into it, so that every event sent is another one.
"""

import io
import json
import resource
import selectors
import socket
import struct
import time
from datetime import datetime, timezone

import numpy as np

FEATURES = 20
NUMBER_DIGITS = 8
# How often a batch that was refused for want of room is sent again.
TRIES = 100


def features(rows):
    """Numbers of six decimals whose size differs by column, as amounts, rates and scores do."""
    rng = np.random.default_rng(1)
    return [np.round(rng.uniform(1, 10, rows) * 10.0 ** (i % 4), 6) for i in range(FEATURES)]


class JSONBatch:
    """Lines of JSON, all of one length so that ids and times have their places.

    Either an object on each line, or the elements of an array.
    """

    ID = b'{"prediction_id":"'
    TIME = b'","timestamp":"'

    def __init__(self, sender, rows, is_array):
        self.rows = rows
        self.type = "application/json" if is_array else "application/x-ndjson"
        columns = features(rows)
        end = b",\n" if is_array else b"\n"
        lines = []
        for row in range(rows):
            cells = ",".join(f'"feature_{i:02}":{column[row]:.6f}' for i, column in enumerate(columns))
            lines.append(
                self.ID + f"{sender}-{0:0{NUMBER_DIGITS}}-{row:05}".encode()
                + self.TIME + b"2026-01-01T00:00:00.000Z"
                + f'","features":{{{cells}}},"prediction":{columns[0][row] / 10:.6f}}}'.encode() + end)
        width = len(lines[0])
        self.body = bytearray((b"[" if is_array else b"") + b"".join(lines))
        lines = np.frombuffer(self.body, np.uint8)[1 if is_array else 0:].reshape(rows, width)
        if is_array:
            self.body[-2:] = b"]\n"
        begin = len(self.ID) + len(sender) + 1
        self.numbers = lines[:, begin:begin + NUMBER_DIGITS]
        begin += NUMBER_DIGITS + len("-00000") + len(self.TIME)
        self.times = lines[:, begin:begin + len("2026-01-01T00:00:00.000")]

    def make(self, number):
        now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
        self.numbers[:] = np.frombuffer(f"{number:0{NUMBER_DIGITS}}".encode(), np.uint8)
        self.times[:] = np.frombuffer(now.encode(), np.uint8)
        return self.body


class ParquetBatch:
    """A Parquet file as pyarrow writes it, but for ids and times: they are plain, to be written over."""

    type = "application/vnd.apache.parquet"

    def __init__(self, sender, rows):
        import pyarrow as pa
        import pyarrow.parquet as pq

        self.rows = rows
        ids = [f"{sender}-{0:0{NUMBER_DIGITS}}-{row:05}" for row in range(rows)]
        times = np.arange(rows, dtype=np.int64) + 1_000_000_000_000_000
        columns = features(rows)
        names = [f"feature_{i:02}" for i in range(FEATURES)]
        others = names + ["prediction"]
        schema = pa.schema(
            [pa.field("prediction_id", pa.string(), nullable=False),
             pa.field("timestamp", pa.timestamp("us", "UTC"), nullable=False)]
            + [(name, pa.float64()) for name in others])
        table = pa.table([ids, times, *columns, columns[0] / 10], schema=schema)
        file = io.BytesIO()
        pq.write_table(
            table, file, use_dictionary=others, write_statistics=others,
            compression={name: "SNAPPY" if name in others else "NONE" for name in schema.names},
            data_page_size=1 << 30)
        self.body = bytearray(file.getvalue())
        size = len(ids[0])
        begin = self.body.index(struct.pack("<I", size) + ids[0].encode())
        values = np.frombuffer(self.body, np.uint8, rows * (4 + size), begin).reshape(rows, 4 + size)
        assert values[-1, 4:].tobytes() == ids[-1].encode(), "ids are not in one plain page"
        begin_number = 4 + len(sender) + 1
        self.numbers = values[:, begin_number:begin_number + NUMBER_DIGITS]
        begin = self.body.index(times[:2].tobytes())
        self.times = np.frombuffer(self.body, np.uint8, rows * 8, begin).reshape(rows, 8)

    def make(self, number):
        self.numbers[:] = np.frombuffer(f"{number:0{NUMBER_DIGITS}}".encode(), np.uint8)
        self.times[:] = np.frombuffer(struct.pack("<q", time.time_ns() // 1_000), np.uint8)
        return self.body


class Connection:
    def __init__(self, port, path, content_type):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {content_type}\r\nContent-Length: "
        ).encode()
        self.received = b""

    def send(self, body):
        head = self.head + b"%d\r\n\r\n" % len(body)
        if len(body) < 16_384:
            self.socket.sendall(head + body)
        else:
            self.socket.sendall(head)
            self.socket.sendall(body)

    def receive(self):
        """Reads what has come; status and body once an answer is whole, else None."""
        more = self.socket.recv(65_536)
        if not more:
            raise ConnectionError("the connection was closed")
        self.received += more
        head, blank, rest = self.received.partition(b"\r\n\r\n")
        if not blank:
            return None
        length = next(
            (int(x.split(b":")[1]) for x in head.lower().split(b"\r\n") if x.startswith(b"content-length:")), 0)
        if len(rest) < length:
            return None
        self.received = rest[length:]
        return int(head.split(b" ", 2)[1]), rest[:length]

    def answer(self):
        while True:
            answer = self.receive()
            if answer:
                return answer


class Sent:
    """What a sender has to tell: when how many events were acknowledged, and what went wrong."""

    def __init__(self, sender):
        self.sender = sender
        self.acknowledged = []
        self.latencies = []
        self.refused = 0
        self.errors = []

    def finish(self):
        usage = resource.getrusage(resource.RUSAGE_SELF)
        self.cpu = usage.ru_utime + usage.ru_stime
        return self


def send_batches(sender, port, path, make_batch, until, rate=None, offset=0):
    """Sends batch after batch over one connection until a monotonic time, at a rate of batches a second.

    Where the service cannot keep the rate, what is late is sent as soon as may be. Senders begin at
    offsets, so that they do not all send at the same moments.
    """
    sent = Sent(sender)
    batch = make_batch(sender)
    connection = Connection(port, path, batch.type)
    begun = time.monotonic() + offset
    number = 0
    while time.monotonic() < until:
        if rate:
            time.sleep(max(0, begun + number / rate - time.monotonic()))
        body = batch.make(number)
        for _ in range(TRIES):
            connection.send(body)
            status, text = connection.answer()
            if status not in (429, 503, 507):
                break
            sent.refused += 1
            time.sleep(0.1)
        answer = json.loads(text) if status == 200 else {}
        if answer.get("accepted", 0) + answer.get("duplicates", 0) != batch.rows:
            sent.errors.append(f"{status}: {text[:200]!r}")
            break
        sent.acknowledged.append((time.monotonic(), batch.rows))
        number += 1
    return sent.finish()


def send_singles(sender, port, path, connections, until):
    """Sends an event at a time over each of some connections, as fast as answers come."""
    sent = Sent(sender)
    selector = selectors.DefaultSelector()
    # FastAPI's peer takes arrays, and so does the service.
    batch = JSONBatch(sender, 1, True)
    number = 0
    for _ in range(connections):
        connection = Connection(port, path, batch.type)
        selector.register(connection.socket, selectors.EVENT_READ, connection)
        connection.send(batch.make(number))
        number += 1
    waiting = connections
    while waiting:
        for key, _ in selector.select():
            answer = key.data.receive()
            if not answer:
                continue
            waiting -= 1
            now = time.monotonic()
            if answer[0] == 200:
                sent.acknowledged.append((now, 1))
            else:
                sent.errors.append(f"{answer[0]}: {answer[1][:200]!r}")
            if now < until and not sent.errors:
                key.data.send(batch.make(number))
                number += 1
                waiting += 1
    return sent.finish()


def send_timed(sender, port, path, until, rate):
    """Sends an event at fixed times, and notes how long after its time each was acknowledged."""
    sent = Sent(sender)
    batch = JSONBatch(sender, 1, True)
    connection = Connection(port, path, batch.type)
    begun = time.monotonic()
    number = 0
    while True:
        due = begun + number / rate
        if due > until:
            return sent.finish()
        time.sleep(max(0, due - time.monotonic()))
        connection.send(batch.make(number))
        status, text = connection.answer()
        if status != 200:
            sent.errors.append(f"{status}: {text[:200]!r}")
            return sent.finish()
        now = time.monotonic()
        # From when it was due: what waits behind a slow one counts as slow too.
        sent.latencies.append(now - due)
        sent.acknowledged.append((now, 1))
        number += 1
