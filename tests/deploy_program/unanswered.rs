//! Ctrl-C while a call isn't answered, at each call of a create and of an update: it is noticed at once, nothing is left that isn't
//! named, and the same command again ends in the state of an undisturbed run.

use std::collections::{BTreeMap, BTreeSet};
use std::net::TcpListener;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::killed;
use crate::program::{CONFIG, Place, Run, finish};
use crate::server::Fault;

const DEPLOY: &str = "deploy --stack dify-dev --yes";

/// What only looks is left at once; on this machine's worst day.
const AT_ONCE: Duration = Duration::from_secs(8);

/// A person is told within a few seconds that there is no answer.
const TOLD_WITHIN: Duration = Duration::from_secs(8);

/// Cases at the same time.
const WORKERS: usize = 4;

/// The answer to what changes something is waited for, five seconds at most, and a set is taken back, ten at most.
const AFTER_A_MOMENT: Duration = Duration::from_secs(22);

/// What has to be the same in the end; an empty stack may have been deleted on the way.
fn end(place: &Place) -> killed::End {
    let mut end = killed::end(place);
    end.begun.retain(|begun| !begun.starts_with("DELETE"));
    end.stacks = 1;
    end
}

fn only_looks(action: &str) -> bool {
    ["Describe", "List", "Get", "S3 HEAD"].iter().any(|look| action.starts_with(look))
}

/// The first two calls of each action, and all that change something.
fn steps(place: &Place) -> Vec<(usize, String)> {
    let calls = place.server.lock().calls.clone();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut steps = Vec::new();
    for (index, call) in calls.into_iter().enumerate() {
        let count = seen.entry(call.action.clone()).or_default();
        *count += 1;
        if *count <= 2 || !only_looks(&call.action) {
            steps.push((index + 1, call.action));
        }
    }
    steps
}

/// What a run left, against what it says that it left.
#[track_caller]
fn is_told(place: &Place, run: &Run, action: &str) {
    let shared = place.server.lock();
    let open: Vec<&str> = shared
        .model
        .sets
        .iter()
        .filter(|set| set.execution == "AVAILABLE")
        .map(|set| set.name.as_str())
        .collect();
    for set in &open {
        assert!(run.err.contains(set), "{action}: {set} is left without a word: {}", run.err);
    }
    let status = shared.model.stack("dify-dev").map(|stack| stack.status.clone()).unwrap_or_default();
    match run.code {
        Some(4) => assert!(
            !status.ends_with("_IN_PROGRESS") || status == "DELETE_IN_PROGRESS",
            "{action}: the stack is {status}: {}",
            run.err
        ),
        Some(7) => assert!(run.err.contains("attach"), "{action}: {}", run.err),
        other => panic!("{action}: ended with {other:?}: {}", run.err),
    }
    assert!(run.err.contains("interrupted"), "{action}: {}", run.err);
}

fn interrupted_at_each_call(prepared: impl Fn() -> Place + Sync) {
    let undisturbed = prepared();
    undisturbed.run(DEPLOY).ended(0);
    let expected = end(&undisturbed);
    let steps = steps(&undisturbed);
    let actions: BTreeSet<&str> = steps.iter().map(|(_, action)| action.as_str()).collect();
    assert!(actions.len() > 8, "{actions:?}");
    let mut cases = Vec::new();
    for (call, action) in &steps {
        cases.push((*call, action.as_str(), Fault::InterruptedBefore));
        if !only_looks(action) {
            cases.push((*call, action.as_str(), Fault::InterruptedAfter));
        }
    }
    // Most of the time is waited.
    std::thread::scope(|scope| {
        for worker in 0..WORKERS {
            let mine = cases.iter().skip(worker).step_by(WORKERS);
            let (prepared, expected) = (&prepared, &expected);
            scope.spawn(move || mine.for_each(|case| interrupted_at(&prepared(), expected, *case)));
        }
    });
}

fn interrupted_at(place: &Place, expected: &killed::End, (call, action, fault): (usize, &str, Fault)) {
    place.server.fault_at(call, fault);
    let child = place.start(DEPLOY);
    place.server.lock().victim = Some(child.id());
    let run = finish(child);
    let took = place.server.lock().interrupted_at.map(|at| at.elapsed()).unwrap();
    let limit = if only_looks(action) { AT_ONCE } else { AFTER_A_MOMENT };
    assert!(took < limit, "{fault:?} at {action}, call {call}: it took {took:?}: {}", run.err);
    is_told(place, &run, &format!("{fault:?} at {action}, call {call}"));
    place.run(DEPLOY).ended(0);
    assert_eq!(end(place), *expected, "after {fault:?} at {action}, call {call}: {}", run.err);
}

#[test]
fn a_create_is_left_at_each_call() {
    interrupted_at_each_call(|| {
        let place = Place::new();
        place.server.lock().model.pending = 2;
        place
    });
}

