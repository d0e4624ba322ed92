//! `dify-cfn destroy`: deletes a stack, after saying what is lost and what stays.

use crate::cli::Exit;
use crate::cli::stack_args::DestroyArgs;
use crate::cli::view::View;
use crate::cli::view::stack::Teller;
use crate::deploy::{self, DestroyRequest};

use super::connection::follow;
use super::plan;

pub(super) fn run(args: &DestroyArgs, view: &mut View) -> Exit {
    let one = &args.follow.one;
    let request = DestroyRequest {
        stack: one.stack.clone(),
        confirm: args.confirm.clone(),
        protection_parameter: Some(plan::PROTECTION_PARAMETER.to_owned()),
        force: args.force,
        retain: args.retain.clone(),
        role_arn: args.role_arn.clone(),
        timeout: args.follow.timeout,
    };
    follow(one, view, &Teller::following(one.json), async |session, _| {
        deploy::destroy(session, &request).await
    })
}
