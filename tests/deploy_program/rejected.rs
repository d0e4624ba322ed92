//! What CloudFormation and an organization's hooks find, nested stacks, and sets that don't tell everything.

use serde_json::json;

use crate::program::{CONFIG, DEPLOY, Place, other_image};
use crate::server::{Fault, Refusal, SetModel, nested_id};

fn refuse(place: &Place, reason: &str) {
    place.server.lock().model.refusals.push_back(Some(Refusal { reason: reason.into() }));
}

const EARLY: &str = "The following hook(s)/validation failed: [AWS::EarlyValidation::ResourceExistenceCheck]. To troubleshoot \
    Early Validation errors, use the DescribeEvents API for detailed failure information.";

/// Two failures and a warning, on two pages.
const FOUND: [&str; 2] = [
    "<OperationEvents><member><EventId>1</EventId><EventType>VALIDATION_ERROR</EventType><LogicalResourceId>Bucket</LogicalResourceId>\
     <ResourceType>AWS::S3::Bucket</ResourceType><ValidationName>NAME_CONFLICT_VALIDATION</ValidationName>\
     <ValidationFailureMode>FAIL</ValidationFailureMode><ValidationStatusReason>Resource of type 'AWS::S3::Bucket' with identifier 'x' already exists.</ValidationStatusReason>\
     <ValidationPath>/Resources/Bucket</ValidationPath></member></OperationEvents><NextToken>2</NextToken>",
    "<OperationEvents><member><EventId>2</EventId><EventType>VALIDATION_ERROR</EventType><LogicalResourceId>Cache</LogicalResourceId>\
     <ValidationName>PROPERTY_VALIDATION</ValidationName><ValidationFailureMode>FAIL</ValidationFailureMode>\
     <ValidationStatusReason>#/Port: expected type: Integer</ValidationStatusReason><ValidationPath>/Resources/Cache/Properties/Port</ValidationPath></member>\
     <member><EventId>3</EventId><EventType>VALIDATION_ERROR</EventType><LogicalResourceId>Bucket</LogicalResourceId>\
     <ValidationName>BUCKET_EMPTINESS_VALIDATION</ValidationName><ValidationFailureMode>WARN</ValidationFailureMode>\
     <ValidationStatusReason>The bucket isn't empty.</ValidationStatusReason></member>\
     <member><EventId>4</EventId><EventType>STACK_EVENT</EventType></member></OperationEvents>",
];

#[test]
fn early_validation_is_told_with_path_and_reason_and_leaves_nothing() {
    for form in ["", " --json"] {
        let place = Place::new();
        refuse(&place, EARLY);
        place.server.script("DescribeEvents", &FOUND);
        let run = place.run(&format!("{DEPLOY}{form}")).ended(1);
        let asked = place.server.calls("DescribeEvents");
        assert_eq!(asked.len(), 2, "both pages");
        assert!(asked[0].get("ChangeSetName").unwrap().contains(":changeSet/"));
        assert_eq!(asked[0].get("Filters.FailedEvents"), Some("true"));
        assert_eq!((place.server.count("ExecuteChangeSet"), place.server.count("DeleteChangeSet")), (0, 1));
        assert!(place.server.lock().model.sets.is_empty());
        assert_eq!(place.server.count("DeleteStack"), 1, "the stack that only the set made");
        if form.is_empty() {
            run.says(&[
                "rejected: NAME_CONFLICT_VALIDATION: Resource of type 'AWS::S3::Bucket' with identifier 'x' already exists.",
                "at Bucket/Resource /Resources/Bucket\n",
                "rejected: PROPERTY_VALIDATION: #/Port: expected type: Integer",
                "at Cache/Resource /Resources/Cache/Properties/Port\n",
                "warning: BUCKET_EMPTINESS_VALIDATION: The bucket isn't empty.",
                "error: CloudFormation refuses the change set; nothing was changed",
                "next: `--import-existing` adopts what has the name, where the template keeps it (DeletionPolicy: Retain)",
                "next: or delete what has the name, or give another one to Bucket",
            ]);
            continue;
        }
        let rejected: Vec<_> = run.lines().into_iter().filter(|line| line["event"] == "rejected").collect();
        assert_eq!(rejected.len(), 3, "{rejected:?}");
        assert_eq!(rejected[1]["path"], "/Resources/Cache/Properties/Port");
        assert_eq!(rejected[1]["logical_id"], "Cache");
        assert_eq!(rejected[1]["construct"], "Cache/Resource");
        assert_eq!(rejected[2]["is_warning"], true);
    }
}

