//! `dify-cfn ls`: the stacks of the configuration.

use serde_json::json;

use crate::config::Config;
use crate::config::model::Profile;

use super::args::LsArgs;
use super::view::View;
use super::{Exit, project};

pub(super) fn run(args: &LsArgs, view: &mut View) -> Exit {
    let loaded = match project::load(&args.config, &[], view) {
        Ok(loaded) => loaded,
        Err(exit) => return exit,
    };
    view.findings(&loaded.diagnostics);
    let configs: Vec<&Config> = loaded.environments.iter().map(|environment| &environment.config).collect();
    if args.json {
        let stacks: Vec<_> = configs
            .iter()
            .map(|config| {
                json!({
                    "name": config.stack_name(),
                    "environment": config.environment_name,
                    "profile": config.profile,
                    "account": config.account,
                    "region": config.region,
                })
            })
            .collect();
        view.json(&json!({ "stacks": stacks }));
        return Exit::Success;
    }
    let width = configs.iter().map(|config| config.stack_name().len()).max().unwrap_or_default();
    for config in configs {
        let profile = match config.profile {
            Profile::Development => "development",
            Profile::Production => "production",
        };
        let place = [config.account.as_deref(), config.region.as_deref()];
        let place = place.into_iter().flatten().collect::<Vec<_>>().join(" ");
        let place = if place.is_empty() { "any account and region".to_owned() } else { place };
        view.text(&format!("{:width$}  {profile:11}  {place}", config.stack_name()));
    }
    Exit::Success
}
