//! The commands on stacks in AWS, one file each: arguments become requests to `deploy`, and its events go to a view.

mod attach;
mod cancel;
mod connection;
mod deploy;
mod destroy;
mod diff;
mod drift;
mod events;
mod lookup;
mod outputs;
mod plan;
mod prompter;
mod rollback;
mod secrets;
mod status;
mod why;

use super::Exit;
use super::args::Command;
use super::view::View;
use crate::deploy::outcome::Ending;

impl From<Ending> for Exit {
    fn from(ending: Ending) -> Self {
        match ending {
            Ending::Done => Self::Success,
            Ending::Failed => Self::Failure,
            Ending::Usage => Self::Usage,
            Ending::Invalid => Self::Invalid,
            Ending::Declined => Self::Declined,
            Ending::RolledBack => Self::RolledBack,
            Ending::Stuck => Self::Stuck,
            Ending::Left => Self::Left,
        }
    }
}

/// Runs a command that talks to AWS.
pub(super) fn run(command: &Command, view: &mut View) -> Exit {
    match command {
        Command::Deploy(args) => deploy::run(args, view),
        Command::Diff(args) => diff::run(args, view),
        Command::Status(args) => status::run(args, view),
        Command::Events(args) => events::run(args, view),
        Command::Outputs(args) => outputs::run(args, view),
        Command::Drift(args) => drift::run(args, view),
        Command::Why(args) => why::run(args, view),
        Command::Attach(args) => attach::run(args, view),
        Command::Cancel(args) => cancel::run(args, view),
        Command::Rollback(args) => rollback::run(args, view),
        Command::Destroy(args) => destroy::run(args, view),
        Command::Secrets(args) => secrets::run(args, view),
        Command::Lookup(args) => lookup::run(args, view),
        _ => Exit::Usage,
    }
}

/// Runs to its end on this thread: what is waited for is a server. A question that nobody answered is left behind.
fn block_on<T>(view: &mut View, command: impl AsyncFnOnce(&mut View) -> T) -> Result<T, Exit> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| view.failure(&error))?;
    let ended = runtime.block_on(command(view));
    runtime.shutdown_background();
    Ok(ended)
}
