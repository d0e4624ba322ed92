//! New stacks.

use dify_cfn::deploy::api::{Annotation, Capability, HookResult, OnStackFailure, StackStatus};
use dify_cfn::deploy::event::{Event, Step};
use dify_cfn::deploy::outcome::Ending;
use dify_cfn::deploy::prompt::{Reply, Topic};
use dify_cfn::deploy::request::Approval;
use dify_cfn::deploy::{deploy_at_once, deploy_in_order};

use super::*;

fn steps(world: &World) -> Vec<(Step, u32, u32)> {
    let step = |event| match event {
        Event::Step { step, number, of } => Some((step, number, of)),
        _ => None,
    };
    world.events().into_iter().filter_map(step).collect()
}

#[test]
fn a_stack_is_made_in_three_steps() {
    let world = World::new();
    let outcome = deployed(&world, &request());
    assert_eq!(outcome.ending, Ending::Done, "{outcome:#?}");
    assert_eq!(outcome.outputs[0].key, "Url");
    assert_eq!(steps(&world), [(Step::Foundation, 1, 3), (Step::Whole, 2, 3), (Step::Protection, 3, 3)]);
    let state = world.state();
    let stack = state.stack(STACK);
    assert_eq!(stack.status, StackStatus::UpdateComplete);
    assert_eq!(stack.parameters["DeletionProtection"], "true");
    assert_eq!(state.made, ["Bucket", "Protection", "Secret", "Cluster", "Running"]);
    let protection: Vec<_> = state
        .requested_sets
        .iter()
        .map(|set| {
            set.parameters.iter().find(|setting| setting.key == "DeletionProtection").unwrap().value.clone()
        })
        .collect();
    assert_eq!(protection, [Some("false".into()), Some("false".into()), Some("true".into())]);
    let policy = stack.policy.as_ref().unwrap();
    assert!(
        policy.contains("LogicalResourceId/Bucket") && policy.contains("LogicalResourceId/Secret"),
        "{policy}"
    );
    assert_eq!(state.requested_sets[0].capabilities, Vec::<Capability>::new());
    assert!(state.requested_sets.iter().all(|set| set.tags.as_ref().unwrap()["project"] == "dify"));
}

#[test]
fn one_question_is_asked_and_it_is_about_the_whole() {
    let world = World::new();
    world.state().answers.push_back(Reply::Yes);
    let outcome = deployed(&world, &DeployRequest { yes: false, ..request() });
    assert_eq!(outcome.ending, Ending::Done, "{outcome:#?}");
    let state = world.state();
    let [question] = state.questions.as_slice() else { panic!("{:#?}", state.questions) };
    assert_eq!(question.topic, Topic::Changes);
    assert!(question.text.contains("5 resources"), "{question:?}");
}

#[test]
fn without_a_terminal_a_question_is_an_error_and_nothing_stays() {
    let world = World::new();
    let outcome = deployed(&world, &DeployRequest { yes: false, ..request() });
    assert_eq!(outcome.ending, Ending::Declined);
    assert!(outcome.next.iter().any(|line| line.contains("--yes")), "{outcome:#?}");
    assert_gone(&world);
    assert_eq!(world.state().made, Vec::<String>::new());
}

#[test]
fn a_declined_stack_leaves_nothing_behind() {
    let world = World::new();
    world.state().answers.push_back(Reply::No);
    assert_eq!(deployed(&world, &DeployRequest { yes: false, ..request() }).ending, Ending::Declined);
    assert_gone(&world);
}

#[test]
fn nothing_is_asked_where_nothing_has_to_be() {
    let world = World::new();
    let request = DeployRequest { yes: false, approval: Approval::Broadening, ..request() };
    assert_eq!(deployed(&world, &request).ending, Ending::Done);
    assert_eq!(world.state().questions, []);
}

#[test]
fn no_execute_prepares_and_the_next_run_finds_it() {
    let world = World::new();
    let outcome = deployed(&world, &DeployRequest { no_execute: true, ..request() });
    assert_eq!(outcome.ending, Ending::Done, "{outcome:#?}");
    assert!(outcome.message.contains("not executed"), "{outcome:#?}");
    assert_eq!(world.count("ExecuteChangeSet"), 0);
    assert_eq!(deployed(&world, &request()).ending, Ending::Done);
    let resumed =
        world.events().into_iter().any(|event| matches!(event, Event::ChangeSet { resumed: true, .. }));
    assert!(resumed);
    assert_eq!(world.count("CreateChangeSet"), 3, "the first one is used");
}

