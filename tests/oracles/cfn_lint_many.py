"""cfn-lint over many templates in one process: `cfn_lint_many.py --regions R,… FILE…`.

Prints one JSON line for each file: {"file", "findings": [{"rule", "level", "place", "path", "line", "message"}]}.
All E, W and I rules but the experimental ones; a template can't silence them, nor can a .cfnlintrc.
"""

import argparse
import json

from cfnlint.config import ConfigMixIn
from cfnlint.decode import decode
from cfnlint.runner import Runner
from cfnlint.runner.template import run_template_by_file_path

LEVELS = {"error": "error", "warning": "warning", "informational": "info"}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--regions", required=True, type=lambda text: text.split(","))
    parser.add_argument("files", nargs="+")
    arguments = parser.parse_args()

    every = ["E", "W", "I"]
    # An existing, empty file: else cfn-lint reads .cfnlintrc of the home and of the current folder.
    config = ConfigMixIn(
        ["--config-file", "/dev/null"], regions=arguments.regions, include_checks=every, mandatory_checks=every
    )
    rules = Runner(config).rules
    fine: dict[str, list[dict]] = {}
    for file in arguments.files:
        # The rules see the decoded template only, so the YAML of a template whose JSON is fine is fine.
        # What can't be decoded is asked, and so is what has findings, for their lines.
        template, mistakes = decode(file)
        key = file if mistakes else repr(template)
        findings = fine.get(key)
        if findings is None:
            findings = [finding(match) for match in run_template_by_file_path(file, config, rules, False)]
            if all(found["level"] == "info" for found in findings):
                fine[key] = findings
        print(json.dumps({"file": file, "findings": findings}), flush=True)


def finding(match) -> dict:
    path = [str(part) for part in getattr(match, "path", None) or []]
    return {
        "rule": match.rule.id,
        "level": LEVELS[match.rule.severity],
        "place": path[1] if path[:1] == ["Resources"] and len(path) > 1 else "/".join(path[:2]),
        "path": "/".join(path),
        "line": match.linenumber,
        "message": match.message,
    }


if __name__ == "__main__":
    main()
