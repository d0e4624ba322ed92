//! The load balancer: certificate, listeners, rules, the name's record.

use indexmap::IndexMap;

use crate::catalog::Component;
use crate::cfn::{ConditionHandle, Intrinsic, ParameterHandle, Value};
use crate::concat_values;
use crate::config::Config;
use crate::config::model::{Scheme as ConfiguredScheme, TargetGroupSettings};
use crate::constructs::{
    AccessLogs, AliasRecord, ApplicationLoadBalancer, Certificate, HealthCheck, Listener, LoadBalancerProps,
    Network, Scheme, Scope, SecurityGroup, TargetGroup, TargetGroupProps, Tls,
};

use super::form::{CertificateSource, Exists, Form, Https, IngressParameters};
use super::placement::{Placement, upper_camel};
use super::routing::{default_component, path_groups, public_components};
use super::versions::dify_version;

/// Priority of a component's first rule, with room for the routes that later versions bring.
///
/// Each component has its own for ever: where one is switched on, a rule that moved to make room would still have the priority
/// that the new one is created with, and the update would fail.
const fn first_priority(component: Component) -> u32 {
    match component {
        Component::Api => 100,
        Component::Websocket => 200,
        Component::PluginDaemon => 300,
        Component::Web => 400,
        Component::Worker | Component::Beat | Component::Sandbox | Component::SsrfProxy => 500,
    }
}

/// Seconds for which a browser comes back to the same websocket task.
const WEBSOCKET_STICKINESS_SECONDS: u32 = 86_400;

/// What users reach.
#[derive(Debug)]
pub(super) struct Access {
    /// The load balancer.
    pub load_balancer: ApplicationLoadBalancer,
    /// Its listeners; `None` if nothing is public.
    pub listener: Option<Listener>,
    /// The target group of each public component.
    pub target_groups: IndexMap<Component, TargetGroup>,
    /// `https://dify.example.com`, without slash at the end.
    pub public_url: Value<String>,
    /// Whether the form decides what it is.
    pub is_public_url_computed: bool,
    /// The same with `wss` or `ws`.
    pub socket_url: Value<String>,
}

/// Declares the load balancer and all that belongs to it.
pub(super) fn declare(
    scope: &mut Scope<'_>,
    config: &Config,
    form: &Form,
    placement: &Placement,
    network: &Network,
    group: &SecurityGroup,
) -> Access {
    let load_balancer = load_balancer(&mut scope.child("LoadBalancer"), config, form, network, group);
    let tls = tls(scope, config, &form.ingress);
    record(scope, &form.ingress, &load_balancer);
    let version = dify_version(config);
    let target_groups: IndexMap<Component, TargetGroup> = public_components(version, placement)
        .into_iter()
        .filter_map(|component| Some((component, target_group(scope, config, network, component)?)))
        .collect();
    let default = default_component(placement).and_then(|component| target_groups.get(&component));
    let listener = (!target_groups.is_empty()).then(|| {
        let mut listener = Listener::new(&mut scope.child("Listener"), &load_balancer, default, Some(&tls));
        for paths in path_groups(version, placement) {
            if let Some(group) = target_groups.get(&paths.component) {
                let mut place = scope.child("Listener");
                let mut place = place.child(&upper_camel(paths.component.as_str()));
                listener.route(&mut place, first_priority(paths.component), &paths.patterns, group);
            }
        }
        listener
    });
    let public_url = address(&form.ingress, &load_balancer, "http");
    let socket_url = address(&form.ingress, &load_balancer, "ws");
    let is_public_url_computed = matches!(form.ingress.has_domain, Exists::If(_));
    Access { load_balancer, listener, target_groups, public_url, is_public_url_computed, socket_url }
}

fn load_balancer(
    scope: &mut Scope<'_>,
    config: &Config,
    form: &Form,
    network: &Network,
    group: &SecurityGroup,
) -> ApplicationLoadBalancer {
    let settings = &config.ingress;
    let (scheme, subnets, after) = match settings.scheme {
        ConfiguredScheme::InternetFacing => {
            (Scheme::InternetFacing, network.public_subnets.clone(), network.public_ready.clone())
        }
        ConfiguredScheme::Internal => (Scheme::Internal, network.private_subnets.clone(), Vec::new()),
    };
    let mut props = LoadBalancerProps::new(scheme, subnets);
    props.idle_timeout_seconds = settings.idle_timeout_seconds.into();
    props.drop_invalid_headers = settings.drop_invalid_headers.into();
    props.after = after;
    if is_protected(config, settings.deletion_protection) {
        props.deletion_protection = form.deletion_protection.reference();
    }
    props.access_logs = settings
        .access_logs
        .as_ref()
        .map(|logs| AccessLogs { bucket: logs.bucket.as_str().into(), prefix: logs.prefix.clone() });
    ApplicationLoadBalancer::new(scope, group, props)
}

