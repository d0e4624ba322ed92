//! What is printed, and for whom.

use std::collections::BTreeSet;
use std::io::Read;
use std::process::Stdio;

use serde_json::Value as Json;

use crate::{Place, THREE};

#[test]
fn the_summary_tells_what_was_written_what_to_fill_in_and_whether_it_fits() {
    let place = Place::with(THREE);
    let run = place.run(["synth", "dify-prd"]).ended(0);
    for part in [
        "dify-prd (123456789012 us-east-1)\n",
        "  wrote       out/dify-prd.template.json, out/dify-prd.template.yaml\n",
        "  resources   ",
        "ECS ",
        "  to fill in  ",
        " bytes minified, doesn't fit into one request of 51,200; the foundation ",
        " vCPU at rest, ",
        "a fresh account has 6",
    ] {
        assert!(run.out.contains(part), "{part:?} in\n{}", run.out);
    }
    let widest =
        run.out.lines().filter(|line| !line.contains("tasks  ")).map(|line| line.chars().count()).max();
    assert!(widest.is_some_and(|widest| widest <= 110), "{widest:?} columns in\n{}", run.out);
}

#[test]
fn quiet_prints_nothing_but_what_is_worth_reading() {
    let place = Place::with(THREE);
    let run = place.run(["synth", "--quiet", "dify-dev"]).ended(0);
    assert_eq!((run.out.as_str(), run.err.as_str()), ("", ""));
    // A warning is.
    let run = place.run(["synth", "-q", "dify-dev", "--set", "cache.broker_database=0"]).ended(0);
    assert_eq!(run.out, "");
    assert!(run.err.starts_with("warning[C404]: "), "{}", run.err);
    // An error is told in any case.
    assert!(place.run(["synth", "-q", "dify-x"]).ended(2).err.contains("1 error\n"));
}

/// The keys of a stack and of a finding, which other programs rely on.
const STACK_KEYS: [&str; 19] = [
    "account",
    "files",
    "findings",
    "fits_inline",
    "foundation_bytes",
    "inline_limit_bytes",
    "minified_bytes",
    "name",
    "parameters",
    "parameters_to_fill_in",
    "region",
    "resources",
    "resources_by_service",
    "resting_vcpu",
    "rolling_vcpu",
    "secure_parameters",
    "stale",
    "tags",
    "validated",
];
const FINDING_KEYS: [&str; 11] = [
    "accepted",
    "code",
    "column",
    "construct",
    "file",
    "help",
    "line",
    "logical_id",
    "message",
    "pointer",
    "severity",
];

