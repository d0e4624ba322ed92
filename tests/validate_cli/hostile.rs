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