/// Whether the parameter for deletion protection drives a resource: where the configuration protects it, and both where
/// it protects neither, so that a person at the console still can.
pub(super) fn is_protected(config: &Config, configured: bool) -> bool {
    let neither = !config.ingress.deletion_protection && !config.database.deletion_protection;
    configured || neither
}

fn tls(scope: &mut Scope<'_>, config: &Config, ingress: &IngressParameters) -> Tls {
    let request = |scope: &mut Scope<'_>, condition: Option<&ConditionHandle>| {
        let (name, zone) = (ingress.domain_name.reference(), ingress.hosted_zone_id.reference());
        Certificate::dns_validated(&mut scope.child("Certificate"), &name, &zone, condition).arn()
    };
    let given: Option<Value<String>> = ingress.certificate_arn.as_ref().map(ParameterHandle::reference);
    let certificate_arn = match (&ingress.certificate, given) {
        (CertificateSource::Given, Some(arn)) => arn,
        (CertificateSource::Either { given: condition, requested }, Some(arn)) => {
            let made = request(scope, Some(requested));
            Intrinsic::if_else(condition, arn, made)
        }
        (_, _) => request(scope, None),
    };
    let mut tls = Tls::new(certificate_arn);
    tls.ssl_policy.clone_from(&config.ingress.ssl_policy);
    tls.only_if = match &ingress.https {
        Https::Always => None,
        Https::If(condition) => Some(condition.clone()),
    };
    tls
}

fn record(scope: &mut Scope<'_>, ingress: &IngressParameters, load_balancer: &ApplicationLoadBalancer) {
    let condition = match &ingress.has_record {
        Exists::Always => None,
        Exists::If(condition) => Some(condition),
    };
    let (name, zone) = (ingress.domain_name.reference(), ingress.hosted_zone_id.reference());
    AliasRecord::new(&mut scope.child("DnsRecord"), &name, &zone, load_balancer, condition);
}

fn target_group(
    scope: &mut Scope<'_>,
    config: &Config,
    network: &Network,
    component: Component,
) -> Option<TargetGroup> {
    let health = component.health_path()?;
    let settings = &config.component(component).target_group;
    let mut props =
        TargetGroupProps::new(component.port()?, settings.path.as_deref().unwrap_or(&health.path));
    props.health_check = health_check(settings, props.health_check, &health.matcher);
    props.deregistration_delay_seconds =
        settings.deregistration_delay_seconds.unwrap_or_else(|| deregistration_delay_seconds(component));
    if component == Component::Websocket {
        props.stickiness_seconds = Some(WEBSOCKET_STICKINESS_SECONDS);
    }
    let mut place = scope.child(&upper_camel(component.as_str()));
    Some(TargetGroup::new(&mut place.child("TargetGroup"), &network.vpc_id, &props))
}

fn health_check(settings: &TargetGroupSettings, default: HealthCheck, matcher: &str) -> HealthCheck {
    let interval_seconds = settings.interval_seconds.unwrap_or(default.interval_seconds);
    let timeout_seconds =
        settings.timeout_seconds.unwrap_or_else(|| default.timeout_seconds.min(interval_seconds - 1));
    HealthCheck {
        path: default.path,
        matcher: settings.matcher.clone().unwrap_or_else(|| matcher.to_owned()),
        interval_seconds,
        timeout_seconds,
        healthy_threshold: settings.healthy_threshold.unwrap_or(default.healthy_threshold),
        unhealthy_threshold: settings.unhealthy_threshold.unwrap_or(default.unhealthy_threshold),
    }
}

/// How long a leaving task may finish its answers: those of models stream for minutes, pages of web don't.
const fn deregistration_delay_seconds(component: Component) -> u32 {
    match component {
        Component::Web => 30,
        _ => 120,
    }
}

/// The address that users type, by what the form gives. `protocol` is `http` or `ws`; with a certificate an `s` follows.
fn address(
    ingress: &IngressParameters,
    load_balancer: &ApplicationLoadBalancer,
    protocol: &str,
) -> Value<String> {
    let (secure, plain) = (format!("{protocol}s://"), format!("{protocol}://"));
    let scheme: Value<String> = match &ingress.https {
        Https::Always => secure.into(),
        Https::If(condition) => Intrinsic::if_else(condition, secure, plain),
    };
    let name: Value<String> = ingress.domain_name.reference();
    match &ingress.has_domain {
        Exists::Always => concat_values![scheme, name],
        Exists::If(condition) => {
            let host: Value<String> = Intrinsic::if_else(condition, name, load_balancer.dns_name());
            // It stands in many variables, and this is the shortest way to say it.
            Intrinsic::join("", vec![scheme, host])
        }
    }
}
