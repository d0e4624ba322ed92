//! Files that mean harm: an error, soon.

use std::fmt::Write;
use std::time::{Duration, Instant};

use crate::{run_in, validate};

/// Generous for a debug build on a busy machine, and far below what anything that explodes takes.
const SOON: Duration = Duration::from_secs(60);

#[track_caller]
fn assert_refused(text: &[u8], code: &str) {
    let started = Instant::now();
    let found = validate(text);
    assert_eq!(found.code, 3, "{}", found.err);
    assert!(found.codes().iter().any(|found| found == code), "{code}: {:?}", found.codes());
    assert!(started.elapsed() < SOON);
}

#[test]
fn bytes_that_are_no_text_are_refused() {
    assert_refused(b"Resources: \xff", "D010");
    assert_refused(b"\xff\xfeR\0", "D010");
    assert_refused(b"\0\0\0", "D010");
}

#[test]
fn deep_nesting_is_refused() {
    assert_refused(&b"[".repeat(1_000_000), "D009");
    assert_refused("{\"a\":".repeat(100_000).as_bytes(), "D009");
    let deep = "{\"Fn::Join\": [\"\", [".repeat(40) + &"]]}".repeat(40);
    assert_refused(format!("{{\"Outputs\": {{\"A\": {{\"Value\": {deep}}}}}}}").as_bytes(), "D009");
}

#[test]
fn aliases_that_explode_are_refused() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..100 {
        let nine = vec![format!("*a{}", level - 1); 9].join(", ");
        writeln!(bomb, "a{level}: &a{level} [{nine}]").unwrap();
    }
    assert_refused(bomb.as_bytes(), "D009");
}

#[test]
fn files_that_are_too_large_are_refused() {
    assert_refused(&b"# comment\n".repeat(500_000), "D009");
    let folder = tempfile::tempdir().unwrap();
    let started = Instant::now();
    // Longer than any memory.
    let endless = run_in(folder.path(), &["validate", "--json", "/dev/zero"], b"");
    assert_eq!((endless.code, endless.codes()), (3, vec!["D009".to_owned()]));
    assert!(started.elapsed() < SOON);
}

#[test]
fn circles_and_huge_numbers_come_to_an_end() {
    let circle = "Resources: {A: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Sub '${B}'}},\
                  B: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Sub '${A}'}}}";
    assert_refused(circle.as_bytes(), "R009");
    let digits = "9".repeat(100_000);
    let cidr = format!(
        "Resources: {{A: {{Type: AWS::SNS::Topic, DependsOn: B, Properties: {{DisplayName: !Select [{digits}, !Cidr [10.0.0.0/8, {digits}, 1e{digits}]]}}}}}}"
    );
    assert_refused(cidr.as_bytes(), "R008");
}

#[test]
fn large_templates_are_checked() {
    let mut text = "Resources:\n".to_owned();
    let padding = "x".repeat(1500);
    for number in 0..500 {
        writeln!(text, "  Topic{number}:\n    Type: AWS::SNS::Topic\n    Properties:\n      DisplayName: short\n    Metadata: {{ Padding: {padding} }}\n    DependsOn: Missing{number}").unwrap();
    }
    assert!(text.len() > 750_000 && text.len() < 1_000_000);
    let started = Instant::now();
    let found = validate(text.as_bytes());
    let mut codes = found.codes();
    // Near the largest size, which is told too.
    codes.retain(|code| code != "L002");
    assert_eq!(codes, vec!["R008"; 500]);
    let folder = tempfile::tempdir().unwrap();
    let shown = run_in(folder.path(), &["validate", "-"], text.as_bytes());
    assert!(shown.out.contains("checked 1 template: 500 errors, 0 warnings, "), "{}", shown.out);
    // All on one line, as tools write it.
    let document: serde_json::Value = serde_json::json!({
        "Resources": (0..500).map(|number| (format!("Topic{number}"), serde_json::json!({
            "Type": "AWS::SNS::Topic", "DependsOn": "Missing", "Metadata": { "Padding": padding },
        }))).collect::<serde_json::Map<_, _>>(),
    });
    let minified = run_in(folder.path(), &["validate", "-"], document.to_string().as_bytes());
    assert!(minified.out.contains("500 errors, 0 warnings, "));
    assert!(minified.out.len() < 1_000_000);
    assert!(started.elapsed() < SOON);
}

