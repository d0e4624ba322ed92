//! The network that the stack runs in, and who may reach whom.

use indexmap::IndexMap;

use crate::catalog::Component;
use crate::cfn::{LogicalId, ParameterHandle, Value};
use crate::config::Config;
use crate::config::model::{Nat as ConfiguredNat, Network as ConfiguredNetwork, Scheme, SecretsBackend};
use crate::constructs::{
    Connections, EndpointServices, Endpoints, FlowLogs, Nat, Network, NewNetwork, PathRules, Peer, Scope,
    SecurityGroup,
};
use crate::resources::ec2::flow_log::TrafficType;

use super::data::log_removal;
use super::form::{Form, Https};
use super::placement::{PlacedService, Placement};

/// The ports of database and cache.
const DATABASE_PORT: u16 = 5432;
const CACHE_PORT: u16 = 6379;

/// Whether tasks have no way to the internet.
pub(super) fn is_closed(config: &Config) -> bool {
    match &config.network {
        ConfiguredNetwork::Parameters => false,
        ConfiguredNetwork::Existing(network) => network.closed,
        ConfiguredNetwork::Lookup(network) => network.closed,
        ConfiguredNetwork::Create(network) => network.nat == ConfiguredNat::None,
    }
}

/// The network, its endpoints where it is the stack's own and closed.
pub(super) fn declare(scope: &mut Scope<'_>, config: &Config, form: &Form) -> Network {
    if let (Some(ids), false) = (&form.network, matches!(config.network, ConfiguredNetwork::Create(_))) {
        let private: Value<Vec<Value<String>>> = ids.private_subnet_ids.reference();
        let public =
            ids.public_subnet_ids.as_ref().map_or_else(|| private.clone(), ParameterHandle::reference);
        let vpc_id: Value<String> = ids.vpc_id.reference();
        return Network::existing(vpc_id, public, private, !is_closed(config));
    }
    let wanted = match &config.network {
        ConfiguredNetwork::Create(wanted) => wanted.clone(),
        _ => crate::config::model::CreateNetwork::default(),
    };
    let nat = match wanted.nat {
        ConfiguredNat::None => Nat::None,
        ConfiguredNat::Single => Nat::Single,
        ConfiguredNat::PerZone => Nat::PerZone,
    };
    let flow_logs = wanted.flow_logs.then(|| FlowLogs {
        traffic: TrafficType::Reject,
        retention_days: config.logs.retention_days,
        removal: log_removal(config),
    });
    let props = NewNetwork {
        cidr: wanted.cidr.clone(),
        zones: wanted.availability_zones,
        nat,
        public: config.ingress.scheme == Scheme::InternetFacing,
        flow_logs,
    };
    Network::create(scope, &props)
}

/// The endpoints of a closed network of the stack's own.
pub(super) fn endpoints(
    scope: &mut Scope<'_>,
    config: &Config,
    network: &mut Network,
    buckets: Vec<Value<String>>,
) -> Option<Endpoints> {
    if !is_closed(config) || !matches!(config.network, ConfiguredNetwork::Create(_)) {
        return None;
    }
    let mut interfaces = vec!["ecr.api", "ecr.dkr", "logs"];
    interfaces.push(match config.secrets.backend {
        SecretsBackend::Secretsmanager => "secretsmanager",
        SecretsBackend::Ssm => "ssm",
    });
    // A user's own secrets may be in the other place.
    for (needed, name) in [(uses_parameters(config), "ssm"), (uses_secrets(config), "secretsmanager")] {
        if needed && !interfaces.contains(&name) {
            interfaces.push(name);
        }
    }
    if config.services.values().any(|service| service.exec) {
        interfaces.push("ssmmessages");
    }
    let services =
        EndpointServices { interfaces: interfaces.into_iter().map(str::to_owned).collect(), buckets };
    Some(Endpoints::new(scope, network, &services))
}

fn sources(config: &Config) -> impl Iterator<Item = (bool, bool)> + '_ {
    use crate::config::model::{Variable, VariableSource};
    let of = |source: &crate::config::model::SecretSource| (source.ssm.is_some(), source.secret.is_some());
    let own = [&config.secrets.secret_key, &config.secrets.database_password];
    let mail = config.mail.as_ref().and_then(|mail| mail.smtp.password.as_ref());
    let variables = config.environment.values().filter_map(move |variable| match variable {
        Variable::Plain(VariableSource::Secret(source)) => Some(of(source)),
        Variable::Plain(_) => None,
        Variable::For(one) => Some((one.ssm.is_some(), one.secret.is_some())),
    });
    let components = config.components.values().flat_map(|settings| settings.environment.values());
    let components = components.filter_map(move |source| match source {
        Some(VariableSource::Secret(source)) => Some(of(source)),
        _ => None,
    });
    own.into_iter().flatten().chain(mail).map(of).chain(variables).chain(components)
}

fn uses_parameters(config: &Config) -> bool {
    sources(config).any(|(parameter, _)| parameter)
}

fn uses_secrets(config: &Config) -> bool {
    Component::ALL.into_iter().any(|component| config.image_credentials(component).is_some())
        || sources(config).any(|(_, secret)| secret)
}

