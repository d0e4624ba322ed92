//! The rooms of the crate use each other in one direction only.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::tokens::{Token, tokens};
use crate::{assert_none, read, rust_files};

/// Which rooms a room uses; it may also use what those may use. A room stands below those that it uses.
const ROOMS: &[(&str, &[&str])] = &[
    ("diagnostic", &[]),
    ("document", &["diagnostic"]),
    ("catalog", &["diagnostic"]),
    ("cfn", &["document"]),
    ("config", &["document", "catalog"]),
    ("resources", &["cfn"]),
    ("constructs", &["resources"]),
    ("dify", &["constructs", "config", "catalog"]),
    ("validate", &["cfn", "catalog"]),
    ("assembly", &["validate"]),
    ("deploy", &["assembly"]),
    ("cli", &["dify", "deploy"]),
];

/// What only some folders may name: prefixes of other crates' names, and the folders.
const CONFINED: &[(&[&str], &[&str])] = &[(
    &["aws_sdk_", "aws_config", "aws_sigv4", "aws_smithy_", "aws_types"],
    &["src/deploy/aws", "src/deploy/aws.rs"],
)];

#[test]
fn rooms_use_only_those_below_them() {
    let allowed = allowed();
    let files = rust_files("src");
    let sources: Vec<(Source, Vec<Token>)> =
        files.iter().map(|file| (Source::of(file), tokens(&read(file)))).collect();
    let macros: BTreeMap<String, String> = sources
        .iter()
        .flat_map(|(source, tokens)| defined_macros(tokens).map(|name| (name, source.room.clone())))
        .collect();
    let mut complaints = Vec::new();
    for (source, tokens) in &sources {
        if source.room.is_empty() {
            continue; // lib.rs is the map, main.rs may use all
        }
        let Some(below) = allowed.get(source.room.as_str()) else {
            complaints.push(format!("{}: no room is called `{}`", source.file, source.room));
            continue;
        };
        for (used, line) in uses(tokens, &source.module) {
            let room = macros.get(&used).unwrap_or(&used);
            if *room != source.room && !below.contains(room.as_str()) {
                complaints.push(format!("{}:{line}: `{}` must not use `{room}`", source.file, source.room));
            }
        }
    }
    assert_none(&complaints);
}

#[test]
fn some_crates_stay_in_their_room() {
    let mut complaints = Vec::new();
    for file in rust_files("src") {
        for token in tokens(&read(&file)).iter().filter(|token| token.is_ident()) {
            for (prefixes, folders) in CONFINED {
                let confined = prefixes.iter().any(|prefix| token.text.starts_with(prefix));
                if confined && !folders.iter().any(|folder| file.starts_with(folder)) {
                    complaints.push(format!("{}:{}: `{}`", file.display(), token.line, token.text));
                }
            }
        }
    }
    assert_none(&complaints);
}

#[test]
fn only_the_command_line_prints() {
    let mut complaints = Vec::new();
    for file in rust_files("src") {
        if file.starts_with("src/cli") || file == Path::new("src/main.rs") {
            continue;
        }
        for window in tokens(&read(&file)).windows(3) {
            let texts: Vec<&str> = window.iter().map(|token| token.text.as_str()).collect();
            if let ["print" | "println" | "eprint" | "eprintln" | "dbg", "!", _]
            | ["io", "::", "stdout" | "stderr"] = texts[..]
            {
                complaints.push(format!("{}:{}: {}", file.display(), window[0].line, texts.concat()));
            }
        }
    }
    assert_none(&complaints);
}

/// What each room may use, directly or not.
fn allowed() -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    let mut allowed: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (room, uses) in ROOMS {
        let mut below: BTreeSet<&str> = uses.iter().copied().collect();
        for used in *uses {
            below.extend(&allowed[used]);
        }
        allowed.insert(room, below);
    }
    allowed
}

/// A file as a module.
struct Source {
    file: String,
    /// The modules that it is in, from the crate's root: `["cfn", "value"]`.
    module: Vec<String>,
    /// The first of them; empty for the root.
    room: String,
}

