//! Which stacks are written, and what is listed.

use serde_json::json;

use crate::{Place, THREE};

#[test]
fn without_a_configuration_one_stack_is_written_that_asks_for_its_network() {
    let place = Place::empty();
    let run = place.run(["synth"]).ended(0);
    assert!(run.out.starts_with("dify-dev (any account and region)\n"), "{}", run.out);
    assert!(
        run.out.contains("to fill in  VpcId, PublicSubnetIds, PrivateSubnetIds, AllowedCidr1\n"),
        "{}",
        run.out
    );
    assert_eq!(place.names("out"), ["dify-dev.template.json", "dify-dev.template.yaml", "manifest.json"]);
    // Nothing else is left in the folder.
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 1);
}

#[test]
fn every_stack_is_written_or_those_that_are_named() {
    let place = Place::with(THREE);
    place.run(["synth", "-q"]).ended(0);
    assert_eq!(place.names("out").len(), 7, "{:?}", place.names("out"));

    let run = place.run(["synth", "dify-prd", "dify-dev", "--output", "two", "--format", "yaml"]).ended(0);
    assert_eq!(place.names("two"), ["dify-dev.template.yaml", "dify-prd.template.yaml", "manifest.json"]);
    // They are told in the order of the file.
    let at =
        |name: &str| run.out.find(&format!("\n{name} (")).or(run.out.starts_with(name).then_some(0)).unwrap();
    assert!(at("dify-dev") < at("dify-prd") && !run.out.contains("dify-stg"), "{}", run.out);
}

#[test]
fn an_unknown_stack_is_told_with_the_nearest_and_all_others() {
    let place = Place::with(THREE);
    let run = place.run(["synth", "dify-prod", "dify-dev"]).ended(2);
    insta::assert_snapshot!(run.err, @r"
    error[C010]: the configuration has no stack `dify-prod`
     |
     = help: did you mean `dify-prd`? the stacks are: dify-dev, dify-stg, dify-prd

    1 error
    ");
    assert_eq!(run.out, "");
    assert_eq!(place.names("out"), [""; 0]);
}

#[test]
fn stacks_are_listed_for_people_and_programs() {
    let place = Place::with(THREE);
    insta::assert_snapshot!(place.run(["ls"]).ended(0).out, @r"
    dify-dev  development  any account and region
    dify-stg  development  eu-central-1
    dify-prd  production   123456789012 us-east-1
    ");
    let listed = place.run(["ls", "--json"]).ended(0).json();
    let stack = |name: &str,
                 environment: &str,
                 profile: &str,
                 account: Option<&str>,
                 region: Option<&str>| {
        json!({ "name": name, "environment": environment, "profile": profile, "account": account, "region": region })
    };
    let expected = json!({ "stacks": [
        stack("dify-dev", "dev", "development", None, None),
        stack("dify-stg", "stg", "development", None, Some("eu-central-1")),
        stack("dify-prd", "prd", "production", Some("123456789012"), Some("us-east-1")),
    ] });
    assert_eq!(listed, expected);
    // Listing writes nothing.
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 1);
}

#[test]
fn the_manifest_names_each_stacks_template_account_and_region() {
    let place = Place::with(THREE);
    place.run(["synth", "-q", "dify-dev"]).ended(0);
    place.run(["synth", "-q", "dify-prd", "--format", "yaml"]).ended(0);
    let manifest: serde_json::Value = serde_json::from_str(&place.read("out/manifest.json")).unwrap();
    let artifacts = &manifest["artifacts"];
    assert_eq!(artifacts["dify-dev"]["environment"], "aws://unknown-account/unknown-region");
    assert_eq!(artifacts["dify-dev"]["properties"]["templateFile"], "dify-dev.template.json");
    assert_eq!(artifacts["dify-prd"]["environment"], "aws://123456789012/us-east-1");
    assert_eq!(artifacts["dify-prd"]["properties"]["templateFile"], "dify-prd.template.yaml");
}

#[test]
fn names_that_two_stacks_can_not_both_have_are_told_and_nothing_is_written() {
    let place = Place::with(
        "ingress: { domain_name: d.example.com, hosted_zone_id: Z0123456789ABC }\nenvironments: { a: {}, b: {} }\n",
    );
    let run = place.run(["synth"]).ended(2);
    insta::assert_snapshot!(run.err, @r"
    error[C308]: the stacks `dify-a` and `dify-b` would both make the record `d.example.com` in the zone `Z0123456789ABC`
     --> dify.yaml:1:25
      |
    1 | ingress: { domain_name: d.example.com, hosted_zone_id: Z0123456789ABC }
      |                         ^^^^^^^^^^^^^
      |
      = help: give each environment a `domain_name` of its own: the second stack's creation would fail

    1 error
    ");
    assert_eq!(place.names("out"), [""; 0]);
    place.run(["synth", "-q", "dify-a"]).ended(0);

    let place = Place::with("ingress: { domain_name: d.example.com }\nenvironments: { a: {}, b: {} }\n");
    let run = place.run(["synth"]).ended(0);
    assert!(run.err.contains("warning[C308]: the stacks `dify-a` and `dify-b` both say"), "{}", run.err);
}
