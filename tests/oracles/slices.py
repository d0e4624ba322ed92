"""Cuts our own templates into small ones, the good templates that mutations start from: `slices.py --program FILE`.

For each resource type in the templates of tests/fixtures/configs the resource with the most properties, and all that it
refers to, is written to corpus/own/<service>-<type>.json. They are kept in the repository, so that a change of our
templates doesn't change every mutant; run this again when a type is added or a resource is made in another way.
"""

import argparse
import json
import re
import tempfile
from pathlib import Path

from oracle import HERE

CORPUS = HERE / "corpus"
SECTIONS = ("Parameters", "Mappings", "Conditions", "Resources")


def main() -> None:
    from programs import synthesize
    from run import CONFIGS

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", type=Path, required=True)
    program = parser.parse_args().program.resolve()
    best: dict[str, tuple] = {}
    with tempfile.TemporaryDirectory(prefix="slices-") as folder:
        for config in sorted(CONFIGS.glob("*.yaml")):
            written = synthesize(program, config, Path(folder) / config.stem)
            if isinstance(written, str):
                raise SystemExit(written)
            for file in written:
                if file.suffix == ".json":
                    choose(json.loads(file.read_text()), best)
    (CORPUS / "own").mkdir(parents=True, exist_ok=True)
    for old in (CORPUS / "own").glob("*.json"):
        old.unlink()
    for type_name, (_, slice_) in sorted(best.items()):
        name = "-".join(type_name.split("::")[1:]).lower()
        (CORPUS / "own" / f"{name}.json").write_text(json.dumps(slice_, indent=1) + "\n")
    print(f"{len(best)} slices")


def choose(template: dict, best: dict[str, tuple]) -> None:
    """Keeps the slice of each type's resource with the most properties; of equal ones the smallest."""
    for logical_id, resource in template["Resources"].items():
        cut = slice_of(template, logical_id)
        rank = (len(resource.get("Properties", {})), -len(cut["Resources"]))
        if resource["Type"] not in best or rank > best[resource["Type"]][0]:
            best[resource["Type"]] = (rank, cut)


def slice_of(template: dict, logical_id: str) -> dict:
    """The resource first, and everything that it refers to; what only has to come first is left out."""
    wanted: list[str] = []
    waiting = [logical_id]
    while waiting:
        name = waiting.pop(0)
        if name in wanted or not any(name in template.get(section, {}) for section in SECTIONS):
            continue
        wanted.append(name)
        for section in SECTIONS:
            waiting.extend(names(template.get(section, {}).get(name)))
    cut = {
        section: {name: without_order(template[section][name]) for name in wanted if name in template[section]}
        for section in SECTIONS
        if section in template
    }
    return {section: entries for section, entries in cut.items() if entries}


def without_order(entry):
    return {key: value for key, value in entry.items() if key != "DependsOn"} if isinstance(entry, dict) else entry


def names(value) -> list[str]:
    """All that a part of a template refers to by name, except by DependsOn."""
    if isinstance(value, list):
        return [name for item in value for name in names(item)]
    if not isinstance(value, dict):
        return []
    found = []
    for key, inner in value.items():
        first = inner[0] if isinstance(inner, list) and inner else inner
        if key in ("Ref", "Condition", "Fn::If", "Fn::FindInMap") and isinstance(first, str):
            found.append(first)
        elif key == "Fn::GetAtt" and isinstance(first, str):
            found.append(first.split(".")[0])
        elif key == "Fn::Sub" and isinstance(first, str):
            found.extend(re.findall(r"\$\{([A-Za-z0-9]+)", first))
        if key != "DependsOn":
            found.extend(names(inner))
    return found


if __name__ == "__main__":
    main()
