"""Makes configurations with one value out of place, and says what the schema takes of each.

Reads configurations, which together have every key, puts values at and beyond the ends of ranges in the place of each
number, text and truth value, one at a time, and prints a line of JSON for each: where, the document, and
whether config.schema.json takes it. The test `ConfigurationSchemaTests` asks the reader the same.

Usage: probe_config_schema.py SCHEMAS_FOLDER EXAMPLES.yaml, of as many documents as there are sections
"""

import copy
import json
import re
import sys
import warnings
from pathlib import Path

warnings.simplefilter("ignore")
import jsonschema  # noqa: E402
import yaml  # noqa: E402

WHOLE = [-1, 0, 1, 2, 3, 499, 500, 501, 999, 1000, 1001, 1023, 1024, 1025, 3600, 3601, 9999, 10000, 10001,
         65535, 65536, 86400, 86401, 99999, 100000, 100001, 1000000, 1000001, 10000000, 10000001,
         100000000, 100000001, 1 << 30, (1 << 30) + 1, 1 << 40, (1 << 40) + 1, 1 << 50, (1 << 50) + 1,
         (1 << 64) - 1, 1 << 64]
NUMBERS = WHOLE + [-0.5, 1e-13, 1e-12, 0.0001, 0.00009, 0.01, 0.009, 0.5, 0.51, 0.9999, 0.99995, 1.01, 99.9, 100]
SPANS = [f"{n}{unit}" for unit in "smhdw"
         for n in [0, 1, 4, 5, 23, 24, 25, 29, 30, 31, 52, 53, 59, 60, 61, 99, 300, 301, 365, 366, 720, 721, 1440,
                   1441, 3600, 3601, 8760, 8761, 43200, 43201, 86400, 86401, 525600, 525601, 999999, 1000000,
                   2592000, 2592001, 9999999, 10000000, 31536000, 31536001, 99999999, 100000000,
                   9999999999, 10000000000, 999999999999, 1000000000000]]
SIZES = ["1023", "1024", "1KiB", "1 KiB", "1  KiB", "1KB", "2KB", "1048576KiB", "1048577KiB", "1024MiB", "1025MiB",
         "1073MB", "1074MB", "1GiB", "2GiB", "1GB", "2GB", "1024GiB", "1025GiB", "1099GB", "1100GB", "1TiB", "2TiB",
         "1TB", "2TB", "1024TiB", "1025TiB", "1125TB", "1126TB", "1XB", "-1KB", "+1KB", "0", "0KB", "5B"]
TEXTS = ["", "x", "1x", "_x", "-x", ".x", "x y", "x" * 128, "x" * 129, "+5m", "-5m", "5", "5 m", "05m", "5M", "ü",
         "a@b", "a@b.", "a@.b", "@b", "a@", "a@b@c", "a" * 64 + "@b", "a" * 65 + "@b", "a b@c", "<a@b>", "a@b:1",
         "http://x", "HTTPS://x", "ftp://x", "http://", "h:0", "h:65535", "h:65536", "h:-1", "h:+1", ":1", "h:", "a:b:1",
         "[::1]:80", "[]:80", "0" * 64, "0" * 63, "g" * 64, "day", "true"]
# Texts that often look like numbers.
WORDS = ["data_folder", "version", "config", "positive_label", "numpy"]


def leaves(node, path=()):
    if isinstance(node, dict):
        for key, value in node.items():
            yield from leaves(value, path + (key,))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from leaves(value, path + (index,))
    else:
        yield path, node


def probes(value, key):
    if key in WORDS:
        return TEXTS + [5, 2.5, [], {}]
    if isinstance(value, bool):
        return [True, False, "true", "false", "x", [], {}]
    if isinstance(value, (int, float)):
        return NUMBERS + ["5", "0.5", "x", [], {}]
    if re.fullmatch(r"[0-9]+[smhdw]", value):
        return SPANS + TEXTS + [[], {}]
    if re.fullmatch(r"[0-9]+[KMGT]i?B", value):
        return SIZES + WHOLE + TEXTS + [[], {}]
    return TEXTS + [[], {}]


def replaced(document, path, value):
    document = copy.deepcopy(document)
    place = document
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value
    return document


def main(schemas, example):
    store = {path.name: json.loads(path.read_text()) for path in Path(schemas).glob("*.schema.json")}
    schema = store["config.schema.json"]
    kind = jsonschema.validators.validator_for(schema)
    resolver = jsonschema.RefResolver(base_uri="", referrer=schema, store=store)
    validator = kind(schema, resolver=resolver)
    for document in yaml.safe_load_all(Path(example).read_text()):
        assert validator.is_valid(document), [e.message for e in validator.iter_errors(document)]
        for path, value in leaves(document):
            for probe in probes(value, path[-1]):
                changed = replaced(document, path, probe)
                place = ".".join("*" if isinstance(part, int) else str(part) for part in path)
                print(json.dumps({
                    "place": place, "value": json.dumps(probe), "document": json.dumps(changed),
                    "valid": validator.is_valid(changed)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
