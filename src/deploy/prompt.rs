//! Questions to a person.

use serde::Serialize;

use super::Call;

/// Asks a person. Without a terminal the answer is [`Reply::NoTerminal`], never yes.
pub trait Prompter: Send + Sync {
    /// Asks. A question with [`Question::expected`] wants that text typed, and the answer is [`Reply::Yes`] only for exactly that.
    fn ask<'a>(&'a self, question: &'a Question) -> Call<'a, Reply>;

    /// Comes back at the next Ctrl-C; never, where there is none. It is dropped and asked for again: one that came while nobody
    /// asked counts.
    fn interrupted(&self) -> Call<'_, ()>;
}

/// Nobody: no question is answered, and there is no Ctrl-C.
#[derive(Debug, Clone, Copy, Default)]
pub struct Nobody;

impl Prompter for Nobody {
    fn ask<'a>(&'a self, _question: &'a Question) -> Call<'a, Reply> {
        Box::pin(std::future::ready(Reply::NoTerminal))
    }

    fn interrupted(&self) -> Call<'_, ()> {
        Box::pin(std::future::pending())
    }
}

/// A question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Question {
    /// What it is about.
    pub topic: Topic,
    /// The question, one line, with its question mark.
    pub text: String,
    /// What the person should know, a line each.
    pub details: Vec<String>,
    /// The text that has to be typed, where yes isn't enough.
    pub expected: Option<String>,
    /// What answers it without a terminal, such as `--yes`.
    pub flag: String,
}

/// What a question is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// The changes of a set.
    Changes,
    /// Wider permissions or network access.
    Broadening,
    /// Deleting a stack whose creation failed and that may hold resources.
    DeleteFailed,
    /// Rolling back what a failed operation left.
    RollBack,
    /// Cancelling the update that runs, after Ctrl-C.
    CancelUpdate,
    /// Deleting a stack with all that it doesn't keep.
    Destroy,
}

/// What a person said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// Yes, or the expected text.
    Yes,
    /// No, or another text.
    No,
    /// Nobody can be asked.
    NoTerminal,
    /// Ctrl-C instead of an answer.
    Interrupted,
}
