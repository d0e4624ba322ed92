#!/usr/bin/env python3
"""Writes the reduced resource schemas of this folder from an installed cfn-lint.

    python3 schemas/refresh.py SITE_PACKAGES [AWS::Service::Type ...]

SITE_PACKAGES is the folder that holds the package `cfnlint`: of a venv, or of the unpacked wheel. Refreshes every type
that has a file here, adds the types that are named, and writes `regions.json`. Needs the standard library only.
"""

import json
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent

# What neither the generator nor the validator reads: prose, handlers, drift detection, addresses.
DROPPED = {
    "$comment", "$id", "$schema", "additionalIdentifiers", "arrayType", "default", "description", "documentationUrl",
    "examples", "handlers", "insertionOrder", "nonPublicDefinitions", "nonPublicProperties", "propertyTransform",
    "replacementStrategy", "resourceLink", "sourceUrl", "title", "typeConfiguration",
}
# Keywords whose value is a map of schemas, a list of schemas, a schema.
MAPS = {"definitions", "dependentSchemas", "patternProperties", "properties"}
LISTS = {"allOf", "anyOf", "oneOf", "prefixItems"}
SCHEMAS = {"additionalProperties", "contains", "else", "if", "items", "not", "propertyNames", "then"}


def reduce(schema):
    """The schema without what is dropped, at every level. A property may be called like a keyword."""
    if not isinstance(schema, dict):
        return schema
    reduced = {}
    for keyword, value in schema.items():
        if keyword in DROPPED:
            continue
        if keyword in MAPS:
            # Sorted: the order of properties is that of the generated constructors' arguments.
            value = {name: reduce(value[name]) for name in sorted(value)}
        elif keyword in LISTS:
            value = [reduce(inner) for inner in value]
        elif keyword in SCHEMAS:
            value = [reduce(inner) for inner in value] if isinstance(value, list) else reduce(value)
        elif keyword == "tagging":
            value = {key: inner for key, inner in value.items() if key in ("taggable", "tagProperty")}
        reduced[keyword] = value
    return reduced


def without_unused_definitions(schema):
    """The schema with only the definitions that its properties lead to."""
    definitions = schema.get("definitions", {})
    used, waiting = set(), [{key: value for key, value in schema.items() if key != "definitions"}]
    while waiting:
        text = json.dumps(waiting.pop())
        for name in re.findall(r'"\$ref": "#/definitions/([^"/]+)', text):
            if name in definitions and name not in used:
                used.add(name)
                waiting.append(definitions[name])
    rest = {key: value for key, value in schema.items() if key != "definitions"}
    kept = {name: inner for name, inner in definitions.items() if name in used}
    return {**rest, "definitions": kept} if kept else rest


def in_order(schema):
    """The schema with its name first, then what is said of the whole, then properties and definitions."""
    last = ["properties", "definitions"]
    keys = ["typeName"] + sorted(set(schema) - {"typeName", *last}) + [key for key in last if key in schema]
    return {key: schema[key] for key in keys}


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def write(path, text):
    path.write_text(text + "\n", encoding="utf-8")


def regions_text(version, date, regions, absent):
    """The regions file: one line a type, with the regions that don't have it."""
    lines = ",\n".join(f"    {json.dumps(name)}: {json.dumps(missing)}" for name, missing in absent.items())
    head = {"source": f"cfn-lint {version}", "date": date, "regions": list(regions)}
    head = ",\n".join(f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in head.items())
    return f'{{\n{head},\n  "absent": {{\n{lines}\n  }}\n}}'


def main(arguments):
    if not arguments:
        sys.exit(__doc__)
    package = Path(arguments[0]) / "cfnlint"
    source = package / "data" / "schemas"
    if not (source / "providers").is_dir():
        sys.exit(f"{source} has no folder `providers`: give the folder that holds the package cfnlint")
    version = re.search(r'__version__ = "(.+?)"', (package / "version.py").read_text(encoding="utf-8"))[1]
    date = read(source / "version.json")["schema_date"][:10]
    providers = sorted(path for path in (source / "providers").glob("*.json") if path.stem != "sam")
    regions = {path.stem.replace("_", "-"): read(path) for path in providers}

    schemas = sorted(path for path in HERE.glob("*.json") if path.name not in ("overlay.json", "regions.json"))
    files = {read(path)["typeName"]: path for path in schemas}
    for name in arguments[1:]:
        files.setdefault(name, HERE / (name.replace("::", "-").lower() + ".json"))

    texts, absent = {}, {}
    for name, path in sorted(files.items()):
        hashes = {types[name] for types in regions.values() if name in types}
        if not hashes and name not in arguments[1:]:
            print(f"{name}: not in cfn-lint; its file stays as it is")
            continue
        if len(hashes) != 1:
            sys.exit(f"{name}: {len(hashes)} schemas in all regions together, expected one")
        schema = without_unused_definitions(reduce(read(source / "resources" / f"{hashes.pop()}.json")))
        texts[path] = json.dumps(in_order(schema), indent=2, ensure_ascii=False)
        absent[name] = [region for region, types in regions.items() if name not in types]
    texts[HERE / "regions.json"] = regions_text(version, date, regions, absent)
    for path, text in texts.items():
        write(path, text)
    print(f"{len(absent)} types, {len(regions)} regions, of cfn-lint {version}, {date}")


if __name__ == "__main__":
    main(sys.argv[1:])
