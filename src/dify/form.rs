//! The parameters of the template: what a person at the console may want to choose, with the configured values as defaults.

use indexmap::IndexMap;

use crate::catalog::{Component, Image};
use crate::cfn::{ConditionExpression, ConditionHandle, ParameterHandle};
use crate::config::Config;
use crate::config::model::{Ingress, Network, Profile, Scheme};
use crate::constructs::{Parameter, ParameterType, Scope};

use super::placement::{PlacedService, Placement};

const NETWORK: &str = "Network";
const INGRESS: &str = "Access";
const VERSIONS: &str = "Versions";
const TASKS: &str = "Tasks";
const DATA: &str = "Database and cache";
const SAFETY: &str = "Safety";

/// In place of a description that would only say again what group and label do: each byte counts in a request.
const LABEL_SAYS_IT: &str = "";

/// An IPv4 range; the exact check is the configuration's.
const CIDR_PATTERN: &str =
    r"^((25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)/([12]?\d|3[0-2])$";

/// Largest number of tasks of a service that the form takes.
///
/// Source: Amazon ECS, "Service quotas": tasks per service.
const MOST_TASKS: i64 = 5000;

/// The ids of a network, asked for on the form.
#[derive(Debug, Clone)]
pub(super) struct NetworkParameters {
    /// The VPC.
    pub vpc_id: ParameterHandle,
    /// The load balancer's subnets, where they aren't the private ones.
    pub public_subnet_ids: Option<ParameterHandle>,
    /// The subnets of tasks, database and cache.
    pub private_subnet_ids: ParameterHandle,
}

/// When the load balancer speaks HTTPS.
#[derive(Debug, Clone)]
pub(super) enum Https {
    /// Always: production.
    Always,
    /// Where the form gives a certificate, or a name with its zone.
    If(ConditionHandle),
}

/// Where the load balancer's certificate comes from.
#[derive(Debug, Clone)]
pub(super) enum CertificateSource {
    /// From the form.
    Given,
    /// Requested by the stack.
    Requested,
    /// From the form where it gives one, else requested where the second condition holds.
    Either {
        /// The form gives one.
        given: ConditionHandle,
        /// The stack requests one.
        requested: ConditionHandle,
    },
}

/// Whether something exists.
#[derive(Debug, Clone)]
pub(super) enum Exists {
    /// In every stack of this template.
    Always,
    /// Where the condition holds.
    If(ConditionHandle),
}

/// Names and certificate of the load balancer.
#[derive(Debug, Clone)]
pub(super) struct IngressParameters {
    /// Ranges that may reach the load balancer.
    pub allowed_cidrs: Vec<ParameterHandle>,
    /// A certificate's ARN; may be empty where it isn't needed. `None` where the stack requests one in any case.
    pub certificate_arn: Option<ParameterHandle>,
    /// The name; may be empty where it isn't needed.
    pub domain_name: ParameterHandle,
    /// The name's zone; may be empty where it isn't needed.
    pub hosted_zone_id: ParameterHandle,
    /// When HTTPS is spoken.
    pub https: Https,
    /// Where the certificate comes from.
    pub certificate: CertificateSource,
    /// Whether there is a name.
    pub has_domain: Exists,
    /// Whether the name gets a record.
    pub has_record: Exists,
}

/// All parameters.
#[derive(Debug, Clone)]
pub(super) struct Form {
    /// The network's, where it isn't the stack's own.
    pub network: Option<NetworkParameters>,
    /// The load balancer's.
    pub ingress: IngressParameters,
    /// Tags of images.
    pub versions: IndexMap<Image, ParameterHandle>,
    /// Fewest and most tasks, by service.
    pub tasks: IndexMap<String, (ParameterHandle, ParameterHandle)>,
    /// The database's class; not with Serverless.
    pub instance_class: Option<ParameterHandle>,
    /// The cache's class.
    pub node_type: ParameterHandle,
    /// Whether database and load balancer can't be deleted: `true` or `false`.
    pub deletion_protection: ParameterHandle,
}

