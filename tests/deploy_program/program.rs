//! Runs the program in a folder of its own against a server.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde::de::{MapAccess, SeqAccess, Visitor};
use serde_json::Value as Json;
use sha2::Digest as _;
use tempfile::TempDir;

use crate::server::{Failure, Server};

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

/// The deploy of most cases.
pub(crate) const DEPLOY: &str = "deploy --stack dify-dev --yes";

/// The configuration with another image, which changes task definitions and services.
pub(crate) fn other_image() -> String {
    format!("{CONFIG}dify: {{ version: 1.17.0 }}\n")
}

/// A resource that fails with this reason.
pub(crate) fn failure(logical_id: &str, reason: &str) -> Failure {
    Failure { logical_id: logical_id.into(), reason: reason.into(), sticks: false }
}

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
        for text in self.out.lines() {
            let unique: Result<UniqueKeys, _> = serde_json::from_str(text);
            assert!(unique.is_ok(), "{unique:?} in {text}");
        }
        self.out.lines().map(line).collect()
    }

    /// What a person is told at the end: the outcome and what to do next.
    pub(crate) fn told(&self) -> String {
        let lines = self.err.lines();
        let lines = lines
            .filter(|line| ["done: ", "error: ", "  next: "].iter().any(|start| line.starts_with(start)));
        lines.collect::<Vec<_>>().join("\n")
    }

    #[track_caller]
    pub(crate) fn says(self, texts: &[&str]) -> Self {
        for text in texts {
            assert!(self.err.contains(text), "no `{text}` in\n--- out\n{}\n--- err\n{}", self.out, self.err);
        }
        self
    }

    /// The kinds of events, equal ones in a row once.
    pub(crate) fn events(&self) -> Vec<String> {
        let mut kinds: Vec<String> =
            self.lines().iter().map(|line| line["event"].as_str().unwrap_or("?").to_owned()).collect();
        kinds.dedup();
        kinds
    }
}

/// JSON that has no key twice: readers take the one or the other.
#[derive(Debug)]
struct UniqueKeys;

impl<'de> serde::Deserialize<'de> for UniqueKeys {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(KeysVisitor)
    }
}

struct KeysVisitor;

impl<'de> Visitor<'de> for KeysVisitor {
    type Value = UniqueKeys;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JSON without a key twice")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<UniqueKeys, A::Error> {
        let mut keys = BTreeSet::new();
        while let Some(key) = map.next_key::<String>()? {
            map.next_value::<UniqueKeys>()?;
            if let Some(twice) = keys.replace(key) {
                return Err(serde::de::Error::custom(format!("`{twice}` is there twice")));
            }
        }
        Ok(UniqueKeys)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<UniqueKeys, A::Error> {
        while list.next_element::<UniqueKeys>()?.is_some() {}
        Ok(UniqueKeys)
    }

    fn visit_bool<E>(self, _: bool) -> Result<UniqueKeys, E> {
        Ok(UniqueKeys)
    }

    fn visit_i64<E>(self, _: i64) -> Result<UniqueKeys, E> {
        Ok(UniqueKeys)
    }

    fn visit_u64<E>(self, _: u64) -> Result<UniqueKeys, E> {
        Ok(UniqueKeys)
    }

    fn visit_f64<E>(self, _: f64) -> Result<UniqueKeys, E> {
        Ok(UniqueKeys)
    }

    fn visit_str<E>(self, _: &str) -> Result<UniqueKeys, E> {
        Ok(UniqueKeys)
    }

    fn visit_unit<E>(self) -> Result<UniqueKeys, E> {
        Ok(UniqueKeys)
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

    pub(crate) fn start(&self, arguments: &str) -> Program {
        Program(self.command(arguments).spawn().unwrap())
    }

    pub(crate) fn run(&self, arguments: &str) -> Run {
        finish(self.start(arguments))
    }

    /// Has synth write the assembly `out`, and changes its template, digest and all.
    pub(crate) fn reviewed(&self, change: impl FnOnce(&mut Json)) {
        self.run("synth -q").ended(0);
        let read = |file: &Path| serde_json::from_slice::<Json>(&std::fs::read(file).unwrap()).unwrap();
        let (template_file, manifest_file) =
            (self.file("out/dify-dev.template.json"), self.file("out/manifest.json"));
        let (mut template, mut manifest) = (read(&template_file), read(&manifest_file));
        change(&mut template);
        let text = template.to_string();
        let digest = sha2::Sha256::digest(text.as_bytes());
        let digits: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        let own = &mut manifest["artifacts"]["dify-dev"]["difyCfn"];
        assert!(own["digest"].is_string(), "{own}");
        own["digest"] = format!("sha256:{digits}").into();
        std::fs::write(template_file, text).unwrap();
        std::fs::write(manifest_file, manifest.to_string()).unwrap();
    }

    /// A service that another image changes.
    pub(crate) fn service(&self) -> String {
        let stack = self.server.stack("dify-dev");
        let mut services =
            stack.resources.into_iter().filter(|(_, resource)| resource.kind == "AWS::ECS::Service");
        services.next().unwrap().0
    }

    /// The next execution fails at this resource.
    pub(crate) fn fail_at(&self, logical_id: &str, reason: &str) {
        self.server.lock().model.failures.push_back(Some(failure(logical_id, reason)));
    }

    /// A stack that was deployed, and the server's record of it emptied.
    pub(crate) fn deployed(config: &str) -> Self {
        let place = Self::with(config);
        place.run("deploy --stack dify-dev --yes").ended(0);
        place.server.forget_calls();
        place
    }
}

/// The program while it runs; ends with the test.
pub(crate) struct Program(Child);

impl Program {
    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }
}

impl From<Child> for Program {
    fn from(child: Child) -> Self {
        Self(child)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Waits, two minutes at most.
pub(crate) fn finish(program: impl Into<Program>) -> Run {
    let mut program: Program = program.into();
    let child = &mut program.0;
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