fn keys(value: &Json) -> BTreeSet<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn json_is_one_object_with_the_keys_that_programs_rely_on() {
    let place = Place::with(THREE);
    let run = place.run(["synth", "--json", "--set", "cache.broker_database=0"]).ended(0);
    let result = run.json();
    assert_eq!(keys(&result), BTreeSet::from(["stacks"]));
    let stacks = result["stacks"].as_array().unwrap();
    let names: Vec<&str> = stacks.iter().map(|stack| stack["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["dify-dev", "dify-stg", "dify-prd"]);
    for stack in stacks {
        assert_eq!(keys(stack), BTreeSet::from(STACK_KEYS));
        let counted: u64 =
            stack["resources_by_service"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum();
        assert_eq!(stack["resources"], counted);
        assert_eq!(stack["inline_limit_bytes"], 51_200);
        let fits = stack["minified_bytes"].as_u64().unwrap() <= 51_200;
        assert_eq!(stack["fits_inline"], fits);
        for file in stack["files"].as_array().unwrap() {
            assert!(place.path().join(file.as_str().unwrap()).is_file(), "{file}");
        }
        let findings = stack["findings"].as_array().unwrap();
        assert!(!findings.is_empty());
        for finding in findings {
            assert_eq!(keys(finding), BTreeSet::from(FINDING_KEYS));
            assert!(["note", "warning"].contains(&finding["severity"].as_str().unwrap()));
        }
        let told = findings.iter().find(|finding| finding["code"] == "C404").unwrap();
        assert_eq!((&told["file"], &told["line"]), (&"--set".into(), &1.into()));
    }
    // What is minified is what counts: the file's own size is another.
    let written = place.read("out/dify-dev.template.json").len() as u64;
    assert!(stacks[0]["minified_bytes"].as_u64().unwrap() < written);
}

#[test]
fn what_is_found_while_loading_counts_for_the_stacks_that_it_concerns() {
    // A version that moves is of every environment, an unknown region and an unquoted word of the one that says it, an
    // acceptance that accepts nothing of those for which it stands.
    let place = Place::with(
        "dify: { version: latest }
accept: [{ code: P061, place: Elsewhere, reason: never there }]
environments:
  dev: {}
  stg: { region: zz-north-9, tags: { mode: on } }
",
    );
    let run = place.run(["synth", "--json"]).ended(0);
    let result = run.json();
    let codes = |stack: usize| -> Vec<&str> {
        let findings = result["stacks"][stack]["findings"].as_array().unwrap();
        findings.iter().map(|finding| finding["code"].as_str().unwrap()).collect()
    };
    for (code, of_dev, of_stg) in [("C032", 1, 1), ("C072", 1, 1), ("C012", 0, 1), ("D011", 0, 1)] {
        let count = |stack| codes(stack).iter().filter(|found| **found == code).count();
        assert_eq!((count(0), count(1)), (of_dev, of_stg), "{code} in {:?} and {:?}", codes(0), codes(1));
        assert_eq!(run.err.matches(&format!("[{code}]")).count(), 1, "{code} in\n{}", run.err);
    }
    // The summary counts what is told.
    let warnings = |stack: usize| {
        let findings = result["stacks"][stack]["findings"].as_array().unwrap();
        findings.iter().filter(|finding| finding["severity"] == "warning").count()
    };
    let text = place.run(["synth"]).ended(0).out;
    for stack in [0, 1] {
        assert!(text.contains(&format!("{} warnings", warnings(stack))), "{} in\n{text}", warnings(stack));
    }
}

#[test]
fn no_validate_marks_what_was_not_validated() {
    let place = Place::empty();
    assert!(!place.run(["synth"]).ended(0).out.contains("validated"));
    let validated = place.read("out/dify-dev.template.json");
    let told = place.run(["synth", "--no-validate", "-o", "other"]).ended(0).out;
    assert!(told.contains("  validated   no: `--no-validate`\n"), "{told}");
    let mut unvalidated: Json = serde_json::from_str(&place.read("other/dify-dev.template.json")).unwrap();
    assert_eq!(unvalidated["Metadata"]["dify-cfn:unvalidated"], true);
    unvalidated["Metadata"].as_object_mut().unwrap().remove("dify-cfn:unvalidated");
    assert_eq!(unvalidated, serde_json::from_str::<Json>(&validated).unwrap());
    assert!(place.read("other/dify-dev.template.yaml").contains("dify-cfn:unvalidated: true"));
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let place = Place::empty();
    for arguments in [&["schema"][..], &["synth", "--json"], &["ls"]] {
        let mut child =
            place.command().args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // `| head -c 0`
        drop(child.stdout.take());
        let mut err = String::new();
        child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        let status = child.wait().unwrap();
        assert!(status.success(), "{arguments:?}: {status}\n{err}");
        assert!(!err.contains("panicked") && !err.contains("Broken pipe"), "{err}");
    }
    // The files are there all the same.
    assert_eq!(place.names("out").len(), 3);

    // Nobody reads the messages either.
    let mut child = place.command().args(["synth", "nobody"]).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stderr.take());
    assert_eq!(child.wait().unwrap().code(), Some(2));
}

#[test]
fn colours_are_for_terminals_only() {
    let place = Place::with("nme: x\n");
    for no_colour in [None, Some("1"), Some("")] {
        let mut command = place.command();
        command.arg("synth").env("CLICOLOR_FORCE", "1").env_remove("NO_COLOR");
        if let Some(value) = no_colour {
            command.env("NO_COLOR", value);
        }
        let output = command.output().unwrap();
        assert!(!output.stderr.contains(&0x1b), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

/// What a terminal gets, as far as one can be had: `script` gives the program one.
#[test]
#[cfg(target_os = "linux")]
fn on_a_terminal_no_color_is_heeded() {
    let place = Place::with("nme: x\n");
    let program = env!("CARGO_BIN_EXE_dify-cfn");
    let on_terminal = |setting: &str| {
        let line = format!("{setting} {program} synth");
        let run = std::process::Command::new("script")
            .args(["-q", "-e", "-c", &line, "/dev/null"])
            .current_dir(place.path())
            .env("TERM", "xterm-256color")
            .env_remove("NO_COLOR")
            .stdin(Stdio::null())
            .output();
        run.ok().map(|run| String::from_utf8_lossy(&run.stdout).into_owned())
    };
    let Some(coloured) = on_terminal("env") else { return }; // no `script` here
    assert!(coloured.contains("\u{1b}["), "{coloured:?}");
    let plain = on_terminal("NO_COLOR=1").unwrap();
    assert!(plain.contains("error[C001]") && !plain.contains("\u{1b}["), "{plain:?}");
}

#[test]
fn what_holds_for_one_environment_says_for_which_and_what_the_summary_tells_is_not_told_before() {
    let place = Place::with(
        "secrets: { backend: ssm }\ningress: { idle_timeout_seconds: 600 }\nenvironments: { dev: {}, prd: { profile: production, ingress: { \
         domain_name: dify.example.com, hosted_zone_id: Z0123456789ABC } } }\n",
    );
    let run = place.run(["synth"]).ended(0);
    assert!(run.err.contains("speaks plain HTTP"), "{}", run.err);
    let told = run.err.lines().find(|line| line.contains("speaks plain HTTP")).unwrap();
    assert!(told.ends_with("(environment `dev`)"), "{told}");
    assert!(!run.err.contains("L002"), "{}", run.err);
    // Parameters that CloudFormation can't make are listed.
    for parameter in
        ["/dify/dev/secret_key (64)", "/dify/prd/db/password (32)", "/dify/prd/init_password (24)"]
    {
        assert!(run.out.contains(parameter), "{parameter} in {}", run.out);
    }
    assert_eq!(run.out.matches("  to create   ").count(), 2, "{}", run.out);
}

#[test]
fn the_command_that_shows_the_first_password_shows_the_one_that_the_api_has() {
    let show = |backend: &str, variable: &str| {
        let place = Place::with(&format!(
            "secrets: {{ backend: {backend} }}\n{variable}\nnetwork: {{ create: {{ cidr: 10.0.0.0/16 }} }}\ningress: {{ allowed_cidrs: [203.0.113.0/24] }}\n"
        ));
        let summary = place.run(["synth"]).ended(0).out;
        let template: Json = serde_json::from_str(&place.read("out/dify-dev.template.json")).unwrap();
        let is_made =
            template["Resources"].get("InitPassword").is_some() || summary.contains("/init_password (24)");
        (template["Outputs"]["InitPasswordCommand"]["Value"]["Fn::Sub"].as_str().map(str::to_owned), is_made)
    };
    let ssm = "aws --region ${AWS::Region} ssm get-parameter --with-decryption --query Parameter.Value --output text --name ";
    let secret = "aws --region ${AWS::Region} secretsmanager get-secret-value --query SecretString --output text --secret-id ";
    for (backend, variable, command, is_made) in [
        ("secretsmanager", "", Some((secret, "${InitPassword}")), true),
        ("ssm", "", Some((ssm, "/dify/dev/init_password")), true),
        ("secretsmanager", "environment: { INIT_PASSWORD: { ssm: /mine } }", Some((ssm, "/mine")), false),
        ("ssm", "environment: { INIT_PASSWORD: { secret: mine } }", Some((secret, "mine")), false),
        ("ssm", "components: { api: { environment: { INIT_PASSWORD: null } } }", None, false),
        // That of another component is none of the api's.
        (
            "ssm",
            "environment: { INIT_PASSWORD: { ssm: /mine, components: [worker] } }",
            Some((ssm, "/dify/dev/init_password")),
            true,
        ),
    ] {
        let expected = command.map(|(show, id)| format!("{show}{id}"));
        assert_eq!(show(backend, variable), (expected, is_made), "{backend} {variable}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn output_that_can_not_be_written_is_a_failure() {
    let place = Place::with(THREE);
    for arguments in [
        &["synth"][..],
        &["ls"],
        &["ls", "--json"],
        &["schema"],
        &["rules"],
        &["explain", "R002"],
        &["validate", "out"],
        &["validate", "out", "--json"],
        &["--help"],
        &["--version"],
    ] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = place.command().args(arguments).stdout(full).output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {told}");
        assert!(told.contains("error: can't write to standard output\n  because: No space left"), "{told}");
    }
    // A command that failed anyway ends as it would.
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = place.command().args(["synth", "dify-x", "--json"]).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn tags_are_listed_since_they_are_no_part_of_the_template() {
    let place = Place::with("tags: { owner: ai, cost-centre: \"7\" }\n");
    let run = place.run(["synth"]).ended(0);
    let line = "  tags        owner=ai, cost-centre=7; they aren't in the template: enter them if you upload it by hand\n";
    assert!(run.out.contains(line), "{}", run.out);
    assert!(!place.read("out/dify-dev.template.json").contains("cost-centre"));
    let json = place.run(["synth", "--json"]).ended(0).json();
    assert_eq!(json["stacks"][0]["tags"], serde_json::json!({ "owner": "ai", "cost-centre": "7" }));
}
