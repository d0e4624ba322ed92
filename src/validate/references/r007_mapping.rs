//! R007: mappings and their keys exist.

use crate::cfn::Json;
use crate::cfn::evaluate::Function;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::references::Call;
use crate::validate::references::names::did_you_mean;
use crate::validate::{Context, Rule};

pub(super) static RULE: Rule = Rule {
    code: Code("R007"),
    severity: Severity::Error,
    title: "mappings and their keys exist",
    what: "The mapping in `Fn::FindInMap` is declared, and so are the keys that are written out. A key that a function \
           gives has to be possible: at least one entry must have the second key.",
    why: "CloudFormation refuses the template: \"Template error: Unable to get mapping for …\".",
    source: "AWS CloudFormation User Guide, \"Fn::FindInMap\"",
    same_as: &["cfn-lint E1011"],
};

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    for call in context.references.calls.iter().filter(|call| call.function == Some(Function::FindInMap)) {
        if let Some((position, message, help)) = missing(context, call) {
            let pointer = format!("{}/{position}", call.site.pointer());
            let mut finding = context.existence(RULE.at(call.site.owner, pointer, message));
            finding.help = help;
            findings.push(finding);
        }
    }
}

/// What is missing: the argument's position, the message and the help.
fn missing(context: &Context<'_>, call: &Call<'_>) -> Option<(usize, String, Option<String>)> {
    let arguments = call.arguments.as_array()?;
    let name = arguments.first()?.as_str()?;
    let Some(mapping) = context.template.mappings.get(name) else {
        let help = did_you_mean(name, context.template.mappings.keys().map(String::as_str));
        return Some((0, format!("there is no mapping `{name}`"), help));
    };
    let mapping = mapping.as_object()?;
    if arguments.len() > 3 || mapping.contains_key("Fn::Transform") {
        // A default stands in for a missing key, and a macro can bring any key.
        return None;
    }
    let second = arguments.get(2)?.as_str();
    if let Json::String(top) = arguments.get(1)? {
        let Some(entry) = mapping.get(top) else {
            let help = did_you_mean(top, mapping.keys().map(String::as_str));
            return Some((1, format!("the mapping `{name}` has no key `{top}`"), help));
        };
        let (second, entry) = (second?, entry.as_object()?);
        return (!entry.contains_key(second)).then(|| {
            let help = did_you_mean(second, entry.keys().map(String::as_str));
            (2, format!("`{top}` of the mapping `{name}` has no key `{second}`"), help)
        });
    }
    let second = second?;
    let keys = || mapping.values().filter_map(Json::as_object).flat_map(serde_json::Map::keys);
    (!keys().any(|key| key == second)).then(|| {
        let help = did_you_mean(second, keys().map(String::as_str));
        (2, format!("no entry of the mapping `{name}` has a key `{second}`"), help)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::testing::{found, none};

    fn template(arguments: &serde_json::Value) -> serde_json::Value {
        json!({
            "Mappings": {"Zones": {"us-east-1": {"count": 6}, "us-west-1": {"count": 2}}},
            "Outputs": {"A": {"Value": {"Fn::FindInMap": arguments}}},
        })
    }

    #[test]
    fn missing_mappings_and_keys_are_found() {
        let message = |arguments| found("R007", template(&arguments))[0].message.clone();
        assert_eq!(message(json!(["Zone", "us-east-1", "count"])), "there is no mapping `Zone`");
        assert_eq!(
            message(json!(["Zones", "us-east-2", "count"])),
            "the mapping `Zones` has no key `us-east-2`"
        );
        assert_eq!(
            message(json!(["Zones", "us-east-1", "size"])),
            "`us-east-1` of the mapping `Zones` has no key `size`"
        );
        assert_eq!(
            message(json!(["Zones", {"Ref": "AWS::Region"}, "size"])),
            "no entry of the mapping `Zones` has a key `size`"
        );
    }

    #[test]
    fn keys_that_exist_and_defaults_are_not() {
        none("R007", template(&json!(["Zones", {"Ref": "AWS::Region"}, "count"])));
        none("R007", template(&json!(["Zones", "eu-west-1", "count", {"DefaultValue": 3}])));
    }
}
