"""prometheus_client: counting, observing, and the exposition of 10 000 series. Prints seconds as JSON.

The registry is that of Benchmarks/Sources/Instruments.
"""

import json
import time

from prometheus_client import (
    CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest,
)
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics

BOUNDS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1]
# Else it writes a series more for every counter and histogram.
disable_created_metrics()


def make_registry():
    registry = CollectorRegistry()
    labels = ["model_name", "feature"]
    counters = Counter("bench_predictions", "Predictions made.", labels, registry=registry)
    gauges = Gauge("bench_drift_score", "Drift of a feature.", labels, registry=registry)
    histograms = Histogram(
        "bench_latency_seconds", "Time to predict.", labels, registry=registry, buckets=BOUNDS[:7])
    for index in range(4_000):
        values = [f"model_{index // 100}", f"feature_{index % 100}"]
        counters.labels(*values).inc(index * 37)
        gauges.labels(*values).set(index / 3)
    for index in range(200):
        latency = histograms.labels(f"model_{index // 100}", f"feature_{index % 100}")
        for step in range(100):
            latency.observe(step * index % 97 / 500)
    return registry


def least(repetitions, work):
    times = []
    for _ in range(repetitions):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return min(times)


def counting(counter, count):
    for _ in range(count):
        counter.inc()


def observing(histogram, values, count):
    for index in range(count):
        histogram.observe(values[index & 1023])


registry = CollectorRegistry()
counter = Counter("bench", "Counted.", registry=registry)
histogram = Histogram("bench_seconds", "Observed.", registry=registry, buckets=BOUNDS)
values = [index * 389 % 1_024 / 1_024 for index in range(1_024)]
rendered = make_registry()
print(json.dumps({
    "counter": least(5, lambda: counting(counter, 200_000)) / 200_000,
    "histogram": least(5, lambda: observing(histogram, values, 200_000)) / 200_000,
    "samples": sum(not line.startswith("#") for line in generate_latest(rendered).decode().splitlines()),
    "text": least(7, lambda: generate_latest(rendered)),
    "open_metrics": least(7, lambda: generate_openmetrics(rendered)),
}))
