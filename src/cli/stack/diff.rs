//! `dify-cfn diff`: what a deploy would change.

use crate::cli::Exit;
use crate::cli::stack_args::{DiffArgs, given_twice};
use crate::cli::view::{View, stack};
use crate::deploy;

use super::connection::report;
use super::plan;

pub(super) fn run(args: &DiffArgs, view: &mut View) -> Exit {
    if let Some(name) = given_twice(&args.parameters) {
        return view.failure_of(&format!("--parameter {name} is given twice"), Exit::Usage);
    }
    let mut request = match plan::of_config(&args.one.config, &args.one.stack, view) {
        Ok(request) => request,
        Err(exit) => return exit,
    };
    request.given = args.parameters.iter().cloned().collect();
    if let Some(place) = &args.upload_to {
        request.upload = plan::upload_to(place);
    }
    let compare =
        async |session: deploy::Session<'_>, _: &str| deploy::diff(session, &request, args.change_set).await;
    report(&args.one, view, compare, |found, view| {
        if args.one.json {
            view.json(&serde_json::json!(found));
        } else {
            view.text(&stack::diff(&found, args.change_set));
        }
        if args.fail && !found.is_empty() { Exit::Failure } else { Exit::Success }
    })
}
