//! Taking an operation back: rollback, and cancelling an update.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Session;
use super::api::{Stack, StackStatus};
use super::data;
use super::event_log::Start;
use super::follow::{Before, Followed, Operation};
use super::outcome::{Ending, Outcome};
use super::run::{Patience, Run};
use super::stacks::REST_IS_MISSING;
use super::stacks::token;
use super::status::{Action, Ruling, ruling, settled};
use super::stopping::{Stop, ended};

/// What is asked to be taken back.
#[derive(Debug, Clone, Default)]
pub struct RollbackRequest {
    /// The stack's name.
    pub stack: String,
    /// Skips what can't be rolled back, and says what that is.
    pub force: bool,
    /// The name typed in advance, where the rollback of a creation deletes data; nothing else answers that question.
    pub confirm: Option<String>,
    /// When to leave a stack that isn't through.
    pub timeout: Option<Duration>,
}

/// Takes a failed operation back.
pub async fn rollback(session: Session<'_>, request: &RollbackRequest) -> Outcome {
    let mut run = Run::begin(session, "rollback", &request.stack, request.timeout);
    let result = run.rollback(request).await;
    run.ended(result).await
}

/// Stops an update that runs, and follows it back.
pub async fn cancel(session: Session<'_>, stack: &str, timeout: Option<Duration>) -> Outcome {
    let mut run = Run::begin(session, "cancel", stack, timeout);
    let result = run.cancel().await;
    run.ended(result).await
}

/// Follows what runs.
pub async fn attach(session: Session<'_>, stack: &str, timeout: Option<Duration>) -> Outcome {
    let mut run = Run::begin(session, "attach", stack, timeout);
    let result = run.attach().await;
    run.ended(result).await
}

