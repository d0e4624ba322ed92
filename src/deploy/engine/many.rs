//! Several stacks, one after the other or at once.

use std::task::Poll;

use super::deploy;
use crate::deploy::outcome::{Ending, Outcome};
use crate::deploy::request::DeployRequest;
use crate::deploy::{Call, Session};

/// Deploys stacks in their order; after one that isn't done, the others aren't begun. Outcomes of those that were begun.
pub async fn deploy_in_order(session: Session<'_>, requests: &[DeployRequest]) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    for request in requests {
        let outcome = deploy(session, request).await;
        let is_done = outcome.ending == Ending::Done;
        outcomes.push(outcome);
        if !is_done {
            break;
        }
    }
    outcomes
}

/// Deploys stacks at once. Outcomes in the order of the requests.
pub async fn deploy_at_once(session: Session<'_>, requests: &[DeployRequest]) -> Vec<Outcome> {
    let mut running: Vec<Option<Call<'_, Outcome>>> = requests
        .iter()
        .map(|request| Some(Box::pin(deploy(session, request)) as Call<'_, Outcome>))
        .collect();
    let mut outcomes: Vec<Option<Outcome>> = requests.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        let mut is_through = true;
        for (slot, outcome) in running.iter_mut().zip(&mut outcomes) {
            let Some(future) = slot else { continue };
            match future.as_mut().poll(context) {
                Poll::Ready(ended) => {
                    *outcome = Some(ended);
                    *slot = None;
                }
                Poll::Pending => is_through = false,
            }
        }
        if is_through { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    outcomes.into_iter().flatten().collect()
}
