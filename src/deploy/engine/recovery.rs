//! Stacks that aren't as they should be: what runs, what failed, what is left.

use std::collections::BTreeSet;

use super::{Deploy, Next, ended_with};
use crate::deploy::api::{Stack, StackResource, StackStatus};
use crate::deploy::cause::is_missing_service_linked_role;
use crate::deploy::data;
use crate::deploy::digest::SetName;
use crate::deploy::event::Event;
use crate::deploy::event_log::Start;
use crate::deploy::follow::{Before, Followed};
use crate::deploy::outcome::{Ending, Outcome};
use crate::deploy::prompt::{Question, Topic};
use crate::deploy::stopping::Stop;

impl Deploy<'_, '_> {
    /// Whether what runs, or ran last, was begun by this command or an earlier run of the same.
    pub(super) fn is_own(&self, stack: &Stack) -> bool {
        let name = stack.change_set_id.as_deref().and_then(SetName::parse);
        name.is_some_and(|name| name.content == self.content)
    }

    pub(super) async fn follow_own(&mut self, stack: Stack) -> Result<Next, Stop> {
        if !self.is_own(&stack) {
            let message = format!("the stack is {}: something else works on it", stack.status);
            return ended_with(
                Outcome::new(Ending::Failed, message)
                    .next(format!("`attach --stack {}` follows it, then run this again", self.request.stack)),
                &stack,
            );
        }
        self.run.note("an earlier run of this command began what runs: this goes on with it");
        let followed = self.follow(&stack, None, Start::LatestOperation, None).await?;
        if followed.ending != Ending::Done || followed.stack.status == StackStatus::DeleteComplete {
            return Ok(self.failed(&followed));
        }
        // Somebody said yes to the earlier run.
        self.is_approved = true;
        let deployed = self.deployed_template(&followed.stack).await?;
        self.set_policy(&followed.stack.id, &deployed, &BTreeSet::new()).await?;
        if self.has_been_complete(&deployed) {
            return self.after_whole(followed.stack).await;
        }
        Ok(Next::Again)
    }

    /// Deletes a stack whose creation failed.
    pub(super) async fn delete(&mut self, stack: &Stack) -> Result<Next, Stop> {
        if stack.termination_protection && self.request.termination_protection != Some(false) {
            let message =
                format!("the stack is {} and has termination protection: it can't be deleted", stack.status);
            return ended_with(
                Outcome::new(Ending::Stuck, message)
                    .next("the same command with --termination-protection=off turns that off, and goes on"),
                stack,
            );
        }
        let switched_off = self.request.termination_protection.filter(|wanted| !wanted);
        self.run.ensure_termination_protection(stack, switched_off).await?;
        let start = self.run.mark(&stack.id).await?;
        self.run.check_interrupt().await?;
        self.run.delete_stack(&stack.id, self.request.role_arn.as_deref()).await?;
        let followed = self.follow(stack, Some(Before::of(stack)), start, None).await?;
        if followed.stack.status != StackStatus::DeleteComplete {
            return Ok(Next::End(self.failure(&followed)));
        }
        self.run.tell(Event::StackDeleted { stack_id: stack.id.clone(), was_empty: false });
        self.stack_id = None;
        Ok(Next::Again)
    }

    /// Deletes a stack whose creation was rolled back. Nothing should be in it, and that is looked at, since it deletes without a
    /// question.
    pub(super) async fn delete_rolled_back(&mut self, stack: &Stack) -> Result<Next, Stop> {
        let resources = self.run.resources(&stack.id).await?;
        refuse_if_data(stack, &resources)?;
        self.run
            .note(format!("the stack is {}: nothing is in it, it is deleted and created anew", stack.status));
        self.delete(stack).await
    }

    /// Deletes a stack that may hold something, after a question; never one that holds data.
    pub(super) async fn ask_then_delete(&mut self, stack: Stack) -> Result<Next, Stop> {
        let resources = self.run.resources(&stack.id).await?;
        let left: Vec<_> = resources
            .iter()
            .filter(|resource| resource.physical_id.as_deref().is_some_and(|id| !id.is_empty()))
            .collect();
        refuse_if_data(&stack, &resources)?;
        let question = Question {
            topic: Topic::DeleteFailed,
            text: format!("The stack is {}. Delete it and create it anew?", stack.status),
            details: left
                .iter()
                .map(|resource| format!("{} ({})", resource.logical_id, resource.resource_type))
                .collect(),
            expected: None,
            flag: "--yes".to_owned(),
        };
        if !self.request.yes {
            self.ask(&question, "declined; nothing was changed").await?;
        }
        self.delete(&stack).await
    }

