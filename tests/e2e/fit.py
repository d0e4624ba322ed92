"""What the emulator ministack 1.5.33 refuses is taken out of a template here, and nowhere else; what was changed is listed.

The product never does this: a template for AWS is whole. Two kinds of change are made, and no other (`strangers` looks for one):

1. a resource of a type in REFUSED is left out;
2. a `DependsOn` no longer names a resource that was left out.

Rules of security groups are among what is left out. They could stand inside of their groups instead, but then the emulator would
be given other resources than the ones that we deploy; the paths between groups are checked on the templates (`tests/wiring`).
"""

import copy
import json

# Types that it refuses with "Unrecognized resource types", and that nothing refers to but by DependsOn.
REFUSED = {
    "AWS::ApplicationAutoScaling::ScalableTarget": "the service answers 400, too",
    "AWS::ApplicationAutoScaling::ScalingPolicy": "as its target",
    "AWS::EC2::SecurityGroupEgress": "only rules inside of a group are known",
    "AWS::EC2::SecurityGroupIngress": "only rules inside of a group are known",
}


def fit(template: dict) -> tuple[dict, list[str]]:
    """The template as the emulator takes it, and a line for each change."""
    fitted = copy.deepcopy(template)
    changes = []
    resources = fitted["Resources"]
    gone = {name for name, resource in resources.items() if resource["Type"] in REFUSED}
    for name in sorted(gone):
        changes.append(f"{name} ({resources[name]['Type']}) is left out")
        del resources[name]
    for name, resource in resources.items():
        depends = _list(resource.get("DependsOn", []))
        kept = [other for other in depends if other not in gone]
        if kept != depends:
            changes.append(f"{name} depends on nothing that is left out")
            if kept:
                resource["DependsOn"] = kept
            else:
                del resource["DependsOn"]
    return fitted, changes


def strangers(template: dict, fitted: dict, changes: list[str]) -> list[str]:
    """What differs beside the two kinds of change, or was changed and isn't listed. Everything else is the same to the byte."""
    found = []
    before, after = template["Resources"], fitted["Resources"]
    gone = [name for name in before if name not in after]
    listed = []
    for name in sorted(gone):
        kind = before[name]["Type"]
        listed.append(f"{name} ({kind}) is left out")
        if kind not in REFUSED:
            found.append(f"{name}, {kind}, is left out, but the emulator knows its type")
    for name, resource in after.items():
        if name not in before:
            found.append(f"{name} isn't in the true template")
            continue
        true = copy.deepcopy(before[name])
        depends = _list(true.get("DependsOn", []))
        if set(depends) & set(gone):
            listed.append(f"{name} depends on nothing that is left out")
            kept = [other for other in depends if other not in gone]
            true["DependsOn"] = kept
            if not kept:
                del true["DependsOn"]
        if _bytes(true) != _bytes(resource):
            found.append(f"{name} differs from the true template")
    if [name for name in before if name in after] != [name for name in after if name in before]:
        found.append("resources stand in another order")
    for section in {**template, **fitted}:
        if section != "Resources" and _bytes(template.get(section)) != _bytes(fitted.get(section)):
            found.append(f"{section} differs from the true template")
    if sorted(listed) != sorted(changes):
        found.append(f"listed are {sorted(changes)}, made were {sorted(listed)}")
    return found


def _bytes(value) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def _list(value) -> list:
    return [value] if isinstance(value, str) else value
