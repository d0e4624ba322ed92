//! `dify-cfn rollback`: takes a failed operation back.

use crate::cli::Exit;
use crate::cli::stack_args::RollbackArgs;
use crate::cli::view::View;
use crate::cli::view::stack::Teller;
use crate::deploy;

use super::connection::follow;

pub(super) fn run(args: &RollbackArgs, view: &mut View) -> Exit {
    let (one, timeout) = (&args.follow.one, args.follow.timeout);
    follow(one, view, &Teller::following(one.json, None), async |session, stack| {
        deploy::rollback(session, stack, args.force, timeout).await
    })
}
