//! Generated templates of what readers of YAML stumble over.

use proptest::prelude::*;
use serde_json::{Number, json};

use super::tests::{check_round_trip, template};
use crate::cfn::{Json, Map, Resource, Template};

/// Pieces that some reader of YAML stumbles over.
const NASTY: [&str; 75] = [
    "a",
    "AWS::Region",
    "a:b",
    "://",
    "B",
    "é",
    "日",
    "😀",
    " ",
    "  ",
    "\n",
    "\n\n",
    "\r",
    "\r\n",
    "\t",
    "#",
    " #",
    ": ",
    ":",
    ":a",
    "-",
    "- ",
    "---",
    "...",
    "?",
    "? ",
    ",",
    "[",
    "]",
    "{",
    "}",
    "${",
    "${AWS::Region}",
    "{{resolve:",
    "\"",
    "'",
    "''",
    "\\",
    "\\n",
    "&",
    "*",
    "!",
    "!Ref ",
    "|",
    ">",
    "%",
    "@",
    "`",
    "~",
    "=",
    "<<",
    "yes",
    "no",
    "null",
    "true",
    "0",
    "7",
    "0x",
    "1e5",
    ".5",
    "1_0",
    "12:30",
    "2001-01-01",
    ".inf",
    "\0",
    "\u{1}",
    "\u{7f}",
    "\u{85}",
    "\u{a0}",
    "\u{2028}",
    "\u{feff}",
    "\u{fffe}",
    "\u{10ffff}",
    "a long word after another, and so on",
    ".",
];

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        5 => prop::collection::vec(prop::sample::select(NASTY.to_vec()), 0..6).prop_map(|pieces| pieces.concat()),
        1 => prop::collection::vec(prop::sample::select(vec!["word", "x:y", "a", "#b"]), 20..60).prop_map(|words| words.join(" ")),
        1 => any::<String>(),
    ]
}

fn scalar() -> impl Strategy<Value = Json> {
    prop_oneof![
        6 => text().prop_map(Json::from),
        1 => any::<i64>().prop_map(Json::from),
        1 => any::<u64>().prop_map(Json::from),
        1 => any::<f64>().prop_map(|f| Number::from_f64(f).map_or(Json::Bool(false), Json::Number)),
        1 => any::<bool>().prop_map(Json::from),
        1 => Just(Json::Null),
    ]
}

fn key() -> impl Strategy<Value = String> {
    let functions = [
        "Ref",
        "Condition",
        "Fn::GetAtt",
        "Fn::Sub",
        "Fn::If",
        "Fn::Base64",
        "Fn::Join",
        "Fn::ToJsonString",
        "Fn::X",
    ];
    prop_oneof![2 => text(), 1 => prop::sample::select(functions.to_vec()).prop_map(str::to_owned), 1 => "[A-Z][a-z]{1,8}"]
}

fn value() -> impl Strategy<Value = Json> {
    scalar().prop_recursive(5, 40, 5, |inner| {
        let function = |name: &'static str| move |arguments: Json| json!({ name: arguments });
        let list = || prop::collection::vec(inner.clone(), 0..5).prop_map(Json::from);
        prop_oneof![
            list(),
            prop::collection::vec((key(), inner.clone()), 0..4)
                .prop_map(|entries| Json::Object(entries.into_iter().collect())),
            text().prop_map(Json::from).prop_map(function("Ref")),
            (text(), text()).prop_map(|(id, attribute)| json!({"Fn::GetAtt": [id, attribute]})),
            text().prop_map(Json::from).prop_map(function("Fn::GetAtt")),
            inner.clone().prop_map(function("Fn::Sub")),
            inner.clone().prop_map(function("Fn::Base64")),
            inner.clone().prop_map(function("Fn::ToJsonString")),
            list().prop_map(function("Fn::If")),
            list().prop_map(function("Fn::Or")),
            text().prop_map(Json::from).prop_map(function("Condition")),
        ]
    })
}

fn map() -> impl Strategy<Value = Map> {
    prop::collection::vec((key(), value()), 0..4).prop_map(|entries| entries.into_iter().collect())
}

prop_compose! {
    fn any_resource()(type_name in text(), condition in prop::option::of(text()), depends_on in prop::collection::vec(text(), 0..3),
        deletion_policy in prop::option::of(scalar()), metadata in map(), properties in map(), policy in prop::option::of(value()))
        -> Resource {
        let other = policy.map(|policy| ("UpdatePolicy".to_owned(), policy)).into_iter().collect();
        Resource { type_name, condition, depends_on, deletion_policy, metadata, properties, other, ..Resource::default() }
    }
}

prop_compose! {
    fn any_template()(description in prop::option::of(value()), metadata in map(), parameters in map(), rules in map(),
        conditions in map(), resources in prop::collection::vec((key(), any_resource()), 0..3), outputs in map(), hooks in prop::option::of(value()))
        -> Template {
        Template {
            description, metadata, parameters, rules, conditions, outputs,
            resources: resources.into_iter().filter(|(id, _)| !id.starts_with("Fn::")).collect(),
            other: hooks.map(|hooks| ("Hooks".to_owned(), hooks)).into_iter().collect(),
            ..Template::default()
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 250, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_template_reads_back(template in any_template()) {
        check_round_trip(&template);
    }

    #[test]
    fn any_text_reads_back(text in text(), other in text()) {
        check_round_trip(&template(json!({"A": text, "B": [other, {"Fn::Sub": text}], other.clone(): {text.clone(): other}})));
    }
}
