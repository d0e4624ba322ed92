//! Ctrl-C at each stage: before anything runs nothing is left; later the stack goes on, and the message says how to re-attach.

use crate::program::{Place, Run, finish};

fn interrupted_at(action: &str, call: usize) -> (Place, Run) {
    let place = Place::new();
    place.server.lock().model.slow = 30;
    place.server.signal_at(action, call, "INT");
    let child = place.start("deploy --stack dify-dev --yes");
    place.server.lock().victim = Some(child.id());
    let run = finish(child);
    (place, run)
}

#[test]
fn before_anything_runs_nothing_is_left() {
    for (action, call) in [("GetCallerIdentity", 1), ("CreateChangeSet", 1)] {
        let (place, run) = interrupted_at(action, call);
        assert!(matches!(run.code, Some(4 | 7)), "{action}: {run:?}");
        assert_eq!(place.server.count("ExecuteChangeSet"), 0, "{action}: {}", run.err);
        // What a set left behind is taken by the next run.
        place.run("deploy --stack dify-dev --yes").ended(0);
    }
}

#[test]
fn later_the_stack_goes_on_and_can_be_attached_to() {
    for (action, call) in [("ExecuteChangeSet", 1), ("DescribeStackEvents", 3)] {
        let (place, run) = interrupted_at(action, call);
        let run = run.ended(7);
        assert!(run.err.contains("dify-cfn attach --stack dify-dev"), "{action}: {}", run.err);
        assert_eq!(place.server.stack("dify-dev").status, "CREATE_IN_PROGRESS", "{action}");
        place.run("attach --stack dify-dev").ended(0);
        place.run("deploy --stack dify-dev --yes").ended(0);
        assert_eq!(place.server.lock().model.begun, ["CREATE dify-dev", "UPDATE dify-dev"], "{action}");
    }
}
