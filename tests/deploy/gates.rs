//! What has to be named, or asked for.

use dify_cfn::deploy::outcome::Ending;
use dify_cfn::deploy::prompt::{Reply, Topic};
use dify_cfn::deploy::request::Approval;

use super::*;

/// The template with another name of the bucket, which replaces it.
fn renamed_bucket() -> Json {
    let mut json = template();
    json["Resources"]["Bucket"]["Properties"]["BucketName"] = "other".into();
    json
}

fn world() -> World {
    let world = world_with_stack();
    world.state().replacing.insert("AWS::S3::Bucket.BucketName".into());
    world
}

#[test]
fn replacing_what_holds_data_is_refused_whatever_yes_says() {
    let world = world();
    let outcome = deployed(&world, &request_of(&renamed_bucket()));
    assert_eq!(outcome.ending, Ending::Declined, "{outcome:#?}");
    assert!(outcome.next.iter().any(|line| line.contains("--allow-replace Bucket")), "{outcome:#?}");
    assert_eq!(world.count("ExecuteChangeSet"), 0);
    assert_eq!(world.state().stack(STACK).sets.len(), 0, "the set is deleted");
}

#[test]
fn what_is_named_is_replaced_and_protected_again() {
    let world = world();
    let mut request = request_of(&renamed_bucket());
    request.allow_replace.insert("Bucket".into());
    let outcome = deployed(&world, &request);
    assert_eq!(outcome.ending, Ending::Done, "{outcome:#?}");
    let state = world.state();
    assert_eq!(state.made, ["Bucket"]);
    let [lifted, back] = state.policies.as_slice() else { panic!("{:#?}", state.policies) };
    assert!(!lifted.contains("LogicalResourceId/Bucket") && lifted.contains("LogicalResourceId/Secret"));
    assert!(back.contains("LogicalResourceId/Bucket"));
}

#[test]
fn the_policy_is_back_after_a_failure_too() {
    let world = world();
    let mut json = renamed_bucket();
    json["Parameters"]["Version"]["Default"] = "2.0".into();
    let mut request = request_of(&json);
    request.allow_replace.insert("Bucket".into());
    world.state().failing.insert("Running".into(), "no".into());
    assert_eq!(deployed(&world, &request).ending, Ending::RolledBack);
    let policy = world.state().stack(STACK).policy.clone().unwrap();
    assert!(policy.contains("LogicalResourceId/Bucket"), "{policy}");
}

#[test]
fn deleting_what_holds_data_needs_its_own_word() {
    let mut json = template();
    json["Resources"].as_object_mut().unwrap().remove("Secret");
    let world = world();
    let mut request = request_of(&json);
    request.allow_replace.insert("Secret".into());
    let outcome = deployed(&world, &request);
    assert_eq!(outcome.ending, Ending::Declined, "{outcome:#?}");
    assert!(outcome.next.iter().any(|line| line.contains("--allow-delete Secret")), "{outcome:#?}");
    request.allow_delete.insert("Secret".into());
    assert_eq!(deployed(&world, &request).ending, Ending::Done);
    assert_eq!(world.state().deleted, ["Secret"]);
}

#[test]
fn names_that_the_stack_does_not_have_are_told() {
    let world = world();
    let mut request = request_of(&renamed_bucket());
    request.allow_replace.insert("Buket".into());
    assert_eq!(deployed(&world, &request).ending, Ending::Declined);
    let told = notes(&world);
    let is_it = |text: &String| text.contains("Buket") && text.contains("did you mean Bucket");
    assert!(told.iter().any(is_it), "{told:?}");
}

#[test]
fn another_generator_is_refused_though_cloudformation_calls_it_a_change() {
    let mut json = template();
    json["Resources"]["Secret"]["Properties"]["GenerateSecretString"]["PasswordLength"] = 43.into();
    let world = world();
    let outcome = deployed(&world, &request_of(&json));
    assert_eq!(outcome.ending, Ending::Declined, "{outcome:#?}");
    assert!(
        outcome.next.iter().any(|line| line.contains("Secret") && line.contains("new value")),
        "{outcome:#?}"
    );
}

fn with_rule(cidr: &str) -> Json {
    let mut json = template();
    json["Resources"]["Group"] = json!({"Type": "AWS::EC2::SecurityGroup", "Properties": {
        "GroupDescription": "x",
        "VpcId": "vpc-0123456789abcdef0",
        "SecurityGroupIngress": [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": cidr}],
    }});
    json
}

#[test]
fn wider_access_is_asked_for_in_words() {
    let world = World::new();
    assert_eq!(deployed(&world, &request_of(&with_rule("10.0.0.0/8"))).ending, Ending::Done);
    world.state().answers.push_back(Reply::No);
    let wider =
        DeployRequest { yes: false, approval: Approval::Broadening, ..request_of(&with_rule("0.0.0.0/0")) };
    assert_eq!(deployed(&world, &wider).ending, Ending::Declined);
    let question = world.state().questions[0].clone();
    assert_eq!(question.topic, Topic::Broadening);
    assert_eq!(question.details, ["anyone on the internet may reach port 443 of Group"]);
    // What doesn't get wider isn't asked for.
    let mut same = with_rule("10.0.0.0/8");
    same["Parameters"]["Version"]["Default"] = "2.0".into();
    let request = DeployRequest { yes: false, approval: Approval::Broadening, ..request_of(&same) };
    assert_eq!(deployed(&world, &request).ending, Ending::Done);
    assert_eq!(world.state().questions.len(), 1);
}

#[test]
fn values_that_do_not_fit_are_refused_before_anything_is_asked() {
    let world = World::new();
    let mut request = request();
    request.given.insert("Colour".into(), "red".into());
    let outcome = deployed(&world, &request);
    assert_eq!(outcome.ending, Ending::Usage, "{outcome:#?}");
    assert!(outcome.next[0].contains("no parameter Colour"), "{outcome:#?}");
    assert_eq!(world.count("CreateChangeSet"), 0);
}

#[test]
fn no_value_without_echo_is_ever_told() {
    const HIDDEN: &str = "planted-value-4711";
    let mut json = template();
    json["Parameters"]["Token"] = json!({"Type": "String", "NoEcho": true});
    json["Resources"]["Running"]["Properties"]["Description"] = json!({"Ref": "Token"});
    for failing in [false, true] {
        let world = World::new();
        if failing {
            world.state().failing.insert("Running".into(), "no".into());
        }
        let mut request = request_of(&json);
        request.given.insert("Token".into(), HIDDEN.into());
        let outcome = deployed(&world, &request);
        let again = deployed(&world, &DeployRequest { given: indexmap::IndexMap::new(), ..request });
        let state = world.state();
        let told = serde_json::to_string(&state.records).unwrap();
        for text in [told, format!("{outcome:?}{again:?}"), format!("{:?}", state.requested_sets)] {
            assert!(!text.contains(HIDDEN), "{text}");
        }
        let sent = |set: &dify_cfn::deploy::api::CreateChangeSet| {
            set.parameters
                .iter()
                .find(|setting| setting.key == "Token")
                .and_then(|setting| setting.value.clone())
        };
        assert!(state.requested_sets.iter().filter_map(sent).any(|value| value == HIDDEN));
    }
}
