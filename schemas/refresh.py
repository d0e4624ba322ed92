#!/usr/bin/env python3
"""Writes the reduced resource schemas of this folder from an unpacked cfn-lint wheel.

    python3 schemas/refresh.py SITE_PACKAGES [AWS::Service::Type ...]

SITE_PACKAGES is the folder that holds `cfnlint` (of a venv or of the unpacked wheel). Refreshes every type that has a
file here, adds the types that are named, puts all other types of the registry into `registry/types.jsonl`, and writes
`regions.json`, `iam-actions.txt` and `rds-engines.txt`. Python's standard library is all it needs.
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


def arn_formats(kinds, names):
    """The forms of the ARNs that an action can be about, wildcards for what a policy fills in."""
    forms = set()
    for name in names:
        for form in kinds.get(name.lower(), {}).get("ARNFormats", []):
            form = re.sub(r"\$\{[^}]*\}", "*", form).replace(".*", "*")
            # The list has the same form for a bucket and for what is in it.
            forms.add("arn:*:s3:::*/*" if (name.lower(), form) == ("object", "arn:*:s3:::*") else form)
    return " ".join(sorted(forms)) or "*"


def actions(services):
    """The actions of every service, by the forms of the resources that they are about."""
    lines = []
    for prefix, service in sorted(services.items()):
        by_forms = {}
        for action, about in service["Actions"].items():
            names = about.get("Resources", [])
            names = [names] if isinstance(names, str) else names
            by_forms.setdefault(arn_formats(service.get("Resources", {}), names), []).append(action)
        lines.append(prefix)
        lines += [f"\t{forms}\t{' '.join(sorted(named))}" for forms, named in sorted(by_forms.items())]
    return "\n".join(lines) + "\n"


def versions(schema, deprecated):
    """The versions of each engine, `!` behind those that are deprecated."""
    old = {
        part["if"]["properties"]["Engine"]["const"]: set(part["if"]["properties"]["EngineVersion"]["enum"])
        for part in deprecated["allOf"]
    }
    found = {}
    for part in schema["allOf"]:
        engine = part["if"]["properties"]["Engine"].get("const")
        if engine:
            known = part["then"]["properties"]["EngineVersion"]["enum"]
            found[engine] = [version + ("!" if version in old.get(engine, ()) else "") for version in known]
    return found


def classes(by_region, name):
    """The instance classes of each engine without a licence, by the regions that don't have them."""
    offered = {}
    for region, schema in by_region.items():
        for part in schema["allOf"]:
            properties = part["if"]["properties"]
            if properties.get("LicenseModel", False) is False:
                engine = properties["Engine"]["const"]
                for size in part["then"]["properties"][name]["enum"]:
                    offered.setdefault(engine, {}).setdefault(size, set()).add(region)
    found = {}
    for engine, sizes in offered.items():
        for size, regions in sizes.items():
            absent = " ".join(sorted(set(by_region) - regions))
            found.setdefault(engine, {}).setdefault(absent, []).append(size)
    return found


def engines(extensions):
    """Versions and instance classes of the engines of RDS, a line for each engine and set of regions."""
    def of(kind, name):
        return json.loads((extensions / f"aws_rds_db{kind}" / f"{name}.json").read_text(encoding="utf-8"))

    lines = []
    for kind, enum, name in (
        ("cluster", "dbclusterinstanceclass_enum", "DBClusterInstanceClass"),
        ("instance", "dbinstanceclass_enum", "DBInstanceClass"),
    ):
        known = versions(of(kind, "engine_version"), of(kind, "engine_version_deprecated"))
        lines += [f"{kind}\tversions\t{engine}\t\t{' '.join(known[engine])}" for engine in sorted(known)]
        by_region = of(kind, enum)
        lines.append(f"{kind}\tregions\t\t\t{' '.join(sorted(by_region))}")
        sizes = classes(by_region, name)
        for engine in sorted(sizes):
            lines += [
                f"{kind}\tclasses\t{engine}\t{absent}\t{' '.join(sorted(named))}"
                for absent, named in sorted(sizes[engine].items())
            ]
    return "\n".join(lines) + "\n"


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
    services = json.loads((source.parent / "AdditionalSpecs" / "Policies.json").read_text(encoding="utf-8"))
    (HERE / "iam-actions.txt").write_text(actions(services), encoding="utf-8")
    (HERE / "rds-engines.txt").write_text(engines(source / "extensions"), encoding="utf-8")
    print(f"{len(types)} types, {len(with_file)} of them with a file, {len(regions)} regions, {len(services)} services with actions")


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
