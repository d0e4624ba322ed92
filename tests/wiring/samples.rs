//! Every rule has a mutation of a good template that only it finds, and a change close to it that nobody minds.
//!
//! `samples.json` has both for each rule, as changes of the small good template of the rules' own tests
//! (`src/validate/wiring/good.json`): JSON pointers inside of `Resources` and what is set there. `null` takes it away, and
//! a pointer that ends in `/-` adds to a list.

use std::collections::BTreeSet;
use std::path::Path;

use dify_cfn::cfn::read::read_bytes;
use serde_json::Value as Json;

use crate::found;
use crate::support::{code, rows, written_out};

const TABLE: &str = "wiring/samples.json";

/// The good template with changes.
fn changed(changes: &Json) -> Json {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/validate/wiring/good.json");
    let mut json: Json = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    for (pointer, value) in written_out(changes).as_object().unwrap() {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        let parent = json["Resources"].pointer_mut(parent).unwrap_or_else(|| panic!("nothing at {pointer}"));
        match (parent, value) {
            (Json::Object(map), Json::Null) => drop(map.shift_remove(key)),
            (Json::Object(map), value) => drop(map.insert(key.to_owned(), value.clone())),
            (Json::Array(items), value) if key == "-" => items.push(value.clone()),
            (Json::Array(items), Json::Null) => drop(items.remove(key.parse().unwrap())),
            (Json::Array(items), value) => items[key.parse::<usize>().unwrap()] = value.clone(),
            (other, _) => panic!("{pointer} is in {other}"),
        }
    }
    json
}

/// The findings of wiring after the changes, each with its code.
fn told(changes: &Json) -> Vec<(&'static str, String)> {
    let read = read_bytes("t.json", changed(changes).to_string().as_bytes()).unwrap();
    assert_eq!(read.findings, []);
    let found = found(&read.template).into_iter();
    found.map(|finding| (finding.code.0, format!("  {} {}", finding.code, finding.message))).collect()
}

/// Runs the rows of one part of the table.
fn run(part: usize) {
    let mut wrong = Vec::new();
    for row in rows(TABLE).into_iter().skip(part).step_by(PARTS) {
        let code = code(&row);
        for (which, expected) in [("bad", Some(code)), ("good", None)] {
            let told = told(&row[which]);
            let codes: BTreeSet<&str> = told.iter().map(|(code, _)| *code).collect();
            if codes != expected.into_iter().collect() {
                let lines: Vec<_> = told.into_iter().map(|(_, line)| line).collect();
                wrong.push(format!("{code}: the {which} sample gives\n{}", lines.join("\n")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// In how many tests the table is run, so that none takes long.
const PARTS: usize = 4;

macro_rules! parts {
    ($($name:ident = $part:literal),*) => {
        $(
            #[test]
            fn $name() {
                run($part);
            }
        )*

        #[test]
        fn every_part_is_run() {
            assert_eq!([$($part),*].into_iter().collect::<Vec<usize>>(), (0..PARTS).collect::<Vec<_>>());
        }
    };
}

parts! {
    each_mutation_is_found_by_its_rule_alone_and_each_good_change_by_none_1 = 0,
    each_mutation_is_found_by_its_rule_alone_and_each_good_change_by_none_2 = 1,
    each_mutation_is_found_by_its_rule_alone_and_each_good_change_by_none_3 = 2,
    each_mutation_is_found_by_its_rule_alone_and_each_good_change_by_none_4 = 3
}

#[test]
fn every_rule_has_a_mutation() {
    let with: BTreeSet<String> = rows(TABLE).iter().map(|row| code(row).to_owned()).collect();
    let rules = dify_cfn::validate::rules().map(|rule| rule.code.0).filter(|code| code.starts_with('W'));
    let without: Vec<_> = rules.filter(|code| !with.contains(*code)).collect();
    assert!(without.is_empty(), "no mutation in tests/{TABLE} for {without:?}");
}
