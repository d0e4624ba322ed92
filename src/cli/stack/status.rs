//! `dify-cfn status`: a stack in brief.

use crate::cli::Exit;
use crate::cli::stack_args::OneStackArgs;
use crate::cli::view::{View, stack};
use crate::deploy;

use super::connection::report;

pub(super) fn run(args: &OneStackArgs, view: &mut View) -> Exit {
    report(
        args,
        view,
        async |session, name| deploy::status_of(session, name).await,
        |found, view| {
            if args.json {
                view.json(&serde_json::json!(found));
            } else {
                view.text(&stack::status(&found));
            }
            Exit::Success
        },
    )
}
