//! `dify.context.json`: what `dify-cfn lookup` found, so that a network can be named and synthesis needs no AWS.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::code;
use super::located::Located;
use super::model::{ExistingNetwork, LookupNetwork};
use crate::diagnostic::{Diagnostic, Source};

/// What the file is called; it lies beside `dify.yaml` and is committed with it.
pub const FILE_NAME: &str = "dify.context.json";

/// The version of the file's format that is read and written.
pub const VERSION: u32 = 1;

/// The file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Context {
    /// The format: [`VERSION`].
    pub version: u32,
    /// What was found, by the stack's name.
    #[serde(default)]
    pub stacks: IndexMap<String, FoundNetwork>,
}

/// A network that was found for one stack.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FoundNetwork {
    /// The names that were looked up; where the configuration has others by now, the result is stale.
    pub lookup: LookedUp,
    /// The VPC.
    pub vpc_id: String,
    /// Its address range.
    pub vpc_cidr: String,
    /// Subnets of the load balancer.
    pub public_subnet_ids: Vec<String>,
    /// Subnets of tasks, database and cache.
    pub private_subnet_ids: Vec<String>,
}

/// What was looked up, and where.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LookedUp {
    /// The region. It isn't compared where the configuration has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Name tag of the VPC.
    pub vpc_name: String,
    /// Name tags of the load balancer's subnets.
    pub public_subnet_names: Vec<String>,
    /// Name tags of the subnets of tasks, database and cache.
    pub private_subnet_names: Vec<String>,
}

impl LookedUp {
    /// What a look-up of this network in this region looks for.
    pub fn new(network: &LookupNetwork, region: Option<&str>) -> Self {
        Self {
            region: region.map(str::to_owned),
            vpc_name: network.vpc_name.clone(),
            public_subnet_names: network.public_subnet_names.clone(),
            private_subnet_names: network.private_subnet_names.clone(),
        }
    }

    /// Whether its result serves what `wanted` looks for.
    fn serves(&self, wanted: &Self) -> bool {
        let same_region = wanted.region.is_none() || self.region.is_none() || self.region == wanted.region;
        same_region && Self { region: None, ..self.clone() } == Self { region: None, ..wanted.clone() }
    }
}

/// The ids of a network that is given by names.
///
/// # Errors
/// There is no file, it can't be read, it knows nothing of this stack, or what it knows is of other names.
pub(super) fn resolve(
    located: &Located,
    network: &LookupNetwork,
    context: Option<&Source>,
) -> Result<ExistingNetwork, Box<Diagnostic>> {
    let stack = located.config.stack_name();
    let fail = |message: String| {
        let help = format!("run `dify-cfn lookup --stack {stack}`");
        Box::new(
            located.diagnostic_at("/network/lookup", Diagnostic::error(code::LOOKUP, message).help(help)),
        )
    };
    let Some(source) = context else {
        return Err(fail(format!("the network's ids aren't known: there is no {FILE_NAME}")));
    };
    let file = excerpted(source);
    let context: Context = serde_json::from_str(&source.text)
        .map_err(|error| fail(format!("the network's ids can't be read from {file}: {error}")))?;
    if context.version != VERSION {
        return Err(fail(format!(
            "{file} has version {}, this program reads version {VERSION}",
            context.version
        )));
    }
    let Some(found) = context.stacks.get(&stack) else {
        return Err(fail(format!("{file} has no ids for the stack `{stack}`")));
    };
    if !found.lookup.serves(&LookedUp::new(network, located.config.region.as_deref())) {
        return Err(fail(format!("the ids in {file} were looked up by other names, or in another region")));
    }
    Ok(ExistingNetwork {
        vpc_id: found.vpc_id.clone(),
        vpc_cidr: Some(found.vpc_cidr.clone()),
        public_subnet_ids: found.public_subnet_ids.clone(),
        private_subnet_ids: found.private_subnet_ids.clone(),
        closed: network.closed,
    })
}

fn excerpted(source: &Source) -> String {
    format!("`{}`", source.name)
}
