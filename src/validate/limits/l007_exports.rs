//! L007: names of exports hold the stack's name.

use crate::cfn::Json;
use crate::cfn::evaluate::{Evaluated, Origin, Piece, Scenario};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::{Context, Owner, Rule};

pub(super) static RULE: Rule = Rule {
    code: Code("L007"),
    severity: Severity::Note,
    title: "names of exports hold something that differs from stack to stack",
    what: "The name of an export is put together with the stack's name or a parameter, and no other output of the template has it: that is an error.",
    why: "Names of exports are unique in a region of an account: a second stack from the same template fails. And while another \
          stack imports it, the output can't be changed or deleted.",
    source: "AWS CloudFormation User Guide, \"Get exported outputs from a deployed stack\"",
    same_as: &[],
};

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    let mut before: Vec<(&str, &Json, Option<&Json>)> = Vec::new();
    for (name, output) in &context.template.outputs {
        let Some(export) = output.get("Export").and_then(|export| export.get("Name")) else { continue };
        let condition = output.get("Condition");
        // Of two with conditions of their own there may be one only.
        let is_twin = |(_, other, when): &&(&str, &Json, Option<&Json>)| {
            *other == export && (*when == condition || when.is_none() || condition.is_none())
        };
        if let Some((first, ..)) = before.iter().find(is_twin) {
            let message =
                format!("`{first}` is exported under this name already: the stack can't be created");
            let mut finding =
                RULE.at(Owner::Output(name), Owner::Output(name).pointer() + "/Export/Name", message);
            finding.severity = Severity::Error;
            findings.push(finding.help("name each export otherwise"));
        }
        before.push((name, export, condition));
        let evaluation = context.evaluator.evaluate(export, &Scenario::default());
        if evaluation.value.as_ref().is_some_and(|value| is_fixed(value)) {
            let owner = Owner::Output(name);
            let shown = export.as_str().map_or_else(|| Json::to_string(export), |text| format!("`{text}`"));
            let message = format!("the export {shown} is the same in every stack of this template");
            findings.push(
                RULE.at(owner, owner.pointer() + "/Export/Name", message)
                    .help("put the stack's name before it: !Sub ${AWS::StackName}-…"),
            );
        }
    }
}

/// Whether a name is the same in every stack of a region.
fn is_fixed(value: &Evaluated<'_>) -> bool {
    let shared = |origin: &Origin<'_>| {
        matches!(origin, Origin::Pseudo("AWS::Region" | "AWS::AccountId" | "AWS::Partition"))
    };
    match value.unknown().map(|unknown| &unknown.origin) {
        None => true,
        Some(Origin::Text(pieces)) => pieces.iter().all(|piece| match piece {
            Piece::Text(_) => true,
            Piece::Unknown(unknown) => shared(&unknown.origin),
        }),
        Some(origin) => shared(origin),
    }
}

#[cfg(test)]
#[expect(clippy::needless_pass_by_value, reason = "JSON is written on the spot")]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::testing::{none, only};

    fn export(name: Json) -> Json {
        json!({"Parameters": {"P": {"Type": "String"}}, "Outputs": {"O": {"Value": "x", "Export": {"Name": name}}}})
    }

    #[test]
    fn a_name_is_exported_once() {
        let of = |second: Json, condition: Option<&str>| {
            let mut template = json!({"Conditions": {"C": {"Fn::Equals": [{"Ref": "AWS::Region"}, "us-east-1"]}, "D": {"Fn::Not": [{"Condition": "C"}]}}});
            template["Outputs"]["A"] =
                json!({"Value": "a", "Export": {"Name": {"Fn::Sub": "${AWS::StackName}-a"}}});
            template["Outputs"]["B"] = json!({"Value": "b", "Export": {"Name": second}});
            if let Some(name) = condition {
                template["Outputs"]["A"]["Condition"] = "C".into();
                template["Outputs"]["B"]["Condition"] = name.into();
            }
            let found = crate::validate::testing::found("L007", template);
            found.iter().filter(|finding| finding.is_error()).count()
        };
        let same = || json!({"Fn::Sub": "${AWS::StackName}-a"});
        assert_eq!((of(same(), None), of(same(), Some("C"))), (1, 1));
        assert_eq!((of(json!("b"), None), of(same(), Some("D"))), (0, 0));
    }

    #[test]
    fn fixed_names_are_noted() {
        let (message, pointer) = only("L007", export(json!("vpc-id")));
        assert_eq!(message, "the export `vpc-id` is the same in every stack of this template");
        assert_eq!(pointer, "/Outputs/O/Export/Name");
        only("L007", export(json!({"Fn::Sub": "vpc-${AWS::Region}"})));
        none("L007", export(json!({"Fn::Sub": "${AWS::StackName}-vpc"})));
        none("L007", export(json!({"Fn::Sub": "${P}-vpc"})));
    }
}
