//! Layers, profiles and places, through [`load`].

use super::model::{Network, OnDelete, Profile};
use super::*;
use crate::diagnostic::{Diagnostic, Source};

fn options(file: &str, set: &[&str]) -> LoadOptions {
    let set = set.iter().map(|text| (*text).to_owned()).collect();
    LoadOptions { file: Some(Source::new("dify.yaml", file)), set, ..LoadOptions::default() }
}

#[track_caller]
fn loaded(file: &str, set: &[&str]) -> Vec<Located> {
    load(&options(file, set)).unwrap().environments
}

#[track_caller]
fn messages(options: &LoadOptions) -> Vec<String> {
    let findings = match load(options) {
        Ok(loaded) => loaded.diagnostics,
        Err(findings) => findings,
    };
    let place = |finding: &Diagnostic| {
        finding.location.as_ref().map_or("nowhere".to_owned(), |location| location.span.line.to_string())
    };
    findings.iter().map(|finding| format!("{}: {}", place(finding), finding.message)).collect()
}

/// The text that a place points at.
fn pointed(located: &Located, pointer: &str) -> Option<String> {
    let (source, span) = located.at(pointer)?;
    Some(format!("{}: {}", source.name, &source.text[span.start..span.end]))
}

#[test]
fn no_file_is_one_environment_with_every_default() {
    let loaded = load(&LoadOptions::default()).unwrap();
    assert_eq!(loaded.stacks, ["dify-dev"]);
    assert_eq!(loaded.diagnostics, []);
    let [dev] = loaded.environments.as_slice() else { panic!("{loaded:?}") };
    assert_eq!(dev.config, Config::default());
    assert_eq!(dev.at("/database/instances"), None);
    let told = dev.diagnostic_at("/database", Diagnostic::error(code::MISSING, "x"));
    assert_eq!((told.location, told.pointer.as_deref()), (None, Some("/database")));
}

#[test]
fn an_empty_file_and_empty_environments_are_no_mistake() {
    assert_eq!(loaded("# nothing\n", &[])[0].config, Config::default());
    assert_eq!(loaded("environments:\n", &[])[0].config, Config::default());
    let two = loaded("environments:\n  tst:\n  prd: {}\n", &[]);
    assert_eq!(two.iter().map(|one| one.config.stack_name()).collect::<Vec<_>>(), ["dify-tst", "dify-prd"]);
}

#[test]
fn the_nearer_layer_wins() {
    // defaults < profile < top level < environment < --set
    let instances = |file: &str, set: &[&str]| loaded(file, set)[0].config.database.instances;
    let https = "ingress: { domain_name: a.example.com, hosted_zone_id: Z1 }\n";
    let with = |text: &str| format!("{https}{text}");
    assert_eq!(instances(https, &[]), 1);
    assert_eq!(instances(&with("profile: production"), &[]), 2);
    assert_eq!(instances(&with("profile: production\ndatabase: { instances: 3 }"), &[]), 3);
    let file = with(
        "profile: production\ndatabase: { instances: 3 }\nenvironments: { a: { database: { instances: 4 } } }",
    );
    assert_eq!(instances(&file, &[]), 4);
    assert_eq!(instances(&file, &["database.instances=5"]), 5);
    assert_eq!(instances(&file, &["database.instances=5", "database.instances=6"]), 6);
    assert_eq!(instances(&file, &["environments.a.database.instances=7"]), 7);
}

