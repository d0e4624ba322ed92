//! The program from the outside: what it prints, where, how it ends, and what it leaves on disk.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests may panic, in helpers too")]

mod accepted;
mod configuration;
mod files;
mod mistakes;
mod output;
mod sameness;
mod stacks;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// How a run ended.
struct Run {
    code: i32,
    out: String,
    err: String,
}

impl Run {
    /// Fails unless it ended with the code.
    #[track_caller]
    fn ended(self, code: i32) -> Self {
        assert_eq!(self.code, code, "\n{}\n{}", self.out, self.err);
        assert!(!self.err.contains("panicked"), "{}", self.err);
        self
    }

    /// Standard output as JSON.
    #[track_caller]
    fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error} in\n{}", self.out))
    }
}

/// A folder to run in, which is gone afterwards.
struct Place {
    folder: TempDir,
}

impl Place {
    fn empty() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// A folder with a `dify.yaml`.
    fn with(config: &str) -> Self {
        let place = Self::empty();
        place.write("dify.yaml", config);
        place
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        std::fs::write(self.path().join(name), text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path().join(name)).unwrap()
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dify-cfn"));
        command.current_dir(self.path()).stdin(Stdio::null());
        command
    }

    /// Runs the program in this folder.
    fn run<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Run {
        let output = self.command().args(arguments).output().unwrap();
        Run {
            code: output.status.code().unwrap_or_else(|| panic!("ended by {}", output.status)),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Every file below a folder of this place, with its bytes; `<folder>` for folders.
    fn tree(&self, folder: &str) -> BTreeMap<PathBuf, Vec<u8>> {
        fn walk(folder: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    files.insert(path.clone(), b"<folder>".to_vec());
                    walk(&path, files);
                } else {
                    files.insert(path.clone(), std::fs::read(&path).unwrap());
                }
            }
        }
        let mut files = BTreeMap::new();
        let folder = self.path().join(folder);
        if folder.exists() {
            walk(&folder, &mut files);
        }
        let relative = |path: PathBuf| path.strip_prefix(&folder).unwrap().to_owned();
        files.into_iter().map(|(path, bytes)| (relative(path), bytes)).collect()
    }

    /// The names of the files below a folder.
    fn names(&self, folder: &str) -> Vec<String> {
        self.tree(folder).into_keys().map(|path| path.display().to_string()).collect()
    }
}

/// Three environments, small enough to read.
const THREE: &str = "\
name: dify
environments:
  dev: {}
  stg: { region: eu-central-1 }
  prd:
    profile: production
    region: us-east-1
    account: \"123456789012\"
    ingress: { domain_name: dify.example.com, hosted_zone_id: Z0123456789ABC }
    components: { ssrf_proxy: { image: { repository: example/squid, tag: \"6.6\" } } }
";
