//! What the parts report when they are given what AWS doesn't take.

use crate::diagnostic::{Diagnostic, codes};

use super::Scope;

codes! {
    /// A part was given something that AWS refuses, or that can't work.
    pub const MISUSED_PART: Code = Code("T010");
}

impl Scope<'_> {
    /// Reports that the part at this place can't be built as asked: what was found, and what to do.
    pub(super) fn misuse(&mut self, found: impl Into<String>, help: impl Into<String>) {
        self.report(Diagnostic::error(MISUSED_PART, found).help(help));
    }
}
