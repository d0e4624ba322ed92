//! `lookup`: one network, or an error that lists what was seen; nothing is written then.

use crate::program::{Place, Run};
use crate::server::{Fault, Subnet};

const CONFIG: &str = "
name: dify
region: us-east-1
network: { lookup: { vpc_name: main, public_subnet_names: ['public-*'], private_subnet_names: [private-a, private-b] } }
ingress: { allowed_cidrs: [203.0.113.0/24] }
";

const LOOKUP: &str = "lookup --stack dify-dev";

fn refused(change: impl FnOnce(&Place), texts: &[&str]) -> Run {
    let place = Place::with(CONFIG);
    change(&place);
    let run = place.run(LOOKUP).ended(1).says(texts);
    assert!(!place.file("dify.context.json").exists(), "{}", run.err);
    run
}

#[test]
fn no_vpc_and_several_are_errors_with_what_was_seen() {
    refused(
        |place| place.server.lock().model.vpcs = vec![("vpc-1".into(), "other".into())],
        &["no VPC in us-east-1 is named `main`", "seen: vpc-1 other (10.0.0.0/16)"],
    );
    refused(|place| place.server.lock().model.vpcs.clear(), &["no VPC", "no VPCs here have a Name tag"]);
    refused(
        |place| place.server.lock().model.vpcs.push(("vpc-2".into(), "main".into())),
        &["2 VPCs are named `main`", "seen: vpc-0a1b2c3d main", "seen: vpc-2 main"],
    );
}

#[test]
fn subnets_that_do_not_serve_are_errors_with_what_was_seen() {
    let edit = |edit: fn(&mut Vec<Subnet>)| move |place: &Place| edit(&mut place.server.lock().model.subnets);
    refused(
        edit(|subnets| subnets.retain(|subnet| subnet.name != "private-b")),
        &[
            "no subnet of the VPC vpc-0a1b2c3d is named `private-b`",
            "seen: subnet-2a1b2c3d private-a (us-east-1a",
        ],
    );
    refused(
        edit(|subnets| {
            let mut twin = subnets[2].clone();
            twin.id = "subnet-9".into();
            subnets.push(twin);
        }),
        &["2 subnets of the VPC vpc-0a1b2c3d are named `private-a`", "seen: subnet-9"],
    );
    refused(
        edit(|subnets| subnets[3].vpc = "vpc-9".into()),
        &[
            "no subnet of the VPC vpc-0a1b2c3d is named `private-b`, but one of another VPC is",
            "seen: subnet-3a1b2c3d private-b (us-east-1b, 10.0.0.0/24) in vpc-9",
        ],
    );
    refused(
        edit(|subnets| subnets[3].zone = "a".into()),
        &[
            "the tasks' subnets are all in one zone; two are needed",
            "seen: subnet-2a1b2c3d",
            "seen: subnet-3a1b2c3d",
        ],
    );
}

#[test]
fn it_takes_two_calls_and_writes_the_same_again() {
    let place = Place::with(CONFIG);
    place.run(LOOKUP).ended(0);
    let calls: Vec<String> = place.server.lock().calls.iter().map(|call| call.action.clone()).collect();
    assert_eq!(calls, ["DescribeVpcs", "DescribeSubnets"]);
    let vpcs = &place.server.calls("DescribeVpcs")[0];
    assert_eq!((vpcs.get("Filter.1.Name"), vpcs.get("Filter.1.Value.1")), (Some("tag:Name"), Some("main")));
    let subnets = &place.server.calls("DescribeSubnets")[0];
    assert_eq!(subnets.get("Filter.1.Value.1"), Some("vpc-0a1b2c3d"));
    let written = std::fs::read_to_string(place.file("dify.context.json")).unwrap();
    for expected in ["vpc-0a1b2c3d", "10.0.0.0/16", "subnet-1a1b2c3d", "subnet-3a1b2c3d"] {
        assert!(written.contains(expected), "{written}");
    }
    let run = place.run(&format!("{LOOKUP} --json")).ended(0);
    let told: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(told["network"]["vpc_id"], "vpc-0a1b2c3d");
    assert_eq!(std::fs::read_to_string(place.file("dify.context.json")).unwrap(), written);
    // And the stack is deployed with it.
    place.run("deploy --stack dify-dev --yes").ended(0);
    let stack = place.server.stack("dify-dev");
    assert!(
        stack.parameters.values().any(|value| value.contains("subnet-3a1b2c3d")),
        "{:?}",
        stack.parameters
    );
}

#[test]
fn a_failure_keeps_what_was_written_before() {
    let place = Place::with(CONFIG);
    place.run(LOOKUP).ended(0);
    let written = std::fs::read_to_string(place.file("dify.context.json")).unwrap();
    place.server.faults("DescribeSubnets", &[Fault::Throttled, Fault::Broken, Fault::Truncated]);
    place.run(LOOKUP).ended(0);
    place.server.faults("DescribeSubnets", &[Fault::Denied]);
    place.run(LOOKUP).ended(1).says(&["add the permission that the message names"]);
    place.server.lock().model.vpcs.clear();
    place.run(LOOKUP).ended(1);
    assert_eq!(std::fs::read_to_string(place.file("dify.context.json")).unwrap(), written);
}