/// The security groups of the stack.
#[derive(Debug)]
pub(super) struct Groups {
    /// The load balancer's.
    pub load_balancer: SecurityGroup,
    /// The database's.
    pub database: SecurityGroup,
    /// The cache's.
    pub cache: SecurityGroup,
    /// Each service's, by its name.
    pub services: IndexMap<String, SecurityGroup>,
}

impl Groups {
    /// A group for each.
    pub(super) fn declare(scope: &mut Scope<'_>, vpc_id: &Value<String>, placement: &Placement) -> Self {
        let mut group = |path: &str, description: &str| {
            SecurityGroup::new(&mut scope.child(path).child("SecurityGroup"), vpc_id, description)
        };
        let load_balancer = group("LoadBalancer", "Load balancer of Dify");
        let database = group("Database", "Database of Dify");
        let cache = group("Cache", "Cache of Dify");
        let services = placement.services.iter().map(|service| {
            let description = format!("Service {} of Dify", service.dns_name());
            (service.name.clone(), group(&service.construct_id(), &description))
        });
        Self { load_balancer, database, cache, services: services.collect() }
    }

    fn of(&self, service: &PlacedService) -> Option<&SecurityGroup> {
        self.services.get(&service.name)
    }

    /// What a service has to wait for: the standalone rules of its paths.
    pub(super) fn rules_of(&self, rules: &PathRules, service: &PlacedService) -> Vec<LogicalId> {
        self.of(service).map(|group| rules.of(group)).unwrap_or_default()
    }
}

/// Opens the paths that Dify needs, and no others.
pub(super) fn connect(
    scope: &mut Scope<'_>,
    config: &Config,
    form: &Form,
    placement: &Placement,
    public: &[Component],
    groups: &Groups,
    endpoints: Option<&Endpoints>,
) -> PathRules {
    let mut paths = Connections::new();
    visitors(&mut paths, form, &groups.load_balancer);
    for component in public {
        if let (Some(service), Some(port)) = (placement.service_of(*component), component.port())
            && let Some(group) = groups.of(service)
        {
            paths.allow(&groups.load_balancer, group, port, "load balancer", component.dns_name());
        }
    }
    for (from, to, component) in placement.calls() {
        if let (Some(source), Some(target), Some(port)) = (groups.of(from), groups.of(to), component.port()) {
            paths.allow(source, target, port, &from.dns_name(), component.dns_name());
        }
    }
    for service in &placement.services {
        let Some(group) = groups.of(service) else { continue };
        if uses_database(service) {
            paths.allow(group, &groups.database, DATABASE_PORT, &service.dns_name(), "database");
            paths.allow(group, &groups.cache, CACHE_PORT, &service.dns_name(), "cache");
        }
        ways_out(&mut paths, config, service, group);
        if let Some(endpoints) = endpoints {
            // Each service's way out on 443 leads to their addresses too.
            let why = format!("from {}", service.dns_name());
            paths.allow_in(&endpoints.security_group, Peer::group(group), 443, &why);
        }
    }
    paths.finish(scope)
}

/// Whether the service has something that uses database and cache.
pub(super) fn uses_database(service: &PlacedService) -> bool {
    service.runs_backend() || service.runs(Component::PluginDaemon)
}

fn visitors(paths: &mut Connections, form: &Form, load_balancer: &SecurityGroup) {
    for cidr in &form.ingress.allowed_cidrs {
        let peer = || Peer::ipv4(cidr.reference::<String>());
        paths.allow_in(load_balancer, peer(), 80, "HTTP from allowed addresses");
        let https = match &form.ingress.https {
            Https::Always => peer(),
            Https::If(condition) => peer().only_if(condition),
        };
        paths.allow_in(load_balancer, https, 443, "HTTPS from allowed addresses");
    }
}

/// Images, secrets, logs and S3 need 443 of every service; models, tools and mail more of some.
fn ways_out(paths: &mut Connections, config: &Config, service: &PlacedService, group: &SecurityGroup) {
    paths.allow_out(group, Peer::any_ipv4(), 443, "HTTPS");
    let talks = |component: &Component| {
        matches!(component, Component::Api | Component::Worker | Component::PluginDaemon)
    };
    let calls_out = service.components.iter().any(talks) || service.runs(Component::SsrfProxy);
    if calls_out && !is_closed(config) {
        paths.allow_out(group, Peer::any_ipv4(), 80, "models and tools by HTTP");
    }
    let sends_mail = service.runs(Component::Api) || service.runs(Component::Worker);
    if let Some(mail) = config.mail.as_ref().filter(|mail| sends_mail && mail.smtp.port != 443) {
        paths.allow_out(group, Peer::any_ipv4(), mail.smtp.port, "mail");
    }
    for egress in &config.egress {
        let chosen = |component: &Component| {
            if egress.components.is_empty() {
                talks(component)
            } else {
                egress.components.contains(component)
            }
        };
        if service.components.iter().any(chosen) {
            paths.allow_out(group, Peer::cidr(&egress.cidr), egress.port, "configured way out");
        }
    }
}
