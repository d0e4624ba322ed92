//! Options of `deploy`: what they make the requests say, and what they leave.

use std::collections::BTreeMap;

use crate::program::{CONFIG, DEPLOY, Place, Run, other_image};
use crate::server::Call;

/// The fields of a request that aren't template, parameters or tags.
fn fields(call: &Call) -> BTreeMap<&str, &str> {
    let left_out = ["TemplateBody", "Parameters.", "Tags.", "ChangeSetName", "ClientToken", "Description"];
    let fields = call.parameters.iter().map(|(key, value)| (key.as_str(), value.as_str()));
    fields.filter(|(key, _)| !left_out.iter().any(|start| key.starts_with(start))).collect()
}

fn set(place: &Place, number: usize) -> Call {
    place.server.calls("CreateChangeSet")[number].clone()
}

/// The name of the set that a run tells of.
fn prepared(run: &Run) -> String {
    let sentence = run.err.lines().find_map(|line| line.strip_prefix("done: the change set "));
    let name = sentence.and_then(|rest| rest.strip_suffix(" is prepared and was not executed"));
    name.unwrap_or_else(|| panic!("no set is told\n{}", run.err)).to_owned()
}

#[test]
fn requests_say_nothing_that_nobody_asked_for() {
    let place = Place::new();
    place.run(DEPLOY).ended(0);
    let stack = place.server.stack("dify-dev").id;
    assert_eq!(
        fields(&set(&place, 0)),
        BTreeMap::from([
            ("Action", "CreateChangeSet"),
            ("Version", "2010-05-15"),
            ("StackName", "dify-dev"),
            ("ChangeSetType", "CREATE"),
            ("IncludeNestedStacks", "true"),
            ("Capabilities.member.1", "CAPABILITY_IAM"),
            ("Tags", ""),
        ])
    );
    assert_eq!(
        fields(&set(&place, 1)),
        BTreeMap::from([
            ("Action", "CreateChangeSet"),
            ("Version", "2010-05-15"),
            ("StackName", stack.as_str()),
            ("ChangeSetType", "UPDATE"),
            ("IncludeNestedStacks", "true"),
            ("Capabilities.member.1", "CAPABILITY_IAM"),
            ("Tags", ""),
        ])
    );
    let executed = &place.server.calls("ExecuteChangeSet")[1];
    let keys: Vec<&str> = executed.parameters.keys().map(String::as_str).collect();
    assert_eq!(keys, ["Action", "ChangeSetName", "ClientRequestToken", "RetainExceptOnCreate", "Version"]);
}

#[test]
fn a_prepared_set_is_told_found_again_and_executed() {
    let place = Place::new();
    let run = place.run(&format!("{DEPLOY} --no-execute")).ended(0);
    let name = prepared(&run);
    assert_eq!(place.server.stack("dify-dev").status, "REVIEW_IN_PROGRESS");
    {
        let model = &place.server.lock().model;
        let [set] = model.sets.as_slice() else { panic!("{:?}", model.sets) };
        assert_eq!((set.name.as_str(), set.execution.as_str()), (name.as_str(), "AVAILABLE"));
    }
    let again = place.run(&format!("{DEPLOY} --no-execute --json")).ended(0);
    let lines = again.lines();
    let told = lines.iter().find(|line| line["event"] == "change_set").unwrap();
    assert_eq!((told["name"].as_str(), told["resumed"].as_bool()), (Some(name.as_str()), Some(true)));
    let last = lines.last().unwrap();
    assert_eq!((last["event"].as_str(), last["exit_code"].as_u64()), (Some("finished"), Some(0)));
    assert!(last["message"].as_str().unwrap().contains(&name), "{last}");
    for changing in ["ExecuteChangeSet", "SetStackPolicy", "UpdateTerminationProtection", "DeleteChangeSet"] {
        assert_eq!(place.server.count(changing), 0, "{changing}");
    }
    assert_eq!(place.server.count("CreateChangeSet"), 1);
    // Nobody said no to it.
    place
        .run("deploy --stack dify-dev")
        .ended(4)
        .says(&["the change set that an earlier run prepared stays"]);
    assert_eq!((place.server.count("CreateChangeSet"), place.server.count("DeleteChangeSet")), (1, 0));

    place.run(DEPLOY).ended(0);
    let executed = place.server.calls("ExecuteChangeSet");
    assert!(executed[0].get("ChangeSetName").unwrap().contains(&name));
    assert_eq!(place.server.lock().model.begun, ["CREATE dify-dev", "UPDATE dify-dev"]);
}

