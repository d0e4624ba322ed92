//! A kill at every call, and the same command again: the same end, nothing done twice, nothing lost.

use dify_cfn::deploy::outcome::Ending;

use super::*;

/// What counts of a world in the end.
fn result(world: &World) -> (String, Vec<String>, Vec<String>, usize) {
    let state = world.state();
    let stack = state.stack(STACK);
    let mut made = state.made.clone();
    made.sort();
    let resources = stack.resources.keys().cloned().collect();
    let words = format!(
        "{} {:?} {:?} {} {:?}",
        stack.status, stack.parameters, stack.tags, stack.template, stack.policy
    );
    (words, resources, made, stack.sets.len())
}

/// Deploys undisturbed, then with a kill at each call, before and after its effect.
fn survives(prepare: impl Fn() -> World, request: &DeployRequest, most_executions: usize) {
    let undisturbed = prepare();
    let before = undisturbed.state().calls.len();
    let outcome = deployed(&undisturbed, request);
    assert_eq!(outcome.ending, Ending::Done, "{outcome:#?}");
    let expected = result(&undisturbed);
    let calls = undisturbed.state().calls.len();
    assert!(calls - before > 10, "{calls}");
    for kill_at in before + 1..=calls {
        for after_effect in [false, true] {
            // The next run comes at once, or after everything has come to rest.
            let is_late = (kill_at + usize::from(after_effect)) % 2 == 0;
            let world = prepare();
            {
                let mut state = world.state();
                state.kill_at = Some(kill_at);
                state.kill_after_effect = after_effect;
            }
            let killed = cloudformation::run(deploy(session(&world), request));
            assert!(killed.is_none(), "call {kill_at} wasn't made");
            {
                let mut state = world.state();
                state.kill_at = None;
                state.now += if is_late { 3_600_000 } else { 0 };
                state.advance();
            }
            let call = world.state().calls[kill_at - 1];
            let at = format!("killed at call {kill_at} ({call}), {after_effect} {is_late}");
            let outcome = deployed(&world, request);
            assert_eq!(outcome.ending, Ending::Done, "{at}: {outcome:#?}");
            assert_eq!(result(&world), expected, "{at}");
            let executions = world.state().stack(STACK).operations.len();
            assert!(executions <= most_executions, "{at}: {executions} operations");
        }
    }
}

#[test]
fn a_create_survives_a_kill_at_every_call() {
    survives(World::new, &request(), 3);
}

#[test]
fn an_update_survives_a_kill_at_every_call() {
    survives(world_with_stack, &newer(), 4);
}

#[test]
fn an_allowed_replacement_survives_a_kill_at_every_call() {
    let prepare = || {
        let world = world_with_stack();
        world.state().replacing.insert("AWS::S3::Bucket.BucketName".into());
        world
    };
    let mut json = template();
    json["Resources"]["Bucket"]["Properties"]["BucketName"] = "other".into();
    let mut request = request_of(&json);
    request.allow_replace.insert("Bucket".into());
    survives(prepare, &request, 4);
}

#[test]
fn a_stack_whose_creation_failed_is_made_anew_after_a_kill_at_any_call() {
    let prepare = || {
        let world = World::new();
        world.state().failing.insert("Secret".into(), "no".into());
        assert_eq!(deployed(&world, &request()).ending, Ending::RolledBack);
        let mut state = world.state();
        state.failing.clear();
        state.made.clear();
        drop(state);
        world
    };
    survives(prepare, &request(), 3);
}
