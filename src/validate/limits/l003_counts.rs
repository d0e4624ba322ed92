//! L003: there aren't too many of anything.

use crate::cfn::Template;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::{Context, Rule};

pub(super) static RULE: Rule = Rule {
    code: Code("L003"),
    severity: Severity::Error,
    title: "there aren't too many of anything",
    what: "At most 500 resources, 200 parameters, 200 outputs and 200 mappings, the template's description at most 1,024 bytes.",
    why: "CloudFormation refuses the template: \"Number of resources … is greater than maximum allowed\".",
    source: "AWS CloudFormation User Guide, \"CloudFormation quotas\"",
    same_as: &["cfn-lint E3010", "cfn-lint E2010", "cfn-lint E6010", "cfn-lint E7010", "cfn-lint E1003"],
};

/// A section, its name, how many entries it has and may have.
fn sections(template: &Template) -> [(&'static str, usize, usize); 4] {
    [
        ("Resources", template.resources.len(), 500),
        ("Parameters", template.parameters.len(), 200),
        ("Outputs", template.outputs.len(), 200),
        ("Mappings", template.mappings.len(), 200),
    ]
}

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    for (section, count, most) in sections(context.template) {
        if count > most {
            let message = format!("{count} {}, at most {most} are allowed", section.to_lowercase());
            findings.push(RULE.finding(message).pointer(format!("/{section}")));
        }
    }
    let description = context.template.description.as_ref();
    match description.map(|json| (json, json.as_str().map(str::len))) {
        Some((_, Some(bytes))) if bytes > 1_024 => {
            let message = format!("the description has {bytes} bytes, at most 1024 are allowed");
            findings.push(RULE.finding(message).pointer("/Description"));
        }
        Some((_, None)) => findings.push(RULE.finding("the description is no text").pointer("/Description")),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use crate::validate::testing::{none, only};

    #[test]
    fn too_many_are_found() {
        let parameters = |count: usize| -> Map<_, _> {
            (0..count).map(|index| (format!("P{index}"), json!({"Type": "String"}))).collect()
        };
        assert_eq!(
            only("L003", json!({"Parameters": parameters(201)})).0,
            "201 parameters, at most 200 are allowed"
        );
        none("L003", json!({"Parameters": parameters(200)}));
    }

    #[test]
    fn descriptions_are_counted_in_bytes() {
        let (message, pointer) = only("L003", json!({"Description": "ä".repeat(600)}));
        assert_eq!(
            (message.as_str(), pointer.as_str()),
            ("the description has 1200 bytes, at most 1024 are allowed", "/Description")
        );
        none("L003", json!({"Description": "ä".repeat(512)}));
        only("L003", json!({"Description": ["a"]}));
    }
}
