//! Ctrl-C at each stage: before anything runs nothing is left; later the stack goes on, and the message says how to re-attach.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::program::{Place, Run, finish};
use crate::server::Fault;

fn interrupted_at(action: &str, call: usize) -> (Place, Run) {
    let place = Place::new();
    {
        let model = &mut place.server.lock().model;
        model.slow = 30;
        model.pending = 10;
    }
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
        assert!(run.err.contains("attach --stack dify-dev"), "{action}: {}", run.err);
        assert_eq!(place.server.stack("dify-dev").status, "CREATE_IN_PROGRESS", "{action}");
        place.run("attach --stack dify-dev").ended(0);
        place.run("deploy --stack dify-dev --yes").ended(0);
        assert_eq!(place.server.lock().model.begun, ["CREATE dify-dev", "UPDATE dify-dev"], "{action}");
    }
}

#[test]
fn a_second_ctrl_c_leaves_an_answer_that_is_waited_for() {
    for (action, code, said) in [
        ("CreateChangeSet", 4, "error: interrupted; nothing was changed"),
        ("ExecuteChangeSet", 7, "`attach --stack dify-dev` follows it"),
    ] {
        let place = Place::new();
        place.server.faults(action, &[Fault::Silent; 3]);
        // Nor is a set taken back that nothing is heard of.
        place.server.faults("DeleteChangeSet", &[Fault::Silent; 3]);
        let child = place.start("deploy --stack dify-dev --yes");
        let interrupt = || {
            Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
        };
        let began = Instant::now();
        while place.server.count(action) == 0 {
            assert!(began.elapsed() < Duration::from_secs(60), "{action} isn't called");
            std::thread::sleep(Duration::from_millis(5));
        }
        interrupt();
        std::thread::sleep(Duration::from_millis(500));
        let second = Instant::now();
        interrupt();
        // A set that is taken back then is left by another one.
        std::thread::sleep(Duration::from_millis(1500));
        interrupt();
        let run = finish(child);
        assert!(
            second.elapsed() < Duration::from_secs(5),
            "{action}: it took {:?}: {}",
            second.elapsed(),
            run.err
        );
        run.ended(code).says(&["interrupted", "Ctrl-C again leaves at once", said]);
    }
}
