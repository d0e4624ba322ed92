#!/usr/bin/env python3
"""Writes the reduced resource schemas of this folder from an unpacked cfn-lint wheel.

    python3 schemas/refresh.py SITE_PACKAGES [AWS::Service::Type ...]

SITE_PACKAGES is the folder that holds `cfnlint` (of a venv or of the unpacked wheel). Refreshes every type that has a
file here, adds the types that are named, puts all other types of the registry into `registry/types.jsonl`, and writes
`regions.json`. Python's standard library is all it needs.
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
MAPS = {"definitions", "dependencies", "dependentSchemas", "patternProperties", "properties"}
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
    kept = {name: inner for name, inner in definitions.items() if name in used}
    return {**{key: value for key, value in schema.items() if key != "definitions"}, **({"definitions": kept} if kept else {})}


def in_order(schema):
    """The schema with its name first, then what is said of the whole, then properties and definitions."""
    last = ["properties", "definitions"]
    keys = ["typeName"] + sorted(set(schema) - {"typeName", *last}) + [key for key in last if key in schema]
    return {key: schema[key] for key in keys}


def file_of(type_name):
    return HERE / (type_name.replace("::", "-").lower() + ".json")


def write(path, data):
    path.write_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def main(arguments):
    if not arguments:
        sys.exit(__doc__)
    source = Path(arguments[0]) / "cfnlint" / "data" / "schemas"
    if not (source / "providers").is_dir():
        sys.exit(f"{source} has no folder `providers`: give the folder that holds the package cfnlint")
    regions = {
        path.stem.replace("_", "-"): json.loads(path.read_text(encoding="utf-8"))
        for path in sorted((source / "providers").glob("*.json"))
        if path.stem != "sam"
    }
    files = {}
    for path in sorted(HERE.glob("*.json")):
        if path.name not in ("dify.schema.json", "overlay.json", "regions.json"):
            schema = json.loads(path.read_text(encoding="utf-8"))
            files[schema["typeName"]] = path
    with_file = {*files, *arguments[1:]}
    types = sorted(set().union(*regions.values()))
    if unknown := sorted(with_file - set(types)):
        sys.exit(f"no region has {', '.join(unknown)}")
    lines, absent = [], {}
    for name in types:
        hashes = {types_of[name] for types_of in regions.values() if name in types_of}
        if len(hashes) != 1:
            sys.exit(f"{name}: {len(hashes)} different schemas in the regions, expected one")
        schema = json.loads((source / "resources" / f"{hashes.pop()}.json").read_text(encoding="utf-8"))
        schema = in_order(without_unused_definitions(reduce(schema)))
        if name in with_file:
            write(files.get(name, file_of(name)), schema)
        else:
            lines.append(json.dumps(schema, separators=(",", ":"), ensure_ascii=False) + "\n")
        absent.setdefault(tuple(region for region, types_of in regions.items() if name not in types_of), []).append(name)
    (HERE / "registry" / "types.jsonl").write_text("".join(lines), encoding="utf-8")
    write_regions(source, regions, absent)
    print(f"{len(types)} types, {len(with_file)} of them with a file, {len(regions)} regions")


def write_regions(source, regions, absent):
    """`regions.json`: the regions, and the types in groups that are absent from the same ones, a line each."""
    version = next(source.parents[2].glob("cfn_lint-*.dist-info")).name.removesuffix(".dist-info").partition("-")[2]
    date = json.loads((source / "version.json").read_text(encoding="utf-8"))["schema_date"].partition("T")[0]
    head = {"source": f"cfn-lint {version}", "date": date, "regions": list(regions)}
    members = [f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in head.items()]
    groups = ",\n".join(
        f"    {json.dumps({'regions': list(group), 'types': names})}" for group, names in sorted(absent.items())
    )
    members.append(f'  "absent": [\n{groups}\n  ]')
    (HERE / "regions.json").write_text("{\n" + ",\n".join(members) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
