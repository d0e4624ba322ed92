//! L002: the template isn't too large.

use crate::cfn::{Json, Map, Resource, Template};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::{Context, Rule};

pub(super) static RULE: Rule = Rule {
    code: Code("L002"),
    severity: Severity::Error,
    title: "the template isn't too large",
    what: "The text of the template has at most 1 MB; a template that is sent as it is, and not uploaded first, at most 51,200 \
           bytes.",
    why: "CloudFormation refuses it: \"Template may not exceed 1000000 bytes in size\".",
    source: "AWS CloudFormation User Guide, \"CloudFormation quotas\"; CloudFormation API Reference, `CreateChangeSet`",
    same_as: &["cfn-lint E1002"],
};

/// Bytes of a template that is uploaded.
const MOST: usize = 1_000_000;
/// Bytes of a template inside of a request.
const MOST_INLINE: usize = 51_200;

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    if !context.is_foreign() && bytes_at_most(context.template) <= MOST {
        return;
    }
    let size = context.size();
    if size > MOST {
        findings.push(
            RULE.finding(format!("the template has {size} bytes, at most {MOST} are allowed"))
                .help("write it as JSON without blanks, or divide the stack"),
        );
    } else if size > MOST_INLINE && context.is_foreign() {
        let mut finding =
            RULE.finding(format!("the template has {size} bytes and has to be uploaded before it is used"));
        finding.severity = Severity::Note;
        findings
            .push(finding.help(format!("a request takes {MOST_INLINE} bytes; larger ones are read from S3")));
    }
}

/// More bytes than the template has as JSON without blanks: to count them all takes long, and nearly every template is much
/// smaller than the limit.
fn bytes_at_most(template: &Template) -> usize {
    // Names of sections and attributes, with what stands around them.
    const NAMES: usize = 200;
    let Template { metadata, parameters, rules, mappings, conditions, outputs, .. } = template;
    let singles = [&template.format_version, &template.description, &template.transform];
    let sections = [metadata, parameters, rules, mappings, conditions, outputs];
    let other = [&template.resource_macros, &template.other];
    let resource = |(id, resource): (&String, &Resource)| {
        let texts = resource.depends_on.iter().chain(&resource.condition).chain([id, &resource.type_name]);
        let values = [&resource.deletion_policy, &resource.update_replace_policy].into_iter().flatten();
        let maps = [&resource.metadata, &resource.properties, &resource.other];
        NAMES
            + texts.map(|text| of_text(text)).sum::<usize>()
            + values.map(of_json).sum::<usize>()
            + maps.into_iter().map(of_map).sum::<usize>()
    };
    2 * NAMES
        + singles.into_iter().flatten().map(of_json).sum::<usize>()
        + sections.into_iter().chain(other).map(of_map).sum::<usize>()
        + template.resources.iter().map(resource).sum::<usize>()
}

fn of_json(json: &Json) -> usize {
    // Of a number that fits into 64 bits.
    const LONGEST_NUMBER: usize = 32;
    match json {
        Json::Null | Json::Bool(_) | Json::Number(_) => LONGEST_NUMBER,
        Json::String(text) => of_text(text),
        Json::Array(items) => 2 + items.iter().map(|item| 1 + of_json(item)).sum::<usize>(),
        Json::Object(map) => of_map(map),
    }
}

fn of_map(map: &Map) -> usize {
    2 + map.iter().map(|(key, value)| 2 + of_text(key) + of_json(value)).sum::<usize>()
}

fn of_text(text: &str) -> usize {
    // The longest way to write a byte is `\u0000`.
    2 + 6 * text.len()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::bytes_at_most;
    use crate::cfn::write::json_minified;
    use crate::diagnostic::Severity;
    use crate::validate::testing::{found, none, template};

    #[test]
    fn a_template_has_no_more_bytes_than_it_is_taken_for() {
        let properties = json!({"a\"b\\c\n\u{1}": [1.5e300, i64::MIN, null, true, {}, []], "é": "\u{7f}…"});
        let resource = json!({
            "Type": "Custom::A", "Condition": "C", "DependsOn": ["B"], "DeletionPolicy": "Retain",
            "UpdateReplacePolicy": "Retain", "Metadata": {"m": 1}, "CreationPolicy": {}, "Properties": properties,
        });
        let template = template(json!({
            "AWSTemplateFormatVersion": "2010-09-09", "Description": "d", "Transform": ["T"], "Metadata": {"a": 1},
            "Parameters": {"P": {}}, "Rules": {"R": {}}, "Mappings": {"M": {}}, "Conditions": {"C": {}},
            "Resources": {"A": resource, "B": {"Type": "Custom::B"}}, "Outputs": {"O": {}}, "Hooks": {"H": {}},
        }));
        let bytes = json_minified(&template).len();
        let most = bytes_at_most(&template);
        assert!((bytes..6 * bytes + 1_000).contains(&most), "{bytes} {most}");
    }

    #[test]
    fn large_templates_are_noted_and_too_large_ones_refused() {
        let template = |size: usize| json!({"Description": "d", "Metadata": {"text": "x".repeat(size)}});
        none("L002", template(51_000));
        let noted = found("L002", template(52_000));
        assert_eq!(noted[0].severity, Severity::Note);
        let refused = found("L002", template(1_000_000));
        assert_eq!(refused[0].severity, Severity::Error);
    }
}