#[test]
fn an_update_is_left_at_each_call() {
    interrupted_at_each_call(|| {
        let place = Place::deployed(CONFIG);
        place.configure(&format!("{CONFIG}dify: {{ version: 1.17.0 }}\n"));
        place.server.lock().model.pending = 2;
        place
    });
}

#[test]
fn other_commands_are_left_at_once() {
    for (command, action) in [
        ("status", "DescribeStacks"),
        ("events", "DescribeStackEvents"),
        ("why", "DescribeStackEvents"),
        ("drift", "DescribeStackDriftDetectionStatus"),
        ("diff", "GetTemplate"),
        ("diff --change-set", "DescribeChangeSet"),
        ("outputs", "DescribeStacks"),
    ] {
        let place = Place::deployed(CONFIG);
        place.configure(&format!("{CONFIG}dify: {{ version: 1.17.0 }}\n"));
        place.server.faults(action, &[Fault::InterruptedBefore]);
        let child = place.start(&format!("{command} --stack dify-dev"));
        place.server.lock().victim = Some(child.id());
        let run = finish(child).ended(4);
        let took = place.server.lock().interrupted_at.map(|at| at.elapsed()).unwrap();
        assert!(took < AT_ONCE, "{command}: it took {took:?}");
        assert!(run.err.contains("interrupted; nothing was changed"), "{command}: {}", run.err);
        let open = place.server.lock().model.sets.iter().filter(|set| set.execution == "AVAILABLE").count();
        assert_eq!(open, 0, "{command}: {}", run.err);
    }
}

/// An endpoint that doesn't answer, and what the program says of it.
struct Dead {
    url: String,
    says: &'static str,
    /// Keeps the port.
    _listener: Option<TcpListener>,
}

/// One that refuses connections, and one that takes them and never says a word.
fn dead_endpoints() -> [Dead; 2] {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    // What it doesn't accept waits in the system's queue.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap();
    [
        Dead {
            url: format!("http://{closed}"),
            says: "waiting: AWS doesn't answer; asking again",
            _listener: None,
        },
        Dead {
            url: format!("http://{address}"),
            says: "waiting: AWS doesn't answer so far: no answer for 5 s",
            _listener: Some(silent),
        },
    ]
}

/// The command with the waits of the real program, at an endpoint that is dead.
fn at_a_dead_endpoint(place: &Place, dead: &Dead, arguments: &str) -> Command {
    let mut process = place.command(&format!("{arguments} --stack dify-dev"));
    process.env_remove("DIFY_CFN_POLL_MS").env("AWS_ENDPOINT_URL", &dead.url);
    process
}

#[test]
fn nobody_listens_at_the_endpoint() {
    let place = Place::new();
    let cases: Vec<(Dead, &str)> = ["status", "deploy --yes", "attach", "destroy"]
        .into_iter()
        .flat_map(|command| dead_endpoints().map(|dead| (dead, command)))
        .collect();
    std::thread::scope(|scope| {
        for (dead, command) in &cases {
            let place = &place;
            scope.spawn(move || {
                let child = at_a_dead_endpoint(place, dead, command).spawn().unwrap();
                // Told within a few seconds; on this machine's worst day a little later.
                std::thread::sleep(TOLD_WITHIN);
                let began = Instant::now();
                Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
                let run = finish(child).ended(4);
                assert!(began.elapsed() < AT_ONCE, "{command}: it took {:?}", began.elapsed());
                run.says(&[dead.says, "interrupted; nothing was changed"]);
            });
        }
    });
}

#[test]
fn a_time_limit_holds_inside_a_call() {
    let place = Place::new();
    for dead in dead_endpoints() {
        for command in ["deploy --yes --timeout 3s", "attach --timeout 3s", "rollback --timeout 3s"] {
            let began = Instant::now();
            let run = finish(at_a_dead_endpoint(&place, &dead, command).spawn().unwrap()).ended(1);
            let took = began.elapsed();
            assert!(took < Duration::from_secs(3) + AT_ONCE, "{command}: it took {took:?}");
            run.says(&["error: the time is up; nothing was changed"]);
        }
    }
}

#[test]
fn a_time_limit_holds_while_a_change_is_not_answered() {
    for (action, code, said) in [
        ("CreateChangeSet", 1, "the time is up"),
        ("ExecuteChangeSet", 7, "left before CloudFormation said whether the change set"),
    ] {
        let place = Place::new();
        place.server.faults(action, &[Fault::Silent]);
        let began = Instant::now();
        let run = place.run("deploy --stack dify-dev --yes --timeout 6s").ended(code);
        assert!(
            began.elapsed() < Duration::from_secs(6) + AFTER_A_MOMENT,
            "{:?}: {}",
            began.elapsed(),
            run.err
        );
        run.says(&[
            "AWS doesn't answer so far: no answer for 5 s",
            &format!("the answer to {action} is waited for"),
            said,
        ]);
    }
}
