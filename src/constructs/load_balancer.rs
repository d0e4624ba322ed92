//! The application load balancer.

use crate::cfn::{Handle, LogicalId, Value};
use crate::resources::elastic_load_balancing_v2::CfnLoadBalancer;
use crate::resources::elastic_load_balancing_v2::load_balancer::LoadBalancerAttribute;

use super::{MAIN, Scope, SecurityGroup};

pub use crate::resources::elastic_load_balancing_v2::load_balancer::Scheme;

/// Where requests are logged. Storage costs money.
#[derive(Debug, Clone, PartialEq)]
pub struct AccessLogs {
    /// The name of a bucket in the same region that is encrypted with SSE-S3 (not with a KMS key) and whose policy lets
    /// load balancers write. Source: "Enable access logs for your Application Load Balancer".
    pub bucket: Value<String>,
    /// What object names begin with, without a slash at either end.
    pub prefix: Option<String>,
}

/// How a load balancer is built.
#[derive(Debug, Clone, PartialEq)]
pub struct LoadBalancerProps {
    /// From where it is reached.
    pub scheme: Scheme,
    /// Subnets in at least two zones: public ones for [`Scheme::InternetFacing`].
    pub subnets: Value<Vec<Value<String>>>,
    /// Seconds without data until a connection is cut, 1 to 4000.
    pub idle_timeout_seconds: Value<i64>,
    /// Whether headers are dropped whose names aren't letters, digits and hyphens. Underscores are invalid too.
    pub drop_invalid_headers: Value<bool>,
    /// Whether it can't be deleted; a stack whose first create fails with it on gets stuck.
    pub deletion_protection: Value<bool>,
    /// Where requests are logged.
    pub access_logs: Option<AccessLogs>,
    /// What comes first although nothing refers to it: routes of the public subnets.
    pub after: Vec<LogicalId>,
}

impl LoadBalancerProps {
    /// A load balancer in these subnets: idle time-out 60 seconds as AWS has it, invalid headers dropped, not protected
    /// against deletion, not logged.
    pub fn new(scheme: Scheme, subnets: Value<Vec<Value<String>>>) -> Self {
        Self {
            scheme,
            subnets,
            idle_timeout_seconds: 60.into(),
            drop_invalid_headers: true.into(),
            deletion_protection: false.into(),
            access_logs: None,
            after: Vec::new(),
        }
    }
}

/// A load balancer for HTTP.
///
/// It has no name of its own, so that it can be replaced. AWS's defaults stand for what isn't written: HTTP/2 on, and
/// requests that could be read in two ways handled defensively (`routing.http.desync_mitigation_mode`). Costs money by
/// the hour and by use; an internet-facing one also for a public address in each zone.
#[derive(Debug, Clone, PartialEq)]
pub struct ApplicationLoadBalancer {
    handle: Handle<CfnLoadBalancer>,
}

impl ApplicationLoadBalancer {
    /// A load balancer at this place of the tree.
    pub fn new(scope: &mut Scope<'_>, security_group: &SecurityGroup, props: LoadBalancerProps) -> Self {
        let mut attributes = vec![
            attribute("idle_timeout.timeout_seconds", text(props.idle_timeout_seconds)),
            attribute("routing.http.drop_invalid_header_fields.enabled", text(props.drop_invalid_headers)),
            attribute("deletion_protection.enabled", text(props.deletion_protection)),
            // Written out even if off: an attribute that leaves the template keeps its last value.
            attribute("access_logs.s3.enabled", text(props.access_logs.is_some().into())),
        ];
        if let Some(logs) = props.access_logs {
            attributes.push(attribute("access_logs.s3.bucket", logs.bucket));
            attributes.extend(logs.prefix.map(|prefix| attribute("access_logs.s3.prefix", prefix.into())));
        }
        let handle = scope.add(
            MAIN,
            CfnLoadBalancer {
                type_: Some(
                    crate::resources::elastic_load_balancing_v2::load_balancer::Type::Application.into(),
                ),
                scheme: Some(props.scheme.into()),
                subnets: Some(props.subnets),
                security_groups: Some([security_group.id()].into()),
                load_balancer_attributes: Some(attributes.into()),
                ..Default::default()
            },
        );
        scope.depends_on(&handle, &props.after);
        Self { handle }
    }

    /// The load balancer's ARN.
    pub fn arn(&self) -> Value<String> {
        self.handle.reference()
    }

    /// The name under which it is reached without a record of one's own.
    pub fn dns_name(&self) -> Value<String> {
        self.handle.dns_name()
    }

    /// The hosted zone of [`Self::dns_name`], for alias records.
    pub fn hosted_zone_id(&self) -> Value<String> {
        self.handle.canonical_hosted_zone_id()
    }

    /// What metrics call it, `app/…`.
    pub fn full_name(&self) -> Value<String> {
        self.handle.load_balancer_full_name()
    }

    /// The resource.
    pub fn handle(&self) -> &Handle<CfnLoadBalancer> {
        &self.handle
    }
}

fn attribute(key: &str, value: Value<String>) -> LoadBalancerAttribute {
    LoadBalancerAttribute { key: Some(key.into()), value: Some(value) }
}

/// A number or truth value as the text that attributes want; CloudFormation converts what a function gives.
fn text<T: ToString>(value: Value<T>) -> Value<String> {
    match value {
        Value::Literal(value) => value.to_string().into(),
        Value::Intrinsic(function) => Value::Intrinsic(function),
    }
}