impl Form {
    /// Declares the parameters and the conditions that follow from them alone.
    pub(super) fn declare(scope: &mut Scope<'_>, config: &Config, placement: &Placement) -> Self {
        let network = network(scope, config);
        let ingress = ingress(scope, config);
        let versions = versions(scope, config, placement);
        let scaling = placement.services.iter().filter(|service| service.tasks.scales);
        let tasks = scaling.map(|service| (service.name.clone(), tasks(scope, service))).collect();
        let instance_class = config.database.serverless.is_none().then(|| {
            let parameter = Parameter::new(ParameterType::String, LABEL_SAYS_IT)
                .on_form(DATA, "Database instance class")
                .default(config.database.instance_class.as_str())
                .pattern(r"^db\.[a-z0-9]+\.[a-z0-9]+$", "A class such as db.t4g.medium");
            scope.parameter("DatabaseInstanceClass", parameter)
        });
        let node_type = Parameter::new(ParameterType::String, LABEL_SAYS_IT)
            .on_form(DATA, "Cache node type")
            .default(config.cache.node_type.as_str())
            .pattern(r"^cache\.[a-z0-9]+\.[a-z0-9]+$", "A class such as cache.t4g.small");
        let node_type = scope.parameter("CacheNodeType", node_type);
        let protection = Parameter::new(
            ParameterType::String,
            "Whether database and load balancer are protected against deletion. Leave it at false for the first creation, \
             since a failed one could not be cleaned up; then update the stack with true.",
        )
        .on_form(SAFETY, "Deletion protection")
        .default("false")
        .one_of(["true", "false"]);
        let deletion_protection = scope.parameter("DeletionProtection", protection);
        Self { network, ingress, versions, tasks, instance_class, node_type, deletion_protection }
    }
}

fn network(scope: &mut Scope<'_>, config: &Config) -> Option<NetworkParameters> {
    let known = match &config.network {
        Network::Create(_) => return None,
        Network::Existing(network) => Some(network),
        Network::Parameters | Network::Lookup(_) => None,
    };
    let list = |ids: &[String]| (!ids.is_empty()).then(|| ids.join(","));
    let with_default = |parameter: Parameter, default: Option<String>| match default {
        Some(default) => parameter.default(default),
        None => parameter,
    };
    let vpc = Parameter::new(ParameterType::VpcId, "The VPC to run in").on_form(NETWORK, "VPC");
    let vpc = with_default(vpc, known.map(|network| network.vpc_id.clone()).filter(|id| !id.is_empty()));
    let vpc_id = scope.parameter("VpcId", vpc);
    let public_subnet_ids = (config.ingress.scheme == Scheme::InternetFacing).then(|| {
        let text = "Subnets of the load balancer: at least two, in different zones, with a route to an internet gateway";
        let parameter = Parameter::new(ParameterType::SubnetIds, text).on_form(NETWORK, "Public subnets");
        let parameter = with_default(parameter, known.and_then(|network| list(&network.public_subnet_ids)));
        scope.parameter("PublicSubnetIds", parameter)
    });
    let text = "Subnets of tasks, database and cache: at least two, in different zones, with a way out to the internet or to \
                the VPC endpoints that the tasks need";
    let parameter = Parameter::new(ParameterType::SubnetIds, text).on_form(NETWORK, "Private subnets");
    let parameter = with_default(parameter, known.and_then(|network| list(&network.private_subnet_ids)));
    let private_subnet_ids = scope.parameter("PrivateSubnetIds", parameter);
    Some(NetworkParameters { vpc_id, public_subnet_ids, private_subnet_ids })
}

