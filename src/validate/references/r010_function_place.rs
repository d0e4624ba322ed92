//! R010: functions stand where they are allowed.

use crate::cfn::evaluate::Function;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::references::{Call, Part};
use crate::validate::{Context, Owner, Rule};

pub(super) static RULE: Rule = Rule {
    code: Code("R010"),
    severity: Severity::Error,
    title: "functions stand where they are allowed",
    what: "Parameters and mappings have no functions, conditions and assertions only those that compare, and what stands inside a \
           function is one of those that the function takes.",
    why: "CloudFormation refuses the template: \"Template validation error\".",
    source: "AWS CloudFormation User Guide, \"Intrinsic function reference\": the \"Supported functions\" of each function",
    same_as: &[
        "cfn-lint E1010",
        "cfn-lint E1011",
        "cfn-lint E1015",
        "cfn-lint E1016",
        "cfn-lint E1017",
        "cfn-lint E1018",
        "cfn-lint E1019",
        "cfn-lint E1021",
        "cfn-lint E1022",
        "cfn-lint E1024",
        "cfn-lint E8003",
    ],
};

use Function as F;

/// The functions that an argument may be, by function and position; `None`: any that gives a value.
fn takes(function: Function, position: usize, item: bool, extensions: bool) -> Option<&'static [Function]> {
    const LOGICAL: &[Function] = &[F::Condition, F::Equals, F::Not, F::And, F::Or];
    const TEXTS: &[Function] = &[
        F::Base64,
        F::FindInMap,
        F::GetAtt,
        F::GetStackOutput,
        F::If,
        F::ImportValue,
        F::Join,
        F::Select,
        F::Sub,
        F::ToJsonString,
        F::Length,
        F::Transform,
        F::Ref,
    ];
    const LISTS: &[Function] =
        &[F::Cidr, F::FindInMap, F::GetAtt, F::GetAzs, F::If, F::Select, F::Split, F::ImportValue, F::Ref];
    const COMPARED: &[Function] =
        &[F::Ref, F::FindInMap, F::Sub, F::Join, F::Select, F::Split, F::Length, F::ToJsonString];
    const NAMES: &[Function] = &[
        F::Ref,
        F::Base64,
        F::FindInMap,
        F::Sub,
        F::If,
        F::Join,
        F::ToJsonString,
        F::Select,
        F::Length,
        F::Split,
    ];
    match (function, position) {
        (F::And | F::Or | F::Not, _) => Some(LOGICAL),
        (F::Equals, _) => Some(COMPARED),
        (F::FindInMap, 0..=2) | (F::Ref | F::GetAtt, _) if extensions => Some(NAMES),
        (F::FindInMap, 0..=2) => Some(&[F::FindInMap, F::Ref]),
        (F::GetAtt, 1) => Some(&[F::Ref]),
        (F::Join | F::Split | F::Sub | F::If | F::GetAtt, 0) | (F::Ref, _) => Some(&[]),
        (F::Join | F::Select, 1) if !item => Some(LISTS),
        (F::Select, 0) => Some(&[F::Ref, F::FindInMap, F::Length, F::If]),
        (F::Join | F::Split | F::Sub, 1) | (F::Base64 | F::ImportValue | F::GetAzs | F::Cidr, _) => {
            Some(TEXTS)
        }
        _ => None,
    }
}

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    let extensions = context.language_extensions();
    for call in &context.references.calls {
        let Some(function) = call.function else { continue };
        if let Some((message, help)) = problem(call, function, extensions) {
            let mut finding = RULE.at(call.site.owner, call.site.pointer(), message);
            finding.help = help;
            findings.push(finding);
        }
    }
}

