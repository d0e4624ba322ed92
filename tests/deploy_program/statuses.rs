//! Every status of a stack for each command that acts on it: the exit code, what is told, and what is asked of CloudFormation.

use dify_cfn::deploy::api::StackStatus;

use crate::program::{CONFIG, Place};

/// Calls that change something.
const CHANGING: [&str; 8] = [
    "CreateChangeSet",
    "ExecuteChangeSet",
    "DeleteStack",
    "RollbackStack",
    "ContinueUpdateRollback",
    "CancelUpdateStack",
    "SetStackPolicy",
    "S3 POST",
];

/// Runs the command on a stack in each status, which begins as the one that was deployed. A row for each.
fn table(command: &str) -> String {
    let place = Place::deployed(CONFIG);
    let deployed = place.server.stack("dify-dev");
    let statuses = StackStatus::ALL.iter().map(StackStatus::as_str);
    let mut rows = String::new();
    for status in statuses.chain(["PONDER_IN_PROGRESS", "PONDER_FAILED"]) {
        {
            let model = &mut place.server.lock().model;
            model.stacks = vec![deployed.clone()];
            model.sets.clear();
            model.put("dify-dev", status);
        }
        place.server.forget_calls();
        let run = place.run(command);
        let text = if run.told().is_empty() { &run.out } else { &run.told() };
        let lines = text.lines().filter(|line| line.starts_with("next ") || !run.told().is_empty());
        let told: String = lines.map(|line| format!("    {line}\n")).collect();
        let calls = place.server.lock().calls.clone();
        let mut changed: Vec<&str> = calls.iter().map(|call| call.action.as_str()).collect();
        changed.retain(|action| CHANGING.contains(action));
        let end =
            place.server.lock().model.stacks.last().map(|stack| stack.status.clone()).unwrap_or_default();
        let code = run.code.unwrap_or(-1);
        rows.push_str(&format!("{status}: exit {code}, {} then {end}\n{told}", changed.join(", ")));
        assert!(!run.err.contains("panicked"), "{status}: {}", run.err);
    }
    rows
}

#[test]
fn deploy_in_every_status() {
    insta::assert_snapshot!("deploy", table("deploy --stack dify-dev --yes"));
}

#[test]
fn destroy_in_every_status() {
    insta::assert_snapshot!("destroy", table("destroy --stack dify-dev --confirm dify-dev"));
}

#[test]
fn status_in_every_status() {
    insta::assert_snapshot!("status", table("status --stack dify-dev"));
}

#[test]
fn rollback_in_every_status() {
    insta::assert_snapshot!("rollback", table("rollback --stack dify-dev --confirm dify-dev"));
}

#[test]
fn cancel_and_attach_in_every_status() {
    insta::assert_snapshot!("cancel", table("cancel --stack dify-dev"));
    insta::assert_snapshot!("attach", table("attach --stack dify-dev"));
}
