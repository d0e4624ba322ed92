//! Every dependency has a licence that `deny.toml` allows.

use std::collections::BTreeSet;
use std::process::Command;

use regex::Regex;
use serde_json::Value;

use crate::{assert_none, output, read, root};

#[test]
fn every_dependency_has_an_allowed_licence() {
    let allowed = allowed();
    let mut complaints = Vec::new();
    let packages = packages();
    for package in &packages {
        let licence = package["license"].as_str().unwrap_or_default();
        if !fits(licence, &allowed) {
            complaints.push(format!("{} {}: licence {licence:?}", package["name"], package["version"]));
        }
    }
    assert!(packages.len() > 20, "cargo metadata names only {} packages", packages.len());
    assert_none(&complaints);
}

/// The list `allow` of `[licenses]` in `deny.toml`.
fn allowed() -> BTreeSet<String> {
    let text = read("deny.toml");
    let list = Regex::new(r"(?s)\[licenses\].*?\nallow = \[(.*?)\n\]").unwrap();
    let found = list.captures(&text).expect("deny.toml has no list of allowed licences");
    let entry = Regex::new(r#"(?m)^\s*"([^"]+)""#).unwrap();
    entry.captures_iter(&found[1]).map(|name| name[1].to_owned()).collect()
}

/// What the program and its tests are built from on this machine, from the packages that cargo has at hand.
fn packages() -> Vec<Value> {
    let version = output(Command::new("rustc").arg("-vV"));
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).expect("rustc names no host");
    // Without the filter, cargo would have to fetch the packages of all other systems.
    let metadata = output(
        Command::new(env!("CARGO"))
            .args(["metadata", "--offline", "--locked", "--format-version", "1", "--filter-platform", host])
            .current_dir(root()),
    );
    let metadata: Value = serde_json::from_str(&metadata).expect("cargo metadata prints JSON");
    metadata["packages"].as_array().expect("cargo metadata lists packages").clone()
}

/// Whether one may choose allowed licences only, by an SPDX expression (or the old form with `/` for `OR`).
fn fits(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let mut words = spaced.split_whitespace().peekable();
    let fits = either(&mut words, allowed);
    fits && words.next().is_none()
}

type Words<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

fn either(words: &mut Words, allowed: &BTreeSet<String>) -> bool {
    let mut fits = both(words, allowed);
    while words.next_if_eq(&"OR").is_some() {
        fits |= both(words, allowed);
    }
    fits
}

fn both(words: &mut Words, allowed: &BTreeSet<String>) -> bool {
    let mut fits = one(words, allowed);
    while words.next_if_eq(&"AND").is_some() {
        fits &= one(words, allowed);
    }
    fits
}

fn one(words: &mut Words, allowed: &BTreeSet<String>) -> bool {
    if words.next_if_eq(&"(").is_some() {
        let fits = either(words, allowed);
        return words.next_if_eq(&")").is_some() && fits;
    }
    let Some(mut licence) = words.next().map(str::to_owned) else { return false };
    if words.next_if_eq(&"WITH").is_some() {
        licence = format!("{licence} WITH {}", words.next().unwrap_or_default());
    }
    allowed.contains(&licence)
}

#[test]
fn licence_expressions_are_understood() {
    let allowed = ["MIT", "Apache-2.0", "ISC"].map(str::to_owned).into();
    for good in
        ["MIT", "GPL-3.0 OR MIT", "GPL-3.0/Apache-2.0", "(MIT OR GPL-3.0) AND ISC", "MIT AND (ISC OR X)"]
    {
        assert!(fits(good, &allowed), "{good}");
    }
    for bad in
        ["", "GPL-3.0", "MIT AND GPL-3.0", "MIT WITH an-exception", "(MIT", "MIT ISC", "X OR (MIT AND Y)"]
    {
        assert!(!fits(bad, &allowed), "{bad}");
    }
}