#[test]
fn a_prepared_update_is_executed_by_the_next_run_and_another_command_makes_its_own() {
    let place = Place::deployed(CONFIG);
    place.configure(&other_image());
    let name = prepared(&place.run(&format!("{DEPLOY} --no-execute")).ended(0));
    assert_eq!(place.server.stack("dify-dev").status, "UPDATE_COMPLETE");
    let other = prepared(&place.run(&format!("{DEPLOY} --no-execute --tag a=b")).ended(0));
    assert_ne!(name, other);
    place.run(DEPLOY).ended(0);
    let executed = place.server.calls("ExecuteChangeSet");
    assert!(executed.len() == 1 && executed[0].get("ChangeSetName").unwrap().contains(&name));
}

#[test]
fn without_execution_nothing_is_changed_even_where_nothing_has_to_be() {
    let place = Place::deployed(CONFIG);
    let run = place.run(&format!("{DEPLOY} --no-execute --termination-protection")).ended(0);
    assert!(run.told().starts_with("done: there is nothing to change"), "{}", run.err);
    assert!(place.server.lock().model.sets.iter().all(|set| set.execution != "AVAILABLE"), "a set is left");
    for changing in ["ExecuteChangeSet", "SetStackPolicy", "UpdateTerminationProtection"] {
        assert_eq!(place.server.count(changing), 0, "{changing}");
    }
}

#[test]
fn drift_is_reverted_by_an_update_only() {
    let place = Place::new();
    place.run(&format!("{DEPLOY} --revert-drift")).ended(0);
    assert_eq!(set(&place, 0).get("DeploymentMode"), None, "there is no drift of a new stack");
    place.configure(&other_image());
    place.server.forget_calls();
    place.run(&format!("{DEPLOY} --revert-drift")).ended(0);
    let asked = set(&place, 0);
    assert_eq!(asked.get("DeploymentMode"), Some("REVERT_DRIFT"));
    assert_eq!(asked.get("IncludeNestedStacks"), None, "the two exclude each other");
}

#[test]
fn existing_resources_are_adopted_where_it_is_asked() {
    let place = Place::new();
    place.run(&format!("{DEPLOY} --import-existing")).ended(0);
    for number in [0, 1] {
        assert_eq!(set(&place, number).get("ImportExistingResources"), Some("true"));
    }
}

#[test]
fn role_topics_and_tags_go_into_each_set() {
    let place = Place::with(&format!("{CONFIG}tags: {{ team: ai, stage: dev }}\n"));
    let role = "arn:aws:iam::123456789012:role/cloudformation";
    let topics = ["arn:aws:sns:us-east-1:123456789012:a", "arn:aws:sns:us-east-1:123456789012:b"];
    let options = format!(
        "--role-arn {role} --notification-arn {} --notification-arn {} --tag stage=test --tag cost=1=2",
        topics[0], topics[1]
    );
    place.run(&format!("{DEPLOY} {options}")).ended(0);
    for number in [0, 1] {
        let set = set(&place, number);
        assert_eq!(set.get("RoleARN"), Some(role));
        let told: Vec<String> =
            set.members("NotificationARNs").into_iter().map(|topic| topic[""].clone()).collect();
        assert_eq!(told, topics);
    }
    let tags = place.server.stack("dify-dev").tags;
    let expected = [("cost", "1=2"), ("stage", "test"), ("team", "ai")];
    let expected = expected.map(|(key, value)| (key.to_owned(), value.to_owned()));
    assert_eq!(tags, BTreeMap::from(expected));
    // Left out, topics and role stay as they are: an empty list would take them away.
    place.server.forget_calls();
    place.configure(&other_image());
    place.run(DEPLOY).ended(0);
    let asked = set(&place, 0);
    assert!(asked.parameters.keys().all(|key| !key.starts_with("NotificationARNs") && key != "RoleARN"));
}

