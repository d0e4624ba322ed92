//! What the tests of the parts share.

use crate::cfn::Json;
use crate::diagnostic::Diagnostic;

pub(super) use super::test_support::assert_matches as assert_contains;
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