fn problem(call: &Call<'_>, function: Function, extensions: bool) -> Option<(String, Option<String>)> {
    let name = function.name();
    let logical_place = matches!(call.site.owner, Owner::Condition(_) | Owner::Rule(_));
    let nowhere = match (call.site.owner, call.site.part) {
        (Owner::Parameter(_), _) => Some("a parameter"),
        (Owner::Mapping(_), _) if function != F::Transform => Some("a mapping"),
        (Owner::Output(_), Part::Attribute("Description")) => Some("a description"),
        (Owner::Resource { .. }, Part::Attribute(key @ ("DeletionPolicy" | "UpdateReplacePolicy")))
            if !extensions =>
        {
            Some(if key == "DeletionPolicy" { "a deletion policy" } else { "an update-replace policy" })
        }
        _ => None,
    };
    if let Some(place) = nowhere {
        return Some((format!("`{name}` can't stand in {place}"), Some("write the value itself".to_owned())));
    }
    if !logical_place && (function.is_logical() || function.is_for_rules()) {
        let help = "declare a condition and choose with `Fn::If`".to_owned();
        return Some((format!("`{name}` can stand in conditions only"), Some(help)));
    }
    if function.is_for_rules() && !matches!(call.site.owner, Owner::Rule(_)) {
        return Some((format!("`{name}` can stand in the section `Rules` only"), None));
    }
    let Some((outer, position)) = call.inside else {
        let of_rules = matches!(function, F::Contains | F::EachMemberEquals | F::EachMemberIn);
        let what = match call.site.owner {
            Owner::Condition(_) if !function.is_logical() => "a condition",
            Owner::Rule(_) if !(function.is_logical() || of_rules) => "what a rule asserts",
            _ => return None,
        };
        return Some((format!("{what} can't be `{name}`"), Some("compare with `Fn::Equals`".to_owned())));
    };
    if matches!(call.site.owner, Owner::Rule(_)) {
        return None;
    }
    let allowed = takes(outer, position, call.item, extensions)?;
    if allowed.contains(&function) {
        return None;
    }
    let names: Vec<_> = allowed.iter().map(|function| format!("`{}`", function.name())).collect();
    let help = if names.is_empty() {
        "write a text".to_owned()
    } else {
        format!("possible here are {}", names.join(", "))
    };
    Some((format!("`{name}` can't be an argument of `{}` here", outer.name()), Some(help)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::testing::{none, only};

    #[test]
    fn assertions_are_true_or_false() {
        let rule = |assert: serde_json::Value| json!({"Parameters": {"P": {"Type": "String"}}, "Conditions": {"C": {"Fn::Equals": [{"Ref": "P"}, "a"]}}, "Rules": {"R": {"Assertions": [{"Assert": assert}]}}});
        let (message, pointer) = only("R010", rule(json!({"Fn::If": ["C", "true", "false"]})));
        assert_eq!(message, "what a rule asserts can't be `Fn::If`");
        assert_eq!(pointer, "/Rules/R/Assertions/0/Assert/Fn::If");
        none("R010", rule(json!({"Fn::Contains": [["a"], {"Ref": "P"}]})));
        none("R010", rule(json!({"Condition": "C"})));
    }

    #[test]
    fn parameters_have_no_functions() {
        let (message, pointer) =
            only("R010", json!({"Parameters": {"P": {"Type": "String", "Default": {"Ref": "AWS::Region"}}}}));
        assert_eq!(message, "`Ref` can't stand in a parameter");
        assert_eq!(pointer, "/Parameters/P/Default/Ref");
    }

    #[test]
    fn conditions_compare_and_properties_do_not() {
        let (message, _) = only("R010", json!({"Conditions": {"C": {"Ref": "AWS::Region"}}}));
        assert_eq!(message, "a condition can't be `Ref`");
        let (message, _) =
            only("R010", json!({"Conditions": {"C": {"Fn::Equals": [{"Fn::GetAtt": ["A", "B"]}, "x"]}}}));
        assert_eq!(message, "`Fn::GetAtt` can't be an argument of `Fn::Equals` here");
        let (message, _) = only("R010", json!({"Outputs": {"A": {"Value": {"Fn::Equals": ["a", "b"]}}}}));
        assert_eq!(message, "`Fn::Equals` can stand in conditions only");
    }

    #[test]
    fn what_a_function_takes_depends_on_the_extensions() {
        let template = json!({"Mappings": {"M": {"a": {"b": "c"}}}, "Outputs": {"A": {"Value":
            {"Fn::FindInMap": ["M", {"Fn::Sub": "${AWS::Region}"}, "b"]}}}});
        only("R010", template.clone());
        let mut extended = template;
        extended["Transform"] = json!("AWS::LanguageExtensions");
        none("R010", extended);
    }

    #[test]
    fn lists_and_texts_are_told_apart() {
        let value = |value: serde_json::Value| json!({"Outputs": {"A": {"Value": value}}});
        none("R010", value(json!({"Fn::Join": ["", {"Fn::Split": [",", {"Ref": "AWS::Region"}]}]})));
        none("R010", value(json!({"Fn::Select": [0, {"Fn::GetAZs": {"Ref": "AWS::Region"}}]})));
        only("R010", value(json!({"Fn::Join": ["", [{"Fn::Split": [",", "a,b"]}]]})));
        only("R010", value(json!({"Fn::Join": [{"Ref": "AWS::Region"}, ["a"]]})));
    }
}
