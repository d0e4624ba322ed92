//! The build script's reader of `schemas/constraints/`: what it refuses, and with which words.

#![allow(clippy::unwrap_used, reason = "a test")]

#[path = "../build/constraints.rs"]
mod constraints;

use std::fs;

use serde_json::{Value as Json, json};

/// A row without mistakes.
fn row() -> Json {
    json!({
        "code": "S100", "title": "t", "what": "w", "why": "y", "source": "s",
        "schema": {"required": ["A"]}, "good": [{"A": 1}], "bad": [{}],
    })
}

/// The good row with a change.
fn with(key: &str, value: Json) -> Json {
    let mut row = row();
    row[key] = value;
    row
}

fn table(name: &str, text: &str) -> Result<(String, serde_json::Map<String, Json>), String> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(name), text).unwrap();
    constraints::table(folder.path())
}

fn of_rows(rows: &Json) -> Result<(String, serde_json::Map<String, Json>), String> {
    table("aws-test-thing.json", &json!({"type": "AWS::Test::Thing", "rows": rows}).to_string())
}

#[test]
fn a_row_becomes_a_rule_and_its_checks() {
    let (table, checks) = of_rows(&json!([row()])).unwrap();
    for expected in [
        "static ROWS: [Row; 1]",
        "code: Code(\"S100\"), severity: Severity::Error,",
        "(\"AWS::Test::Thing\", 0..1)",
    ] {
        assert!(table.contains(expected), "no {expected} in {table}");
    }
    assert_eq!(checks["S100"], json!([{"schema": {"required": ["A"]}}]));
}

#[test]
fn malformed_rows_are_refused_with_file_and_row() {
    let cases = [
        (with("code", json!("S99")), "aws-test-thing.json: S99: `code` isn't one from S100 to S999"),
        (with("title", json!(" ")), "aws-test-thing.json: S100: no text `title`"),
        (with("sevrity", json!("error")), "aws-test-thing.json: S100: unknown key `sevrity`"),
        (
            with("severity", json!("bad")),
            "aws-test-thing.json: S100: `severity` is none of error, warning and note",
        ),
        (with("bad", json!([])), "aws-test-thing.json: S100: `bad` is no list of at least one object"),
        (with("same_as", json!([1])), "aws-test-thing.json: S100: `same_as` is no list of texts"),
        (with("schema", Json::Null), "aws-test-thing.json: S100: check 1: no `schema`"),
        (with("checks", json!([])), "aws-test-thing.json: S100: both `checks` and a check of its own"),
        (
            with("join", json!({"a": {"at": "B"}})),
            "aws-test-thing.json: S100: check 1: join `a`: no text `type`",
        ),
        (json!(1), "aws-test-thing.json: row 1: not an object"),
    ];
    for (row, expected) in cases {
        assert_eq!(of_rows(&json!([row])).unwrap_err(), expected);
    }
    assert_eq!(
        of_rows(&json!([row(), row()])).unwrap_err(),
        "S100 is of AWS::Test::Thing and of AWS::Test::Thing"
    );
    assert_eq!(
        table("aws-other.json", r#"{"type": "AWS::Test::Thing", "rows": []}"#).unwrap_err(),
        "aws-other.json: a file of that name isn't about AWS::Test::Thing"
    );
    assert!(table("aws-test-thing.json", "{").unwrap_err().starts_with("aws-test-thing.json: EOF"));
}
