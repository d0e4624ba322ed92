"""cdk-preflight's rules over many templates in one process: `preflight_many.py --rules FILE --regions R,… FILE…`.

Its rules are run by AWS's cloudformation-validate. Prints one JSON line for each file, as cfn_validate_many.py does; only
what cdk-preflight's own rules say.
"""

import argparse
import json

from cfn_validate_many import check
from cloudformation_validate import CompositeEngine, CompositeEngineConfig, ExternalRuleSource, ValidationError

PREFIX = "pf-"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rules", required=True)
    parser.add_argument("--regions", required=True, type=lambda text: text.split(","))
    parser.add_argument("files", nargs="+")
    arguments = parser.parse_args()

    sources = [
        ExternalRuleSource(name=rule.get("id") or rule["name"], content=rule["rego"])
        for rule in rules(arguments.rules)
    ]
    engine = CompositeEngine(CompositeEngineConfig(rego_rules=sources))
    for file in arguments.files:
        findings: list[dict] = []
        for region in arguments.regions:
            try:
                found = check(engine, file, region)
            except ValidationError as error:
                # One of its rules can't be computed for this template, so that none is; nothing is known then.
                found = [{"rule": f"{PREFIX}failed", "level": "info", "place": "", "path": "", "line": 1, "message": str(error)}]
            findings.extend(one for one in found if one["rule"].startswith(PREFIX) and one not in findings)
        print(json.dumps({"file": file, "findings": findings}), flush=True)


def rules(file: str) -> list[dict]:
    """The package's libraries and rules; the file is a script whose lists are JSON."""
    with open(file, encoding="utf-8") as opened:
        text = opened.read()
    found = []
    for name in ("BUNDLED_LIBS", "BUNDLED_RULES"):
        start = f"exports.{name} = ["
        found.extend(json.JSONDecoder().raw_decode(text, text.index(start) + len(start) - 1)[0])
    return found


if __name__ == "__main__":
    main()