fn ingress(scope: &mut Scope<'_>, config: &Config) -> IngressParameters {
    let settings = &config.ingress;
    let is_production = config.profile == Profile::Production;
    let has_arn = settings.certificate_arn.is_some();
    // Production has no plain HTTP: what its certificate needs can't be left empty.
    let (arn_needed, name_needed) = (is_production && has_arn, is_production && !has_arn);
    let allowed_cidrs = allowed_cidrs(scope, settings);
    let certificate_arn = (!name_needed).then(|| {
        let text = if arn_needed {
            "ARN of a certificate for the name"
        } else {
            "ARN of a certificate for the name; without it one is requested where name and zone are given, and plain \
             HTTP is spoken where they aren't"
        };
        let pattern = r"arn:[^:]+:acm:[^:]+:\d{12}:certificate/.+";
        let constraint = "The ARN of a certificate in this region";
        let parameter = optional(text, settings.certificate_arn.as_deref(), arn_needed, pattern, constraint);
        scope.parameter("CertificateArn", parameter.on_form(INGRESS, "Certificate"))
    });
    let text =
        "The name that users type; HTTPS needs it, since no certificate is for the load balancer's own name";
    let parameter = optional(
        text,
        settings.domain_name.as_deref(),
        name_needed,
        r"([a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?\.)+[a-zA-Z]{2,}",
        "A name such as dify.example.com",
    )
    .on_form(INGRESS, "Domain name");
    let domain_name = scope.parameter("DomainName", parameter);
    // A form for an existing certificate alone needs no word of another.
    let text = if arn_needed {
        "The hosted zone in which the name's record is made"
    } else {
        "The hosted zone in which the name's record is made; where a certificate is requested, a public zone of this account: \
         with another one the creation waits for hours and fails"
    };
    let parameter = optional(
        text,
        settings.hosted_zone_id.as_deref(),
        name_needed,
        "Z[A-Z0-9]+",
        "The id of a hosted zone, such as Z0123456789ABC",
    )
    .on_form(INGRESS, "Hosted zone");
    let hosted_zone_id = scope.parameter("HostedZoneId", parameter);

    let Some(certificate_arn) = certificate_arn else {
        return IngressParameters {
            allowed_cidrs,
            certificate_arn: None,
            domain_name,
            hosted_zone_id,
            https: Https::Always,
            certificate: CertificateSource::Requested,
            has_domain: Exists::Always,
            has_record: Exists::Always,
        };
    };
    let given = |parameter: &ParameterHandle| ConditionExpression::differs(parameter.reference(), "");
    let has_domain = scope.condition("HasDomainName", given(&domain_name));
    let both = ConditionExpression::And(vec![(&has_domain).into(), given(&hosted_zone_id)]);
    let has_record = scope.condition("HasHostedZone", both);
    let (https, certificate) = if is_production {
        (Https::Always, CertificateSource::Given)
    } else {
        let has_arn = scope.condition("HasCertificateArn", given(&certificate_arn));
        let no_arn = ConditionExpression::Not(Box::new((&has_arn).into()));
        let requested = ConditionExpression::And(vec![no_arn, (&has_record).into()]);
        let requested = scope.condition("RequestCertificate", requested);
        let any = ConditionExpression::Or(vec![(&has_arn).into(), (&requested).into()]);
        (
            Https::If(scope.condition("HasCertificate", any)),
            CertificateSource::Either { given: has_arn, requested },
        )
    };
    IngressParameters {
        allowed_cidrs,
        certificate_arn: Some(certificate_arn),
        domain_name,
        hosted_zone_id,
        https,
        certificate,
        has_domain: Exists::If(has_domain),
        has_record: Exists::If(has_record),
    }
}

/// A text that may be left empty unless it is needed. AWS-specific types can't be left empty.
fn optional(
    text: &str,
    configured: Option<&str>,
    is_needed: bool,
    pattern: &str,
    constraint: &str,
) -> Parameter {
    let parameter = Parameter::new(ParameterType::String, text);
    if is_needed {
        let parameter = parameter.pattern(format!("^{pattern}$"), constraint);
        match configured {
            Some(value) => parameter.default(value),
            None => parameter,
        }
    } else {
        parameter
            .pattern(format!("^({pattern})?$"), format!("{constraint}, or nothing"))
            .default(configured.unwrap_or_default())
    }
}

