//! Dify on AWS (L3): from a [`Config`] to a template.
//!
//! [`build`] is the only way in. A component knows its image, port, health check, environment and what it calls
//! (`catalog`, `environment`); a placement says which ECS service runs which components; everything else follows: addresses,
//! paths between security groups, permissions, order of creation, sizes of connection pools.

mod access;
mod advice;
mod alarms;
mod answers;
mod capacity;
mod concurrency;
mod containers;
mod data;
mod environment;
mod form;
mod foundation;
mod network;
mod order;
mod overrides;
mod placement;
mod pools;
mod published;
mod refusals;
mod routing;
mod same_names;
mod secrets;
mod services;
mod versions;

use crate::cfn::{PseudoParameter, Template};
use crate::concat_values;
use crate::config::Config;
use crate::constructs::Stack;
use crate::diagnostic::{Code, Diagnostic};

pub use answers::answered;
pub use capacity::Capacity;
pub use foundation::foundation;
pub use overrides::{Setting, setting_of};
pub use refusals::{RESERVED_NAME, SHARED_PORT};
pub use same_names::{PhysicalNames, same_names};
pub use secrets::secure_parameters;

use environment::Surroundings;
use placement::Placement;
use pools::Pools;

/// The codes of this room with their documentation.
pub(crate) fn codes() -> [&'static [(Code, &'static str)]; 5] {
    [order::CODES, overrides::CODES, refusals::CODES, same_names::CODES, advice::CODES]
}

/// What a configuration gives.
#[derive(Debug)]
pub struct DifyStack {
    /// The template.
    pub template: Template,
    /// Warnings and notes, with pointers into the configuration.
    pub findings: Vec<Diagnostic>,
    /// What the tasks take.
    pub capacity: Capacity,
}

/// Builds the stack of one environment.
///
/// # Errors
/// Every problem with the configuration that shows only now, with pointers into it.
pub fn build(config: &Config) -> Result<DifyStack, Vec<Diagnostic>> {
    let placement = Placement::of(config);
    let mut found = refusals::of_layout(&placement);
    let order = match order::order(&placement) {
        Ok(order) => order,
        Err(cycle) => {
            found.push(*cycle);
            order::Order::new()
        }
    };
    if found.iter().any(|finding| finding.code == refusals::SHARED_PORT) {
        // The task definition would say the same again.
        return Err(found);
    }
    let pools = Pools::of(config, &placement);
    let migrates_at_start = services::migrates_at_start(config, &placement);
    let mut stack = Stack::new();
    stack.describe(format!(
        "Dify {} for {}, made by dify-cfn {}",
        config.dify.version,
        config.stack_name(),
        env!("CARGO_PKG_VERSION")
    ));
    let mut root = stack.scope();
    let scope = &mut root;
    let form = form::Form::declare(scope, config, &placement);
    let mut network = network::declare(&mut scope.child("Network"), config, &form);
    let bucket = data::bucket(scope, config);
    let endpoints = network::endpoints(
        &mut scope.child("Network").child("Endpoint"),
        config,
        &mut network,
        vec![bucket.arn()],
    );
    let groups = network::Groups::declare(scope, &network.vpc_id, &placement);
    let public = routing::public_components(versions::dify_version(config), &placement);
    let rules = network::connect(scope, config, &form, &placement, &public, &groups, endpoints.as_ref());
    let mut secrets = secrets::Secrets::declare(scope, config, &placement);
    let data = data::declare(scope, config, &form, &network, &groups, &secrets, bucket);
    secrets.compose_broker_url(scope, config, &data.cache.primary_endpoint_address());
    let mut access = access::declare(scope, config, &form, &placement, &network, &groups.load_balancer);
    access.public_url = published::url(scope, config, &access);
    let surroundings = Surroundings {
        config,
        placement: &placement,
        pools,
        public_url: access.public_url.clone(),
        socket_url: access.socket_url.clone(),
        private_zone: concat_values![PseudoParameter::StackName.reference(), ".internal"],
        database_host: data.database.endpoint_address(),
        cache_host: data.cache.primary_endpoint_address(),
        bucket_name: data.bucket.name(),
        region: PseudoParameter::Region.reference(),
        is_closed: network::is_closed(config),
        migrates_at_start,
    };
    let environment = services::Environs {
        surroundings: &surroundings,
        form: &form,
        network: &network,
        groups: &groups,
        rules: &rules,
        secrets: &secrets,
        data: &data,
        access: &access,
        order: &order,
    };
    let services = services::declare(scope, &environment);
    alarms::declare(scope, &surroundings, &access, &data, &services);
    published::declare(scope, config, &placement, &access, &data, &groups, &services);
    let situation = advice::Situation {
        config,
        placement: &placement,
        pools,
        surroundings: &surroundings,
        https: &form.ingress.https,
        migrates_at_start,
    };
    let advice = advice::advise(&situation);
    match stack.synth() {
        Ok(mut template) => {
            found.extend(advice);
            found.extend(overrides::apply(config, &mut template));
            if found.iter().any(Diagnostic::is_error) {
                return Err(found);
            }
            Ok(DifyStack { template, findings: found, capacity: Capacity::of(&placement) })
        }
        Err(mut problems) => {
            problems.retain(|problem| !refusals::follows_from_a_name(problem, &placement));
            found.extend(problems.into_iter().map(|problem| refusals::with_pointer(problem, &placement)));
            found.extend(advice);
            Err(found)
        }
    }
}
