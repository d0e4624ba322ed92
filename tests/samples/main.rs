//! Every code that the program can give has a sample that it finds and one that it doesn't.
//!
//! The tables beside this file are run, each row by the stage that its code is of: what is documented and has no row, and a row
//! that isn't told as it says, fails. The rows of `schemas/constraints` have their samples with them: the build refuses one
//! without, and `every_row_finds_its_bad_samples_and_no_good_one` runs them. Wiring has its table beside `tests/wiring`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests may panic, in helpers too")]

#[path = "../support/samples.rs"]
mod samples;

use std::collections::BTreeSet;
use std::path::Path;

use dify_cfn::cfn::RawResource;
use dify_cfn::config::model::ResourceSettings;
use dify_cfn::config::{Config, LoadOptions, load};
use dify_cfn::constructs::{LogGroup, LogGroupProps, MAIN, Stack};
use dify_cfn::diagnostic::{Diagnostic, Source};
use dify_cfn::dify;
use dify_cfn::document::{Document, Format, Limits};
use dify_cfn::validate::{Options, Types, check_document};
use serde_json::Value as Json;

use samples::{code, rows, written_out};

/// The tables whose samples are templates.
const TEMPLATES: [&str; 5] = ["documents", "schema", "references", "limits", "policy"];

/// Codes without samples, and why.
const WITHOUT: [(&str, &str); 2] = [
    ("C019", "it is about the folder that the program is started in; `tests/cli/configuration.rs` has it"),
    ("C099", "it tells a mistake of the program: the types refuse what the schema accepts"),
];

/// The codes of findings.
fn codes(findings: impl IntoIterator<Item = Diagnostic>) -> Vec<&'static str> {
    findings.into_iter().map(|finding| finding.code.0).collect()
}

/// What is found in a template.
fn of_template(sample: &Json, row: &Json) -> Vec<&'static str> {
    let written = written_out(sample);
    let text = written.as_str().map_or_else(|| written.to_string(), str::to_owned);
    let options = Options {
        region: row["options"]["region"].as_str().map(str::to_owned),
        types: if row["options"]["types"] == "strict" { Types::Strict } else { Types::Lax },
        ..Options::default()
    };
    let format = Format::detect("sample", &text);
    match Document::parse(Source::new("sample", text), format, &Limits::default()) {
        Ok(document) => codes(check_document(&document, &options).findings),
        Err(findings) => codes(findings),
    }
}

/// What is found in a configuration, and when a template is made of it.
fn of_configuration(sample: &Json, which: &str, row: &Json) -> Vec<&'static str> {
    let texts = |key: &str| -> Vec<String> {
        let list = row[key][which].as_array().into_iter().flatten();
        list.map(|text| text.as_str().unwrap().to_owned()).collect()
    };
    let file = Some(Source::new("dify.yaml", sample.as_str().unwrap()));
    let options = LoadOptions { file, set: texts("set"), stacks: texts("stacks"), ..LoadOptions::default() };
    let loaded = match load(&options) {
        Ok(loaded) => loaded,
        Err(findings) => return codes(findings),
    };
    let mut found = codes(loaded.diagnostics);
    let mut built = Vec::new();
    for located in &loaded.environments {
        found.extend(of_build(&located.config));
        let names = dify::build(&located.config).map(|built| dify::PhysicalNames::of(&built.template));
        built.extend(names.map(|names| (&located.config, names)));
    }
    let stacks: Vec<_> = built.iter().map(|(config, names)| (*config, names)).collect();
    found.extend(codes(dify::same_names(&stacks).into_iter().map(|(_, finding)| finding)));
    found
}

fn of_build(config: &Config) -> Vec<&'static str> {
    match dify::build(config) {
        Ok(built) => codes(built.findings),
        Err(findings) => codes(findings),
    }
}

