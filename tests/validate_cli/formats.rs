//! The report as text, JSON and SARIF.

use serde_json::{Value as Json, json};

use crate::{Run, run, run_in, validate};

#[test]
fn text_has_excerpts_and_a_summary() {
    let found = run(&["validate", "bad.yaml", "bad.json", "good.yaml"]);
    insta::assert_snapshot!(found.out);
    assert_eq!(found.err, "");
}

#[test]
fn rules_are_explained_below_the_findings() {
    insta::assert_snapshot!(run(&["validate", "bad.json", "--explain"]).out);
    let json = run(&["validate", "bad.json", "--explain", "--json"]).json();
    assert_eq!(json["rules"]["R008"]["severity"], "error");
    let codes: Vec<_> = json["rules"].as_object().unwrap().keys().collect();
    assert_eq!(codes, ["P016", "P055", "P058", "P068", "R008", "W027"]);
}

#[test]
fn quiet_leaves_nothing_of_a_good_template() {
    let found = run(&["validate", "good.yaml", "--quiet"]);
    assert_eq!((found.code, found.out.as_str(), found.err.as_str()), (0, "", ""));
}

#[test]
fn every_finding_of_the_json_has_its_place() {
    let found = run(&["validate", "--format", "json", "bad.yaml", "bad.json"]);
    let json = found.json();
    let keys = [
        "code",
        "severity",
        "message",
        "help",
        "file",
        "line",
        "column",
        "pointer",
        "logical_id",
        "construct",
        "accepted",
    ];
    for finding in json["findings"].as_array().unwrap() {
        let object = finding.as_object().unwrap();
        assert_eq!(object.keys().collect::<Vec<_>>(), keys);
        assert!(finding["line"].as_u64() > Some(0) && finding["column"].as_u64() > Some(0), "{finding}");
    }
    let depends_on =
        &json["findings"].as_array().unwrap().iter().find(|finding| finding["code"] == "R008").unwrap();
    assert_eq!(
        (&depends_on["file"], &depends_on["line"], &depends_on["column"], &depends_on["logical_id"]),
        (&json!("bad.yaml"), &json!(8), &json!(16), &json!("Files"))
    );
    let counts = json!({"errors": 1, "warnings": 1, "notes": 4});
    let looked_at = json!({"resources": 1, "complete": true, "unknown_types": []});
    let mut file = json!({"file": "bad.json"});
    for part in [counts, looked_at] {
        file.as_object_mut().unwrap().extend(part.as_object().unwrap().clone());
    }
    assert_eq!(json["files"][1], file);
    assert_eq!(json["errors"], json!(4));
    assert_eq!(found.code, 3);
}

#[test]
fn stats_count_rules_and_types() {
    let text = run(&["validate", "--stats"]).out;
    assert!(text.starts_with("rules ") && text.contains("\ntypes "), "{text}");
    let json = run(&["validate", "--stats", "--json"]).json();
    assert!(json["stats"]["types"].as_u64() > Some(1_800), "{json}");
    assert!(json["stats"]["rules"]["R"].as_u64() > Some(20), "{json}");
}