/// What the checks find when the set is executed, and what they found before.
const AT_EXECUTION: &str = "<OperationEvents><member><EventId>1</EventId><EventType>VALIDATION_ERROR</EventType>\
     <LogicalResourceId>Bucket</LogicalResourceId><Timestamp>2099-01-01T00:00:00Z</Timestamp>\
     <ValidationName>NAME_CONFLICT_VALIDATION</ValidationName><ValidationFailureMode>FAIL</ValidationFailureMode>\
     <ValidationStatusReason>The name is taken.</ValidationStatusReason><ValidationPath>/Resources/Bucket/Properties/BucketName</ValidationPath></member>\
     <member><EventId>0</EventId><EventType>VALIDATION_ERROR</EventType><LogicalResourceId>Cache</LogicalResourceId>\
     <Timestamp>2001-01-01T00:00:00Z</Timestamp><ValidationStatusReason>long ago</ValidationStatusReason></member></OperationEvents>";

#[test]
fn what_is_found_at_the_execution_is_told_with_path_and_reason() {
    let reason = "Validation failed (VALIDATION_FAILED); call DescribeEvents for details";
    let place = Place::deployed(CONFIG);
    place.configure(&other_image());
    place.fail_at("dify-dev", reason);
    place.server.script("DescribeEvents", &[AT_EXECUTION]);
    let deployed = place.run(DEPLOY).ended(5);
    assert_eq!(place.server.calls("DescribeEvents")[0].get("Filters.FailedEvents"), Some("true"));
    for run in [deployed, place.run("why --stack dify-dev").ended(0)] {
        for text in [
            "rejected: NAME_CONFLICT_VALIDATION: The name is taken.",
            "at Bucket/Resource /Resources/Bucket/Properties/BucketName",
            "cause: dify-dev (AWS::CloudFormation::Stack) UPDATE_ROLLBACK_IN_PROGRESS",
            &format!("dify-dev failed: {reason}"),
        ] {
            assert!(run.err.contains(text) || run.out.contains(text), "{text}: {run:?}");
        }
        assert!(!run.out.contains("long ago") && !run.err.contains("long ago"), "{run:?}");
    }
    let lines = place.run("why --stack dify-dev --json").ended(0).lines();
    let kinds: Vec<&str> = lines.iter().map(|line| line["event"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["started", "rejected", "cause", "finished"]);
}

#[test]
fn what_cannot_be_read_of_a_refusal_is_said() {
    let place = Place::new();
    refuse(&place, EARLY);
    place.server.faults("DescribeEvents", &[Fault::Denied]);
    place.run(DEPLOY).ended(1).says(&["what was found can't be read", EARLY.split(". ").next().unwrap()]);
    assert_eq!(place.server.count("DeleteChangeSet"), 1);
}

const HOOKS: &str = "<HookResults><member><HookResultId>h-1</HookResultId><TypeName>Acme::Guard::Encryption</TypeName>\
    <Status>HOOK_COMPLETE_FAILED</Status><FailureMode>FAIL</FailureMode><HookStatusReason>1 rule failed</HookStatusReason></member>\
    <member><HookResultId>h-2</HookResultId><TypeName>Acme::Guard::Other</TypeName><Status>HOOK_COMPLETE_SUCCEEDED</Status></member></HookResults>";

const HOOK: &str = "<HookResultId>h-1</HookResultId><TypeName>Acme::Guard::Encryption</TypeName><Status>HOOK_COMPLETE_FAILED</Status>\
    <FailureMode>FAIL</FailureMode><HookStatusReason>1 rule failed</HookStatusReason><Annotations><member>\
    <AnnotationName>S3_BUCKET_KEY</AnnotationName><Status>FAILED</Status><StatusMessage>the bucket has no key of its own</StatusMessage>\
    <RemediationMessage>set a KMS key</RemediationMessage><RemediationLink>https://wiki.example.com/kms</RemediationLink>\
    <SeverityLevel>HIGH</SeverityLevel></member></Annotations>";

#[test]
fn a_hook_that_refuses_a_set_says_what_to_do() {
    let place = Place::new();
    refuse(&place, "The following hook(s) failed: [Acme::Guard::Encryption]");
    place.server.script("ListHookResults", &[HOOKS]);
    place.server.script("GetHookResult", &[HOOK]);
    place.run(DEPLOY).ended(1).says(&[
        "rejected: Acme::Guard::Encryption: 1 rule failed",
        "S3_BUCKET_KEY FAILED: the bucket has no key of its own",
        "to do: set a KMS key https://wiki.example.com/kms",
    ]);
    let asked = &place.server.calls("ListHookResults")[0];
    assert_eq!(asked.get("TargetType"), Some("CHANGE_SET"));
    assert_eq!(place.server.count("GetHookResult"), 1, "not of what passed");
    assert_eq!(place.server.count("ExecuteChangeSet"), 0);
}

#[test]
fn a_hook_that_stops_a_resource_says_what_to_do() {
    let place = Place::new();
    place.fail_at("Bucket", "The following hook(s) failed: [Acme::Guard::Encryption]");
    place.server.script("ListHookResults", &[HOOKS]);
    place.server.script("GetHookResult", &[HOOK]);
    place.run(DEPLOY).ended(5).says(&["cause: ", "to do: set a KMS key https://wiki.example.com/kms"]);
    let asked = &place.server.calls("ListHookResults")[0];
    assert_eq!(asked.get("TargetType"), Some("STACK"));
}

#[test]
fn what_fails_in_a_nested_stack_is_the_cause_and_its_events_are_told_once() {
    for form in ["", " --json"] {
        let place = Place::new();
        let nested = nested_id("dify-dev", "Nested");
        place.reviewed(|template| {
            template["Resources"]["Nested"] = json!({
                "Type": "AWS::CloudFormation::Stack",
                "Properties": {"TemplateURL": "https://templates.s3.us-east-1.amazonaws.com/nested.template"},
            });
        });
        {
            let model = &mut place.server.lock().model;
            let stack = "AWS::CloudFormation::Stack";
            let failed = "The following resource(s) failed to create: [Topic]";
            model.nest(
                &nested,
                &[
                    ("dify-dev-Nested", stack, "CREATE_IN_PROGRESS", Some("User Initiated")),
                    ("Topic", "AWS::SNS::Topic", "CREATE_IN_PROGRESS", None),
                    ("Topic", "AWS::SNS::Topic", "CREATE_FAILED", Some("the topic isn't right")),
                    ("dify-dev-Nested", stack, "CREATE_FAILED", Some(failed)),
                ],
            );
            model.failures.push_back(None);
        }
        place.fail_at("Nested", &format!("Embedded stack {nested} was not successfully created"));
        let run = place.run(&format!("deploy --stack dify-dev --assembly out --yes{form}")).ended(5);
        if form.is_empty() {
            assert_eq!(run.err.matches("Nested/Topic  AWS::SNS::Topic").count(), 2, "{}", run.err);
            run.says(&[
                "cause: Topic (AWS::SNS::Topic) CREATE_FAILED",
                "error: Topic failed: the topic isn't right",
            ]);
            continue;
        }
        let lines = run.lines();
        let cause = lines.iter().find(|line| line["event"] == "cause").unwrap();
        assert_eq!(cause["resource"]["nested_in"], json!(["Nested"]));
        assert_eq!(cause["resource"]["logical_id"], "Topic");
    }
}

#[test]
fn data_in_a_nested_stack_is_guarded_too() {
    let place = Place::deployed(CONFIG);
    place.configure(&other_image());
    let service = place.service();
    {
        let model = &mut place.server.lock().model;
        let stack_id = model.stack("dify-dev").unwrap().id.clone();
        let id = "arn:aws:cloudformation:us-east-1:123456789012:changeSet/nested/1".to_owned();
        model.nested_sets.insert(service, id.clone());
        model.sets.push(SetModel {
            id,
            name: "nested".into(),
            token: String::new(),
            stack_id,
            kind: "UPDATE".into(),
            template: String::new(),
            parameters: std::collections::BTreeMap::new(),
            tags: std::collections::BTreeMap::new(),
            alarms: Vec::new(),
            on_failure: "ROLLBACK".into(),
            is_on_failure_told: false,
            pending: 0,
            status: "CREATE_COMPLETE".into(),
            reason: None,
            execution: "AVAILABLE".into(),
            changes: vec![("Remove".into(), "InnerTable".into(), "AWS::DynamoDB::Table".into())],
        });
    }
    place.run(DEPLOY).ended(4).says(&["- InnerTable (AWS::DynamoDB::Table)", "--allow-delete InnerTable"]);
    assert_eq!(place.server.count("ExecuteChangeSet"), 0);
    place.run(&format!("{DEPLOY} --allow-delete InnerTable")).ended(0);
}

#[test]
fn an_incomplete_set_is_read_again_without_values() {
    let place = Place::deployed(CONFIG);
    place.configure(&other_image());
    let task = {
        let model = &mut place.server.lock().model;
        model.is_incomplete = true;
        let resources = &model.stack("dify-dev").unwrap().resources;
        let mut tasks = resources.iter().filter(|(_, resource)| resource.kind == "AWS::ECS::TaskDefinition");
        let task = tasks.next().unwrap().0.clone();
        let details = ("/Properties/Memory".to_owned(), "4096".to_owned(), "8192".to_owned());
        model.details.insert(task.clone(), details);
        task
    };
    let service = place.service();
    place.run(DEPLOY).ended(0).says(&[
        "CloudFormation doesn't tell the values of all properties of this change set",
        &format!("~ {task} (AWS::ECS::TaskDefinition)"),
        "/Properties/Memory: 4096 -> 8192",
        &format!("~ {service} (AWS::ECS::Service)"),
    ]);
    let reads = place.server.calls("DescribeChangeSet");
    let with_values = reads.iter().filter(|read| read.get("IncludePropertyValues") == Some("true"));
    assert!(with_values.count() > 0);
    assert!(reads.iter().any(|read| read.get("IncludePropertyValues").is_none()));
}

#[test]
fn a_missing_service_linked_role_is_worth_one_more_try() {
    let place = Place::new();
    let reason =
        "Unable to assume the service linked role. Please verify that the ECS service linked role exists.";
    place.fail_at("Cache", reason);
    place.run(DEPLOY).ended(0).says(&["once more"]);
    let begun = place.server.lock().model.begun.clone();
    assert_eq!(begun, ["CREATE dify-dev", "DELETE dify-dev", "CREATE dify-dev", "UPDATE dify-dev"]);
    // Not for ever.
    let place = Place::new();
    place.server.lock().model.failures.extend([None]);
    place.fail_at("WebTargetGroup", reason);
    place.fail_at("WebTargetGroup", reason);
    place.run(DEPLOY).ended(5).says(&["run the same command again"]);
    let begun = place.server.lock().model.begun.clone();
    assert_eq!(begun, ["CREATE dify-dev", "UPDATE dify-dev", "UPDATE dify-dev"]);
}