/// What `validate` says of a text if it may take so many MiB of addresses, far more than it needs.
#[cfg(unix)]
#[track_caller]
fn assert_modest(text: &[u8], mebibytes: u32, name: &str) -> crate::Run {
    use std::process::{Command, Stdio};

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    std::fs::write(&file, text).unwrap();
    let started = Instant::now();
    let done = Command::new("sh")
        .args(["-c", &format!("ulimit -v {} && exec \"$0\" validate --json \"$1\"", mebibytes * 1024)])
        .args([env!("CARGO_BIN_EXE_dify-cfn").as_ref(), file.as_os_str()])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let err = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(matches!(done.status.code(), Some(0 | 3)), "{}: {err}", done.status);
    assert!(started.elapsed() < SOON);
    crate::Run { code: done.status.code().unwrap(), out: String::from_utf8(done.stdout).unwrap(), err }
}

/// How much a template of a few hundred resources may take, in MiB of addresses: a multiple of what it needs.
#[cfg(unix)]
const MODEST: u32 = 600;

#[cfg(unix)]
#[test]
fn thousands_of_conditions_take_little_memory() {
    use serde_json::{Map, json};

    let parameters: Map<_, _> =
        (0..200).map(|number| (format!("P{number}"), json!({"Type": "String", "Default": "a"}))).collect();
    let mut conditions: Map<_, _> = (0..2000)
        .map(|number| {
            let parameter = format!("P{}", number % 200);
            (format!("C{number}"), json!({"Fn::Equals": [{"Ref": parameter}, format!("v{number}")]}))
        })
        .collect();
    let any = |from: usize| -> Vec<_> {
        (from..from + 10).map(|number| json!({"Condition": format!("C{number}")})).collect()
    };
    let groups: Vec<_> = (0..10).map(|group| json!({"Fn::Or": any(group * 10)})).collect();
    conditions.insert("All".to_owned(), json!({"Fn::And": groups}));
    let resources: Map<_, _> = (0..200)
        .map(|number| {
            let name = json!({"Fn::If": ["All", "a", {"Fn::If": [format!("C{number}"), "b", "c"]}]});
            let topic =
                json!({"Type": "AWS::SNS::Topic", "Condition": "All", "Properties": {"DisplayName": name}});
            (format!("T{number}"), topic)
        })
        .collect();
    let template = json!({"Parameters": parameters, "Conditions": conditions, "Resources": resources});
    assert_modest(template.to_string().as_bytes(), MODEST, "t.json");
}

