"""Holds our `validate` against the oracles on mutants of good templates (mutate.py).

`differences.py [--program FILE] [--evaluated FILE] [--seed N] [--mutants N] [--generated N] [--keep] [--show TEXT]`

Every mutant is judged by cfn-lint, AWS's cloudformation-validate and, evaluated for each combination of its conditions, by
cdk-preflight's rules. Findings that the good template has already don't count. Two differences fail, unless
differences.json explains them:

- missing: a tool has an error or a warning for a resource (or an entry of another section), and we have none for it;
- extra: we have an error or a warning there whose rule names one of the tool's as the same, and the tool says nothing.

An explanation that no mutant needs fails too. What the tools said is kept in answers/; asked anew are what changed and 40
mutants that a seed draws. `--keep` renews the kept answers. Other values of `--mutants` and `--generated` look for more.
"""

import argparse
import fnmatch
import json
import os
import random
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import tool
from answers import Answers, compact
from oracle import HERE, Finding, Oracle
from programs import build, build_example, evaluate
from run import Checks, preflight_oracle

REGIONS = ["us-east-1"]
DRAWN = 40
KEYS = {"kind", "tool", "rule", "template", "place", "reason"}
CYCLE = "R009"
FLAGS = ("error", "warning")


@dataclass(frozen=True)
class Difference:
    """A tool and we don't agree about a place of a mutant. `rule` is theirs where we miss it, ours where it's extra."""

    kind: str
    tool: str
    rule: str
    template: str
    place: str
    message: str

    def __str__(self) -> str:
        said = f": {self.message}" if self.message else ""
        return f"{self.kind} {self.tool} {self.rule} {self.template} {self.place or 'the template'}{said}"


class Explained:
    """differences.json: {"kind", "tool", "rule", "template", "place", "reason"}; template and place may have `*`."""

    def __init__(self, entries: list[dict]):
        for entry in entries:
            if set(entry) != KEYS or not all(isinstance(text, str) for text in entry.values()) or not entry["reason"]:
                raise ValueError(f"an explanation is the six texts {sorted(KEYS)}, but this is {entry}")
        self.entries = entries
        self.needed = [0] * len(entries)

    def covers(self, difference: Difference) -> bool:
        covered = False
        for index, entry in enumerate(self.entries):
            if all(
                fnmatch.fnmatchcase(getattr(difference, key), entry[key])
                for key in ("kind", "tool", "rule", "template", "place")
            ):
                self.needed[index] += 1
                covered = True
        return covered

    def unused(self) -> list[dict]:
        return [entry for entry, needed in zip(self.entries, self.needed) if not needed]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=Path, help="the program; built by cargo if not given")
    parser.add_argument("--evaluated", type=Path, help="the example of that name; built by cargo if not given")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32), help="draws who is asked anew")
    parser.add_argument("--mutants", type=int, default=1, help="the seed of the mutants; 1 are those whose answers are kept")
    parser.add_argument("--generated", type=int, default=200, help="how many mutants have random values")
    parser.add_argument("--keep", action="store_true", help="writes the answers to answers/")
    parser.add_argument("--show", help="what everybody says of the mutants whose name has this text; nothing is checked")
    arguments = parser.parse_args()
    program = (arguments.program or build()).resolve()
    evaluated = (arguments.evaluated or build_example()).resolve()

    cfn_lint, cfn_validate = tool.ensure("cfn-lint"), tool.ensure("cloudformation-validate")
    preflight = preflight_oracle()
    oracles = [Oracle(cfn_lint, "cfn_lint_many.py"), Oracle(cfn_validate, "cfn_validate_many.py"), preflight]
    print(f"oracles: {', '.join(str(oracle.tool) for oracle in oracles)}; seed {arguments.seed}", flush=True)
    checks = Checks()
    with tempfile.TemporaryDirectory(prefix="differences-") as folder:
        files = mutants(cfn_lint, Path(folder), arguments)
        ours = our_findings(program, files)
        expressions = evaluate(evaluated, files, Path(folder) / "evaluated")
        said = {}
        for oracle in oracles:
            templates = expressions if oracle is preflight else {file: [file] for file in files}
            said[oracle.tool.name] = ask(oracle, templates, arguments, checks)
        if arguments.show:
            show(files, ours, said, arguments.show)
            return 0
        explained = Explained(json.loads((HERE / "differences.json").read_text()))
        compare(files, ours, said, same_as(program), explained, checks)
    if (arguments.mutants, arguments.generated) == (1, 200):
        unused = [f"not needed any more: {json.dumps(entry)}" for entry in explained.unused()]
        checks.report("differences.json", unused, f"{len(explained.entries)} explanations")
    print(f"{checks.passed} passed, {checks.failed} failed")
    return 1 if checks.failed else 0



def mutants(cfn_lint: tool.Tool, folder: Path, arguments) -> list[Path]:
    """Writes the good templates and their mutants."""
    output = folder / "templates"
    output.mkdir()
    options = ["--seed", str(arguments.mutants), "--generated", str(arguments.generated)]
    subprocess.run([cfn_lint.python, HERE / "mutate.py", *options, output], check=True)
    return sorted(output.iterdir())