/// What the official schema complains of.
fn complaints(sarif: &Json) -> Vec<String> {
    let schema = include_str!("../fixtures/sarif/sarif-schema-2.1.0.json");
    // Its pattern for languages, which we don't write, has a bracket too many and isn't a regular expression everywhere.
    let wrong = "^[a-zA-Z]{2}|^[a-zA-Z]{2}-[a-zA-Z]{2}]?$";
    assert!(schema.contains(wrong));
    let schema: Json = serde_json::from_str(&schema.replace(wrong, "^[a-zA-Z]{2}(-[a-zA-Z]{2})?$")).unwrap();
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    validator.iter_errors(sarif).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

/// The report as SARIF, after the official schema has accepted it.
fn accepted(found: &Run) -> Json {
    let sarif = found.json();
    let complaints = complaints(&sarif);
    assert!(complaints.is_empty(), "{complaints:?}");
    sarif
}

#[test]
fn sarif_is_accepted_by_the_official_schema() {
    for arguments in [
        &["validate", "good.yaml", "--format", "sarif"][..],
        &["validate", "bad.yaml", "bad.json", "good.yaml", "--format", "sarif", "--explain"],
        &["validate", "missing file.yaml", "bad.yaml", "--format", "sarif", "--stats"],
        &["validate", "--stats", "--format", "sarif"],
    ] {
        accepted(&run(arguments));
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("ü ö:1%.yaml"),
        "Resources: {é: {Type: AWS::SNS::Topic, DependsOn: 🦀}}",
    )
    .unwrap();
    for (arguments, input) in [
        (["validate", ".", "--format=sarif"], &b""[..]),
        (["validate", "-", "--format=sarif"], b"a: b: c"),
        (["validate", "-", "--format=sarif"], b"\xff\xfe"),
        (["validate", "-", "--format=sarif"], b""),
        (["validate", "-", "--format=sarif"], b"[]"),
    ] {
        let sarif = accepted(&run_in(folder.path(), &arguments, input));
        assert!(!sarif["runs"][0]["results"].as_array().unwrap().is_empty());
    }
}

#[test]
fn a_mistake_in_sarif_would_be_noticed() {
    let sarif = run(&["validate", "bad.json", "--format", "sarif"]).json();
    for (pointer, wrong) in [
        ("/runs/0/results/0/locations/0/physicalLocation/region/startLine", json!(0)),
        ("/runs/0/results/0/locations/0/physicalLocation/artifactLocation/uri", json!("a b")),
        ("/runs/0/results/0/level", json!("fatal")),
        ("/runs/0/results/0/message", json!("text")),
        ("/runs/0/tool/driver/rules/0/id", json!(null)),
        ("/version", json!("2.0.0")),
    ] {
        let mut changed = sarif.clone();
        *changed.pointer_mut(pointer).unwrap() = wrong;
        assert_eq!(complaints(&changed).len(), 1, "{pointer}");
    }
}

#[test]
fn sarif_says_what_the_json_says() {
    let arguments = ["validate", "bad.yaml", "bad.json"];
    let sarif = accepted(&run(&[&arguments[..], &["--format", "sarif"]].concat()));
    let json = run(&[&arguments[..], &["--format", "json"]].concat()).json();
    let run = &sarif["runs"][0];
    let results = run["results"].as_array().unwrap();
    let findings = json["findings"].as_array().unwrap();
    assert_eq!(results.len(), findings.len());
    for (result, finding) in results.iter().zip(findings) {
        assert_eq!((&result["ruleId"], &result["level"]), (&finding["code"], &finding["severity"]));
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(
            (
                &place["artifactLocation"]["uri"],
                &place["region"]["startLine"],
                &place["region"]["startColumn"]
            ),
            (&finding["file"], &finding["line"], &finding["column"])
        );
        let rule =
            &run["tool"]["driver"]["rules"][usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
        assert_eq!(rule["id"], result["ruleId"]);
    }
    assert_eq!(run["invocations"][0]["exitCode"], 3);
}

#[test]
fn what_a_template_says_cannot_move_the_terminal() {
    let escape = "Resources: {A: {Type: \"AWS::SNS::\\e[31mTopic\", DependsOn: \"\\e]0;x\\a\"}}";
    let found = validate(escape.as_bytes());
    assert_eq!(found.code, 3);
    let text = run_in(&crate::fixtures(), &["validate", "-"], escape.as_bytes()).out;
    assert!(!text.contains('\u{1b}') && !text.contains('\u{7}'), "{text:?}");
}

/// A template with more combinations of conditions than are looked at.
fn too_many_combinations() -> String {
    let mut text = "Parameters:\n".to_owned();
    let each = |line: &dyn Fn(usize) -> String| (0..16).map(line).collect::<String>();
    text += &each(&|n| format!("  P{n}: {{Type: String}}\n"));
    text += "Conditions:\n";
    text += &each(&|n| format!("  C{n}: !Equals [!Ref P{n}, a]\n"));
    text += "Resources:\n  A:\n    Type: AWS::SNS::Topic\n    Properties:\n      DisplayName: !Join\n      - ''\n      -\n";
    text + &each(&|n| format!("        - !If [C{n}, a, b]\n"))
}

#[test]
fn what_was_left_out_is_told_in_every_format() {
    let text = too_many_combinations();
    let in_format = |arguments: &[&str]| {
        let folder = tempfile::tempdir().unwrap();
        let arguments = [&["validate", "-"][..], arguments].concat();
        run_in(folder.path(), &arguments, text.as_bytes())
    };
    let told = in_format(&[]);
    assert!(told.out.contains("note[L010]: ") && told.out.contains("= help: "), "{}", told.out);
    let json = in_format(&["--json"]).json();
    assert_eq!((&json["files"][0]["complete"], &json["files"][0]["resources"]), (&false.into(), &1.into()));
    assert!(json["findings"].as_array().unwrap().iter().any(|finding| finding["code"] == "L010"));
    let sarif = in_format(&["--format", "sarif"]).json();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert!(results.iter().any(|result| result["ruleId"] == "L010"), "{results:#?}");
    let stats = in_format(&["--stats"]);
    let line = "<stdin>: 1 resource, not all combinations of conditions and parameters\n";
    assert!(stats.out.contains(line), "{}", stats.out);
}
