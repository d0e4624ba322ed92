//! `validate`, `explain` and `rules` as a user has them: the compiled program, its output and its exit codes.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests may panic, in helpers too")]

mod formats;
mod hostile;
mod inputs;
mod rules;

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value as Json;

/// How a run ended.
#[derive(Debug)]
struct Run {
    code: i32,
    out: String,
    err: String,
}

impl Run {
    fn json(&self) -> Json {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}{}", self.out, self.err))
    }

    /// The codes of the findings of a JSON report, in order, without those on policy, which any bare resource draws.
    fn codes(&self) -> Vec<String> {
        let json = self.json();
        let findings = json["findings"].as_array().unwrap();
        let codes = findings.iter().map(|finding| finding["code"].as_str().unwrap().to_owned());
        codes.filter(|code| !code.starts_with('P')).collect()
    }
}

/// Runs the program in a folder.
fn run_in(folder: &Path, arguments: &[impl AsRef<OsStr>], input: &[u8]) -> Run {
    let mut child = Command::new(env!("CARGO_BIN_EXE_dify-cfn"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    // What doesn't read its input closes it.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let done = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let run =
        Run { code: done.status.code().expect("no signal"), out: text(done.stdout), err: text(done.stderr) };
    assert!(!run.err.contains("panicked"), "{}", run.err);
    run
}

/// Runs the program among the fixtures.
fn run(arguments: &[&str]) -> Run {
    run_in(&fixtures(), arguments, b"")
}

/// `validate --json` of a text on standard input.
fn validate(text: &[u8]) -> Run {
    run_in(&fixtures(), &["validate", "--json", "-"], text)
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/validate")
}