def our_findings(program: Path, files: list[Path]) -> dict[Path, list[Finding]]:
    """What we say of each file."""
    command = [program, "validate", "--json", "--region", REGIONS[0], *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 3:
        sys.exit(f"validate ended with {done.returncode}: {done.stderr[-2000:]}")
    found: dict[Path, list[Finding]] = {file: [] for file in files}
    for finding in json.loads(done.stdout)["findings"]:
        code, pointer = finding["code"], finding["pointer"] or ""
        parts = pointer.split("/")[1:3]
        places = [parts[1] if parts[:1] == ["Resources"] and len(parts) > 1 else "/".join(parts)]
        if code == CYCLE:
            # Told once, as the way around.
            places.extend(name for name in re.findall(r"`(\w+)`", finding["message"]) if name not in places)
        found[Path(finding["file"])].extend(
            Finding("dify-cfn", code, finding["severity"], place, pointer, finding["line"], finding["message"])
            for place in places
        )
    return found


def same_as(program: Path) -> dict[str, list[str]]:
    """For each of our rules what it is called elsewhere."""
    done = subprocess.run([program, "rules", "--json"], capture_output=True, text=True, check=True)
    return {rule["code"]: rule["same_as"] for rule in json.loads(done.stdout)["rules"]}



def ask(oracle: Oracle, templates: dict[Path, list[Path]], arguments, checks: Checks) -> dict[Path, list[Finding]]:
    """What the tool says of each file: as kept, and asked anew where nothing is kept or the seed draws it."""
    kept = Answers(oracle.tool)
    every = {file: file.read_bytes() for files in templates.values() for file in files}
    answers = {file: kept.get(text) for file, text in every.items()}
    known = [file for file in every if answers[file] is not None]
    drawn = random.Random(arguments.seed).sample(known, min(DRAWN, len(known)))
    unknown = [file for file in every if answers[file] is None]
    # Equal templates, as of an unused condition, are asked once.
    first = {text: file for file, text in reversed(every.items())}
    asked = oracle.ask([file for file in unknown if first[every[file]] == file], REGIONS)
    asked_again = oracle.ask(drawn, REGIONS, use_cache=False)
    other = [
        f"{file.name}: kept is {compact(answers[file])}, but it says {compact(found)}"
        for file, found in asked_again.items()
        if compact(found) != compact(answers[file])
    ]
    for file, found in asked_again.items():
        answers[file] = found
    for file in unknown:
        answers[file] = asked[first[every[file]]]
    if arguments.keep:
        kept.keep({every[file]: found for file, found in answers.items()})
    checks.report(f"kept answers of {oracle.tool}", other, f"{len(known)} kept, {len(drawn)} drawn, {len(unknown)} new")
    # Remarks don't count: some are made of every resource.
    return {
        file: [one for written in files for one in answers[written] if one.level in FLAGS]
        for file, files in templates.items()
    }


def compare(files, ours, said, same: dict[str, list[str]], explained: Explained, checks: Checks) -> None:
    """Reports a check for each tool."""
    good = {file.stem: file for file in files if "~" not in file.name}
    for name, answers in said.items():
        told: list[str] = []
        agreed = covered = 0
        for file in files:
            base, is_mutant, _ = file.stem.partition("~")
            if not is_mutant:
                continue
            flagged = new_flags(answers[file], answers[good[base]])
            found = new_flags(ours[file], ours[good[base]])
            differences = differ(name, file.stem, flagged, found, answers[file], same)
            agreed += bool(flagged) and not differences
            for difference in differences:
                if explained.covers(difference):
                    covered += 1
                else:
                    told.append(str(difference))
        (tool.CACHE / f"differences-{name}.txt").write_text("".join(f"{line}\n" for line in told))
        checks.report(name, told, f"{agreed} mutants that both find, {covered} explained differences")


def new_flags(findings: list[Finding], good: list[Finding]) -> list[Finding]:
    """The errors and warnings that the good template doesn't have."""
    before = {(finding.rule, finding.place) for finding in good}
    return [one for one in findings if one.level in FLAGS and (one.rule, one.place) not in before]


def differ(name, template, flagged, found, answer, same) -> list[Difference]:
    """Where the tool and we disagree; once for each rule and place."""
    # Who can't read the template at all says so of the template as a whole.
    whole = any(one.place == "" for one in found)
    our_places = {one.place for one in found}
    missing = {
        (one.rule, one.place): one.message
        for one in flagged
        if one.place not in our_places and not (one.place == "" and found) and not whole
    }
    their_places = {one.place for one in answer}
    extra = {
        (one.rule, one.place): one.message
        for one in found
        if one.place not in their_places
        and not (one.place == "" and answer)
        and "" not in their_places
        and any(id_.startswith(f"{name} ") or known_by(name, id_) for id_ in same.get(one.rule, []))
    }
    return [
        Difference(kind, name, rule, template, place, message)
        for kind, differences in (("missing", missing), ("extra", extra))
        for (rule, place), message in differences.items()
    ]


def known_by(name: str, rule: str) -> bool:
    """cloudformation-validate has the rules of cfn-lint under the same numbers."""
    return name == "cloudformation-validate" and rule.startswith("cfn-lint ")


def show(files, ours, said, text: str) -> None:
    for file in files:
        if text in file.stem:
            print(f"\n{file.stem}")
            for one in [*ours[file], *(one for answers in said.values() for one in answers[file])]:
                print(f"  {one.tool} {one.rule} {one.level} {one.place} {one.path} {one.message[:200]}")


if __name__ == "__main__":
    # The standard output of a pipe that is closed, as by `head`, isn't an error worth a traceback.
    try:
        sys.exit(main())
    except BrokenPipeError:
        os._exit(1)