#[test]
fn an_override_of_one_environment_leaves_the_others_alone() {
    let both = loaded("environments: { a: {}, b: {} }", &["environments.b.cache.nodes=2"]);
    assert_eq!(both.iter().map(|one| one.config.cache.nodes).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(
        messages(&options("environments: { a: {} }", &["environments.dev.cache.nodes=2"])),
        ["1: there is no environment `dev`"]
    );
    assert_eq!(loaded("", &["environments.dev.cache.nodes=2"])[0].config.cache.nodes, 2);
}

#[test]
fn the_profile_may_stand_anywhere_and_each_of_its_values_may_be_set() {
    let certificate = "ingress.certificate_arn=arn:aws:acm:us-east-1:123456789012:certificate/1";
    for (file, set) in [
        ("profile: production", vec![certificate]),
        ("environments: { prd: { profile: production } }", vec![certificate]),
        ("profile: development", vec![certificate, "profile=production"]),
    ] {
        let config = loaded(file, &set)[0].config.clone();
        assert_eq!(config.profile, Profile::Production);
        assert_eq!((config.cache.nodes, config.cache.automatic_failover), (3, true), "{file}");
        assert_eq!(config.database.on_delete, OnDelete::Kept);
        assert!(config.ingress.deletion_protection && config.database.deletion_protection);
        assert_eq!(config.network, Network::Parameters);
    }
    let config = loaded("profile: production\nlogs: { retention_days: 3 }", &[certificate])[0].config.clone();
    assert_eq!((config.logs.retention_days, config.logs.keep_on_delete), (3, true));
}

#[test]
fn production_has_a_gateway_for_each_zone_of_a_network_that_it_makes() {
    let certificate = "ingress.certificate_arn=arn:aws:acm:us-east-1:123456789012:certificate/1";
    let nat = |text: &str| match &loaded(&format!("profile: production\nnetwork: {text}"), &[certificate])[0]
        .config
        .network
    {
        Network::Create(network) => format!("{:?}", network.nat),
        other => panic!("{other:?}"),
    };
    assert_eq!(nat("{ create: {} }"), "PerZone");
    assert_eq!(nat("{ create: { nat: single } }"), "Single");
}

#[test]
fn every_value_knows_its_place() {
    let file = "\
profile: production
ingress: { certificate_arn: 'arn:aws:acm:us-east-1:123456789012:certificate/1' }
database:
  instances: 3
  parameters: { work_mem: \"4096\" }
environments:
  prd:
    database: { username: owner }
    accept: [{ code: P001, place: Bucket, reason: known }]
";
    let one = &loaded(file, &["database.name=app"])[0];
    let pointed = |pointer| pointed(one, pointer);
    assert_eq!(pointed("/database/instances").as_deref(), Some("dify.yaml: 3"));
    assert_eq!(pointed("/database/username").as_deref(), Some("dify.yaml: owner"));
    assert_eq!(pointed("/database/name").as_deref(), Some("--set: app"));
    assert_eq!(pointed("/database/backup_retention_days").as_deref(), Some("dify.yaml: production"));
    assert_eq!(pointed("/database/parameters").as_deref(), Some("dify.yaml: parameters"));
    assert_eq!(pointed("/database/parameters/work_mem").as_deref(), Some("dify.yaml: \"4096\""));
    assert_eq!(pointed("/accept/0/code").as_deref(), Some("dify.yaml: P001"));
    assert_eq!(pointed("/database/engine_version"), None);
    assert_eq!(pointed("/cache/slow_log"), None);
    assert!(one.is_set("/database/instances") && !one.is_set("/database/backup_retention_days"));
    assert!(!one.is_set("/database/engine_version"));
    assert_eq!(one.written("/database/parameters/work_mem"), Some("\"4096\""));
    assert_eq!(one.written("/database/backup_retention_days"), None);

    let told = |pointer| {
        let told = one.diagnostic_at(pointer, Diagnostic::error(code::MISSING, "x"));
        let location = told.location.unwrap();
        let text = location.source.text[location.span.start..location.span.end].to_owned();
        (text, told.pointer.unwrap())
    };
    let expect = |text: &str, pointer: &str| (text.to_owned(), pointer.to_owned());
    assert_eq!(told("/database/username"), expect("owner", "/environments/prd/database/username"));
    assert_eq!(told("/database/instances"), expect("3", "/database/instances"));
    assert_eq!(told("/database/kms_key"), expect("production", "/profile"));
    // What nobody wrote is told at what is around it, at last at the environment.
    assert_eq!(told("/ingress/domain_name"), expect("ingress", "/ingress/domain_name"));
    assert_eq!(told("/storage/bucket"), expect("prd", "/environments/prd/storage/bucket"));
}

#[test]
fn a_finding_of_several_environments_is_told_once() {
    let file =
        "cache: { automatic_failover: true }\nenvironments: { a: {}, b: {}, c: { cache: { nodes: 2 } } }";
    assert_eq!(
        messages(&options(file, &[])),
        ["1: `cache.automatic_failover` is on, but there is 1 node (environments `a`, `b`)"]
    );
    let file = "cache: { automatic_failover: true }\nenvironments: { a: {}, b: {} }";
    assert_eq!(messages(&options(file, &[])), ["1: `cache.automatic_failover` is on, but there is 1 node"]);
}

#[test]
fn stacks_that_are_not_wanted_are_not_judged() {
    let file = "environments: { a: {}, b: { profile: production } }";
    let wanted = |stacks: &[&str]| LoadOptions {
        stacks: stacks.iter().map(|stack| (*stack).to_owned()).collect(),
        ..options(file, &[])
    };
    assert_eq!(messages(&wanted(&[])), ["1: production needs HTTPS, but has no certificate"]);
    let a = load(&wanted(&["dify-a"])).unwrap();
    assert_eq!((a.environments.len(), a.stacks), (1, vec!["dify-a".to_owned(), "dify-b".to_owned()]));
    assert_eq!(messages(&wanted(&["dify-x"])), ["nowhere: the configuration has no stack `dify-x`"]);
}

#[test]
fn a_mistake_of_form_hides_only_what_may_depend_on_it() {
    let file = "\
database: { instances: none, restore_from: x }
secrets: { database_password: text }
ingress: { hosted_zone_id: Z1 }
mail: {}
";
    assert_eq!(
        messages(&options(file, &[])),
        [
            "1: `database.instances` has to be a whole number from 1 to 16, found the text `none`",
            "1: `database.restore_from` has to be the ARN of a snapshot, found `x`",
            "2: `secrets.database_password` has to be a map, found a text",
            "3: there is a hosted zone, `Z1`, but no name to record in it",
            "4: `mail.from` is missing",
            "4: `mail.smtp.server` is missing",
        ]
    );
}

#[test]
fn a_value_that_may_be_a_secret_is_not_repeated() {
    for file in [
        "secrets: { secret_key: hunter2 }",
        "mail: { smtp: { password: hunter2 } }",
        "mail: { smtp: { password: [hunter2] } }",
    ] {
        for finding in load(&options(file, &[])).unwrap_err() {
            let text = format!("{} {:?}", finding.message, finding.help);
            assert!(!text.contains("hunter2"), "{text}");
        }
    }
}

#[test]
fn a_network_by_names_gets_its_ids_from_the_context() {
    let file = "region: us-east-1\nnetwork: { lookup: { vpc_name: main, public_subnet_names: [a], private_subnet_names: [b], closed: true } }\nimages: { registry: r.example.com }";
    let context = |region: &str, version: u32| {
        let text = serde_json::json!({"version": version, "stacks": {"dify-dev": {
            "lookup": {"region": region, "vpc_name": "main", "public_subnet_names": ["a"], "private_subnet_names": ["b"]},
            "vpc_id": "vpc-0a1b2c3d4e5f60001",
            "vpc_cidr": "10.0.0.0/16",
            "public_subnet_ids": ["subnet-0a1b2c3d4e5f60011", "subnet-0a1b2c3d4e5f60012"],
            "private_subnet_ids": ["subnet-0a1b2c3d4e5f60021", "subnet-0a1b2c3d4e5f60022"],
        }}});
        LoadOptions { context: Some(Source::new("c.json", text.to_string())), ..options(file, &[]) }
    };
    let found = load(&context("us-east-1", 1)).unwrap().environments.remove(0);
    let Network::Existing(network) = &found.config.network else { panic!("{:?}", found.config.network) };
    assert_eq!((network.vpc_id.as_str(), network.closed), ("vpc-0a1b2c3d4e5f60001", true));
    assert_eq!(pointed(&found, "/network/existing/closed").as_deref(), Some("dify.yaml: true"));

    let stale = "2: the ids in `c.json` were looked up by other names, or in another region";
    assert_eq!(messages(&context("us-west-2", 1)), [stale]);
    assert_eq!(
        messages(&context("us-east-1", 2)),
        ["2: `c.json` has version 2, this program reads version 1"]
    );
    let broken = LoadOptions { context: Some(Source::new("c.json", "{")), ..options(file, &[]) };
    assert!(messages(&broken)[0].starts_with("2: the network's ids can't be read from `c.json`: EOF"));
    let kept = LoadOptions { keep_lookup: true, ..options(file, &[]) };
    assert!(matches!(load(&kept).unwrap().environments[0].config.network, Network::Lookup(_)));
}

#[test]
fn whole_numbers_may_have_a_fraction_of_zero() {
    assert_eq!(loaded("services: { api: { cpu: 1024.0 } }", &[])[0].config.services["api"].cpu, Some(1024));
}

#[test]
fn a_wrong_account_hides_no_other_mistake() {
    let file = "account: 123456789012\nregion: 7\ningress: { hosted_zone_id: Z0123456789ABC }\ndatabase: { engine_version: '9.6' }";
    let found = messages(&options(file, &[]));
    assert_eq!(found.len(), 4, "{found:#?}");
    for line in ["1: `account`", "2: `region`", "3: there is a hosted zone", "4: Aurora PostgreSQL 9.6"] {
        assert!(found.iter().any(|message| message.starts_with(line)), "{line}: {found:#?}");
    }
}
