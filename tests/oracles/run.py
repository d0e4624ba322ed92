"""Asks cfn-lint, AWS's cloudformation-validate and cdk-preflight's rules about every template that the program writes.

`run.py [--program FILE] [FIXTURE…]`: each tests/fixtures/configs/*.yaml, and no configuration at all (`default`),
is synthesized; an error or warning in any of the templates fails unless accepted.json names it, and so does an
entry of accepted.json that no template needs. Informational findings are counted only. The first checks are of
this runner itself: it has to fail where it should.
"""

import argparse
import json
import re
import sys
import tempfile
from pathlib import Path

import tool
from accepted import Accepted
from oracle import HERE, Finding, Oracle
from programs import build, build_example, evaluate, synthesize
from tool import ROOT

CONFIGS = ROOT / "tests" / "fixtures" / "configs"
# Some rules depend on the region. A fixture is checked for those that it names, else for this one.
DEFAULT_REGIONS = ["us-east-1"]
SHOWN = 30


class Checks:
    """Prints a line for each check, and counts."""

    def __init__(self):
        self.passed = 0
        self.failed = 0

    def report(self, name: str, complaints: list[str], remark: str) -> None:
        if complaints:
            self.failed += 1
        else:
            self.passed += 1
        print(f"{'FAIL' if complaints else 'PASS'} {name}: {remark}")
        for complaint in complaints[:SHOWN]:
            print(f"     {complaint}")
        if len(complaints) > SHOWN:
            print(f"     and {len(complaints) - SHOWN} more")
        sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", type=Path, help="the program; built by cargo if not given")
    parser.add_argument("--evaluated", type=Path, help="the example of that name; built by cargo if not given")
    parser.add_argument("fixtures", nargs="*", help="names of fixtures; all, and `default`, if none is given")
    arguments = parser.parse_args()

    configs: dict[str, Path | None] = {"default": None}
    configs.update((path.stem, path) for path in sorted(CONFIGS.glob("*.yaml")))
    unknown = [name for name in arguments.fixtures if name not in configs]
    if unknown:
        parser.error(f"no such fixture: {', '.join(unknown)}; there are: {', '.join(configs)}")
    chosen = arguments.fixtures or list(configs)

    oracles = [
        Oracle(tool.ensure("cloudformation-validate"), "cfn_validate_many.py"),
        Oracle(tool.ensure("cfn-lint"), "cfn_lint_many.py"),
    ]
    preflight = preflight_oracle()
    print(f"oracles: {', '.join(str(oracle.tool) for oracle in [*oracles, preflight])}", flush=True)
    checks = Checks()
    self_test(oracles, preflight, checks)
    if checks.failed == 0:
        accepted = Accepted.load(HERE / "accepted.json")
        program = (arguments.program or build()).resolve()
        example = (arguments.evaluated or build_example()).resolve()
        with tempfile.TemporaryDirectory(prefix="oracles-") as folder:
            templates = {name: synthesize(program, configs[name], Path(folder) / name) for name in chosen}
            regions_of = {name: regions(configs[name]) for name in chosen}
            judge_all(oracles, templates, regions_of, accepted, checks)
            judge_evaluated(preflight, example, templates, regions_of, accepted, checks)
        if chosen == list(configs):
            unused = [f"not needed any more: {json.dumps(entry)}" for entry in accepted.unused()]
            checks.report("accepted.json", unused, f"{len(accepted.entries)} acceptances")
        for oracle in [*oracles, preflight]:
            print(f"{oracle.tool}: asked anew for {oracle.anew} of {oracle.asked} answers")
    print(f"{checks.passed} passed, {checks.failed} failed")
    return 1 if checks.failed else 0




def regions(config: Path | None) -> list[str]:
    """The regions that a configuration names."""
    text = config.read_text() if config else ""
    return sorted(set(re.findall(r"\bregion:\s*[\"']?([a-z]{2}(?:-[a-z]+)+-\d)", text))) or DEFAULT_REGIONS


def judge_all(oracles, templates, regions_of, accepted: Accepted, checks: Checks) -> None:
    """Reports a check for each fixture. The oracles are asked once for all fixtures of the same regions."""
    findings: dict[Path, list[Finding]] = {}
    for group in sorted({tuple(named) for named in regions_of.values()}):
        files = [
            file
            for name, written in templates.items()
            if tuple(regions_of[name]) == group and not isinstance(written, str)
            for file in written
        ]
        for oracle in oracles:
            for file, found in oracle.ask(files, list(group)).items():
                findings.setdefault(file, []).extend(found)
    for name, written in templates.items():
        if isinstance(written, str):
            checks.report(name, [written], "no templates")
            continue
        complaints, infos = judge(name, {file: findings[file] for file in written}, accepted)
        where = ", ".join(regions_of[name])
        checks.report(name, complaints, f"{len(written)} templates in {where}, {infos} informational findings")


