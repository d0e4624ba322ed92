//! `dify-cfn outputs`: the outputs of a stack.

use crate::cli::Exit;
use crate::cli::stack_args::OneStackArgs;
use crate::cli::view::stack::Teller;
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
                if outputs.is_empty() {
                    Teller::error(&format!(
                        "the stack {0} has no outputs; `status --stack {0}` tells how it is",
                        args.stack
                    ));
                }
                view.text(&stack::outputs(&outputs));
            }
            Exit::Success
        },
    )
}
