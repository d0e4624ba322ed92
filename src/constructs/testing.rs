//! What the tests of the parts share.

use crate::cfn::Json;
use crate::diagnostic::Diagnostic;

use super::{MISUSED_PART, Stack};

/// The resources of the stack's template.
#[track_caller]
pub(super) fn synth(stack: Stack) -> Json {
    let template = stack.synth().unwrap().to_json();
    template["Resources"].clone()
}

/// What the parts of the stack report as misuse.
#[track_caller]
pub(super) fn misuses(stack: Stack) -> Vec<String> {
    let found: Vec<Diagnostic> = stack.synth().err().unwrap_or_default();
    assert!(found.iter().all(|diagnostic| diagnostic.code == MISUSED_PART), "{found:?}");
    found.into_iter().map(|diagnostic| diagnostic.message).collect()
}

/// Fails unless everything in `expected` is in `actual`; objects of `actual` may have more keys.
#[track_caller]
pub(super) fn assert_contains(actual: &Json, expected: &Json) {
    if let Some(place) = difference(actual, expected, String::new()) {
        panic!("differs at `{place}`\nactual: {actual:#}\nexpected: {expected:#}");
    }
}

fn difference(actual: &Json, expected: &Json, place: String) -> Option<String> {
    match (actual, expected) {
        (Json::Object(actual), Json::Object(expected)) => expected.iter().find_map(|(key, value)| {
            let place = format!("{place}/{key}");
            match actual.get(key) {
                Some(found) => difference(found, value, place),
                None => Some(place),
            }
        }),
        (Json::Array(actual), Json::Array(expected)) if actual.len() == expected.len() => actual
            .iter()
            .zip(expected)
            .enumerate()
            .find_map(|(index, (found, value))| difference(found, value, format!("{place}/{index}"))),
        _ => (actual != expected).then_some(place),
    }
}
