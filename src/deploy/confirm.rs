//! The question before data is deleted, which only the stack's name answers.

use super::outcome::{Ending, Outcome};
use super::prompt::{Question, Reply, Topic};
use super::run::Run;
use super::stopping::{Stop, ended};

impl Run<'_> {
    /// Asks, unless the name was typed in advance. `details`: what is lost, and what stays.
    pub(super) async fn confirm(
        &mut self,
        text: String,
        details: Vec<String>,
        confirmed: Option<&str>,
    ) -> Result<(), Stop> {
        let stack = self.stack.clone();
        let question = Question {
            topic: Topic::Destroy,
            text,
            details,
            expected: Some(stack.clone()),
            flag: format!("--confirm {stack}"),
        };
        if let Some(confirmed) = confirmed {
            for line in &question.details {
                self.note(line.clone());
            }
            if confirmed == stack {
                return Ok(());
            }
            return ended(
                Ending::Declined,
                format!("`{confirmed}` isn't the stack's name, {stack}; nothing was deleted"),
            );
        }
        match self.ask(&question).await {
            Reply::Yes => Ok(()),
            Reply::No => ended(Ending::Declined, "declined; nothing was deleted"),
            Reply::NoTerminal => {
                Err(Outcome::new(Ending::Declined, "there is nobody to ask; nothing was deleted")
                    .next(format!("{} answers it", question.flag))
                    .into())
            }
            Reply::Interrupted => Err(Stop::Interrupted),
        }
    }
}
