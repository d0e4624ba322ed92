//! `dify-cfn events`: the events of a stack's last operation, and what follows.

use crate::cli::Exit;
use crate::cli::stack_args::EventsArgs;
use crate::cli::view::View;
use crate::cli::view::stack::Teller;
use crate::deploy;

use super::connection::follow;

pub(super) fn run(args: &EventsArgs, view: &mut View) -> Exit {
    let (one, timeout) = (&args.follow.one, args.follow.timeout);
    follow(one, view, &Teller::events(one.json), async |session, stack| {
        if args.follow_on {
            deploy::follow_events(session, stack, timeout).await
        } else {
            deploy::events(session, stack, args.all).await
        }
    })
}
