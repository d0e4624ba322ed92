//! What has to be allowed or answered before a set is executed.

use super::{Deploy, Planned};
use crate::deploy::api::Replacement;
use crate::deploy::changes::{Change, Widening};
use crate::deploy::data;
use crate::deploy::outcome::{Ending, Outcome};
use crate::deploy::picture::Picture;
use crate::deploy::prompt::{Question, Reply, Topic};
use crate::deploy::request::Approval;
use crate::deploy::stopping::{Stop, ended};
use crate::diagnostic::nearest;

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
        let allowed = self.request.allow_replace.union(&self.request.allow_delete);
        let is_unknown = |id: &&String| !before.contains_key(*id) && !after.contains_key(*id);
        for unknown in allowed.filter(is_unknown).cloned().collect::<Vec<_>>() {
            let near = nearest(&unknown, before.keys().map(String::as_str));
            let near = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
            self.run.warn(format!(
                "--allow-replace or --allow-delete names {unknown}, which the stack doesn't have{near}"
            ));
        }
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
        let count = resources(changes.len());
        self.approve(format!("Change {count} of the stack {}?", self.request.stack), widenings).await
    }

    /// Whether the stack stays as a failure leaves it. CloudFormation replaces a resource only where it may roll back, and goes on
    /// from a failed operation only where it may not.
    ///
    /// Source: AWS CloudFormation User Guide, "Choose how to handle failures when provisioning resources".
    pub(super) fn keep_or_not(
        &mut self,
        planned: &mut Planned,
        changes: &[Change],
        is_resumed: bool,
    ) -> Result<(), Stop> {
        let replaced = changes.iter().filter(|change| change.replacement != Replacement::False);
        let replaced: Vec<&str> = replaced.map(|change| change.logical_id.as_str()).collect();
        if !planned.disable_rollback || replaced.is_empty() {
            return Ok(());
        }
        let replaced = replaced.join(", ");
        if is_resumed {
            let message = format!(
                "CloudFormation doesn't go on from a failed operation with what replaces {replaced}; nothing was changed"
            );
            let way =
                format!("`rollback --stack {}` takes the failed operation back first", self.request.stack);
            return Err(Outcome::new(Ending::Stuck, message).next(way).next("then run this again").into());
        }
        planned.disable_rollback = false;
        self.run.warn(format!(
            "a failure of this update is rolled back in spite of `--on-failure keep`: it replaces {replaced}, and \
             CloudFormation replaces only where it may roll back"
        ));
        Ok(())
    }

    /// Asks, where it has to be asked.
    pub(super) async fn approve(&mut self, text: String, widenings: &[Widening]) -> Result<(), Stop> {
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
            text,
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
                let mut outcome =
                    Outcome::new(Ending::Declined, message).next(format!("{} answers it", question.flag));
                // Nobody said no to what an earlier run prepared for somebody.
                if self.run.open_set.take_if(|set| set.is_resumed).is_some() {
                    outcome = outcome.next("the change set that an earlier run prepared stays");
                }
                Err(outcome.into())
            }
            Reply::Interrupted => Err(Stop::Interrupted),
        }
    }
}

/// So many resources, in words.
pub(super) fn resources(count: usize) -> String {
    if count == 1 { "1 resource".to_owned() } else { format!("{count} resources") }
}
