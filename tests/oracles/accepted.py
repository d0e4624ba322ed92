"""Findings that are accepted although an oracle reports them: accepted.json.

A list of {"template", "tool", "rule", "resource", "reason"}. `template` is <fixture>/<stack>, where `*` stands
for anything (a rule that is wrong about one resource is wrong in every fixture); the others are exact. `resource`
is a logical id, or the path of a place outside of the resources, such as "Parameters/VpcId".
"""

import fnmatch
import json
from pathlib import Path

from oracle import Finding

KEYS = {"template", "tool", "rule", "resource", "reason"}


class Accepted:
    """The acceptances, and which of them were needed."""

    def __init__(self, entries: list[dict]):
        for entry in entries:
            if set(entry) != KEYS or not all(isinstance(text, str) and text.strip() for text in entry.values()):
                raise ValueError(f"an acceptance is the five texts {sorted(KEYS)}, but this is {entry}")
        self.entries = entries
        self.used = [False] * len(entries)

    @classmethod
    def load(cls, file: Path) -> "Accepted":
        return cls(json.loads(file.read_text()))

    def covers(self, template: str, finding: Finding) -> bool:
        """Whether the finding is accepted; remembers that the acceptance was needed."""
        said = (finding.tool, finding.rule, finding.place)
        matching = [
            index
            for index, entry in enumerate(self.entries)
            if (entry["tool"], entry["rule"], entry["resource"]) == said
            and fnmatch.fnmatchcase(template, entry["template"])
        ]
        for index in matching:
            self.used[index] = True
        return bool(matching)

    def unused(self) -> list[dict]:
        return [entry for entry, used in zip(self.entries, self.used) if not used]
