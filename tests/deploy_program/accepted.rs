//! Findings that the configuration accepts: what synth writes is deployed, and the report of both names what was accepted.

use crate::program::{CONFIG, Place};

/// A finding of the schema and one of the policy, both errors in production.
fn config(accept: &str) -> String {
    format!(
        "{}ingress: {{ allowed_cidrs: [203.0.113.0/24], domain_name: dify.example.com, hosted_zone_id: Z0123456789ABC }}
resources:
  Bucket: {{ properties: {{ AccessControl: PublicRead }} }}
  DatabaseCluster: {{ properties: {{ Nonsense: true }} }}
environments: {{ prd: {{ profile: production, accept: [{accept}] }} }}
",
        CONFIG.split("ingress:").next().unwrap()
    )
}

#[test]
fn what_synth_accepts_is_deployed_and_told() {
    let all = "{ code: P022, place: Bucket, reason: files are public }, { code: S003, place: DatabaseCluster, reason: a new property }, { code: S424, place: Bucket, reason: lists }";
    let place = Place::with(&config(all));
    let synth = place.run("synth").ended(0);
    for arguments in [
        "diff --stack dify-prd",
        "deploy --stack dify-prd --yes",
        "deploy --stack dify-prd --yes --assembly out",
    ] {
        let run = place.run(arguments).ended(0);
        for reason in ["files are public", "a new property"] {
            assert!(synth.err.contains(reason), "{}", synth.err);
            assert!(run.err.contains(reason), "{arguments}: {}", run.err);
        }
    }
}

#[test]
fn what_synth_refuses_is_not_deployed() {
    for (accept, code) in [("", 3), ("{ code: P999, place: Bucket, reason: x }", 2)] {
        let place = Place::with(&config(accept));
        place.run("synth").ended(code);
        place.run("diff --stack dify-prd").ended(code);
        place.run("deploy --stack dify-prd --yes").ended(code);
        assert_eq!(place.server.lock().calls.len(), 0);
    }
}