def judge_evaluated(preflight: Oracle, example: Path, templates, regions_of, accepted: Accepted, checks: Checks) -> None:
    """Reports a check for each fixture: its templates in each combination of their conditions, for cdk-preflight's rules.

    With conditions they would be judged wrongly, since those rules take both branches of `Fn::If` for there at once.
    """
    combinations: dict[str, dict[Path, list[Path]]] = {}
    for name, written in templates.items():
        if not isinstance(written, str):
            files = [file for file in written if file.suffix == ".json"]
            combinations[name] = evaluate(example, files, files[0].parent / "evaluated")
    answers: dict[Path, list[Finding]] = {}
    for group in sorted({tuple(regions_of[name]) for name in combinations}):
        names = [name for name in combinations if tuple(regions_of[name]) == group]
        answers.update(preflight.ask([one for name in names for one in every(combinations[name])], list(group)))
    for name, by_file in combinations.items():
        findings = {file: [one for part in parts for one in answers[part]] for file, parts in by_file.items()}
        complaints, _ = judge(name, findings, accepted)
        complaints.extend(f"{file.name} could not be evaluated" for file, parts in by_file.items() if not parts)
        checks.report(f"{name}, evaluated", complaints, f"{len(every(by_file))} combinations, cdk-preflight")


def every(by_file: dict[Path, list[Path]]) -> list[Path]:
    return [one for parts in by_file.values() for one in parts]


def judge(name: str, findings: dict[Path, list[Finding]], accepted: Accepted) -> tuple[list[str], int]:
    """What has to be told of the templates of a fixture, and the number of informational findings."""
    complaints: dict[tuple, str] = {}
    infos = 0
    for file, found in findings.items():
        stack = file.name.rsplit(".template.", 1)[0]
        for finding in found:
            if finding.level == "info":
                infos += 1
            elif not accepted.covers(f"{name}/{stack}", finding):
                named = finding.path.startswith((finding.place, f"Resources/{finding.place}"))
                where = finding.path if named else f"{finding.place} {finding.path}"
                said = f"{finding.tool} {finding.rule} {finding.level} {where}: {finding.message}"
                first = complaints.get((stack, said))
                complaints[stack, said] = (
                    f"{first} (also {file.suffix[1:]}:{finding.line})" if first else f"{file.name}:{finding.line} {said}"
                )
    return list(complaints.values()), infos


def preflight_oracle() -> Oracle:
    """cdk-preflight's rules, run by cloudformation-validate."""
    preflight, package = tool.ensure_package("cdk-preflight", tool.ensure("cloudformation-validate"))
    return Oracle(preflight, "preflight_many.py", ["--rules", str(package / "lib" / "rules.generated.js")])


def self_test(oracles: list[Oracle], preflight: Oracle, checks: Checks) -> None:
    """Shows on templates written by hand, asked anew each time, that this runner fails where it should."""
    good, bad = (HERE / "selftest" / name for name in ("good.yaml", "bad.yaml"))
    findings: dict[Path, list[Finding]] = {good: [], bad: []}
    for oracle in oracles:
        for file, found in oracle.ask([good, bad], DEFAULT_REGIONS, use_cache=False).items():
            findings[file].extend(found)

    complaints, _ = judge("self-test", {good: findings[good]}, Accepted([]))
    checks.report("self-test: a good template", complaints, "no finding expected")

    expected = {
        ("cfn-lint", "E3002", "error", "Topic"),
        ("cfn-lint", "W2001", "warning", "Parameters/Unused"),
        ("cloudformation-validate", "F3002", "error", "Topic"),
        ("cloudformation-validate", "W2001", "warning", "Parameters/Unused"),
    }
    found = {(f.tool, f.rule, f.level, f.place) for f in findings[bad]}
    missing = [f"not reported: {' '.join(parts)}" for parts in sorted(expected - found)]
    complaints, _ = judge("self-test", {bad: findings[bad]}, Accepted([]))
    if len(complaints) < len(expected):
        missing.append(f"the runner complains only of {complaints}")
    checks.report("self-test: a bad template", missing, f"{len(expected)} findings expected")

    refused = HERE / "selftest" / "refused.json"
    answers = preflight.ask([good, refused], DEFAULT_REGIONS, use_cache=False)
    said = [(one.rule, one.level, one.place) for one in answers[refused]]
    wrong = [] if said == [("pf-ec2-sg-port-range", "error", "Group")] else [f"cdk-preflight says {said}"]
    wrong.extend(f"of a good template: {one}" for one in answers[good])
    checks.report("self-test: what AWS would refuse", wrong, "1 finding expected")

    keys = ("tool", "rule", "resource")
    entries = [
        {"template": "self-*/bad*", "reason": "a self-test", **dict(zip(keys, (tool, rule, place)))}
        for tool, rule, _, place in sorted(expected)
    ]
    accepted = Accepted([*entries, {**entries[0], "rule": "E9999"}])
    complaints, _ = judge("self-test", {bad: findings[bad]}, accepted)
    if [entry["rule"] for entry in accepted.unused()] != ["E9999"]:
        complaints.append(f"unused acceptances: {accepted.unused()}")
    checks.report("self-test: acceptances", complaints, "all findings accepted, one acceptance unused")


if __name__ == "__main__":
    sys.exit(main())
