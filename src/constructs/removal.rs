//! What becomes of a part that leaves its stack.

use crate::cfn::Handle;

use super::{ResourceOptions, Scope};

/// What becomes of a part when its stack is deleted, or when a change replaces it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    /// It stays, and goes on costing money; only the failed create of its own stack deletes it.
    Kept,
    /// It is deleted, with everything in it.
    Deleted,
}

impl Removal {
    /// Writes the deletion policies of a resource.
    pub fn apply<R>(self, scope: &mut Scope<'_>, handle: &Handle<R>) {
        scope.options(
            handle,
            match self {
                Self::Kept => ResourceOptions::retain,
                Self::Deleted => ResourceOptions::delete,
            },
        );
    }

    /// The same for what stands beside the data and holds none: that it is deleted goes without saying.
    pub(super) fn apply_beside_data<R>(self, scope: &mut Scope<'_>, handle: &Handle<R>) {
        if self == Self::Kept {
            self.apply(scope, handle);
        }
    }
}
