"""Checks a JSON document against a JSON Schema. Usage: validate.py SCHEMA DOCUMENT"""

import json
import sys
from pathlib import Path

import jsonschema

schema_path, document_path = map(Path, sys.argv[1:])
store = {
    path.name: json.loads(path.read_text()) for path in schema_path.parent.glob("*.schema.json")
}
schema = store[schema_path.name]
resolver = jsonschema.RefResolver(
    base_uri="", referrer=schema, store=store
)
validator = jsonschema.validators.validator_for(schema)(schema, resolver=resolver)
errors = list(validator.iter_errors(json.loads(document_path.read_text())))
for error in errors:
    print(f"{document_path.name}: {'/'.join(map(str, error.path))}: {error.message}")
sys.exit(bool(errors))
