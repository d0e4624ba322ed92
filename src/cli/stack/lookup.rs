//! `dify-cfn lookup`: finds the network that `network.lookup` names, for synthesis to work offline.

use std::path::Path;

use crate::assembly;
use crate::cli::stack_args::OneStackArgs;
use crate::cli::view::{View, stack};
use crate::cli::{Exit, project};
use crate::config::Config;
use crate::config::context::{Context, FoundNetwork, LookedUp, VERSION};
use crate::config::model::Network;
use crate::deploy::{self, LookupRequest};

use super::connection::report;

pub(super) fn run(args: &OneStackArgs, view: &mut View) -> Exit {
    let (config, path) = match project::load_for_lookup(&args.config, &args.stack, view) {
        Ok(found) => found,
        Err(exit) => return exit,
    };
    let Network::Lookup(network) = &config.network else {
        let sentence = format!(
            "the network of {} isn't given by names: `network.lookup` with `vpc_name`, `public_subnet_names` and \
             `private_subnet_names` does that",
            args.stack
        );
        return view.failure_of(&sentence, Exit::Usage);
    };
    let request = LookupRequest {
        stack: args.stack.clone(),
        vpc_name: network.vpc_name.clone(),
        public_subnet_names: network.public_subnet_names.clone(),
        private_subnet_names: network.private_subnet_names.clone(),
    };
    let search = async |session: deploy::Session<'_>, _: &str| deploy::lookup(session, &request).await;
    report(args, view, search, |found, view| {
        let lookup = LookedUp::new(network, region(&config, args).as_deref());
        let entry = FoundNetwork {
            lookup,
            vpc_id: found.vpc_id.clone(),
            vpc_cidr: found.vpc_cidr.clone(),
            public_subnet_ids: found.public_subnet_ids.clone(),
            private_subnet_ids: found.private_subnet_ids.clone(),
        };
        if let Err(exit) = keep(&path, &args.stack, entry, view) {
            return exit;
        }
        if args.json {
            view.json(&serde_json::json!({ "stack": args.stack, "network": found, "file": path }));
        } else {
            view.text(&stack::network(&found, &path));
        }
        Exit::Success
    })
}

/// The region that was asked, as far as the configuration or the command says it.
fn region(config: &Config, args: &OneStackArgs) -> Option<String> {
    args.aws.region.clone().or_else(|| config.region.clone())
}

/// Writes what was found, beside what is known of other stacks.
fn keep(path: &Path, name: &str, entry: FoundNetwork, view: &mut View) -> Result<(), Exit> {
    let mut context = match std::fs::read(path) {
        Ok(bytes) => serde_json::from_slice::<Context>(&bytes).map_err(|error| {
            let sentence = format!("`{}` can't be read: {error}; mend or delete it", path.display());
            view.failure_of(&sentence, Exit::Usage)
        })?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Context { version: VERSION, stacks: indexmap::IndexMap::new() }
        }
        Err(error) => return Err(view.failure(&error)),
    };
    context.stacks.insert(name.to_owned(), entry);
    context.stacks.sort_keys();
    let text = serde_json::to_string_pretty(&context).unwrap_or_default() + "\n";
    assembly::write_file(path, &text).map_err(|error| view.failure(&error))
}
