//! A program that was built without the feature `deploy`: it knows the commands that talk to AWS, and says that it hasn't them.
//! `tests/run.sh` builds and runs it.

#![cfg(not(feature = "deploy"))]

use std::process::Command;

fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let done =
        Command::new(env!("CARGO_BIN_EXE_dify-cfn")).args(arguments).current_dir(folder.path()).output();
    let done = done.expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (done.status.code(), text(done.stdout), text(done.stderr))
}

#[test]
fn commands_that_talk_to_aws_say_that_they_are_missing() {
    for command in [
        "deploy", "diff", "status", "events", "outputs", "drift", "why", "attach", "cancel", "rollback",
        "destroy", "secrets", "lookup",
    ] {
        let (code, out, err) = run(&[command, "--stack", "dify-dev"]);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{command}: {err}");
        assert!(err.contains("built without") && err.contains("feature `deploy`"), "{command}: {err}");
        let (code, out, _) = run(&[command, "--stack", "dify-dev", "--json"]);
        let line: serde_json::Value = serde_json::from_str(&out).expect("one object");
        assert_eq!((code, &line["event"], &line["exit_code"]), (Some(2), &"finished".into(), &2.into()));
    }
}

#[test]
fn synthesis_needs_none_of_it() {
    let (code, _, err) = run(&["synth", "-q"]);
    assert_eq!(code, Some(0), "{err}");
}
