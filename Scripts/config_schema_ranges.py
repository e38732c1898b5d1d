"""Writes the patterns of config.schema.json for times and sizes that have to lie in a range.

JSON Schema knows the ranges of numbers, not those of texts such as `90s` or `20GiB`: these patterns spell
them out. The test `ConfigurationSchemaTests` holds them against what the service takes.

Usage: config_schema_ranges.py docs/schemas/config.schema.json
"""

import json
import sys

HOUR, DAY = 3_600, 86_400
TIMES = {"s": 1, "m": 60, "h": HOUR, "d": DAY, "w": 7 * DAY}
SIZES = {
    "": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40,
    "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12,
}
# Name: least and greatest number of seconds, and what may stand for none.
SPANS = {
    "span_5s_to_1h": (5, HOUR, []),
    "span_0s_to_1h": (1, HOUR, ["0s"]),
    "span_1s_to_5m": (1, 300, []),
    "span_1s_to_1d": (1, DAY, []),
    "span_1s_to_30d": (1, 30 * DAY, []),
    "span_1m_to_30d": (60, 30 * DAY, []),
    "span_1m_to_365d": (60, 365 * DAY, []),
    "response_time": (1, 30 * DAY, ["immediate", "1_hour", "24_hours"]),
}
# Name: least and greatest number of bytes.
BYTES = {
    "bytes_1KiB_to_1GiB": (1 << 10, 1 << 30),
    "bytes_1KiB_to_1TiB": (1 << 10, 1 << 40),
    "bytes_to_1PiB": (1, 1 << 50),
}


def of_one_length(low, high):
    """Patterns of the numbers from low to high, which are texts of the same length."""
    if low == high:
        return [low]
    if len(low) == 1:
        return [f"[{low}-{high}]"]
    rest = len(low) - 1
    if low[0] == high[0]:
        return [low[0] + grouped(of_one_length(low[1:], high[1:]))]
    found, first, last = [], int(low[0]), int(high[0])
    if low[1:] != "0" * rest:
        found.append(low[0] + grouped(of_one_length(low[1:], "9" * rest)))
        first += 1
    if high[1:] != "9" * rest:
        found.append(high[0] + grouped(of_one_length("0" * rest, high[1:])))
        last -= 1
    if first <= last:
        head = str(first) if first == last else f"[{first}-{last}]"
        found.append(head + ("[0-9]" if rest == 1 else f"[0-9]{{{rest}}}"))
    return found


def grouped(patterns):
    return patterns[0] if len(patterns) == 1 else f"({'|'.join(patterns)})"


def between(low, high):
    """A pattern of the whole numbers from low to high, of which low is at least 1."""
    found, whole = [], []
    for length in range(len(str(low)), len(str(high)) + 1):
        start, end = max(low, 10 ** (length - 1)), min(high, 10**length - 1)
        if start == 10 ** (length - 1) and end == 10**length - 1:
            whole.append(length)
        else:
            found += of_one_length(str(start), str(end))
    if whole:
        found.append(f"[1-9][0-9]{{{whole[0] - 1},{whole[-1] - 1}}}")
    return grouped(found)


def within(low, high, units, gap=""):
    parts = []
    for unit, scale in units.items():
        first, last = max(1, -(-low // scale)), high // scale
        if first <= last:
            parts.append(between(first, last) + (gap + unit if unit else ""))
    return parts


def main(path):
    with open(path) as file:
        schema = json.load(file)
    definitions = schema["$defs"]
    for name, (low, high, others) in SPANS.items():
        parts = [f"0*{part}" for part in within(low, high, TIMES)] + others
        definitions[name] = {"type": "string", "pattern": f"^({'|'.join(parts)})$"}
    for name, (low, high) in BYTES.items():
        parts = "|".join(within(low, high, SIZES, " ?"))
        definitions[name] = {
            "anyOf": [
                {"type": "integer", "minimum": low, "maximum": high},
                {"type": "string", "pattern": f"^0*({parts})$"},
            ]
        }
    port = f"0|{between(1, 65_535)}"
    definitions["listen"] = {"type": "string", "pattern": rf"^(\[.+\]|[^:\[][^:]*):0*({port})$"}
    with open(path, "w") as file:
        json.dump(schema, file, indent=2, ensure_ascii=False)
        file.write("\n")


if __name__ == "__main__":
    main(sys.argv[1])