#[test]
fn a_failed_foundation_is_rolled_back_and_made_anew_by_the_next_run() {
    let world = World::new();
    world.state().failing.insert("Secret".into(), "Internal Failure".into());
    let outcome = deployed(&world, &request());
    assert_eq!(outcome.ending, Ending::RolledBack, "{outcome:#?}");
    assert!(outcome.message.contains("Secret failed: Internal Failure"), "{outcome:#?}");
    let cause = outcome.cause.unwrap();
    assert_eq!((cause.event.logical_id.as_str(), cause.cancelled), ("Secret", 1));
    assert_eq!(world.state().stack(STACK).status, StackStatus::RollbackComplete);
    world.state().failing.clear();
    assert_eq!(deployed(&world, &request()).ending, Ending::Done);
    assert!(notes(&world).iter().any(|note| note.contains("created anew")));
}

#[test]
fn a_failed_second_step_keeps_the_foundation() {
    let world = World::new();
    world.state().failing.insert("Running".into(), "no".into());
    let outcome = deployed(&world, &request());
    assert_eq!(outcome.ending, Ending::RolledBack, "{outcome:#?}");
    {
        let state = world.state();
        let stack = state.stack(STACK);
        assert_eq!(stack.status, StackStatus::UpdateRollbackComplete);
        assert!(stack.resources.contains_key("Bucket") && !stack.resources.contains_key("Cluster"));
        assert_eq!(stack.parameters["DeletionProtection"], "false", "it can still be deleted");
    }
    world.state().failing.clear();
    let outcome = deployed(&world, &request());
    assert_eq!(outcome.ending, Ending::Done, "{outcome:#?}");
    let state = world.state();
    assert_eq!(state.stack(STACK).parameters["DeletionProtection"], "true");
    assert_eq!(state.made.iter().filter(|id| *id == "Bucket").count(), 1);
}

#[test]
fn on_failure_delete_leaves_nothing() {
    let world = World::new();
    world.state().failing.insert("Secret".into(), "no".into());
    let outcome = deployed(&world, &DeployRequest { on_failure: OnStackFailure::Delete, ..request() });
    assert_eq!(outcome.ending, Ending::RolledBack, "{outcome:#?}");
    assert!(
        outcome.message.contains("Secret failed: no; the creation failed; the stack is deleted"),
        "{outcome:#?}"
    );
    assert_gone(&world);
}

#[test]
fn on_failure_keep_is_resumed_from_where_it_stopped() {
    let world = World::new();
    world.state().failing.insert("Secret".into(), "no".into());
    let keep = DeployRequest { on_failure: OnStackFailure::Keep, ..request() };
    let outcome = deployed(&world, &keep);
    assert_eq!(outcome.ending, Ending::Stuck, "{outcome:#?}");
    assert!(outcome.next.iter().any(|line| line.contains("--on-failure keep")), "{outcome:#?}");
    assert_eq!(world.state().stack(STACK).status, StackStatus::CreateFailed);
    // Without the word it is refused, since the bucket holds data.
    let outcome = deployed(&world, &request());
    assert_eq!(outcome.ending, Ending::Stuck, "{outcome:#?}");
    assert!(outcome.message.contains("Bucket"), "{outcome:#?}");
    world.state().failing.clear();
    let outcome = deployed(&world, &keep);
    assert_eq!(outcome.ending, Ending::Done, "{outcome:#?}");
    assert_eq!(world.state().made.iter().filter(|id| *id == "Bucket").count(), 1);
}

#[test]
fn termination_protection_keeps_a_broken_stack_from_being_deleted() {
    let world = World::new();
    world.state().failing.insert("Secret".into(), "no".into());
    deployed(&world, &request());
    let index = world.state().find(STACK).unwrap();
    world.state().stacks[index].termination_protection = true;
    let outcome = deployed(&world, &request());
    assert_eq!(outcome.ending, Ending::Stuck, "{outcome:#?}");
    assert!(outcome.message.contains("termination protection"), "{outcome:#?}");
    assert_eq!(world.count("DeleteStack"), 0);
}

#[test]
fn a_missing_service_linked_role_is_worth_one_retry() {
    let world = World::new();
    {
        let mut state = world.state();
        let reason = "Unable to assume the service linked role. Please verify that it exists";
        state.failing.insert("Cluster".into(), reason.into());
        state.failing_once.insert("Cluster".into());
    }
    let outcome = deployed(&world, &request());
    assert_eq!(outcome.ending, Ending::Done, "{outcome:#?}");
    assert!(notes(&world).iter().any(|note| note.contains("once more")));
    world.state().failing.insert("Running".into(), "the service linked role isn't there".into());
    assert_eq!(deployed(&world, &newer()).ending, Ending::RolledBack, "one retry only");
}

#[test]
fn a_failed_set_and_its_empty_stack_are_deleted() {
    let world = World::new();
    world.state().failing_set = Some("Transform failed: no such macro".into());
    let outcome = deployed(&world, &request());
    assert_eq!(outcome.ending, Ending::Failed, "{outcome:#?}");
    assert!(outcome.message.contains("no such macro"), "{outcome:#?}");
    assert_gone(&world);
}

