//! `dify-cfn outputs`: the outputs of a stack.

use crate::cli::Exit;
use crate::cli::stack_args::OneStackArgs;
use crate::cli::view::{View, stack};
use crate::deploy;

use super::connection::report;

pub(super) fn run(args: &OneStackArgs, view: &mut View) -> Exit {
    report(
        args,
        view,
        async |session, name| deploy::outputs(session, name).await,
        |outputs, view| {
            if args.json {
                view.json(&serde_json::json!({ "stack": args.stack, "outputs": outputs }));
            } else {
                view.text(&stack::outputs(&outputs));
            }
            Exit::Success
        },
    )
}
