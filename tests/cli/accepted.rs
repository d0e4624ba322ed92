//! Findings that the configuration accepts.

use crate::Place;

/// A stack for production without access logs, which is told as `P061`, with these acceptances.
fn accepting(acceptances: &str) -> Place {
    Place::with(&format!(
        "environments:\n  prd:\n    profile: production\n    ingress: {{ domain_name: d.example.com, hosted_zone_id: Z0123456789ABC }}\n    accept: {acceptances}\n"
    ))
}

#[test]
fn an_accepted_finding_stays_in_the_report_and_does_not_count() {
    let told = accepting("[]").run(["synth"]).ended(0);
    assert!(told.err.contains("note[P061]"), "{}", told.err);
    let place = accepting("[{ code: P061, place: LoadBalancer, reason: a CDN logs }]");
    let run = place.run(["synth"]).ended(0);
    assert!(
        run.err.contains("accepted note[P061]") && run.err.contains("= accepted: a CDN logs"),
        "{}",
        run.err
    );
    assert!(run.out.contains(", 1 accepted\n"), "{}", run.out);
    let json = place.run(["synth", "--json"]).json();
    let findings = json["stacks"][0]["findings"].as_array().unwrap();
    let accepted: Vec<_> = findings.iter().filter(|finding| !finding["accepted"].is_null()).collect();
    assert_eq!(accepted.len(), 1);
    assert_eq!((&accepted[0]["code"], &accepted[0]["accepted"]), (&"P061".into(), &"a CDN logs".into()));
}

#[test]
fn an_accepted_error_is_written() {
    let open = "resources: { CacheSecurityGroup: { properties: { SecurityGroupIngress: [{ IpProtocol: tcp, FromPort: 6379, ToPort: 6379, CidrIp: 0.0.0.0/0 }] } } }";
    let place = accepting(&format!("[]\n    {open}"));
    let refused = place.run(["synth"]).ended(3);
    assert!(refused.err.contains("error[P020]: port 6379 is open to the whole internet"), "{}", refused.err);
    assert!(!place.path().join("out").exists());
    let accepting = accepting(&format!(
        "[{{ code: P020, place: /Resources/CacheSecurityGroup, reason: a test }}]\n    {open}"
    ));
    let run = accepting.run(["synth"]).ended(0);
    assert!(run.err.contains("accepted error[P020]"), "{}", run.err);
    // The file by itself is anyone's; with the configuration it is judged as there.
    let file = "out/dify-prd.template.json";
    let alone = accepting.run(["validate", file, "--deny", "warnings", "-q"]).ended(3);
    assert!(alone.out.contains("warning[P020]"), "{}", alone.out);
    let told = accepting.run(["validate", file, "-c", "dify.yaml"]).ended(0);
    assert!(told.out.contains("accepted error[P020]"), "{}", told.out);
    let sarif = accepting.run(["validate", file, "-c", "dify.yaml", "--format", "sarif"]).ended(0).json();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let open = results.iter().find(|result| result["ruleId"] == "P020").unwrap();
    assert_eq!(open["suppressions"][0]["justification"], "a test");
    assert!(results.iter().any(|result| result.get("suppressions").is_none()));
}

#[test]
fn what_is_accepted_has_to_be_there() {
    let run = accepting("[{ code: P061, place: Elsewhere, reason: r }]").run(["synth"]).ended(0);
    assert!(run.err.contains("warning[C072]: there is no P061 at `Elsewhere` to accept"), "{}", run.err);
    assert!(run.err.contains("dify.yaml:5:"), "{}", run.err);
}

#[test]
fn an_unknown_code_is_refused_with_its_place() {
    let run = accepting("[{ code: P961, place: LoadBalancer, reason: r }]").run(["synth"]).ended(2);
    assert!(run.err.contains("error[C072]: no rule about templates has the code `P961`"), "{}", run.err);
    assert!(run.err.contains("did you mean `P061`?") && run.err.contains("dify.yaml:5:"), "{}", run.err);
}
