//! L007: names of exports hold the stack's name.

use crate::cfn::Json;
use crate::cfn::evaluate::{Evaluated, Origin, Piece, Scenario};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::{Context, Owner, Rule};

pub(super) static RULE: Rule = Rule {
    code: Code("L007"),
    severity: Severity::Note,
    title: "names of exports hold something that differs from stack to stack",
    what: "The name of an export is put together with the stack's name or a parameter.",
    why: "Names of exports are unique in a region of an account: a second stack from the same template fails. And while another \
          stack imports it, the output can't be changed or deleted.",
    source: "AWS CloudFormation User Guide, \"Get exported outputs from a deployed stack\"",
    same_as: &[],
};

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    for (name, output) in &context.template.outputs {
        let Some(export) = output.get("Export").and_then(|export| export.get("Name")) else { continue };
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
    fn fixed_names_are_noted() {
        let (message, pointer) = only("L007", export(json!("vpc-id")));
        assert_eq!(message, "the export `vpc-id` is the same in every stack of this template");
        assert_eq!(pointer, "/Outputs/O/Export/Name");
        only("L007", export(json!({"Fn::Sub": "vpc-${AWS::Region}"})));
        none("L007", export(json!({"Fn::Sub": "${AWS::StackName}-vpc"})));
        none("L007", export(json!({"Fn::Sub": "${P}-vpc"})));
    }
}
