//! How large templates are; foundations are looked at in `meaning::console`. A request takes 51,200 bytes; a larger template is
//! read from S3, and 1 MB is the end.

use dify_cfn::assembly::INLINE_LIMIT_BYTES;
use dify_cfn::cfn::write::minified;
use dify_cfn::config::model::{Layout, NamedLayout};
use dify_cfn::config::{LoadOptions, load};
use dify_cfn::diagnostic::Source;
use dify_cfn::dify;

use crate::shipped::{Shipped, all};

/// What `distributed` stays below, in bytes.
const DISTRIBUTED_BYTES: usize = 75_000;

/// What it stays below as `dify-prd`, without a component that is off by default: room for a longer name, and for what a
/// stack's user adds by `resources` and `environment`.
const PLAIN_BYTES: usize = 73_200;

/// The longest name, in letters, with which it still is as small as that.
const LONG_NAME: usize = 20;

/// What more may take, and why: these are not `distributed` alone.
const LARGER: [(&str, usize, &str); 1] = [(
    "production/full",
    87_500,
    "two more services, Spot, mail, flow logs and access logs: all that can be switched on",
)];

/// What a component that is off by default adds, in bytes.
const OPTIONAL: [(&str, usize); 2] = [("websocket: { enabled: true }", 8_500), (PROXY, 5_000)];
const PROXY: &str = "ssrf_proxy: { enabled: true, image: { repository: acme/squid, tag: \"6.6\" } }";

fn bytes(shipped: &Shipped) -> usize {
    minified(shipped.template()).1.len()
}

#[test]
fn seeds_fit_into_a_request() {
    let seeds: Vec<_> = all().iter().filter(|shipped| shipped.is_seed()).collect();
    assert_eq!(seeds.len(), 3);
    for seed in seeds {
        let bytes = bytes(seed);
        assert!(bytes <= INLINE_LIMIT_BYTES, "{}: {bytes} bytes", seed.name);
    }
}

#[test]
fn distributed_stays_small_in_each_profile_network_and_backend() {
    let distributed =
        all().iter().filter(|shipped| shipped.config().layout == Layout::Named(NamedLayout::Distributed));
    let mut seen = 0;
    for shipped in distributed {
        let larger = LARGER.iter().find(|(name, _, _)| *name == shipped.name);
        let most = larger.map_or(DISTRIBUTED_BYTES, |(_, most, _)| *most);
        let bytes = bytes(shipped);
        assert!(bytes < most, "{}: {bytes} bytes, {most} are too many", shipped.name);
        if let Some((name, _, why)) = larger {
            assert!(bytes >= DISTRIBUTED_BYTES, "{name} is small by now and no exception any more: {why}");
        }
        seen += 1;
    }
    // Both profiles, networks of the form, existing, created and closed, and both backends.
    assert!(seen >= 9, "only {seen} fixtures are distributed");
}

/// Each kind of network, the largest of its kind; a closed one has its images in a registry of the user's.
const NETWORKS: [&str; 5] = [
    "network: parameters",
    "network: { existing: { vpc_id: vpc-0a1b2c3d4e5f60001, \
     public_subnet_ids: [subnet-0a1b2c3d4e5f60011, subnet-0a1b2c3d4e5f60012, subnet-0a1b2c3d4e5f60013], \
     private_subnet_ids: [subnet-0a1b2c3d4e5f60021, subnet-0a1b2c3d4e5f60022, subnet-0a1b2c3d4e5f60023] } }",
    "network: { create: { cidr: 10.0.0.0/16, availability_zones: 3, nat: single } }",
    "network: { create: { cidr: 10.0.0.0/16, availability_zones: 3, nat: per_zone } }",
    "network: { create: { cidr: 10.0.0.0/16, availability_zones: 3, nat: none } }\n\
     images: { registry: 123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/dify }",
];
const PROFILES: [&str; 2] = [
    "profile: development",
    "profile: production\ningress: { domain_name: dify.example.com, \
     certificate_arn: \"arn:aws:acm:ap-northeast-1:123456789012:certificate/0a1b2c3d-0000-4000-8000-000000000001\" }",
];

/// How large the stack of each environment is.
fn bytes_of(text: &str) -> Vec<usize> {
    let file = Some(Source::new("dify.yaml", text));
    let loaded = load(&LoadOptions { file, ..LoadOptions::default() }).unwrap();
    let configs = loaded.environments.iter().map(|environment| &environment.config);
    configs.map(|config| minified(&dify::build(config).unwrap().template).1.len()).collect()
}

#[test]
fn distributed_stays_small_whatever_network_profile_backend_and_engine_go_together() {
    let mut seen = 0;
    let long_name = "x".repeat(LONG_NAME - "dify-".len());
    for network in NETWORKS {
        for profile in PROFILES {
            for backend in ["secretsmanager", "ssm"] {
                for engine in ["redis", "valkey"] {
                    let text = format!(
                        "region: ap-northeast-1\n{network}\n{profile}\nsecrets: {{ backend: {backend} }}\n\
                         cache: {{ engine: {engine} }}\nenvironments: {{ prd: {{}}, {long_name}: {{}} }}\n"
                    );
                    let [bytes, with_long_name] = bytes_of(&text)[..] else { panic!("{text}") };
                    assert!(bytes < PLAIN_BYTES, "{bytes} bytes:\n{text}");
                    assert!(with_long_name < DISTRIBUTED_BYTES, "{with_long_name} bytes:\n{text}");
                    seen += 1;
                }
            }
        }
    }
    assert_eq!(seen, 40);
}

#[test]
fn a_component_that_is_switched_on_adds_little() {
    for backend in ["secretsmanager", "ssm"] {
        let bytes = |components: &str| {
            let network = "network: { create: { cidr: 10.0.0.0/16 } }";
            bytes_of(&format!(
                "{network}\nsecrets: {{ backend: {backend} }}\ncomponents: {{ {components} }}\n"
            ))[0]
        };
        let without = bytes("");
        for (component, most) in OPTIONAL {
            let with = bytes(component);
            assert!(with < DISTRIBUTED_BYTES, "{component} with {backend}: {with} bytes");
            let more = with - without;
            assert!(more < most, "{component} with {backend} adds {more} bytes, {most} are too many");
        }
    }
}