/// One parameter for each configured range, since a list can't become rules without a macro; one without default where
/// none is configured, so that nobody opens the stack to the world by accident.
fn allowed_cidrs(scope: &mut Scope<'_>, ingress: &Ingress) -> Vec<ParameterHandle> {
    let mut declare = |number: usize, configured: Option<&str>| {
        let text = "Addresses that may reach the load balancer, such as 203.0.113.0/24";
        let parameter = Parameter::new(ParameterType::String, text)
            .on_form(INGRESS, format!("Allowed range {number}"))
            .pattern(CIDR_PATTERN, "An IPv4 range such as 203.0.113.0/24");
        let parameter = match configured {
            Some(range) => parameter.default(range),
            None => parameter,
        };
        scope.parameter(&format!("AllowedCidr{number}"), parameter)
    };
    if ingress.allowed_cidrs.is_empty() {
        return vec![declare(1, None)];
    }
    let configured = ingress.allowed_cidrs.iter().enumerate();
    configured.map(|(index, range)| declare(index + 1, Some(range))).collect()
}

fn versions(
    scope: &mut Scope<'_>,
    config: &Config,
    placement: &Placement,
) -> IndexMap<Image, ParameterHandle> {
    let mut versions: IndexMap<Image, ParameterHandle> = IndexMap::new();
    // A component with a tag of its own asks for no version.
    let has_own = |component: &Component| {
        config.components.get(component).is_some_and(|settings| settings.image.tag.is_some())
    };
    let runs = |wanted: Image| {
        placement.components().any(|component| component.image() == wanted && !has_own(&component))
    };
    let mut declare = |name: &str, label: &str, text: &str, default: &str| {
        let parameter = Parameter::new(ParameterType::String, text)
            .on_form(VERSIONS, label)
            .default(default)
            .pattern(r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$", "The tag of an image, such as 1.17.1");
        scope.parameter(name, parameter)
    };
    if runs(Image::Api) || (runs(Image::Web) && config.dify.web.is_none()) {
        let text = "Tag of Dify's images. A newer one migrates the database, which can't be taken back; the plugin daemon's \
                    version moves with it";
        let dify = declare("DifyVersion", "Dify", text, &config.dify.version);
        if config.dify.web.is_none() && runs(Image::Web) {
            versions.insert(Image::Web, dify.clone());
        }
        versions.insert(Image::Api, dify);
    }
    if let Some(web) = config.dify.web.as_deref().filter(|_| runs(Image::Web)) {
        versions.insert(Image::Web, declare("WebVersion", "Web", LABEL_SAYS_IT, web));
    }
    if runs(Image::PluginDaemon) {
        let parameter =
            declare("PluginDaemonVersion", "Plugin daemon", LABEL_SAYS_IT, &config.dify.plugin_daemon);
        versions.insert(Image::PluginDaemon, parameter);
    }
    if runs(Image::Sandbox) {
        let parameter = declare("SandboxVersion", "Sandbox", LABEL_SAYS_IT, &config.dify.sandbox);
        versions.insert(Image::Sandbox, parameter);
    }
    versions
}

fn tasks(scope: &mut Scope<'_>, service: &PlacedService) -> (ParameterHandle, ParameterHandle) {
    let id = service.construct_id();
    let mut declare = |bound: &str, word: &str, default: u32| {
        let parameter = Parameter::new(ParameterType::Number, LABEL_SAYS_IT)
            .on_form(TASKS, format!("{word} {} tasks", service.dns_name()))
            .default(default)
            .range(i64::from(bound != "Min"), MOST_TASKS);
        scope.parameter(&format!("{id}{bound}Tasks"), parameter)
    };
    (declare("Min", "Fewest", service.tasks.min), declare("Max", "Most", service.tasks.max))
}
