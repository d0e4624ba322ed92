//! What has to be named or asked for, by the whole way from the configuration to the change set.

use crate::program::{CONFIG, DEPLOY, Place};

/// Asks only where access gets wider.
const BROADENING: &str = "deploy --stack dify-dev --approve broadening";

const PASSWORD: &str = "secrets: { database_password: { secret: 'arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf', field: password } }\n";

const SNAPSHOT: &str = "arn:aws:rds:us-east-1:123456789012:cluster-snapshot:before";

#[track_caller]
fn refused(place: &Place, texts: &[&str]) {
    place.server.forget_calls();
    let run = place.run(DEPLOY).ended(4).says(texts);
    let calls =
        ["ExecuteChangeSet", "SetStackPolicy", "DeleteChangeSet"].map(|call| place.server.count(call));
    assert_eq!(calls, [0, 0, 1], "{}", run.err);
}

#[test]
fn another_way_to_generate_a_secret_is_refused_though_cloudformation_sees_a_change_only() {
    let place = Place::deployed(CONFIG);
    place.configure(&format!(
        "{CONFIG}resources: {{ SecretKey: {{ properties: {{ GenerateSecretString: {{ PasswordLength: 50, ExcludePunctuation: true }} }} }} }}\n"
    ));
    refused(
        &place,
        &["SecretKey (AWS::SecretsManager::Secret) would get a new value", "--allow-replace SecretKey"],
    );
    place.run(&format!("{DEPLOY} --allow-replace SecretKey")).ended(0);
    let policy = place.server.stack("dify-dev").policy.unwrap();
    assert!(policy.contains("LogicalResourceId/SecretKey"), "lifted only meanwhile: {policy}");
}

#[test]
fn a_restored_database_is_not_forgotten_by_leaving_its_snapshot_out() {
    let restored = format!("{CONFIG}{PASSWORD}database: {{ restore_from: '{SNAPSHOT}' }}\n");
    let place = Place::deployed(&restored);
    assert!(place.server.stack("dify-dev").template.contains(SNAPSHOT));
    place.run(DEPLOY).ended(0).says(&["there is nothing to change"]);
    place.configure(&format!("{CONFIG}{PASSWORD}"));
    // What CloudFormation makes of it.
    place.server.lock().model.replaced.push("DatabaseCluster".into());
    refused(
        &place,
        &[
            "DatabaseCluster (AWS::RDS::DBCluster) was restored from a snapshot",
            "--allow-replace DatabaseCluster",
        ],
    );
}

#[test]
fn a_database_is_not_replaced_by_an_old_snapshot_unasked() {
    let place = Place::deployed(&format!("{CONFIG}{PASSWORD}"));
    place.configure(&format!("{CONFIG}{PASSWORD}database: {{ restore_from: '{SNAPSHOT}' }}\n"));
    place.server.lock().model.replaced.push("DatabaseCluster".into());
    refused(&place, &["DatabaseCluster", "--allow-replace DatabaseCluster"]);
}

#[test]
fn access_that_a_given_parameter_opens_is_told_and_asked_for() {
    let place = Place::deployed(CONFIG);
    let open = format!("{BROADENING} --parameter AllowedCidr1=0.0.0.0/0");
    let run = place.run(&open).ended(4).says(&[
        "anyone on the internet may reach port 80 of LoadBalancerSecurityGroup",
        "there is nobody to ask",
        "--yes answers it",
    ]);
    assert_eq!(
        (place.server.count("ExecuteChangeSet"), place.server.count("DeleteChangeSet")),
        (0, 1),
        "{}",
        run.err
    );
    let run = place.run(&format!("{open} --yes --json")).ended(0);
    let lines = run.lines();
    let changes = lines.iter().find(|line| line["event"] == "changes").unwrap();
    let widenings = changes["widenings"].as_array().unwrap();
    assert_eq!(widenings.len(), 1, "{widenings:?}");
    assert_eq!(widenings[0]["logical_id"], "LoadBalancerSecurityGroup");
    // It is there now: nothing gets wider any more, nor by the way back, so that nothing is asked.
    place.run(&open).ended(0);
    place.run(&format!("{BROADENING} --parameter AllowedCidr1=203.0.113.0/24")).ended(0);
}

#[test]
fn the_template_is_validated_with_the_values_that_are_sent() {
    let place = Place::deployed(CONFIG);
    for (given, code, text) in [
        ("AllowedCidr1=203.0.113", 2, "the value of the parameter AllowedCidr1 can't be used"),
        (
            "VpcId=subnet-1",
            3,
            "S019 LoadBalancer/SecurityGroup/Resource and 7 more: `subnet-1` isn't the id of a VPC",
        ),
    ] {
        let run = place.run(&format!("{DEPLOY} --parameter {given}")).ended(code);
        assert!(run.err.contains(text), "{given}: {}", run.err);
    }
    assert_eq!(place.server.count("CreateChangeSet"), 0);
}

#[test]
fn never_asks_nothing_but_still_guards_data() {
    let place = Place::deployed(CONFIG);
    place.run("deploy --stack dify-dev --approve never --parameter AllowedCidr1=0.0.0.0/0").ended(0);
    place.server.lock().model.replaced.push("DatabaseCluster".into());
    place.run("deploy --stack dify-dev --approve never").ended(4).says(&["--allow-replace DatabaseCluster"]);
}
