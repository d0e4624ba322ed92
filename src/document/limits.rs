//! How large a document may be, so that no file takes the program's memory or stack.

/// Bounds on a document. The defaults hold any template that CloudFormation takes (1 MB) several times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the text.
    pub max_bytes: usize,
    /// How deep lists and maps may lie in each other, a tag counting as one more. Everything that walks a document
    /// recurses this deep, so at most [`Limits::DEEPEST`] is taken.
    pub max_depth: usize,
    /// Values and keys, each alias counting as all that it stands for.
    pub max_nodes: usize,
    /// Bytes of all scalars and keys, each alias counting as all that it stands for.
    pub max_text: usize,
    /// Mistakes that are told before reading stops.
    pub max_diagnostics: usize,
}

impl Limits {
    /// The largest depth that is taken, whatever `max_depth` says.
    pub const DEEPEST: usize = 500;

    /// The depth that holds.
    pub(super) fn depth(&self) -> usize {
        self.max_depth.min(Self::DEEPEST)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_bytes: 4 << 20,
            max_depth: 100,
            max_nodes: 500_000,
            max_text: 16 << 20,
            max_diagnostics: 50,
        }
    }
}
