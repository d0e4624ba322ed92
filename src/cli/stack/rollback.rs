//! `dify-cfn rollback`: takes a failed operation back.

use crate::cli::Exit;
use crate::cli::stack_args::RollbackArgs;
use crate::cli::view::View;
use crate::cli::view::stack::Teller;
use crate::deploy::{self, RollbackRequest};

use super::connection::follow;

pub(super) fn run(args: &RollbackArgs, view: &mut View) -> Exit {
    let one = &args.follow.one;
    let request = RollbackRequest {
        stack: one.stack.clone(),
        force: args.force,
        confirm: args.confirm.clone(),
        timeout: args.follow.timeout,
    };
    follow(one, view, &Teller::following(one.json), async |session, _| {
        deploy::rollback(session, &request).await
    })
}
