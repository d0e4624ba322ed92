//! The command line: one file a command, and the views. The only room that prints.

mod args;
mod documentation;
mod explain;
mod ls;
mod project;
mod rules;
mod schema;
#[cfg(feature = "deploy")]
mod stack;
#[allow(dead_code, reason = "without the feature `deploy` arguments are read, and answered with a sentence")]
mod stack_args;
mod stats;
mod synth;
mod validate;
mod view;

use std::process::ExitCode;

use clap::Parser;

use args::{Arguments, Command};
use view::View;

/// How a command ended.
///
/// The numbers are a public contract (README, "Exit codes").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Success = 0,
    /// Failed, with the reason.
    Failure = 1,
    /// Wrong use: arguments or `dify.yaml`.
    Usage = 2,
    /// Validation found errors.
    Invalid = 3,
    /// Somebody said no, or nobody could be asked.
    Declined = 4,
    /// The stack failed and is back where it was.
    RolledBack = 5,
    /// The stack needs a person.
    Stuck = 6,
    /// We left while the stack goes on.
    Left = 7,
}

impl Exit {
    /// Its name where programs read it.
    fn name(self) -> &'static str {
        match self {
            Self::Success => "done",
            Self::Failure => "failed",
            Self::Usage => "usage",
            Self::Invalid => "invalid",
            Self::Declined => "declined",
            Self::RolledBack => "rolled_back",
            Self::Stuck => "stuck",
            Self::Left => "left",
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Parses the arguments and runs the command.
pub fn run() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return view::usage_error(&error).into(),
    };
    let mut view = View::new(arguments.command.is_for_programs(), arguments.command.stack());
    let exit = match &arguments.command {
        Command::Synth(args) => synth::run(args, &mut view),
        Command::Ls(args) => ls::run(args, &mut view),
        Command::Schema => schema::run(&mut view),
        Command::Validate(args) => validate::run(args, &mut view),
        Command::Explain(args) => explain::run(args, &mut view),
        Command::Rules(args) => rules::run(args, &mut view),
        #[cfg(feature = "deploy")]
        command => stack::run(command, &mut view),
        #[cfg(not(feature = "deploy"))]
        _ => view.failure_of(
            "this program was built without the commands that talk to AWS: build it with the feature `deploy`, which is a default",
            Exit::Usage,
        ),
    };
    view.end(exit).into()
}
