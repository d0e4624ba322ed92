//! Runs the program in a folder of its own against a server.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value as Json;
use tempfile::TempDir;

use crate::server::Server;

/// A secret that nothing may show.
pub(crate) const SECRET_KEY: &str = "plantedSecretAccessKey000000000000000000";

/// A session token that nothing may show.
pub(crate) const SESSION_TOKEN: &str = "plantedSessionToken00000000";

/// The configuration that most cases deploy: everything that a small stack has, network ids as parameters.
pub(crate) const CONFIG: &str = "
name: dify
region: us-east-1
account: '123456789012'
layout: single-task
network:
  existing:
    vpc_id: vpc-0a1b2c3d
    vpc_cidr: 10.0.0.0/16
    public_subnet_ids: [subnet-0a1b2c3d, subnet-1a1b2c3d]
    private_subnet_ids: [subnet-2a1b2c3d, subnet-3a1b2c3d]
ingress: { allowed_cidrs: [203.0.113.0/24] }
";

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Run {
    #[track_caller]
    pub(crate) fn ended(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "\n--- out\n{}\n--- err\n{}", self.out, self.err);
        assert!(!self.err.contains("panicked"), "{}", self.err);
        self
    }

    /// Standard output as objects, one a line.
    #[track_caller]
    pub(crate) fn lines(&self) -> Vec<Json> {
        let line =
            |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line}"));
        self.out.lines().map(line).collect()
    }

    /// The kinds of events, equal ones in a row once.
    pub(crate) fn events(&self) -> Vec<String> {
        let mut kinds: Vec<String> =
            self.lines().iter().map(|line| line["event"].as_str().unwrap_or("?").to_owned()).collect();
        kinds.dedup();
        kinds
    }
}

/// A folder with a configuration, and a server.
pub(crate) struct Place {
    pub(crate) folder: TempDir,
    pub(crate) server: Server,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self::with(CONFIG)
    }

    pub(crate) fn with(config: &str) -> Self {
        let place = Self { folder: tempfile::tempdir().unwrap(), server: Server::start() };
        place.configure(config);
        place
    }

    pub(crate) fn configure(&self, config: &str) {
        std::fs::write(self.file("dify.yaml"), config).unwrap();
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The command, not yet started.
    pub(crate) fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dify-cfn"));
        let home: &Path = self.folder.path();
        command
            .args(arguments.split_whitespace())
            .current_dir(home)
            .env_clear()
            .env("HOME", home)
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
            .env("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
            .env("AWS_SESSION_TOKEN", SESSION_TOKEN)
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_ENDPOINT_URL", self.server.url())
            .env("DIFY_CFN_POLL_MS", "10")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub(crate) fn start(&self, arguments: &str) -> Child {
        self.command(arguments).spawn().unwrap()
    }

    pub(crate) fn run(&self, arguments: &str) -> Run {
        finish(self.start(arguments))
    }

    /// A stack that was deployed, and the server's record of it emptied.
    pub(crate) fn deployed(config: &str) -> Self {
        let place = Self::with(config);
        place.run("deploy --stack dify-dev --yes").ended(0);
        place.server.forget_calls();
        place
    }
}

/// Waits, two minutes at most.
pub(crate) fn finish(mut child: Child) -> Run {
    let out = std::thread::spawn({
        let mut pipe = child.stdout.take().unwrap();
        move || read(&mut pipe)
    });
    let err = std::thread::spawn({
        let mut pipe = child.stderr.take().unwrap();
        move || read(&mut pipe)
    });
    let began = Instant::now();
    let code = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status.code();
        }
        if began.elapsed() > Duration::from_secs(120) {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("it hangs\n--- out\n{}\n--- err\n{}", out.join().unwrap(), err.join().unwrap());
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    Run { code, out: out.join().unwrap(), err: err.join().unwrap() }
}

fn read(pipe: &mut impl std::io::Read) -> String {
    let mut text = String::new();
    pipe.read_to_string(&mut text).unwrap();
    text
}
