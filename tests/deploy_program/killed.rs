//! `kill -9` at each step: the same command again ends in the state of an undisturbed run, with nothing done twice.

use std::collections::BTreeMap;

use crate::program::{CONFIG, Place, finish};
use crate::server::{Fault, StackModel};

const DEPLOY: &str = "deploy --stack dify-dev --yes --json";

/// What has to be the same in the end.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct End {
    pub(crate) begun: Vec<String>,
    status: String,
    template: String,
    parameters: BTreeMap<String, String>,
    policy: Option<String>,
    resources: Vec<String>,
    pub(crate) stacks: usize,
    /// Sets that could still be executed.
    open_sets: usize,
}

pub(crate) fn end(place: &Place) -> End {
    let shared = place.server.lock();
    let stack: &StackModel = shared.model.stack("dify-dev").unwrap();
    End {
        begun: shared.model.begun.clone(),
        status: stack.status.clone(),
        template: stack.template.clone(),
        parameters: stack.parameters.clone(),
        policy: stack.policy.clone(),
        resources: stack.resources.keys().cloned().collect(),
        stacks: shared.model.stacks.len(),
        open_sets: shared.model.sets.iter().filter(|set| set.execution == "AVAILABLE").count(),
    }
}

/// Which calls are worth a kill: each one that changes something, and the first look at what was begun. A kill at any other
/// look leaves the same as one after the change before it.
fn steps(place: &Place) -> Vec<(usize, String)> {
    let calls = place.server.lock().calls.clone();
    let looks =
        |action: &str| ["Describe", "List", "Get", "S3 HEAD"].iter().any(|look| action.starts_with(look));
    let mut steps: Vec<(usize, String)> = Vec::new();
    let mut begun = false;
    for (index, call) in calls.iter().enumerate() {
        let follows = begun && call.action == "DescribeStackEvents";
        if !looks(&call.action) || follows {
            steps.push((index + 1, call.action.clone()));
            begun = call.action == "ExecuteChangeSet";
        }
    }
    steps
}

fn killed_at_each_step(prepared: impl Fn() -> Place) {
    let undisturbed = prepared();
    undisturbed.run(DEPLOY).ended(0);
    let expected = end(&undisturbed);
    let steps = steps(&undisturbed);
    assert!(steps.len() > 2, "{steps:?}");
    for (call, action) in steps {
        for fault in [Fault::KilledBefore, Fault::KilledAfter] {
            let place = prepared();
            place.server.fault_at(call, fault);
            let child = place.start(DEPLOY);
            place.server.lock().victim = Some(child.id());
            let killed = finish(child);
            assert_eq!(killed.code, None, "not killed at {action}, call {call}: {killed:?}");
            place.run(DEPLOY).ended(0);
            assert_eq!(end(&place), expected, "after {fault:?} at {action}, call {call}");
        }
    }
}

#[test]
fn a_create_goes_on_after_a_kill_at_each_step() {
    killed_at_each_step(Place::new);
}

#[test]
fn an_update_goes_on_after_a_kill_at_each_step() {
    killed_at_each_step(|| {
        let place = Place::deployed(CONFIG);
        place.configure(&format!("{CONFIG}dify: {{ version: 1.17.0 }}\n"));
        place
    });
}