#[test]
fn what_cloudformation_finds_before_is_told_with_path_and_reason() {
    let world = World::new();
    world.state().validation = vec![(
        "Bucket".into(),
        "/Resources/Bucket/Properties/BucketName".into(),
        "Bucket already exists".into(),
    )];
    let outcome = deployed(&world, &request());
    assert_eq!(outcome.ending, Ending::Failed, "{outcome:#?}");
    let rejection = world
        .events()
        .into_iter()
        .find_map(|event| match event {
            Event::Rejected(rejection) => Some(rejection),
            _ => None,
        })
        .unwrap();
    assert_eq!(rejection.logical_id.as_deref(), Some("Bucket"));
    assert_eq!(rejection.path.as_deref(), Some("/Resources/Bucket/Properties/BucketName"));
    assert_eq!(rejection.reason, "Bucket already exists");
    assert_gone(&world);
}

#[test]
fn a_hook_that_refuses_says_what_to_do() {
    let world = World::new();
    {
        let mut state = world.state();
        state.failing_set = Some("The following hook(s) failed: [Company::Guard::Hook]".into());
        let annotation = Annotation {
            name: "encrypt".into(),
            status: "FAILED".into(),
            remediation_message: Some("encrypt the bucket with a company key".into()),
            ..Annotation::default()
        };
        state.hooks = vec![HookResult {
            id: "hook-1".into(),
            hook_type: "Company::Guard::Hook".into(),
            status: "HOOK_COMPLETE_FAILED".into(),
            logical_id: Some("Bucket".into()),
            annotations: vec![annotation],
            ..HookResult::default()
        }];
    }
    assert_eq!(deployed(&world, &request()).ending, Ending::Failed);
    let rejection = world
        .events()
        .into_iter()
        .find_map(|event| match event {
            Event::Rejected(rejection) => Some(rejection),
            _ => None,
        })
        .unwrap();
    assert_eq!(rejection.check, "Company::Guard::Hook");
    let advice = rejection.annotations[0].remediation_message.as_deref();
    assert_eq!(advice, Some("encrypt the bucket with a company key"));
}

#[test]
fn a_stack_in_review_of_an_earlier_run_is_used() {
    let world = World::new();
    world.state().new_stack(STACK);
    assert_eq!(deployed(&world, &request()).ending, Ending::Done);
    assert_eq!(world.state().stacks.len(), 1);
}

#[test]
fn a_stack_without_a_foundation_is_made_in_one_step() {
    let world = World::new();
    let request = DeployRequest { foundation: None, protection: None, ..request() };
    assert_eq!(deployed(&world, &request).ending, Ending::Done);
    assert_eq!(steps(&world), [(Step::Whole, 1, 1)]);
    assert_eq!(world.state().stack(STACK).status, StackStatus::CreateComplete);
}

#[test]
fn a_large_template_goes_through_the_stacks_own_bucket() {
    let mut json = template();
    for number in 0..400 {
        let value = format!("{number:0>100}");
        json["Resources"][format!("Large{number}")] =
            json!({"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": value}});
    }
    let world = World::new();
    world.state().seconds_a_resource = 0;
    let outcome = deployed(&world, &request_of(&json));
    assert_eq!(outcome.ending, Ending::Done, "{outcome:#?}");
    let uploads: Vec<_> = world
        .events()
        .into_iter()
        .filter_map(|event| match event {
            Event::Uploaded { bucket, key, .. } => Some((bucket, key)),
            _ => None,
        })
        .collect();
    assert!(uploads[0].0.starts_with("bucket-") && uploads[0].1.starts_with(".cfn/"), "{uploads:?}");
    // A set of 402 changes comes in pages.
    let events = world.events();
    let most = events.iter().filter_map(|event| match event {
        Event::Changes { step: Some(_), changes, .. } => Some(changes.len()),
        _ => None,
    });
    assert_eq!(most.max(), Some(402));
}

#[test]
fn several_stacks_are_made_in_order_or_at_once() {
    let named = |name: &str| DeployRequest { stack: name.into(), ..request() };
    let requests = [named("dify-dev"), named("dify-prd")];
    let world = World::new();
    let outcomes = cloudformation::run(deploy_at_once(session(&world), &requests)).expect("an end");
    assert!(outcomes.iter().all(|outcome| outcome.ending == Ending::Done), "{outcomes:#?}");
    let world = World::new();
    world.state().failing.insert("Secret".into(), "no".into());
    let outcomes = cloudformation::run(deploy_in_order(session(&world), &requests)).expect("an end");
    assert_eq!(outcomes.len(), 1, "the second isn't begun");
    assert_eq!(world.state().stacks.len(), 1);
}

#[test]
fn a_deploy_may_move_between_threads() {
    fn is_send(_: &impl Send) {}
    let (world, request) = (World::new(), request());
    is_send(&deploy(session(&world), &request));
}