#[cfg(unix)]
#[test]
fn functions_that_make_long_texts_take_little_memory() {
    use serde_json::json;

    let mut base64 = json!("x");
    let mut sub = json!("x".repeat(1000));
    let mut unknown = json!({"Ref": "AWS::StackName"});
    let mut join = json!("x");
    for _ in 0..40 {
        base64 = json!({"Fn::Base64": base64});
        sub = json!({"Fn::Sub": ["${a}${a}${a}${a}", {"a": sub}]});
        unknown = json!({"Fn::Sub": ["${a}${a}${a}${a}", {"a": unknown}]});
        join = json!({"Fn::Join": ["", [join]]});
    }
    // As deep as is read: each level of a `Fn::Sub` with variables is three.
    for value in [base64, join] {
        let template =
            json!({"Resources": {"A": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": value}}}});
        assert_modest(template.to_string().as_bytes(), MODEST, "t.json");
    }
    for value in [sub, unknown] {
        let shallow = (0..12).fold(value, |value, _| value["Fn::Sub"][1]["a"].clone());
        let template =
            json!({"Resources": {"A": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": shallow}}}});
        assert_modest(template.to_string().as_bytes(), MODEST, "t.json");
    }
}

#[cfg(unix)]
#[test]
fn indices_and_counts_without_end_are_told() {
    use serde_json::json;

    for value in [
        json!({"Fn::Select": [u64::MAX, ["a"]]}),
        json!({"Fn::Select": [-1, ["a"]]}),
        json!({"Fn::Select": ["1e99", ["a"]]}),
        json!({"Fn::Select": [0, {"Fn::Cidr": ["10.0.0.0/0", 4_294_967_295_u64, 8]}]}),
        json!({"Fn::Select": [0, {"Fn::Cidr": ["10.0.0.0/8", 256, -5]}]}),
        json!({"Fn::Select": [0, {"Fn::Cidr": ["10.0.0.0/8", 256, 1_u64 << 40]}]}),
    ] {
        let topic = json!({"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": value}});
        let template = json!({"Resources": {"A": topic}}).to_string();
        let found = assert_modest(template.as_bytes(), MODEST, "t.json").json();
        let finding = &found["findings"][0];
        assert!(finding["line"] == 1 && finding["column"].as_u64() > Some(1), "{template}: {found}");
    }
}

#[cfg(unix)]
#[test]
fn the_largest_templates_take_little_memory() {
    use serde_json::{Map, json};

    // Everybody refers to everybody; tasks as large as they get; one value of a megabyte.
    let circle: Map<_, _> = (0..200)
        .map(|number| {
            let all: Vec<_> = (0..200)
                .filter(|other| *other != number)
                .map(|other| json!({"Ref": format!("T{other}")}))
                .collect();
            let topic =
                json!({"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Fn::Join": ["", all]}}});
            (format!("T{number}"), topic)
        })
        .collect();
    let containers: Vec<_> = (0..4)
        .map(|number| json!({"Name": format!("c{number}"), "Image": "x", "Environment": [{"Name": "A", "Value": "y"}]}))
        .collect();
    let tasks: Map<_, _> = (0..500)
        .map(|number| {
            let properties = json!({"Family": format!("f{number}"), "ContainerDefinitions": containers});
            (format!("T{number}"), json!({"Type": "AWS::ECS::TaskDefinition", "Properties": properties}))
        })
        .collect();
    let long = json!({"A": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Fn::Sub": "${AWS::Region}".repeat(60_000)}}}});
    for resources in [json!(circle), json!(tasks), long] {
        let template = json!({"Resources": resources}).to_string();
        assert!(template.len() < 1_000_000);
        assert_modest(template.as_bytes(), MODEST, "t.json");
    }
}

#[test]
fn marks_line_ends_and_odd_keys_are_read() {
    let clean = |text: &[u8]| assert_eq!(validate(text).codes(), Vec::<String>::new());
    clean(b"\xef\xbb\xbfResources:\n  A:\n    Type: AWS::SNS::Topic\n");
    clean(b"\xef\xbb\xbf{\"Resources\": {\"A\": {\"Type\": \"AWS::SNS::Topic\"}}}");
    clean(b"Resources:\r\n  A:\r\n    Type: AWS::SNS::Topic\r\n");
    assert_refused(b"Resources: {A: {Type: \"AWS::SNS::Topic\0\"}}", "D010");
    let odd = "{\"Resources\": {\"\": {}, \"a b\": {\"Type\": \"AWS::SNS::Topic\"}, \"a/b~c\": {\"Type\": 1}, \"\\n\": []}}";
    let found = validate(odd.as_bytes());
    assert_eq!(found.code, 3);
    for finding in found.json()["findings"].as_array().unwrap() {
        assert!(finding["line"] == 1 && finding["column"].as_u64() > Some(1), "{finding}");
    }
}
