//! What a command talks to: AWS, the clock, the person, and the view.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use crate::cli::Exit;
use crate::cli::project::{self, Known};
use crate::cli::stack_args::{AwsArgs, OneStackArgs};
use crate::cli::view::View;
use crate::cli::view::stack::Teller;
use crate::config;
use crate::deploy::Session;
use crate::deploy::aws::{Aws, NO_REGION, Options};
use crate::deploy::event::Sink;
use crate::deploy::outcome::Outcome;
use crate::deploy::services::Services;
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
            back_off: longest_wait,
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
    let known = KnownStack::of(args);
    let ended = super::block_on(view, async |view| {
        let connection = match known.connect(args).await {
            Ok(connection) => connection,
            Err(sentence) => return view.failure_of(&sentence, Exit::Usage),
        };
        let prompts = Prompts::new(&args.stack, teller.clone());
        let outcome = command(connection.session(teller, &prompts, &known.constructs), &args.stack).await;
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
    let known = KnownStack::of(args);
    let ended = super::block_on(view, async |view| {
        let connection = match known.connect(args).await {
            Ok(connection) => connection,
            Err(sentence) => return view.failure_of(&sentence, Exit::Usage),
        };
        let teller = Teller::report();
        let prompts = Prompts::new(&args.stack, teller.clone());
        match command(connection.session(&teller, &prompts, &known.constructs), &args.stack).await {
            Ok(report) => print(report, view),
            Err(outcome) => view.outcome(&outcome),
        }
    });
    ended.unwrap_or_else(|exit| exit)
}

/// What the configuration knows of a stack, where it does.
#[derive(Default)]
struct KnownStack {
    region: Option<String>,
    /// Paths of constructs by logical id.
    constructs: BTreeMap<String, String>,
    /// Why nothing is known.
    because: Option<String>,
}

impl KnownStack {
    /// Of a command that works without a configuration too. One that doesn't know the stack is told: the name may be wrong.
    fn of(args: &OneStackArgs) -> Self {
        let config = match project::known(&args.config, &args.stack) {
            Known::Stack(config) => config,
            Known::NoConfiguration => {
                let because = format!("there is no {} here", config::FILE_NAME);
                return Self { because: Some(because), ..Self::default() };
            }
            Known::Nothing(because) => {
                Teller::error(&format!("note: {because}"));
                return Self { because: Some(because), ..Self::default() };
            }
        };
        let resources = dify::build(&config).ok().into_iter().flat_map(|built| built.template.resources);
        let constructs = resources.filter_map(|(id, resource)| Some((id, resource.construct?))).collect();
        Self { region: config.region, constructs, because: None }
    }

    async fn connect(&self, args: &OneStackArgs) -> Result<Connection, String> {
        let opened = Connection::open(&args.aws, self.region.as_deref()).await;
        if let Ok(connection) = &opened
            && let Some(configured) = self.region.as_deref()
            && connection.aws.region() != configured
        {
            let asked = connection.aws.region();
            Teller::error(&format!(
                "note: the configuration says that {} is in {configured}, but {asked} is asked",
                args.stack
            ));
        }
        opened.map_err(|sentence| match &self.because {
            Some(because) if sentence == NO_REGION => format!(
                "the region of the stack {} isn't known: {because}; name it with --region, AWS_REGION or the profile",
                args.stack
            ),
            _ => sentence,
        })
    }
}