#[test]
fn the_role_deletes_what_is_created_anew() {
    let place = Place::new();
    place.fail_at("DatabaseCluster", "no capacity");
    let role = "arn:aws:iam::123456789012:role/cloudformation";
    let deploy = format!("{DEPLOY} --role-arn {role}");
    place.run(&deploy).ended(5);
    place.run(&deploy).ended(0);
    assert_eq!(place.server.calls("DeleteStack")[0].get("RoleARN"), Some(role));
}

#[test]
fn outputs_are_written_whole_or_not_at_all() {
    let place = Place::with(&format!("{CONFIG}environments: {{ dev: {{}}, test: {{}} }}\n"));
    let file = place.file("outputs.json");
    let both = "deploy --stack dify-dev --stack dify-test --yes --outputs-file outputs.json";
    // The second stack fails: what the file would say of the first alone isn't what was asked for.
    place.server.lock().model.failures.extend([None, None]);
    place.fail_at("DatabaseCluster", "no capacity");
    place.run(both).ended(5);
    assert!(!file.exists(), "{:?}", std::fs::read_to_string(&file));
    place.run(both).ended(0);
    let written = std::fs::read_to_string(&file).unwrap();
    let outputs: BTreeMap<String, BTreeMap<String, String>> = serde_json::from_str(&written).unwrap();
    assert_eq!(outputs.keys().collect::<Vec<_>>(), ["dify-dev", "dify-test"]);
    assert!(outputs.values().all(|of_stack| of_stack["Url"] == "value-of-Url"), "{outputs:?}");
    // A failure later leaves the file of the success before.
    place.configure(&format!("{}environments: {{ dev: {{}}, test: {{}} }}\n", other_image()));
    place.fail_at(&place.service(), "the tasks don't start");
    place.run(both).ended(5);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), written);
    let left: Vec<_> = std::fs::read_dir(place.folder.path()).unwrap().flatten().collect();
    assert_eq!(left.len(), 2, "something else lies there: {left:?}");
}

#[test]
fn a_file_that_cannot_be_written_is_told_before_anything_is_made() {
    let place = Place::new();
    std::fs::create_dir(place.file("folder")).unwrap();
    for path in ["nowhere/outputs.json", "folder"] {
        let run = place.run(&format!("{DEPLOY} --outputs-file {path}")).ended(2);
        assert!(run.err.contains(path), "{}", run.err);
    }
    place.run(&format!("{DEPLOY} --outputs-file o.json --no-execute")).ended(2);
    assert_eq!(place.server.lock().calls.len(), 0);
}

#[test]
fn nobody_says_yes_to_the_defaults_of_a_configuration_that_is_not_there() {
    let place = Place::new();
    std::fs::rename(place.file("dify.yaml"), place.file("dify.yml")).unwrap();
    let run = place.run(DEPLOY).ended(2);
    assert!(run.err.contains("and `dify.yml` isn't read"), "{}", run.err);
    assert!(run.err.contains("with --yes nobody can be asked whether the defaults are meant"), "{}", run.err);
    assert!(place.server.calls("CreateChangeSet").is_empty());
    place.run(&format!("{DEPLOY} --config dify.yml")).ended(0);
}

#[test]
fn what_cannot_be_meant_is_wrong_use_before_aws_is_asked() {
    let place = Place::new();
    let parameter = "--parameter WebMinTasks=1";
    for (option, said) in [
        (format!("{parameter} {parameter}"), "--parameter WebMinTasks is given twice"),
        ("--tag team=a --tag team=b".to_owned(), "--tag team is given twice"),
        ("--tag aws:team=a".to_owned(), "begins with `aws:`"),
        ("--role-arn deployer".to_owned(), "a role looks like arn:aws:iam::ACCOUNT:role/NAME"),
        ("--notification-arn topic".to_owned(), "a topic looks like arn:aws:sns:REGION:ACCOUNT:NAME"),
        ("--rollback-alarm errors".to_owned(), "arn:aws:cloudwatch:REGION:ACCOUNT:alarm:NAME"),
    ] {
        place.run(&format!("{DEPLOY} {option}")).ended(2).says(&[said]);
    }
    place.run(&format!("diff --stack dify-dev {parameter} {parameter}")).ended(2).says(&["is given twice"]);
    assert_eq!(place.server.lock().calls.len(), 0);
}
