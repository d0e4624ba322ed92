//! `dify-cfn secrets`: creates the missing `SecureString` parameters of the `ssm` backend. It never overwrites and never prints one.

use serde_json::json;

use crate::cli::stack_args::SecretsArgs;
use crate::cli::view::{View, stack};
use crate::cli::{Exit, project};
use crate::deploy;
use crate::dify::secure_parameters;

use super::connection::report;

pub(super) fn run(args: &SecretsArgs, view: &mut View) -> Exit {
    let one = &args.one;
    let loaded = match project::load(&one.config, std::slice::from_ref(&one.stack), view) {
        Ok(loaded) => loaded,
        Err(exit) => return exit,
    };
    let Some(located) = loaded.environments.first() else {
        return view.failure_of(&format!("the configuration has no stack {}", one.stack), Exit::Usage);
    };
    let wanted = secure_parameters(&located.config);
    if wanted.is_empty() {
        let sentence = "the configuration keeps no secret in Systems Manager: nothing to create";
        if one.json {
            view.json(&json!({ "stack": one.stack, "created": [], "present": [] }));
        } else {
            view.text(sentence);
        }
        return Exit::Success;
    }
    let random = |bytes: &mut [u8]| getrandom::fill(bytes).map_err(std::io::Error::other);
    let create = async |session: deploy::Session<'_>, name: &str| {
        deploy::create_secrets(session, name, &wanted, args.key_id.as_deref(), &random).await
    };
    report(one, view, create, |made, view| {
        if one.json {
            view.json(&json!({ "stack": one.stack, "created": made.created, "present": made.present }));
        } else {
            view.text(&stack::secrets(&made));
        }
        Exit::Success
    })
}