impl Source {
    fn of(file: &Path) -> Self {
        let inside = file.strip_prefix("src").unwrap_or(file).with_extension("");
        let mut module: Vec<String> = inside.iter().map(|part| part.to_string_lossy().into_owned()).collect();
        if module.last().is_some_and(|last| last == "mod") || ["lib", "main"].contains(&module[0].as_str()) {
            module.pop();
        }
        let room = module.first().cloned().unwrap_or_default();
        Self { file: file.display().to_string(), module, room }
    }
}

/// The macros that a file defines.
fn defined_macros(tokens: &[Token]) -> impl Iterator<Item = String> {
    tokens
        .windows(3)
        .filter(|window| window[0].text == "macro_rules" && window[1].text == "!")
        .map(|window| window[2].text.clone())
}

/// What a file names at the crate's root, by `crate::…` or by enough `super::`, with the line.
fn uses(tokens: &[Token], module: &[String]) -> Vec<(String, usize)> {
    let mut used = Vec::new();
    // The depths of braces at which inline modules began.
    let (mut depth, mut inline) = (0_usize, Vec::new());
    let mut at = 0;
    while at < tokens.len() {
        let text = |index: usize| tokens.get(index).map_or("", |token| token.text.as_str());
        match text(at) {
            "{" => depth += 1,
            "}" => {
                depth = depth.saturating_sub(1);
                inline.retain(|began| *began < depth);
            }
            "mod" if text(at + 2) == "{" => inline.push(depth),
            "crate" if text(at + 1) == "::" => {
                names(tokens, at + 2, &mut used);
                at += 1;
            }
            "super" if text(at + 1) == "::" => {
                let mut levels = 1;
                while text(at + 2 * levels) == "super" && text(at + 2 * levels + 1) == "::" {
                    levels += 1;
                }
                if levels >= module.len() + inline.len() {
                    names(tokens, at + 2 * levels, &mut used);
                }
                at += 2 * levels - 1;
            }
            _ => {}
        }
        at += 1;
    }
    used
}

/// The names of a path's next part: one, or the first ones of a group's paths.
fn names(tokens: &[Token], start: usize, used: &mut Vec<(String, usize)>) {
    let mut depth = 0_usize;
    let mut expected = true;
    for token in &tokens[start..] {
        match token.text.as_str() {
            "{" => depth += 1,
            "}" => depth = depth.saturating_sub(1),
            "," if depth == 1 => expected = true,
            _ if expected => {
                used.push((token.text.clone(), token.line));
                expected = false;
            }
            _ => {}
        }
        if depth == 0 {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(source: &str, module: &[&str]) -> Vec<String> {
        let module: Vec<String> = module.iter().map(ToString::to_string).collect();
        uses(&tokens(source), &module).into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn paths_and_groups_are_found() {
        let source = "use crate::{cfn::{Value, Sub}, document, dify::Component};\nfn f() -> crate::cli::View { crate::concat_values!(a) } // crate::deploy";
        assert_eq!(used(source, &["config"]), ["cfn", "document", "dify", "cli", "concat_values"]);
        assert_eq!(used("use crate::*;", &["config"]), ["*"]);
    }

    #[test]
    fn super_is_followed_out_of_the_room() {
        assert_eq!(used("use super::Value;", &["cfn", "sub"]), [""; 0]);
        assert_eq!(used("use super::super::dify::Component;", &["cfn", "sub"]), ["dify"]);
        assert_eq!(used("use super::dify;", &["cfn"]), ["dify"]);
        assert_eq!(
            used("mod tests { use super::{Value}; mod a { use super::super::b; } } use super::c;", &["cfn"]),
            ["c"]
        );
    }

    #[test]
    fn the_table_is_transitive() {
        assert!(allowed()["deploy"].contains("diagnostic"));
        assert!(!allowed()["dify"].contains("validate"));
    }
}
