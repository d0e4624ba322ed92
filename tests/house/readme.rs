//! The README's commands work.
//!
//! Each fenced block of `sh`, `bash` or `console` is run, in order, in one folder, so that a block may use what
//! an earlier one wrote. Comments before a block say more:
//! `<!-- not run: REASON -->` leaves it out; `<!-- file: NAME -->` before a block of another language writes it
//! to a file of that folder.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use regex::Regex;

use crate::{assert_none, read, root};

/// The command that runs these tests: only looked at.
const RUN_TESTS: &str = "bash tests/run.sh";

#[derive(Debug, PartialEq)]
struct Block {
    line: usize,
    language: String,
    /// What a comment before the block says: `("not run", "needs an account")`.
    marker: Option<(String, String)>,
    text: String,
}

#[test]
fn the_commands_of_the_readme_work() {
    let folder = tempfile::tempdir().unwrap();
    // Commands may read what the repository holds.
    for name in ["docs", "examples", "tests"] {
        symlink(root().join(name), folder.path().join(name)).unwrap();
    }
    let mut complaints = Vec::new();
    let mut commands = 0;
    for block in blocks(&read("README.md")) {
        match &block.marker {
            Some((kind, reason)) if kind == "not run" => {
                if reason.is_empty() {
                    complaints
                        .push(format!("README.md:{}: a block that isn't run needs a reason", block.line));
                }
            }
            Some((kind, name)) if kind == "file" => fs::write(folder.path().join(name), &block.text).unwrap(),
            _ => {
                let script = script(&block);
                commands += script.lines().filter(|line| line.starts_with("dify-cfn ")).count();
                if let Err(error) = run(&script, folder.path()) {
                    complaints.push(format!("README.md:{}: {error}", block.line));
                }
            }
        }
    }
    assert_none(&complaints);
    assert!(commands > 0, "the README shows no command of dify-cfn");
}

/// The fenced blocks of a Markdown text.
fn blocks(markdown: &str) -> Vec<Block> {
    let comment = Regex::new(r"^<!-- ([a-z ]+):\s*(.*?)\s*-->$").unwrap();
    let mut blocks: Vec<Block> = Vec::new();
    let (mut open, mut marker) = (false, None);
    for (index, line) in markdown.lines().enumerate() {
        match (open, line.strip_prefix("```")) {
            (false, Some(language)) => {
                let (language, text) = (language.trim().to_owned(), String::new());
                blocks.push(Block { line: index + 1, language, marker: marker.take(), text });
                open = true;
            }
            (true, Some(_)) => open = false,
            (true, None) => {
                if let Some(block) = blocks.last_mut() {
                    block.text.extend([line, "\n"]);
                }
            }
            (false, None) if line.trim().is_empty() => {}
            (false, None) => {
                marker = comment.captures(line).map(|found| (found[1].to_owned(), found[2].to_owned()));
            }
        }
    }
    assert!(!open, "README.md: a block that doesn't end");
    blocks
}

/// The shell script that a block is: nothing if it isn't one. What builds and runs the program just runs it.
fn script(block: &Block) -> String {
    let lines: Vec<&str> = match block.language.as_str() {
        "sh" | "bash" => block.text.lines().collect(),
        "console" => block.text.lines().filter_map(|line| line.strip_prefix("$ ")).collect(),
        _ => Vec::new(),
    };
    let cargo_run = Regex::new(r"^cargo run\b.*? -- ").unwrap();
    lines
        .into_iter()
        .filter(|line| !line.starts_with(RUN_TESTS))
        .fold(String::new(), |script, line| script + &cargo_run.replace(line, "dify-cfn ") + "\n")
}

/// Runs a script with the program on its path, and neither credentials nor a home.
fn run(script: &str, folder: &Path) -> Result<(), String> {
    let program = Path::new(env!("CARGO_BIN_EXE_dify-cfn"));
    let programs = program.parent().map(Path::display).expect("the program is in a folder");
    let path = std::env::var("PATH").unwrap_or_default();
    let done = Command::new("bash")
        .args(["-euo", "pipefail", "-c", script])
        .current_dir(folder)
        .env_clear()
        .env("PATH", format!("{programs}:{path}"))
        .env("HOME", folder)
        .output()
        .map_err(|error| format!("bash: {error}"))?;
    if done.status.success() {
        return Ok(());
    }
    let errors = String::from_utf8_lossy(&done.stderr);
    Err(format!("{}\n{script}{errors}", done.status))
}

#[test]
fn the_command_that_runs_the_tests_stands_in_the_readme() {
    assert!(read("README.md").lines().any(|line| line.trim_start_matches("$ ").starts_with(RUN_TESTS)));
    assert!(root().join("tests/run.sh").exists());
}

#[test]
fn blocks_and_their_commands_are_found() {
    let markdown = "Text\n```sh\n# build\ncargo run --release -- synth --quiet\nbash tests/run.sh\n```\n\
        <!-- not run: needs an account -->\n\n```console\n$ dify-cfn deploy\noutput\n```\n";
    let found = blocks(markdown);
    assert_eq!(found.len(), 2);
    assert_eq!(script(&found[0]), "# build\ndify-cfn synth --quiet\n");
    assert_eq!(found[1].marker, Some(("not run".into(), "needs an account".into())));
    assert_eq!(script(&found[1]), "dify-cfn deploy\n");
}

#[test]
fn a_failing_command_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    assert!(run("false\ntrue\n", folder.path()).unwrap_err().contains("exit status: 1"));
    assert!(run("command -v dify-cfn", folder.path()).is_ok());
}
