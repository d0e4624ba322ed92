//! Drift: which resources are no longer what the stack says.

use serde::Serialize;

use super::Session;
use super::api::{DriftDetectionStatus, ResourceDrift};
use super::outcome::{Ending, Outcome};
use super::pace::Pace;
use super::run::{Patience, Run};
use super::status::{Action, Ruling, ruling};
use super::stopping::{Stop, ended};

/// What a detection found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DriftReport {
    /// The stack's name.
    pub stack: String,
    /// Resources that are others than the stack says.
    pub drifted: Vec<ResourceDrift>,
    /// Why not everything could be looked at.
    pub incomplete: Option<String>,
}

/// Detects drift, and waits for it.
///
/// # Errors
/// It can't be detected.
pub async fn drift(session: Session<'_>, stack: &str) -> Result<DriftReport, Box<Outcome>> {
    let mut run = Run::begin(session, "drift", stack, None);
    let result = run.drift(stack).await;
    run.reported(result).await
}

impl Run<'_> {
    async fn drift(&mut self, name: &str) -> Result<DriftReport, Stop> {
        let stack = self.existing_stack(name).await?;
        match ruling(Action::Drift, Some(&stack.status)) {
            Ruling::Proceed => {}
            Ruling::Refuse(ending, why) => {
                return Err(Outcome::new(ending, format!("the stack is {}", stack.status)).next(why).into());
            }
            _ => {
                return ended(Ending::Failed, format!("the stack is {}: that wasn't expected", stack.status));
            }
        }
        let cloudformation = self.cloudformation();
        let id = stack.id.as_str();
        let detection = self.call(Patience::Short, || cloudformation.detect_stack_drift(id)).await?;
        let mut pause = Pace::of_change_sets(self.jitter());
        let incomplete = loop {
            self.wait(pause.next_wait()).await?;
            let found =
                self.call(Patience::Short, || cloudformation.describe_drift_detection(&detection)).await?;
            match found.status {
                DriftDetectionStatus::InProgress => {}
                DriftDetectionStatus::Complete => break None,
                DriftDetectionStatus::Failed => {
                    break Some(found.reason.unwrap_or_else(|| "no reason is told".to_owned()));
                }
            }
        };
        let mut drifted = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let asked = token.take();
            let drifts = self
                .call(Patience::Short, || cloudformation.describe_resource_drifts(id, asked.as_deref()))
                .await?;
            drifted.extend(drifts.items);
            token = drifts.next_token;
            if token.is_none() {
                return Ok(DriftReport { stack: stack.name, drifted, incomplete });
            }
        }
    }
}
