//! Every row has what it finds and what it doesn't; both are in its file.

use std::fs;
use std::path::Path;

use serde_json::{Value as Json, json};

use crate::cfn::evaluate::Pattern;
use crate::diagnostic::{Diagnostic, Severity};
use crate::validate::Options;
use crate::validate::schema::compact::encode;
use crate::validate::testing::{of_every_rule, template};

/// The files of `schemas/constraints/` that hold rows.
fn files() -> Vec<Json> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas").join("constraints");
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let is_rows =
        |path: &&std::path::PathBuf| path.file_name().unwrap().to_string_lossy().starts_with("aws-");
    paths
        .iter()
        .filter(is_rows)
        .map(|path| serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap())
        .collect()
}

/// A JSON merge patch (RFC 7396).
fn merge(base: &Json, patch: &Json) -> Json {
    let Json::Object(patch) = patch else { return patch.clone() };
    let mut merged = base.as_object().cloned().unwrap_or_default();
    for (key, value) in patch {
        if value.is_null() {
            merged.shift_remove(key);
        } else {
            let inner = merged.get(key).unwrap_or(&Json::Null);
            let value = merge(inner, value);
            merged.insert(key.clone(), value);
        }
    }
    Json::Object(merged)
}

/// The findings of a sample of a row: a patch of the file's base, with `$with` for other resources.
fn found(file: &Json, sample: &Json) -> Vec<Diagnostic> {
    let mut sample = sample.clone();
    let others = sample.as_object_mut().unwrap().shift_remove("$with").unwrap_or_else(|| json!({}));
    let mut resources = others;
    resources["It"] = json!({"Type": file["type"], "Properties": merge(&file["base"], &sample)});
    of_every_rule(&template(json!({"Resources": resources})), &Options::default())
}

/// Whether a finding is one of a row.
fn is_of_row(finding: &Diagnostic) -> bool {
    super::RULES.iter().any(|rule| rule.code == finding.code)
}

#[test]
fn every_row_finds_its_bad_samples_and_no_good_one() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for file in files() {
        for row in file["rows"].as_array().unwrap() {
            count += 1;
            let code = row["code"].as_str().unwrap();
            for sample in row["good"].as_array().unwrap() {
                // A good sample is one for every row.
                for finding in found(&file, sample).into_iter().filter(is_of_row) {
                    wrong.push(format!("{code}: good sample {sample}: {} {}", finding.code, finding.message));
                }
            }
            for sample in row["bad"].as_array().unwrap() {
                let all = found(&file, sample);
                if !all.iter().any(|finding| finding.code.0 == code) {
                    let others: Vec<_> =
                        all.iter().map(|other| format!("{} {}", other.code, other.message)).collect();
                    wrong.push(format!("{code}: bad sample {sample} isn't found, but {others:?}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(count, super::RULES.len(), "the table of the build has other rows");
}

#[test]
fn of_a_value_of_another_type_nothing_else_is_told() {
    let file = json!({"type": "AWS::SNS::Topic", "base": {}});
    let codes: Vec<_> =
        found(&file, &json!({"TopicName": {"a": "b"}})).iter().map(|finding| finding.code.0).collect();
    assert!(codes.contains(&"S005") && !codes.iter().any(|code| code.starts_with("S53")), "{codes:?}");
}

/// A check that no bad sample is made for could be dead: each check's message is among the findings.
#[test]
fn every_check_finds_a_bad_sample() {
    let mut dead = Vec::new();
    for file in files() {
        for row in file["rows"].as_array().unwrap() {
            let code = row["code"].as_str().unwrap();
            let samples = row["bad"].as_array().unwrap();
            let findings: Vec<Diagnostic> = samples.iter().flat_map(|sample| found(&file, sample)).collect();
            let own: Vec<&str> = findings
                .iter()
                .filter(|finding| finding.code.0 == code)
                .map(|finding| finding.message.as_str())
                .collect();
            let checks = row["checks"].as_array().map_or(std::slice::from_ref(row), Vec::as_slice);
            for check in checks {
                let message = check["message"].as_str().unwrap_or("{reason}");
                if !own.iter().any(|found| is_made_of(found, message)) {
                    dead.push(format!("{code}: nothing like {message:?} in {own:#?}"));
                }
            }
        }
    }
    assert!(dead.is_empty(), "{}", dead.join("\n"));
}

/// Whether a message can be made of a template.
fn is_made_of(message: &str, template: &str) -> bool {
    let places = regex::Regex::new(r"\{[^}]*\}|<[^>]*>").unwrap();
    let literals: Vec<String> = places.split(template).map(regex::escape).collect();
    // What depends on a condition or parameter is told behind it.
    regex::Regex::new(&format!("^{}", literals.join(".*"))).unwrap().is_match(message)
}

#[test]
fn rows_use_known_keywords_and_exact_patterns() {
    const MAPS: [&str; 5] = ["properties", "patternProperties", "dependentSchemas", "every", "some"];
    const LISTS: [&str; 3] = ["allOf", "anyOf", "oneOf"];
    const SCHEMAS: [&str; 8] =
        ["additionalProperties", "contains", "else", "if", "items", "not", "propertyNames", "then"];
    fn look(schema: &Json, place: &str, wrong: &mut Vec<String>) {
        let Some(schema) = schema.as_object() else { return };
        for (keyword, argument) in schema {
            if !encode::KEYWORDS.contains(&keyword.as_str()) {
                wrong.push(format!("{place}: unknown keyword `{keyword}`"));
            }
            if let (true, Some(map)) = (MAPS.contains(&keyword.as_str()), argument.as_object()) {
                map.values().for_each(|schema| look(schema, place, wrong));
            } else if LISTS.contains(&keyword.as_str()) {
                argument.as_array().into_iter().flatten().for_each(|schema| look(schema, place, wrong));
            } else if SCHEMAS.contains(&keyword.as_str()) {
                look(argument, place, wrong);
            } else if keyword == "switch" {
                argument["cases"].as_object().unwrap().values().for_each(|schema| look(schema, place, wrong));
                look(&argument["else"], place, wrong);
            } else if keyword == "pattern" {
                let pattern = Pattern::new(argument.as_str().unwrap());
                if !pattern.as_ref().is_ok_and(Pattern::is_exact) {
                    wrong.push(format!("{place}: {argument} can't be matched exactly"));
                }
            }
        }
    }
    let mut wrong = Vec::new();
    for type_name in super::types() {
        for constraint in super::of(type_name) {
            for schema in std::iter::once(constraint.schema).chain(constraint.when) {
                look(&schema.to_json(), constraint.rule.code.0, &mut wrong);
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn findings_of_rows_have_their_place_and_help() {
    for file in files() {
        for row in file["rows"].as_array().unwrap() {
            for sample in row["bad"].as_array().unwrap() {
                for finding in found(&file, sample).into_iter().filter(is_of_row) {
                    let pointer = finding.pointer.clone().unwrap_or_default();
                    assert!(pointer.starts_with("/Resources/"), "{finding:?}");
                    assert!(!finding.message.contains(['{', '}']), "{finding:?}");
                    assert!(finding.severity > Severity::Note || row["severity"] == "note", "{finding:?}");
                }
            }
        }
    }
}