    /// Takes back an update that failed and was left as it was.
    pub(super) async fn roll_back_first(&mut self, stack: Stack) -> Result<Next, Stop> {
        let question = Question {
            topic: Topic::RollBack,
            text: format!("The stack is {}. Roll it back first?", stack.status),
            details: Vec::new(),
            expected: None,
            flag: "--yes".to_owned(),
        };
        if !self.request.yes {
            self.ask(&question, "declined; nothing was changed").await?;
        }
        let followed = self.run.roll_back(&stack, &self.constructs).await?;
        if followed.ending == Ending::Stuck {
            return Ok(Next::End(self.failure(&followed)));
        }
        Ok(Next::Again)
    }

    /// What becomes of a step that failed.
    pub(super) fn failed(&mut self, followed: &Followed) -> Next {
        let is_passing = followed.cause.as_ref().is_some_and(is_missing_service_linked_role);
        let is_back =
            followed.ending == Ending::RolledBack || followed.stack.status == StackStatus::DeleteComplete;
        if is_passing && !self.has_retried && is_back {
            self.has_retried = true;
            self.run.note("the role that the account was missing should be there now: once more");
            if followed.stack.status == StackStatus::DeleteComplete {
                self.stack_id = None;
            }
            return Next::Again;
        }
        Next::End(self.failure(followed))
    }

    pub(super) fn failure(&self, followed: &Followed) -> Outcome {
        let status = &followed.stack.status;
        let is_deleted = *status == StackStatus::DeleteComplete;
        let ending = if is_deleted { Ending::RolledBack } else { followed.ending };
        let mut outcome = Outcome::new(ending, followed.words(ending));
        if let Some(cause) = &followed.cause {
            outcome.next.extend(cause.advice.iter().cloned());
        }
        let stack = &self.request.stack;
        match status {
            StackStatus::CreateFailed => {
                outcome = outcome
                    .next(format!("`deploy --stack {stack} --on-failure keep` goes on from there"))
                    .next(format!("`destroy --stack {stack}` deletes it"));
            }
            StackStatus::UpdateFailed => {
                outcome = outcome
                    .next(format!("`deploy --stack {stack} --on-failure keep` goes on from there"))
                    .next(format!("`rollback --stack {stack}` takes the update back"));
            }
            StackStatus::UpdateRollbackFailed => {
                outcome = outcome.next(format!(
                    "`rollback --stack {stack}` tries again, with --force it skips what can't be rolled back"
                ));
            }
            StackStatus::RollbackFailed | StackStatus::DeleteFailed => {
                outcome = outcome.next(format!("`destroy --stack {stack}` deletes the rest"));
            }
            _ => {}
        }
        outcome.stack_id = Some(followed.stack.id.clone());
        outcome.cause = followed.cause.clone().map(Box::new);
        outcome
    }
}

/// Ends the deploy where what holds data is in a stack that would be deleted.
fn refuse_if_data(stack: &Stack, resources: &[StackResource]) -> Result<(), Stop> {
    let is_there = |resource: &&StackResource| {
        resource.physical_id.as_deref().is_some_and(|id| !id.is_empty())
            && resource.status.ends_with("_COMPLETE")
    };
    let holding: Vec<&str> = resources
        .iter()
        .filter(is_there)
        .filter(|resource| data::holds_data(&resource.resource_type))
        .map(|resource| resource.logical_id.as_str())
        .collect();
    if holding.is_empty() {
        return Ok(());
    }
    let message =
        format!("the stack is {}, and what holds data is in it: {}", stack.status, holding.join(", "));
    let mut outcome = Outcome::new(Ending::Stuck, message);
    if stack.status == StackStatus::CreateFailed {
        outcome =
            outcome.next(format!("`deploy --stack {} --on-failure keep` goes on from there", stack.name));
    }
    let way = format!("`destroy --stack {}` deletes it, after saying what is lost", stack.name);
    outcome = outcome.next(way);
    outcome.stack_id = Some(stack.id.clone());
    Err(outcome.into())
}
