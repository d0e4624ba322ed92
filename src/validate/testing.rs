//! Helpers of the rules' tests.

use crate::cfn::{Json, Map, Resource, Template};
use crate::diagnostic::Diagnostic;

use super::{Context, Options, check_rules};

/// What every rule finds, also where another tells the same more exactly.
pub(crate) fn of_every_rule(template: &Template, options: &Options) -> Vec<Diagnostic> {
    check_rules(&Context::new(template, options))
}

/// A template from its JSON form.
pub(crate) fn template(json: Json) -> Template {
    let Json::Object(mut sections) = json else { panic!("a template is an object") };
    let mut section = |name: &str| match sections.remove(name) {
        Some(Json::Object(map)) => map,
        None => Map::new(),
        Some(other) => panic!("{name} is {other}"),
    };
    Template {
        metadata: section("Metadata"),
        parameters: section("Parameters"),
        rules: section("Rules"),
        mappings: section("Mappings"),
        conditions: section("Conditions"),
        resources: section("Resources").into_iter().map(|(id, json)| (id, read_resource(json))).collect(),
        outputs: section("Outputs"),
        format_version: sections.remove("AWSTemplateFormatVersion"),
        description: sections.remove("Description"),
        transform: sections.remove("Transform"),
        other: sections,
        resource_macros: Map::new(),
    }
}

fn read_resource(json: Json) -> Resource {
    let Json::Object(mut keys) = json else { panic!("a resource is an object") };
    let text = |json: Json| json.as_str().unwrap().to_owned();
    let map = |json: Option<Json>| json.map(|json| json.as_object().unwrap().clone()).unwrap_or_default();
    Resource {
        type_name: text(keys.remove("Type").unwrap()),
        condition: keys.remove("Condition").map(text),
        depends_on: match keys.remove("DependsOn") {
            Some(Json::Array(names)) => names.into_iter().map(text).collect(),
            Some(name) => vec![text(name)],
            None => Vec::new(),
        },
        deletion_policy: keys.remove("DeletionPolicy"),
        update_replace_policy: keys.remove("UpdateReplacePolicy"),
        metadata: map(keys.remove("Metadata")),
        properties: map(keys.remove("Properties")),
        other: keys,
        construct: None,
    }
}

/// The findings of one code in the template, with no options.
pub(crate) fn found(code: &str, json: Json) -> Vec<Diagnostic> {
    found_with(code, json, &Options::default())
}

/// The findings of one code in the template.
pub(crate) fn found_with(code: &str, json: Json, options: &Options) -> Vec<Diagnostic> {
    let template = template(json);
    of_every_rule(&template, options).into_iter().filter(|finding| finding.code.0 == code).collect()
}

/// The message and the pointer of the only finding of that code.
pub(crate) fn only(code: &str, json: Json) -> (String, String) {
    let mut found = found(code, json);
    assert_eq!(found.len(), 1, "{found:#?}");
    let finding = found.remove(0);
    (finding.message, finding.pointer.unwrap_or_default())
}

/// Asserts that the template has no finding of that code.
pub(crate) fn none(code: &str, json: Json) {
    let found = found(code, json);
    assert!(found.is_empty(), "{found:#?}");
}

/// A template with one resource, called `It`.
#[expect(clippy::needless_pass_by_value, reason = "the callers write them on the spot")]
pub(crate) fn resource(type_name: &str, properties: Json) -> Json {
    serde_json::json!({"Resources": {"It": {"Type": type_name, "Properties": properties}}})
}
