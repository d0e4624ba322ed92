"""Breaks the templates of corpus/: `mutate.py --seed N --generated N OUTPUT_FOLDER`, run in cfn-lint's environment.

Writes every good template (`<template>.json`) and its mutants (`<template>~<operator>.json` or `.yaml`). Named operators each
make one kind of mistake; those of `loops.json` are written by hand; the `generated` mutants have random values and deletions in the properties of the types that
schemas/ describes. The same seed makes the same files.
"""

import argparse
import copy
import json
import random
from pathlib import Path

import yaml
from cfnlint.decode import decode

HERE = Path(__file__).resolve().parent
CORPUS = HERE / "corpus"
SCHEMAS = HERE.parents[1] / "schemas"
# On how many templates each operator is tried.
OF_OURS = 5
OF_FOREIGN = 4
# Nobody is told the account, so that both can be.
MAYBE = {"Fn::Equals": [{"Ref": "AWS::AccountId"}, "123456789012"]}
FUNCTION = ("Ref", "Condition")


class NotHere(Exception):
    """The operator finds nothing in the template that it could break."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--generated", type=int, default=200)
    parser.add_argument("output", type=Path)
    arguments = parser.parse_args()

    own = {file.stem: load(file) for file in sorted((CORPUS / "own").glob("*.json"))}
    foreign = {file.stem: load(file) for file in sorted((CORPUS / "foreign").iterdir())}
    for name, template in {**own, **foreign}.items():
        write(arguments.output / f"{name}.json", template)
    for name, operator in OPERATORS.items():
        rng = random.Random(f"{arguments.seed}/{name}")
        made = {"own": 0, "foreign": 0}
        for base in [*rng.sample(list(foreign), len(foreign)), *rng.sample(list(own), len(own))]:
            kind = "own" if base in own else "foreign"
            if made[kind] == (OF_OURS if base in own else OF_FOREIGN):
                continue
            template = copy.deepcopy(own.get(base) or foreign[base])
            # Of ours the first resource is the one that the template is about.
            ids = list(template["Resources"])[: 1 if base in own else None]
            try:
                operator(rng, template, ids)
            except NotHere:
                continue
            made[kind] += 1
            form = "yaml" if base in foreign and rng.random() < 0.5 else "json"
            write(arguments.output / f"{base}~{name}.{form}", template)
    for name, base, text in texts(foreign):
        (arguments.output / f"{base}~{name}.json").write_text(text)
    loops(arguments.output)
    generate(arguments, own)


def load(file: Path) -> dict:
    template, mistakes = decode(str(file))
    if mistakes:
        raise SystemExit(f"{file}: {mistakes}")
    return json.loads(json.dumps(template))


def write(file: Path, template) -> None:
    text = json.dumps(template) if file.suffix == ".json" else yaml.safe_dump(template, sort_keys=False, width=120)
    file.write_text(text)


# What there is to break.


def places(template, ids):
    """(parent, key, value) of everything in the properties of the resources; functions as wholes."""

    def walk(parent, key, value):
        yield parent, key, value
        if is_function(value):
            return
        items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for inner, item in list(items):
            yield from walk(value, inner, item)

    for logical_id in ids:
        for name, value in list(template["Resources"][logical_id].get("Properties", {}).items()):
            yield from walk(template["Resources"][logical_id]["Properties"], name, value)


def is_function(value) -> bool:
    return isinstance(value, dict) and len(value) == 1 and next(iter(value)).startswith((*FUNCTION, "Fn::"))


def pick(rng, template, ids, fits):
    found = [place for place in places(template, ids) if fits(*place)]
    if not found:
        raise NotHere
    return rng.choice(found)


def is_number(_parent, _key, value):
    return (isinstance(value, int) and not isinstance(value, bool)) or (isinstance(value, str) and value.isdigit())


def is_text(_parent, _key, value):
    return isinstance(value, str) and not value.isdigit()


def is_scalar(_parent, _key, value):
    return isinstance(value, (str, int, float, bool))


def is_word(_parent, _key, value):
    return isinstance(value, str) and 2 < len(value) < 40 and value.replace("_", "").replace("-", "").isalpha()


def is_reference(_parent, _key, value):
    return is_function(value) and next(iter(value)) in ("Ref", "Fn::GetAtt")


def replace(fits, make):
    """The operator that replaces a value."""

    def operator(rng, template, ids):
        parent, key, value = pick(rng, template, ids, fits)
        parent[key] = make(rng, template, value)

    return operator


# The operators.


def delete(rng, template, ids):
    parent, key, _ = pick(rng, template, ids, lambda parent, *_: isinstance(parent, dict))
    del parent[key]


def delete_top(rng, template, ids):
    properties = template["Resources"][rng.choice(ids)].get("Properties")
    if not properties:
        raise NotHere
    del properties[rng.choice(list(properties))]


def misspell(rng, template, ids):
    parent, key, value = pick(rng, template, ids, lambda parent, *_: isinstance(parent, dict))
    del parent[key]
    parent[rng.choice([key + "s", key[:-1], key.lower() + "X"])] = value


def duplicate(rng, template, ids):
    _, _, items = pick(rng, template, ids, lambda _p, _k, value: isinstance(value, list) and value)
    items.append(copy.deepcopy(items[0]))


def absent(rng, template, _):
    """A resource that others refer to exists only sometimes."""
    text = json.dumps(template["Resources"])
    referred = [
        name for name in template["Resources"] if f'{{"Ref": "{name}"}}' in text or f'"Fn::GetAtt": ["{name}"' in text
    ]
    if not referred:
        raise NotHere
    template.setdefault("Conditions", {})["Maybe"] = MAYBE
    template["Resources"][rng.choice(referred)]["Condition"] = "Maybe"


def removed(rng, template, ids):
    """A property that is there only sometimes."""
    parent, key, value = pick(rng, template, ids, lambda parent, _k, _v: isinstance(parent, dict))
    template.setdefault("Conditions", {})["Maybe"] = MAYBE
    parent[key] = {"Fn::If": ["Maybe", value, {"Ref": "AWS::NoValue"}]}


def wrong_branch(rng, template, ids):
    parent, key, value = pick(rng, template, ids, lambda _p, _k, value: isinstance(value, (dict, list)))
    template.setdefault("Conditions", {})["Maybe"] = MAYBE
    parent[key] = {"Fn::If": ["Maybe", value, "x"]}


def cycle(rng, template, _):
    text = {name: json.dumps(resource) for name, resource in template["Resources"].items()}
    pairs = [
        (name, other)
        for name in text
        for other in text
        if name != other and (f'{{"Ref": "{other}"}}' in text[name] or f'"Fn::GetAtt": ["{other}"' in text[name])
    ]
    if not pairs:
        raise NotHere
    name, other = rng.choice(pairs)
    template["Resources"][other]["DependsOn"] = name


def attribute(key, value):
    """The operator that sets an attribute of a resource."""

    def operator(rng, template, ids):
        template["Resources"][rng.choice(ids)][key] = value

    return operator


def section(name, entry, value):
    """The operator that adds an entry to a section."""

    def operator(_, template, __):
        template.setdefault(name, {})[entry] = value

    return operator


def wrong_type_name(rng, template, ids):
    resource = template["Resources"][rng.choice(ids)]
    resource["Type"] = resource["Type"][:-1]


def no_type(rng, template, ids):
    del template["Resources"][rng.choice(ids)]["Type"]


def other_reference(rng, template, value):
    others = [name for name in template["Resources"] if name not in json.dumps(value)]
    if not others:
        raise NotHere
    return {"Ref": rng.choice(others)}


def other_attribute(_, template, value):
    name = next(iter(template["Resources"]))
    if "Fn::GetAtt" in value:
        name = value["Fn::GetAtt"][0]
    return {"Fn::GetAtt": [name, "Nope"]}


def list_for_scalar(_, template, value):
    return {"Fn::Split": [",", "a,b"]}


OPERATORS = {
    "delete-1": delete,
    "delete-2": delete,
    "delete-3": delete,
    "delete-top-1": delete_top,
    "delete-top-2": delete_top,
    "misspell-1": misspell,
    "misspell-2": misspell,
    "object-for-scalar": replace(is_scalar, lambda *_: {"Unexpected": "x"}),
    "list-for-scalar": replace(is_scalar, lambda rng, _, value: [value]),
    "text-for-object": replace(lambda _p, _k, v: isinstance(v, dict) and not is_function(v), lambda *_: "x"),
    "text-for-list": replace(lambda _p, _k, v: isinstance(v, list), lambda *_: "x"),
    "object-for-list": replace(lambda _p, _k, v: isinstance(v, list), lambda *_: {"A": "x"}),
    "null": replace(is_scalar, lambda *_: None),
    "number-negative": replace(is_number, lambda *_: -1),
    "number-zero": replace(is_number, lambda *_: 0),
    "number-large": replace(is_number, lambda *_: 99999999),
    "number-broken": replace(is_number, lambda *_: 1.5),
    "number-as-word": replace(is_number, lambda *_: "many"),
    "boolean-as-word": replace(lambda _p, _k, v: isinstance(v, bool), lambda *_: "maybe"),
    "text-empty": replace(is_text, lambda *_: ""),
    "text-long": replace(is_text, lambda *_: "x" * 300),
    "text-odd": replace(is_text, lambda *_: "not valid! é"),
    "enum-1": replace(is_word, lambda *_: "bogus"),
    "enum-2": replace(is_word, lambda _r, _t, value: value.swapcase()),
    "list-empty": replace(lambda _p, _k, v: isinstance(v, list), lambda *_: []),
    "list-duplicate": duplicate,
    "ref-dangling": replace(is_scalar, lambda *_: {"Ref": "Nowhere"}),
    "ref-other": replace(is_reference, other_reference),
    "ref-unknown-pseudo": replace(is_scalar, lambda *_: {"Ref": "AWS::Regoin"}),
    "getatt-unknown-resource": replace(is_scalar, lambda *_: {"Fn::GetAtt": ["Nowhere", "Arn"]}),
    "getatt-unknown-attribute": replace(is_reference, other_attribute),
    "sub-unknown": replace(is_scalar, lambda *_: {"Fn::Sub": "x-${Nowhere}"}),
    "sub-unknown-attribute": replace(is_scalar, lambda *_: {"Fn::Sub": "x-${Nowhere.Arn}"}),
    "sub-list": replace(is_scalar, lambda *_: {"Fn::Sub": ["a"]}),
    "no-sub": replace(is_text, lambda *_: "${AWS::Region}"),
    "join-broken": replace(is_scalar, lambda *_: {"Fn::Join": ["a", "b"]}),
    "select-far": replace(is_scalar, lambda *_: {"Fn::Select": [5, ["a", "b"]]}),
    "split-for-scalar": replace(is_scalar, list_for_scalar),
    "find-in-no-map": replace(is_scalar, lambda *_: {"Fn::FindInMap": ["Nowhere", "a", "b"]}),
    "if-undefined": replace(is_scalar, lambda _r, _t, value: {"Fn::If": ["Nowhere", value, value]}),
    "if-broken": replace(is_scalar, lambda _r, _t, value: {"Fn::If": ["Nowhere", value]}),
    "if-wrong-branch": wrong_branch,
    "if-removes": removed,
    "function-unknown": replace(is_scalar, lambda *_: {"Fn::Nope": "a"}),
    "cidr-broken": replace(is_scalar, lambda *_: {"Fn::Cidr": ["10.0.0.0/16", 0, 40]}),
    "dynamic-broken": replace(is_scalar, lambda *_: "{{resolve:ssm}}"),
    "absent-1": absent,
    "absent-2": absent,
    "cycle-1": cycle,
    "cycle-2": cycle,
    "depends-on-missing": attribute("DependsOn", "Nowhere"),
    "depends-on-object": attribute("DependsOn", {"Ref": "A"}),
    "condition-undefined": attribute("Condition", "Nowhere"),
    "deletion-policy": attribute("DeletionPolicy", "Keep"),
    "attribute-unknown": attribute("Propertys", {}),
    "properties-as-list": attribute("Properties", []),
    "type-misspelled": wrong_type_name,
    "type-missing": no_type,
    "section-unknown": lambda _r, template, _i: template.update(Resource={}),
    "parameter-type": section("Parameters", "Odd", {"Type": "Strng"}),
    "parameter-default": section("Parameters", "Odd", {"Type": "String", "AllowedValues": ["a"], "Default": "b"}),
    "parameter-key": section("Parameters", "Odd", {"Type": "String", "Defalt": "b"}),
    "parameter-name": section("Parameters", "Odd-Name", {"Type": "String"}),
    "parameter-unused": section("Parameters", "Odd", {"Type": "String"}),
    "condition-unused": section("Conditions", "Odd", MAYBE),
    "condition-broken": section("Conditions", "Odd", {"Fn::Equals": ["a"]}),
    "condition-constant": section("Conditions", "Odd", "true"),
    "condition-unknown": section("Conditions", "Odd", {"Fn::Not": [{"Condition": "Nowhere"}]}),
    "mapping-unused": section("Mappings", "Odd", {"a": {"b": "c"}}),
    "mapping-flat": section("Mappings", "Odd", {"a": "b"}),
    "output-dangling": section("Outputs", "Odd", {"Value": {"Ref": "Nowhere"}}),
    "output-empty": section("Outputs", "Odd", {}),
    "output-list": section("Outputs", "Odd", {"Value": ["a"]}),
    "output-condition": section("Outputs", "Odd", {"Value": "a", "Condition": "Nowhere"}),
    "resource-name": section("Resources", "Odd-Name", {"Type": "AWS::SNS::Topic"}),
    "resource-as-text": section("Resources", "Odd", "AWS::SNS::Topic"),
    "same-name": lambda _r, template, _i: template.setdefault("Parameters", {}).update(
        {next(iter(template["Resources"])): {"Type": "String"}}
    ),
}


def texts(foreign):
    """Mutants that are no templates, or are by their text only."""
    base, template = next(iter(foreign.items()))
    text = json.dumps(template)
    first = next(iter(template["Resources"]))
    twice = text.replace('"Resources": {', f'"Resources": {{"{first}": {{"Type": "AWS::SNS::Topic"}}, ', 1)
    yield "key-twice", base, twice
    yield "cut-off", base, text[: len(text) // 2]
    yield "comma", base, text.replace("{", "{,", 1)
    yield "empty", base, ""
    yield "list", base, "[]"
    yield "no-resources", base, '{"AWSTemplateFormatVersion": "2010-09-09"}'


# Loops and functions of the language extensions, whose mistakes are written by hand.


def loops(output: Path) -> None:
    """corpus/loops.json: a good template, and for each mutant a JSON pointer and what stands there; null takes it away."""
    corpus = json.loads((CORPUS / "loops.json").read_text())
    write(output / "loops.json", corpus["template"])
    for name, (pointer, value) in corpus["mutants"].items():
        template = copy.deepcopy(corpus["template"])
        *parents, last = [int(step) if step.isdigit() else step for step in pointer.split("/")[1:]]
        parent = template
        for step in parents:
            parent = parent[step]
        if value is None:
            del parent[last]
        else:
            parent[last] = value
        write(output / f"loops~{name}.json", template)


# Generated mutants.


def generate(arguments, own) -> None:
    rng = random.Random(f"{arguments.seed}/generated")
    schemas = {json.loads(file.read_text())["typeName"]: json.loads(file.read_text()) for file in SCHEMAS.glob("aws-*.json")}
    for number in range(arguments.generated):
        base = rng.choice(list(own))
        template = copy.deepcopy(own[base])
        logical_id = next(iter(template["Resources"]))
        resource = template["Resources"][logical_id]
        for _ in range(rng.choice([1, 1, 2])):
            try:
                if rng.random() < 0.3:
                    delete(rng, template, [logical_id])
                else:
                    change(rng, schemas[resource["Type"]], resource.setdefault("Properties", {}))
            except NotHere:
                pass
        write(arguments.output / f"{base}~generated-{number}.json", template)


def change(rng, schema, properties) -> None:
    """Sets a property, of the resource or of an object inside, to a random value of about its type."""
    holder, of = properties, schema
    while True:
        inner = [
            (value, resolved(schema, of["properties"][key]))
            for key, value in holder.items()
            if key in of.get("properties", {}) and isinstance(value, dict) and not is_function(value)
        ]
        inner = [(value, of) for value, of in inner if of.get("properties")]
        if not inner or rng.random() < 0.5:
            break
        holder, of = rng.choice(inner)
    names = [name for name in of.get("properties", {})]
    if not names:
        raise NotHere
    name = rng.choice(names)
    holder[name] = random_value(rng, schema, of["properties"][name], 3)


def resolved(schema, node):
    while "$ref" in node:
        node = schema["definitions"].get(node["$ref"].rsplit("/", 1)[-1], {})
    return node


TEXTS = ["", "a", "Name-1", "x" * 257, "not valid!", "1", "true", "10.0.0.0/16", "arn:aws:iam::123456789012:role/x"]


def random_value(rng, schema, node, depth):
    node = resolved(schema, node)
    kind = node.get("type", "string")
    kind = rng.choice(kind) if isinstance(kind, list) else kind
    if rng.random() < 0.08:
        kind = rng.choice(["string", "integer", "boolean", "object", "array"])
    if "enum" in node and rng.random() < 0.8:
        return rng.choice(node["enum"])
    if kind == "boolean":
        return rng.choice([True, False])
    if kind in ("integer", "number"):
        ends = [node[key] for key in ("minimum", "maximum") if key in node]
        return rng.choice([-1, 0, 1, 7, 100, 65536, *[end + step for end in ends for step in (-1, 0, 1)]])
    if kind == "array":
        if depth == 0:
            return []
        return [random_value(rng, schema, node.get("items", {}), depth - 1) for _ in range(rng.choice([0, 1, 1, 2, 3]))]
    if kind == "object":
        inner = node.get("properties", {})
        if depth == 0 or not inner:
            return {}
        wanted = set(node.get("required", [])) if rng.random() < 0.7 else set()
        wanted.update(name for name in inner if rng.random() < 0.25)
        return {name: random_value(rng, schema, inner[name], depth - 1) for name in sorted(wanted) if name in inner}
    return rng.choice(TEXTS)


if __name__ == "__main__":
    main()
