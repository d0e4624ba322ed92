//! Tests of the repository itself: who uses whom, documentation, licences, the README's commands, what may not be committed.
//!
//! They need no network and nothing but Rust and git.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests may panic, in helpers too")]

mod architecture;
mod files;
mod licences;
mod readme;
mod tokens;

use std::path::{Path, PathBuf};
use std::process::Command;

/// The repository's folder.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The text of a file of the repository.
fn read(file: impl AsRef<Path>) -> String {
    let file = root().join(file);
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// Every file that is, or would be, committed, relative to the repository's folder.
fn files() -> Vec<PathBuf> {
    let listed = output(
        Command::new("git")
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .current_dir(root()),
    );
    let mut files: Vec<PathBuf> =
        listed.split('\0').filter(|name| !name.is_empty()).map(PathBuf::from).collect();
    files.retain(|file| root().join(file).exists()); // git still lists what was deleted but not committed
    files.sort();
    assert!(files.len() > 10, "git lists only {files:?}");
    files
}

/// The Rust files below a folder of the repository.
fn rust_files(below: &str) -> Vec<PathBuf> {
    let mut files = files();
    files.retain(|file| {
        file.starts_with(below) && file.extension().is_some_and(|extension| extension == "rs")
    });
    files
}

/// What a command prints; fails if the command does.
fn output(command: &mut Command) -> String {
    let done = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let errors = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{command:?} failed ({}): {errors}", done.status);
    String::from_utf8(done.stdout).unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

/// Fails with all complaints, one a line.
fn assert_none(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}
