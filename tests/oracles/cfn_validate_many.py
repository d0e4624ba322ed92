"""AWS's cloudformation-validate over many templates in one process: `cfn_validate_many.py --regions R,… FILE…`.

Prints one JSON line for each file: {"file", "findings": [{"rule", "level", "place", "path", "line", "message"}]}.
An analysis that the tool itself calls incomplete is an error.
"""

import argparse
import json

from cloudformation_validate import CompositeEngine, PseudoParameterOverrides, ReportStatus, ValidateConfig

LEVELS = {"FATAL": "error", "ERROR": "error", "WARN": "warning", "INFO": "info", "DEBUG": "info"}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--regions", required=True, type=lambda text: text.split(","))
    parser.add_argument("files", nargs="+")
    arguments = parser.parse_args()

    engine = CompositeEngine()
    for file in arguments.files:
        findings: list[dict] = []
        for region in arguments.regions:
            found = check(engine, file, region)
            findings.extend(finding for finding in found if finding not in findings)
        print(json.dumps({"file": file, "findings": findings}), flush=True)


def check(engine: CompositeEngine, file: str, region: str) -> list[dict]:
    config = ValidateConfig(pseudo_parameter_overrides=PseudoParameterOverrides(region=region))
    report = engine.validate_template(file, config)
    findings = [finding(diagnostic) for diagnostic in report.diagnostics]
    if report.status == ReportStatus.ANALYSIS_INCOMPLETE:
        message = f"the analysis is incomplete: {report.metadata}"
        findings.append(
            {"rule": "incomplete", "level": "error", "place": "", "path": "", "line": 1, "message": message}
        )
    return findings


def finding(diagnostic) -> dict:
    entity = diagnostic.entity
    resource = entity is not None and entity.entity_type.name == "RESOURCE"
    path = diagnostic.property_path or ""
    if path.startswith(("Outputs.", "Parameters.", "Mappings.", "Conditions.", "Rules.")):
        path = path.replace(".", "/")
    elif resource and entity.resource_type is None and diagnostic.rule_id[1:].startswith("6"):
        # Its rules about outputs give the output as a resource without a type.
        resource, path = False, f"Outputs/{entity.logical_id}/{path}"
    return {
        "rule": diagnostic.rule_id,
        "level": LEVELS[diagnostic.severity.name],
        "place": entity.logical_id if resource else "/".join(path.split("/")[:2]),
        "path": path,
        "line": diagnostic.start_line or 1,
        "message": diagnostic.message,
    }


if __name__ == "__main__":
    main()
