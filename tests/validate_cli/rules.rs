//! `explain` and `rules`, and the page that is made from them.

use crate::run;

#[test]
fn the_page_of_rules_is_fresh() {
    let page = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rules.md");
    let fresh = run(&["rules", "--markdown"]).out;
    assert!(
        std::fs::read_to_string(page).unwrap() == fresh,
        "docs/rules.md is stale; run `cargo run -- rules --markdown > docs/rules.md`"
    );
}

#[test]
fn the_table_has_every_rule_of_the_json() {
    let table = run(&["rules"]).out;
    let json = run(&["rules", "--json"]).json();
    let rules = json["rules"].as_array().unwrap();
    assert_eq!(table.lines().count(), rules.len());
    for (line, rule) in table.lines().zip(rules) {
        assert!(line.starts_with(rule["code"].as_str().unwrap()), "{line}");
        for key in ["title", "what", "why", "source", "layer", "severity"] {
            assert!(!rule[key].as_str().unwrap().is_empty(), "{rule}");
        }
        assert!(rule["same_as"].is_array());
    }
}

#[test]
fn codes_of_every_layer_are_explained() {
    let json = run(&["rules", "--json"]).json();
    for rule in json["rules"].as_array().unwrap() {
        let code = rule["code"].as_str().unwrap();
        let found = run(&["explain", code]);
        assert!(found.code == 0 && found.out.starts_with(&format!("{code} (")), "{}", found.out);
    }
    let several = run(&["explain", "r002", "C001", "D009", "T001", "--json"]).json();
    let codes: Vec<_> =
        several["rules"].as_array().unwrap().iter().map(|rule| rule["code"].clone()).collect();
    assert_eq!(codes, ["R002", "C001", "D009", "T001"]);
}

#[test]
fn an_unknown_code_names_the_nearest() {
    let found = run(&["explain", "RO02"]);
    assert_eq!((found.code, found.out.as_str()), (2, ""));
    assert!(found.err.contains("did you mean `R002`?"), "{}", found.err);
    assert!(run(&["explain", "bucket"]).err.contains("`dify-cfn rules` lists them"));
    assert_eq!(run(&["explain"]).code, 2);
}
