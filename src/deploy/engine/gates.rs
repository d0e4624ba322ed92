//! What has to be allowed or answered before a set is executed.

use super::Deploy;
use crate::deploy::changes::{Change, Widening};
use crate::deploy::data;
use crate::deploy::outcome::{Ending, Outcome};
use crate::deploy::picture::Picture;
use crate::deploy::prompt::{Question, Reply, Topic};
use crate::deploy::request::Approval;
use crate::deploy::stopping::{Stop, ended};

impl Deploy<'_, '_> {
    pub(super) async fn pass_gates(
        &mut self,
        changes: &[Change],
        widenings: &[Widening],
        before: &Picture,
        after: &Picture,
    ) -> Result<(), Stop> {
        let losses = data::losses(changes, before, after);
        let refused = data::refused(&losses, &self.request.allow_replace, &self.request.allow_delete);
        if !refused.is_empty() {
            let mut outcome = Outcome::new(
                Ending::Declined,
                "the change set would lose data; it is deleted, and nothing was changed",
            );
            for loss in refused {
                outcome =
                    outcome.next(format!("{loss}; allow it with {} {}", loss.kind.flag(), loss.logical_id));
            }
            return Err(outcome.into());
        }
        if self.request.no_execute || self.is_approved {
            return Ok(());
        }
        self.approve(changes, widenings).await
    }

    /// Asks, where it has to be asked.
    pub(super) async fn approve(&mut self, changes: &[Change], widenings: &[Widening]) -> Result<(), Stop> {
        let is_needed = match self.request.approval {
            Approval::Never => false,
            Approval::Broadening => !widenings.is_empty(),
            Approval::Any => true,
        };
        if !is_needed || self.request.yes {
            self.is_approved = true;
            return Ok(());
        }
        let is_widening = !widenings.is_empty();
        let question = Question {
            topic: if is_widening { Topic::Broadening } else { Topic::Changes },
            text: format!("Change {} resources of the stack {}?", changes.len(), self.request.stack),
            details: widenings.iter().map(|widening| widening.words.clone()).collect(),
            expected: None,
            flag: "--yes".to_owned(),
        };
        self.ask(&question, "the changes were declined; nothing was changed").await?;
        self.is_approved = true;
        Ok(())
    }

    pub(super) async fn ask(&mut self, question: &Question, declined: &str) -> Result<(), Stop> {
        match self.run.ask(question).await {
            Reply::Yes => Ok(()),
            Reply::No => ended(Ending::Declined, declined),
            Reply::NoTerminal => {
                let message = format!("there is nobody to ask: {}", question.text);
                Err(Outcome::new(Ending::Declined, message)
                    .next(format!("{} answers it", question.flag))
                    .into())
            }
            Reply::Interrupted => Err(Stop::Interrupted),
        }
    }
}
