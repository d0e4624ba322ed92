//! What a command talks to: AWS, the clock, the person, and the view.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use crate::cli::args::ConfigArgs;
use crate::cli::stack_args::{AwsArgs, OneStackArgs};
use crate::cli::view::View;
use crate::cli::view::stack::Teller;
use crate::cli::{Exit, project};
use crate::config::Config;
use crate::deploy::Session;
use crate::deploy::aws::{Aws, Options};
use crate::deploy::event::Sink;
use crate::deploy::outcome::Outcome;
use crate::deploy::system_clock::SystemClock;
use crate::dify;

use super::prompter::Prompts;

/// No wait is longer than this many milliseconds. For tests, which have a server of their own to ask.
const POLL_VARIABLE: &str = "DIFY_CFN_POLL_MS";

/// Everything that a session borrows.
pub(super) struct Connection {
    aws: Aws,
    clock: SystemClock,
    seed: u64,
}

impl Connection {
    /// Connects; fails only for want of a region or of the profile, with a sentence.
    pub(super) async fn open(args: &AwsArgs, region: Option<&str>) -> Result<Self, String> {
        let longest_wait = std::env::var(POLL_VARIABLE).ok().and_then(|text| text.parse().ok());
        let longest_wait = longest_wait.map(Duration::from_millis);
        let options = Options {
            profile: args.profile.clone(),
            region: args.region.clone().or_else(|| region.map(str::to_owned)),
            first_back_off: longest_wait,
        };
        let aws = Aws::connect(options).await.map_err(|error| error.message)?;
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let seed = u64::from(now.subsec_nanos()) ^ (u64::from(std::process::id()) << 32);
        Ok(Self { aws, clock: SystemClock { longest_wait }, seed })
    }

    /// A session that tells `sink`, and calls resources by these constructs.
    pub(super) fn session<'a>(
        &'a self,
        sink: &'a dyn Sink,
        prompts: &'a Prompts,
        constructs: &'a BTreeMap<String, String>,
    ) -> Session<'a> {
        Session {
            cloudformation: &self.aws,
            services: &self.aws,
            clock: &self.clock,
            prompter: prompts,
            sink,
            constructs,
            seed: self.seed,
        }
    }
}

/// Runs a command about one stack that ends with an outcome.
pub(super) fn follow<F>(args: &OneStackArgs, view: &mut View, teller: &Teller, command: F) -> Exit
where
    F: AsyncFnOnce(Session<'_>, &str) -> Outcome,
{
    let (region, constructs) = known_of(&args.config, &args.stack);
    let ended = super::block_on(view, async |view| {
        let connection = match Connection::open(&args.aws, region.as_deref()).await {
            Ok(connection) => connection,
            Err(sentence) => return view.failure_of(&sentence, Exit::Usage),
        };
        let prompts = Prompts::new(&args.stack, teller.clone());
        let outcome = command(connection.session(teller, &prompts, &constructs), &args.stack).await;
        teller.close();
        view.was_told();
        outcome.ending.into()
    });
    ended.unwrap_or_else(|exit| exit)
}

/// Runs a command about one stack that ends with a report.
pub(super) fn report<T, F, P>(args: &OneStackArgs, view: &mut View, command: F, print: P) -> Exit
where
    F: AsyncFnOnce(Session<'_>, &str) -> Result<T, Box<Outcome>>,
    P: FnOnce(T, &mut View) -> Exit,
{
    let (region, constructs) = known_of(&args.config, &args.stack);
    let ended = super::block_on(view, async |view| {
        let connection = match Connection::open(&args.aws, region.as_deref()).await {
            Ok(connection) => connection,
            Err(sentence) => return view.failure_of(&sentence, Exit::Usage),
        };
        let teller = Teller::report();
        let prompts = Prompts::new(&args.stack, teller.clone());
        match command(connection.session(&teller, &prompts, &constructs), &args.stack).await {
            Ok(report) => print(report, view),
            Err(outcome) => view.outcome(&outcome),
        }
    });
    ended.unwrap_or_else(|exit| exit)
}

/// The configuration of a stack, if there is a configuration that knows it. Commands on a stack work without one.
fn config_of(args: &ConfigArgs, stack: &str) -> Option<Config> {
    let loaded = project::load_quietly(args, stack)?;
    loaded.environments.into_iter().next().map(|located| located.config)
}

/// The region, and paths of constructs by logical id, where the configuration knows the stack.
fn known_of(args: &ConfigArgs, stack: &str) -> (Option<String>, BTreeMap<String, String>) {
    let Some(config) = config_of(args, stack) else { return (None, BTreeMap::new()) };
    let resources = dify::build(&config).ok().into_iter().flat_map(|built| built.template.resources);
    let constructs = resources.filter_map(|(id, resource)| Some((id, resource.construct?))).collect();
    (config.region, constructs)
}
