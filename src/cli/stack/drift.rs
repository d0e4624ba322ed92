//! `dify-cfn drift`: what was changed by hand.

use crate::cli::Exit;
use crate::cli::stack_args::DriftArgs;
use crate::cli::view::{View, stack};
use crate::deploy;

use super::connection::report;

pub(super) fn run(args: &DriftArgs, view: &mut View) -> Exit {
    report(
        &args.one,
        view,
        async |session, name| deploy::drift(session, name).await,
        |found, view| {
            let differs = !found.drifted.is_empty();
            if args.one.json {
                view.json(&serde_json::json!(found));
            } else {
                view.text(&stack::drift(&found));
            }
            if args.fail && differs { Exit::Failure } else { Exit::Success }
        },
    )
}
