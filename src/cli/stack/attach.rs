//! `dify-cfn attach`: follows what a stack is doing.

use crate::cli::Exit;
use crate::cli::stack_args::FollowArgs;
use crate::cli::view::View;
use crate::cli::view::stack::Teller;
use crate::deploy;

use super::connection::follow;

pub(super) fn run(args: &FollowArgs, view: &mut View) -> Exit {
    follow(&args.one, view, &Teller::following(args.one.json), async |session, stack| {
        deploy::attach(session, stack, args.timeout).await
    })
}
