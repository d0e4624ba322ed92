"""What the oracles said of mutants, kept in the repository: answers/<tool>-<version>.json.

A template's digest gives the list of errors and warnings, each as "error E3002 Topic"; a rule is told once for a place. The
messages aren't kept, nor are remarks.
"""

import hashlib
import json
from pathlib import Path

from oracle import HERE, Finding
from tool import Tool

FOLDER = HERE / "answers"


class Answers:
    """The kept answers of one tool."""

    def __init__(self, tool: Tool):
        self.tool = tool
        self.file = FOLDER / f"{tool.name}-{tool.version}.json"
        self.kept: dict[str, list[str]] = json.loads(self.file.read_text()) if self.file.exists() else {}

    def get(self, template: bytes) -> list[Finding] | None:
        """What the tool said of the template, without messages; None if it wasn't asked yet."""
        lines = self.kept.get(digest(template))
        if lines is None:
            return None
        parts = [line.split(" ", 2) for line in lines]
        return [Finding(self.tool.name, rule, level, place, "", 1, "") for level, rule, place in parts]

    def keep(self, answers: dict[bytes, list[Finding]]) -> None:
        """Keeps these answers, and no others."""
        FOLDER.mkdir(exist_ok=True)
        for old in FOLDER.glob(f"{self.tool.name}-[0-9]*.json"):
            old.unlink()
        lines = [
            f"{json.dumps(digest(template))}: {json.dumps(compact(found))}"
            for template, found in sorted(answers.items(), key=lambda item: digest(item[0]))
        ]
        self.file.write_text("{\n" + ",\n".join(lines) + "\n}\n")


def digest(template: bytes) -> str:
    return hashlib.sha256(template).hexdigest()[:16]


def compact(findings: list[Finding]) -> list[str]:
    return sorted({f"{finding.level} {finding.rule} {finding.place}" for finding in findings if finding.level != "info"})
