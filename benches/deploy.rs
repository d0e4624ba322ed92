//! What following a stack costs, on the model of CloudFormation with its virtual clock.
//!
//! `cargo bench --bench deploy` prints: calls a minute while an hour's update runs, how long after the stack's end the
//! program is through, and the time and memory of 2,000 events.

#![allow(clippy::print_stdout, reason = "a bench tells its figures")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "as in tests")]

#[allow(dead_code, reason = "the tests use more of it")]
#[path = "../tests/support/cloudformation/mod.rs"]
mod cloudformation;

use std::collections::BTreeMap;
use std::time::Instant;

use cloudformation::{Act, World, run};
use dify_cfn::deploy::api::{StackEvent, StackStatus};
use dify_cfn::deploy::{Session, attach};

const STACK: &str = "dify-dev";

static NO_CONSTRUCTS: BTreeMap<String, String> = BTreeMap::new();

fn session(world: &World) -> Session<'_> {
    Session {
        cloudformation: world,
        services: world,
        clock: world,
        prompter: world,
        sink: world,
        constructs: &NO_CONSTRUCTS,
        seed: 7,
    }
}

/// A world with an update that ends after some seconds, and that many events of it.
fn world(events: usize, seconds: i64) -> World {
    let world = World::new();
    let mut state = world.state();
    let index = state.new_stack(STACK);
    let end = state.now + seconds * 1000;
    let stack = &mut state.stacks[index];
    stack.status = StackStatus::UpdateInProgress;
    let begin = StackEvent {
        id: "begin".into(),
        stack_id: stack.id.clone(),
        logical_id: STACK.into(),
        physical_id: Some(stack.id.clone()),
        resource_type: "AWS::CloudFormation::Stack".into(),
        status: "UPDATE_IN_PROGRESS".into(),
        ..StackEvent::default()
    };
    stack.events.push(begin.clone());
    for number in 0..events {
        stack.events.push(StackEvent {
            id: format!("3b0e2f40-1c1d-11f0-9d0f-{number:012}"),
            logical_id: format!("Part{number}"),
            physical_id: None,
            resource_type: "AWS::SSM::Parameter".into(),
            ..begin.clone()
        });
    }
    stack.acts.push_back((end, Act::Stack("UPDATE_COMPLETE", None)));
    drop(state);
    world
}

/// The most memory that the process had, in KiB; Linux only.
fn peak_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

fn main() {
    let hour = world(0, 3_600);
    run(attach(session(&hour), STACK, None)).expect("an end");
    let state = hour.state();
    let late = state.now - state.stack(STACK).ended.expect("it ended");
    println!(
        "calls a minute while waiting:        {:.1}",
        f64::from(u32::try_from(state.calls.len()).unwrap()) / 60.0
    );
    println!(
        "from the stack's end to ours:        {:.1} s (virtual)",
        f64::from(i32::try_from(late).unwrap()) / 1000.0
    );
    drop(state);
    let many = world(2_000, 60);
    let before = peak_kib();
    let began = Instant::now();
    run(attach(session(&many), STACK, None)).expect("an end");
    println!("2,000 events:                        {:.1} ms", began.elapsed().as_secs_f64() * 1000.0);
    if let (Some(before), Some(after)) = (before, peak_kib()) {
        println!("memory of 2,000 events, told and kept: {} KiB", after - before);
    }
}