impl Run<'_> {
    async fn rollback(&mut self, request: &RollbackRequest) -> Result<Outcome, Stop> {
        let force = request.force;
        let name = self.stack.clone();
        let stack = self.existing_stack(&name).await?;
        match ruling(Action::Rollback, Some(&stack.status)) {
            Ruling::Nothing(why) => Ok(Outcome::new(Ending::Done, why)),
            Ruling::Refuse(ending, why) => {
                Err(Outcome::new(ending, format!("the stack is {}", stack.status)).next(why).into())
            }
            Ruling::Follow => self.follow_to_outcome(&stack, None, Start::LatestOperation, true).await,
            Ruling::ContinueRollback => {
                if force {
                    self.warn_of_skipped(&stack).await?;
                }
                let start = self.mark(&stack.id).await?;
                let token =
                    token("continue", &format!("{}{:?}{force}{start:?}", stack.id, stack.last_updated_time));
                let cloudformation = self.cloudformation();
                let id = stack.id.as_str();
                self.change(Patience::Short, "ContinueUpdateRollback", || {
                    cloudformation.continue_update_rollback(id, &[], force, &token)
                })
                .await?;
                self.follow_to_outcome(&stack, Some(Before::of(&stack)), start, true).await
            }
            _ => {
                if stack.status == StackStatus::CreateFailed {
                    self.confirm_loss(&stack, request).await?;
                }
                let followed = self.roll_back(&stack, &BTreeMap::new()).await?;
                Ok(outcome_of(&followed, true))
            }
        }
    }

    /// The rollback of a creation deletes what was made, also what the template keeps: where that holds data, it is asked for.
    ///
    /// Source: AWS CloudFormation API Reference, `RollbackStack`, `RetainExceptOnCreate`.
    async fn confirm_loss(&mut self, stack: &Stack, request: &RollbackRequest) -> Result<(), Stop> {
        let resources = self.resources(&stack.id).await?;
        let mut lost = Vec::new();
        let mut others = 0;
        for resource in &resources {
            let Some(id) = resource.physical_id.as_ref().filter(|id| !id.is_empty()) else { continue };
            if data::holds_data(&resource.resource_type) && resource.status.ends_with("_COMPLETE") {
                lost.push(format!("lost: {} ({}, {id})", resource.logical_id, resource.resource_type));
            } else {
                others += 1;
            }
        }
        let rest = format!("deleted with the rollback: {others} other resources");
        if lost.is_empty() {
            self.note(rest);
            return Ok(());
        }
        lost.push(rest);
        let text = format!(
            "The rollback of a creation deletes what was made. Type the stack's name, {}, to say yes.",
            request.stack
        );
        self.confirm(text, lost, request.confirm.as_deref()).await
    }

    /// Tells what a forced rollback leaves as it is.
    async fn warn_of_skipped(&mut self, stack: &Stack) -> Result<(), Stop> {
        let resources = self.resources(&stack.id).await?;
        let skipped: Vec<String> = resources
            .into_iter()
            .filter(|resource| resource.status == "UPDATE_FAILED")
            .map(|resource| format!("{} ({})", resource.logical_id, resource.resource_type))
            .collect();
        if !skipped.is_empty() {
            self.warn(format!(
                "these resources are skipped and may differ from what the stack says afterwards: {}; `drift` tells how",
                skipped.join(", ")
            ));
        }
        Ok(())
    }

    /// `RollbackStack`, followed.
    pub(super) async fn roll_back(
        &mut self,
        stack: &Stack,
        constructs: &BTreeMap<String, String>,
    ) -> Result<Followed, Stop> {
        let start = self.mark(&stack.id).await?;
        let token = token("rollback", &format!("{}{:?}{start:?}", stack.id, stack.last_updated_time));
        let cloudformation = self.cloudformation();
        let id = stack.id.as_str();
        let change = || cloudformation.rollback_stack(id, &token);
        self.change(Patience::Short, "RollbackStack", change).await?;
        let operation = Operation {
            stack_id: stack.id.clone(),
            start,
            before: Some(Before::of(stack)),
            total: None,
            constructs: constructs.clone(),
        };
        self.follow(&operation).await
    }

    async fn cancel(&mut self) -> Result<Outcome, Stop> {
        let name = self.stack.clone();
        let stack = self.existing_stack(&name).await?;
        match ruling(Action::Cancel, Some(&stack.status)) {
            Ruling::Proceed => {
                let token = token("cancel", &format!("{}{:?}", stack.id, stack.last_updated_time));
                let cloudformation = self.cloudformation();
                let id = stack.id.as_str();
                let change = || cloudformation.cancel_update_stack(id, &token);
                self.change(Patience::Short, "CancelUpdateStack", change).await?;
                self.note("the update is cancelled and rolls back");
                self.follow_to_outcome(&stack, None, Start::LatestOperation, true).await
            }
            Ruling::Refuse(ending, why) => {
                Err(Outcome::new(ending, format!("the stack is {}", stack.status)).next(why).into())
            }
            Ruling::Nothing(why) => Ok(Outcome::new(Ending::Done, why)),
            _ => ended(Ending::Failed, format!("the stack is {}: that wasn't expected", stack.status)),
        }
    }

    async fn attach(&mut self) -> Result<Outcome, Stop> {
        let name = self.stack.clone();
        let stack = self.existing_stack(&name).await?;
        match ruling(Action::Attach, Some(&stack.status)) {
            Ruling::Follow => {
                let outcome = self.follow_to_outcome(&stack, None, Start::LatestOperation, false).await?;
                let stack =
                    if outcome.ending == Ending::Done { self.find_stack(&stack.id).await? } else { None };
                match stack {
                    Some(stack) if self.has_only_foundation(&stack).await => {
                        Ok(outcome.next(REST_IS_MISSING))
                    }
                    _ => Ok(outcome),
                }
            }
            // Somebody attaches to learn how it ends, and may have come after that.
            Ruling::Nothing(why) => {
                let ending = settled(&stack.status).unwrap_or(Ending::Done);
                let mut outcome = Outcome::new(ending, format!("{why}; the stack is {}", stack.status));
                if ending != Ending::Done {
                    outcome = outcome.next(format!("`why --stack {name}` tells what failed"));
                } else if self.has_only_foundation(&stack).await {
                    outcome = outcome.next(REST_IS_MISSING);
                }
                outcome.stack_id = Some(stack.id);
                Ok(outcome)
            }
            _ => ended(Ending::Failed, format!("the stack is {}: that wasn't expected", stack.status)),
        }
    }

    /// Follows, and says how it ended. `back_is_good`: being back where it was is what was wanted.
    pub(super) async fn follow_to_outcome(
        &mut self,
        stack: &Stack,
        before: Option<Before>,
        start: Start,
        back_is_good: bool,
    ) -> Result<Outcome, Stop> {
        let operation =
            Operation { stack_id: stack.id.clone(), start, before, total: None, constructs: BTreeMap::new() };
        let followed = self.follow(&operation).await?;
        Ok(outcome_of(&followed, back_is_good))
    }
}

/// What the end of an operation means.
pub(super) fn outcome_of(followed: &Followed, back_is_good: bool) -> Outcome {
    let status = &followed.stack.status;
    let ending = match followed.ending {
        Ending::RolledBack if back_is_good => Ending::Done,
        ending => ending,
    };
    let mut outcome = match ending {
        Ending::Done => Outcome::new(ending, format!("the stack is {status}")),
        _ => Outcome::new(ending, followed.words(ending)),
    };
    if let Some(cause) = followed.cause.as_ref().filter(|_| ending != Ending::Done) {
        outcome.next.extend(cause.advice.iter().cloned());
    }
    if *status == StackStatus::UpdateRollbackFailed {
        outcome = outcome.next(format!(
            "`rollback --stack {}` tries again, with --force it skips what can't be rolled back",
            followed.stack.name
        ));
    }
    if ending == Ending::Done && *status != StackStatus::DeleteComplete {
        outcome.outputs.clone_from(&followed.stack.outputs);
    }
    outcome.stack_id = Some(followed.stack.id.clone());
    outcome.cause = followed.cause.clone().map(Box::new);
    outcome
}
