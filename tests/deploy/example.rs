//! The example that deploys by a client of its own.

#[allow(dead_code, unreachable_pub, reason = "it is a program of its own, with a main function")]
#[path = "../../examples/deploy_events.rs"]
mod deploy_events;

#[test]
fn a_stack_is_created_and_its_events_are_told() {
    let told = std::sync::Mutex::new(Vec::new());
    let outcome = deploy_events::run(&|line| told.lock().unwrap().push(line)).unwrap();
    assert_eq!(outcome.message, "the stack is CREATE_COMPLETE");
    assert_eq!(
        *told.lock().unwrap(),
        [
            "changes Jobs",
            "jobs is CREATE_IN_PROGRESS",
            "Jobs is CREATE_IN_PROGRESS",
            "Jobs is CREATE_COMPLETE",
            "jobs is CREATE_COMPLETE",
            "1 outputs",
            "Done: the stack is CREATE_COMPLETE",
        ]
    );
}