/// What only a program can get wrong: code, and what it finds in a bad and in a good one.
fn of_programs() -> Vec<(&'static str, [Vec<&'static str>; 2])> {
    let stack = |build: &dyn Fn(&mut Stack)| {
        let mut stack = Stack::new();
        build(&mut stack);
        stack.synth().err().map(codes).unwrap_or_default()
    };
    let twice = |second: &'static str| {
        stack(&|stack| {
            for id in ["One", second] {
                stack.scope().child(id).add(MAIN, RawResource::new("AWS::S3::Bucket"));
            }
        })
    };
    let used = |is_foreign: bool| {
        stack(&|stack| {
            let mut other = Stack::new();
            let own = stack.scope().child("Own").add(MAIN, RawResource::new("AWS::S3::Bucket"));
            let foreign = other.scope().child("Foreign").add(MAIN, RawResource::new("AWS::S3::Bucket"));
            let used = if is_foreign { &foreign } else { &own };
            stack.metadata("Of", used.reference().to_json());
        })
    };
    let named = |name: &'static str| {
        stack(&|stack| {
            stack.scope().child(name).add(MAIN, RawResource::new("A::B::C"));
        })
    };
    let kept = |retention_days: u32| {
        stack(&|stack| {
            let props = LogGroupProps { retention_days, ..LogGroupProps::default() };
            LogGroup::new(&mut stack.scope().child("Logs"), props);
        })
    };
    // A file with such a placeholder is refused before.
    let filled = |name: &str| {
        let settings = ResourceSettings { name: Some(name.to_owned()), ..ResourceSettings::default() };
        let mut config = Config::default();
        config.resources.insert("Bucket".to_owned(), settings);
        of_build(&config)
    };
    vec![
        ("T001", [twice("One"), twice("Two")]),
        ("T002", [used(true), used(false)]),
        ("T003", [named("a-b"), named("Ab")]),
        ("T010", [kept(8), kept(7)]),
        ("C304", [filled("{account}-files"), filled("{stack}-files")]),
    ]
}

/// The complaint about a sample that isn't told as its row says.
fn complaint(code: &str, bad: &[&str], good: &[&str]) -> Option<String> {
    match (bad.contains(&code), good.contains(&code)) {
        (true, false) => None,
        (false, _) => Some(format!("{code}: the bad sample isn't found, but {bad:?}")),
        (_, true) => Some(format!("{code}: the good sample is found, among {good:?}")),
    }
}

#[test]
fn every_bad_sample_is_found_and_no_good_one() {
    let mut wrong = Vec::new();
    for table in TEMPLATES {
        for row in rows(&format!("samples/{table}.json")) {
            let of = |which: &str| of_template(&row[which], &row);
            wrong.extend(complaint(code(&row), &of("bad"), &of("good")));
        }
    }
    for row in rows("samples/configuration.json") {
        let of = |which: &str| of_configuration(&row[which], which, &row);
        wrong.extend(complaint(code(&row), &of("bad"), &of("good")));
    }
    for (code, [bad, good]) in of_programs() {
        wrong.extend(complaint(code, &bad, &good));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The codes of the rows of `schemas/constraints`.
fn of_constraints() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/constraints");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let of_types =
        files.filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("aws-")));
    let mut codes = BTreeSet::new();
    for path in of_types {
        let file: Json = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        for row in file["rows"].as_array().unwrap() {
            let has = |key: &str| row[key].as_array().is_some_and(|samples| !samples.is_empty());
            assert!(has("bad") && has("good"), "{row}");
            codes.insert(code(row).to_owned());
        }
    }
    codes
}

#[test]
fn every_documented_code_has_samples() {
    let mut with = of_constraints();
    let tables = TEMPLATES.iter().copied().chain(["configuration"]);
    let files = tables.map(|table| format!("samples/{table}.json")).chain(["wiring/samples.json".to_owned()]);
    with.extend(files.flat_map(|file| rows(&file)).map(|row| code(&row).to_owned()));
    with.extend(of_programs().into_iter().map(|(code, _)| code.to_owned()));
    with.extend(WITHOUT.iter().map(|(code, _)| (*code).to_owned()));
    // A test of the program keeps the page fresh: it has every code of a rule and of another finding.
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rules.md");
    let page = std::fs::read_to_string(page).unwrap();
    let first = page.lines().filter_map(|line| line.strip_prefix("| ")?.split(" |").next());
    let is_code = |code: &&str| {
        code.len() == 4
            && code.starts_with(|c: char| c.is_ascii_uppercase())
            && code[1..].chars().all(|c| c.is_ascii_digit())
    };
    let documented: BTreeSet<String> = first.filter(is_code).map(str::to_owned).collect();
    assert!(documented.len() > 500, "{documented:?}");
    let without: Vec<_> = documented.difference(&with).collect();
    assert!(without.is_empty(), "no samples for {without:?}");
    let unknown: Vec<_> = with.difference(&documented).collect();
    assert!(unknown.is_empty(), "samples for codes that there aren't: {unknown:?}");
    let rules: BTreeSet<&str> = dify_cfn::validate::rules().map(|rule| rule.code.0).collect();
    assert!(rules.iter().all(|code| documented.contains(*code)), "docs/rules.md is stale");
}
