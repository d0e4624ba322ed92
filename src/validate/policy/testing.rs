//! Helpers of the policies' tests.

use crate::cfn::Json;
use crate::diagnostic::Diagnostic;
use crate::validate::testing::{found, found_with, resource};
use crate::validate::{Options, Purpose};

/// The findings of one code in a template of anyone.
fn of(code: &str, template: Json) -> Vec<Diagnostic> {
    let found = found(code, template);
    assert!(found.iter().all(|finding| finding.help.is_some()), "{code} doesn't say what to do");
    found
}

/// Asserts that the rule tells one thing, and gives its message and the pointer below `/Resources`.
pub(super) fn tells(code: &str, resources: Json) -> (String, String) {
    let mut found = of(code, template(resources));
    assert_eq!(found.len(), 1, "{found:#?}");
    let finding = found.remove(0);
    let pointer = finding.pointer.unwrap_or_default();
    (finding.message, pointer.trim_start_matches("/Resources/").to_owned())
}

/// Asserts that the rule tells nothing.
pub(super) fn silent(code: &str, resources: Json) {
    let found = of(code, template(resources));
    assert!(found.is_empty(), "{found:#?}");
}

/// Asserts that the rule tells one thing of one resource with these properties.
pub(super) fn tells_of(code: &str, type_name: &str, properties: Json) -> String {
    let found = of(code, resource(type_name, properties));
    assert_eq!(found.len(), 1, "{found:#?}");
    found[0].message.clone()
}

/// Asserts that the rule tells nothing of one resource with these properties.
pub(super) fn silent_of(code: &str, type_name: &str, properties: Json) {
    let found = of(code, resource(type_name, properties));
    assert!(found.is_empty(), "{found:#?}");
}

/// How many findings of that code there are in a stack for that purpose.
pub(super) fn severity(code: &str, resources: Json, purpose: Purpose) -> Option<crate::diagnostic::Severity> {
    let options = Options { purpose, ..Options::default() };
    found_with(code, template(resources), &options).first().map(|finding| finding.severity)
}

fn template(resources: Json) -> Json {
    if resources.get("Resources").is_some() {
        resources
    } else {
        serde_json::json!({ "Resources": resources })
    }
}
