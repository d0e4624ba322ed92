//! `schemas/constraints/`: what the build script's reader refuses, and where the rules of cdk-preflight are covered.

#![allow(clippy::unwrap_used, reason = "a test")]

#[path = "../build/constraints.rs"]
mod constraints;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value as Json, json};

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

fn preflight() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/constraints/preflight")
}

/// The rules of cdk-preflight that concern our types, from the hand-kept list.
fn ids() -> Vec<String> {
    let text = fs::read_to_string(preflight().join("ids.txt")).unwrap();
    text.lines().map(str::to_owned).collect()
}

/// What the files say of each rule, by service.
fn coverage() -> BTreeMap<String, Map<String, Json>> {
    let files = fs::read_dir(preflight()).unwrap().map(|entry| entry.unwrap().path());
    let json = files.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    json.map(|path| {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        (name, serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap())
    })
    .collect()
}

#[test]
fn every_rule_of_cdk_preflight_is_accounted_for() {
    let coverage = coverage();
    let mut found: Vec<String> = coverage.values().flat_map(Map::keys).cloned().collect();
    found.sort();
    assert_eq!(found, ids(), "ids.txt and the files differ");
}

#[test]
fn what_covers_a_rule_of_cdk_preflight_exists() {
    let rules: BTreeMap<&str, _> = dify_cfn::validate::rules().map(|rule| (rule.code.0, rule)).collect();
    for (id, entry) in coverage().values().flatten() {
        let entry = entry.as_object().unwrap();
        assert_eq!(entry.len(), 1, "{id}: {entry:?}");
        let (key, value) = entry.iter().next().unwrap();
        match key.as_str() {
            "covered_by" => {
                let codes = value.as_array().unwrap();
                assert!(!codes.is_empty(), "{id} is covered by nothing");
                for code in codes {
                    assert!(rules.contains_key(code.as_str().unwrap()), "{id}: there is no rule {code}");
                }
            }
            "schema" | "not_applicable" | "open" => assert!(!value.as_str().unwrap().is_empty(), "{id}"),
            other => panic!("{id}: unknown key {other}"),
        }
    }
    // What a rule says that it is the same as is in the files too.
    let coverage: Map<String, Json> = coverage().into_values().flatten().collect();
    for rule in rules.values() {
        for id in rule.same_as.iter().filter_map(|id| id.strip_prefix("cdk-preflight ")) {
            let Some(entry) = coverage.get(id) else {
                panic!("{}: nothing is known of {id}", rule.code);
            };
            let codes = entry["covered_by"].as_array().map_or(&[][..], Vec::as_slice);
            assert!(codes.iter().any(|code| code == rule.code.0), "{id} isn't covered by {}", rule.code);
        }
    }
}

#[test]
fn the_page_on_cdk_preflight_is_fresh() {
    let mut page = String::from(
        "# What cdk-preflight knows\n\n\
         Written by `INSTA_UPDATE=always cargo test --test constraints`, which keeps it fresh. cdk-preflight 0.0.143 \
         collects what AWS refuses when a stack is deployed. Each of its rules that concern a type of `schemas/` is in \
         this table, with what covers it here: a rule ([rules.md](rules.md)), a keyword of the resource's schema, or \
         nothing, with the reason.\n",
    );
    let coverage = coverage();
    let count =
        |key: &str| coverage.values().flat_map(Map::values).filter(|entry| !entry[key].is_null()).count();
    writeln!(
        page,
        "\nOf {} rules {} are covered by a rule, {} by a schema, {} don't apply, {} are open.",
        ids().len(),
        count("covered_by"),
        count("schema"),
        count("not_applicable"),
        count("open")
    )
    .unwrap();
    for (name, entries) in &coverage {
        writeln!(page, "\n## {name}\n\n| rule | covered by |\n|---|---|").unwrap();
        for (id, entry) in entries {
            let what =
                match (&entry["covered_by"], &entry["schema"], &entry["not_applicable"], &entry["open"]) {
                    (Json::Array(codes), ..) => {
                        codes.iter().filter_map(Json::as_str).collect::<Vec<_>>().join(", ")
                    }
                    (_, Json::String(keyword), ..) => format!("the schema: {keyword}"),
                    (_, _, Json::String(reason), _) => format!("doesn't apply: {reason}"),
                    (.., reason) => format!("open: {}", reason.as_str().unwrap_or_default()),
                };
            writeln!(page, "| {id} | {what} |").unwrap();
        }
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/preflight.md");
    if std::env::var_os("INSTA_UPDATE").is_some_and(|update| update == "always") {
        fs::write(&path, &page).unwrap();
    }
    assert!(
        fs::read_to_string(&path).unwrap_or_default() == page,
        "docs/preflight.md is stale; run `INSTA_UPDATE=always cargo test --test constraints`"
    );
}
