//! `dify-cfn why`: the first real failure of a stack's last operation, also long after it.

use crate::cli::Exit;
use crate::cli::stack_args::OneStackArgs;
use crate::cli::view::View;
use crate::cli::view::stack::Teller;
use crate::deploy;

use super::connection::follow;

pub(super) fn run(args: &OneStackArgs, view: &mut View) -> Exit {
    follow(args, view, &Teller::events(args.json), async |session, stack| deploy::why(session, stack).await)
}
