//! Both seed documents come out of `dify-cfn synth` as `docs/seeds.md` claims.
//!
//! [`facts`] holds what a document declares, [`document`] what `docs/seeds.md` claims, [`template`] what was synthesized. The
//! tests compare the three: every attribute has a row, every row's value is in the template, and where it isn't what the
//! seed says, the row says why.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests may panic, in helpers too")]

mod claims;
mod document;
mod evaluate;
mod facts;
mod hcl;
mod seed;
mod template;

use std::path::{Path, PathBuf};

use facts::Facts;

/// The numbers of the seeds, the names of their documents, and the environments of their configurations.
const SEEDS: [(&str, &str, &[&str]); 2] =
    [("000", "000_4e06b6b8e5ad4459.txt", &["dev"]), ("001", "001_74849cdb502a4a51.txt", &["dev", "prd"])];

/// The repository's folder.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The file that keeps a seed's facts.
fn fixture(number: &str) -> PathBuf {
    root().join(format!("tests/fixtures/seeds/{number}.json"))
}

/// A seed's facts.
fn stored(number: &str) -> Facts {
    let text = std::fs::read_to_string(fixture(number)).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// The folder with the documents, if it lies beside the repository or beside the folder of its worktrees.
fn documents() -> Option<PathBuf> {
    let folders = root().ancestors().skip(1).take(2).map(|above| above.join("shared/seeds"));
    folders.into_iter().find(|folder| folder.is_dir())
}

#[test]
#[expect(clippy::print_stderr, reason = "whoever reads the test's output should know what was not compared")]
fn stored_facts_are_those_of_the_documents() {
    let Some(folder) = documents() else {
        eprintln!("shared/seeds isn't beside the repository: the stored facts are taken as they are");
        return;
    };
    for (number, name, _) in SEEDS {
        let text = std::fs::read_to_string(folder.join(name)).unwrap();
        let facts = facts::extract(name, &text).unwrap();
        for line in text.lines().filter(|line| line.starts_with("resource \"")) {
            let address = document_address(line);
            assert!(facts.resources.contains_key(&address), "{name}: {address} was not read");
        }
        if std::env::var_os("UPDATE_SEEDS").is_some() {
            let text = serde_json::to_string_pretty(&facts).unwrap() + "\n";
            std::fs::write(fixture(number), text).unwrap();
        }
        assert!(
            facts == stored(number),
            "{} differs from {name}: run UPDATE_SEEDS=1 cargo test --test seeds",
            fixture(number).display()
        );
    }
}

/// `resource "a" "b" {` as `a.b`.
fn document_address(line: &str) -> String {
    line.split('"').skip(1).step_by(2).collect::<Vec<_>>().join(".")
}
