//! What the files of the repository have, and don't have, in them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use regex::Regex;

use crate::tokens::tokens;
use crate::{assert_none, files, read, root, rust_files};

#[test]
fn every_rust_file_says_what_it_is() {
    let undocumented: Vec<String> = rust_files("")
        .iter()
        .filter(|file| !read(file).trim_start_matches("#![cfg(test)]\n").starts_with("//! "))
        .map(|file| format!("{} doesn't begin with `//! `", file.display()))
        .collect();
    assert_none(&undocumented);
}

#[test]
fn every_rust_file_is_compiled() {
    let all: BTreeSet<PathBuf> = rust_files("").into_iter().collect();
    let mut reached: BTreeSet<PathBuf> = BTreeSet::new();
    let mut next: Vec<PathBuf> = all.iter().filter(|file| is_root(file)).cloned().collect();
    while let Some(file) = next.pop() {
        if all.contains(&file) && reached.insert(file.clone()) {
            next.extend(modules(&file));
        }
    }
    let forgotten: Vec<String> =
        all.difference(&reached).map(|file| format!("{} is in no module", file.display())).collect();
    assert_none(&forgotten);
}

/// Whether cargo compiles the file by itself.
fn is_root(file: &Path) -> bool {
    let parts: Vec<&str> = file.iter().filter_map(|part| part.to_str()).collect();
    matches!(
        parts[..],
        ["build.rs"]
            | ["src", "lib.rs" | "main.rs"]
            | ["tests" | "benches" | "examples", _]
            | ["tests" | "benches" | "examples", _, "main.rs"]
            | ["fuzz", "fuzz_targets", _]
    )
}

/// The files that may hold the modules that a file declares.
fn modules(file: &Path) -> Vec<PathBuf> {
    let folder = file.parent().unwrap_or(Path::new(""));
    let inside =
        if is_root(file) || file.ends_with("mod.rs") { folder.to_owned() } else { file.with_extension("") };
    let tokens = tokens(&read(file));
    let mut found = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        match tokens[index..].iter().map(|token| token.text.as_str()).take(3).collect::<Vec<_>>()[..] {
            ["mod", name, ";"] => {
                found.push(inside.join(format!("{name}.rs")));
                found.push(inside.join(name).join("mod.rs"));
            }
            ["path", "=", _] | ["include", "!", "("] => {
                let path = tokens.get(index + 2 + usize::from(token.text == "include"));
                found.extend(path.and_then(|path| path.string()).map(|path| normal(&folder.join(path))));
            }
            _ => {}
        }
    }
    found
}

/// A path without `..`.
fn normal(path: &Path) -> PathBuf {
    path.iter().fold(PathBuf::new(), |mut done, part| {
        if part == ".." {
            done.pop();
        } else {
            done.push(part);
        }
        done
    })
}

/// What no file may contain: a pattern, what it is, and where it is fine nevertheless. Written with classes of one
/// character, so that this file doesn't contain it.
const FORBIDDEN: &[(&str, &str, &[&str])] = &[
    (
        r"(?:^|[^\w.-])/[w]ork/|(?:^|[^\w.-])/[r]oot/|/[h]ome/[a-z]+/|/[U]sers/[a-z]+/",
        "a path of one machine",
        &[],
    ),
    (
        r"(?i)index[.]crates|static[.]crates|[p]ypi\.org|[p]ythonhosted|[n]pmjs\.org|deb[.]debian|[p]roxy\.golang",
        "a registry's host",
        &[],
    ),
    (r"\bA(?:KI|SI)A[0-9A-Z]{16}\b", "an AWS access key", &[]),
    (r"-----BEGI[N] [A-Z ]*PRIVATE KEY", "a private key", &[]),
    (r"\bgh[pousr]_\w{36}|\bxox[bap]-\w{10}", "an access token", &[]),
    (r"(?i)aws_secret_access_key\W{1,4}[0-9a-z/+]{40}", "an AWS secret key", &[]),
];

#[test]
fn no_file_holds_secrets_or_names_a_machine() {
    let patterns: Vec<(Regex, &str, &[&str])> =
        FORBIDDEN.iter().map(|(pattern, what, fine)| (Regex::new(pattern).unwrap(), *what, *fine)).collect();
    let mut complaints = Vec::new();
    for file in files() {
        // What isn't text has no lines to look at.
        let Ok(text) = std::fs::read_to_string(root().join(&file)) else { continue };
        for (pattern, what, fine) in &patterns {
            if fine.iter().any(|allowed| file.starts_with(allowed)) {
                continue;
            }
            if let Some(found) = pattern.find(&text) {
                let line = text[..found.start()].lines().count().max(1);
                complaints.push(format!("{}:{line}: {what}: {:?}", file.display(), found.as_str()));
            }
        }
    }
    assert_none(&complaints);
}

#[test]
fn what_is_forbidden_is_found() {
    let machine = Regex::new(FORBIDDEN[0].0).unwrap();
    assert!(machine.is_match(concat!("see /wo", "rk/main")));
    assert!(machine.is_match(concat!("\"/ro", "ot/.cargo\"")));
    assert!(!machine.is_match("https://example.com/work/it"));
    assert!(Regex::new(FORBIDDEN[2].0).unwrap().is_match(&format!("AKIA{}", "A".repeat(16))));
    assert!(Regex::new(FORBIDDEN[3].0).unwrap().is_match(concat!("-----BEGI", "N RSA PRIVATE KEY-----")));
}

#[test]
fn licence_texts_are_there() {
    assert!(read("LICENSE-MIT").starts_with("MIT License"));
    assert!(read("LICENSE-APACHE").contains("Version 2.0, January 2004"));
    let pointer = read("LICENSE");
    assert!(pointer.contains("LICENSE-MIT") && pointer.contains("LICENSE-APACHE"));
    assert!(read("Cargo.toml").contains("license = \"MIT OR Apache-2.0\""));
}

#[test]
fn the_changelog_has_this_version() {
    let heading = format!("\n## [{}]", env!("CARGO_PKG_VERSION"));
    assert!(read("CHANGELOG.md").contains(&heading), "CHANGELOG.md has no heading {heading:?}");
}

#[test]
fn every_snapshot_belongs_to_a_source() {
    let mut complaints = Vec::new();
    let source = Regex::new(r"(?m)^source: (.+)$").unwrap();
    for file in files().iter().filter(|file| file.extension().is_some_and(|extension| extension == "snap")) {
        let text = read(file);
        let exists =
            source.captures(&text).is_some_and(|found| root().join(found[1].trim_matches('"')).exists());
        if !exists {
            complaints.push(format!("{}: its source doesn't exist", file.display()));
        }
    }
    assert_none(&complaints);
}
