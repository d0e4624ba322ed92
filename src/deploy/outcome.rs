//! How a command ends.

use serde::Serialize;

use super::api::Output;
use super::event::Cause;

/// The kinds of endings, each an exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// Done, or nothing to change.
    Done,
    /// It failed, and the message says why.
    Failed,
    /// Arguments or configuration don't fit what is there.
    Usage,
    /// Validation found errors.
    Invalid,
    /// Somebody said no, or nobody could be asked.
    Declined,
    /// The stack failed and is back where it was.
    RolledBack,
    /// The stack needs a person.
    Stuck,
    /// We left while the stack goes on.
    Left,
}

impl Ending {
    /// The program's exit code.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Invalid => 3,
            Self::Declined => 4,
            Self::RolledBack => 5,
            Self::Stuck => 6,
            Self::Left => 7,
        }
    }
}

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// The kind.
    pub ending: Ending,
    /// One sentence.
    pub message: String,
    /// What to do or to run next, a line each.
    pub next: Vec<String>,
    /// The stack's ARN, once it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stack_id: Option<String>,
    /// The stack's outputs, where it is complete.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<Output>,
    /// The first real failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<Box<Cause>>,
}

impl Outcome {
    /// An ending with one sentence.
    pub fn new(ending: Ending, message: impl Into<String>) -> Self {
        Self {
            ending,
            message: message.into(),
            next: Vec::new(),
            stack_id: None,
            outputs: Vec::new(),
            cause: None,
        }
    }

    /// Adds what to do or to run next.
    #[must_use]
    pub fn next(mut self, line: impl Into<String>) -> Self {
        self.next.push(line.into());
        self
    }
}
