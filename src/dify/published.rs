//! What the stack tells: outputs, and parameters of Parameter Store for other stacks and operators. No secrets.

use crate::cfn::{PseudoParameter, Value};
use crate::concat_values;
use crate::config::Config;
use crate::constructs::{Output, Scope, SecretValue, SsmParameter};

use super::access::Access;
use super::data::Data;
use super::network::Groups;
use super::placement::{Placement, upper_camel};
use super::services::Services;

/// Declares outputs and published parameters.
pub(super) fn declare(
    scope: &mut Scope<'_>,
    config: &Config,
    placement: &Placement,
    access: &Access,
    data: &Data,
    groups: &Groups,
    services: &Services,
) {
    outputs(scope, config, placement, access, data, services);
    if config.parameters.enabled {
        parameters(scope, config, data, groups, services);
    }
}

/// Where Dify is, as the parts are told it. Where the form decides about name and certificate, the address takes a line
/// to say and stands in twenty variables: it is said once, in the published parameter, and read from there.
pub(super) fn url(scope: &mut Scope<'_>, config: &Config, access: &Access) -> Value<String> {
    let address = access.public_url.clone();
    if !config.parameters.enabled {
        return address;
    }
    let published = publish(scope, config, "Url", "url", address.clone());
    if access.is_public_url_computed { published.value() } else { address }
}

fn publish(
    scope: &mut Scope<'_>,
    config: &Config,
    id: &str,
    name: &str,
    value: Value<String>,
) -> SsmParameter {
    let name = format!("{}/{name}", config.parameter_prefix());
    SsmParameter::new(&mut scope.child("Parameters").child(id), name, value, "")
}

fn outputs(
    scope: &mut Scope<'_>,
    config: &Config,
    placement: &Placement,
    access: &Access,
    data: &Data,
    services: &Services,
) {
    let mut output = |name: &str, description: &str, value: Value<String>| {
        scope.output(name, Output::new(description, value));
    };
    output("Url", "Where Dify is", access.public_url.clone());
    output("LoadBalancerDnsName", "Target for a record of your own", access.load_balancer.dns_name());
    output("DatabaseEndpoint", "Writer of the database", data.database.endpoint_address());
    output("CacheEndpoint", "Primary of the cache", data.cache.primary_endpoint_address());
    output("BucketName", "Files, plugins and tenants' keys", data.bucket.name());
    output("ClusterName", "ECS cluster", services.cluster.name());
    if let Some(group) = services.log_groups.values().next() {
        if config.logs.single_group {
            output("LogGroupName", "Logs of all containers", group.name());
        } else {
            let name = concat_values!["/ecs/", PseudoParameter::StackName.reference()];
            output("LogGroupPrefix", "Logs of each container are in a group below this name", name);
        }
    }
    if let Some(password) = &services.init_password {
        let show = match password {
            SecretValue::SsmParameter { .. } => {
                "ssm get-parameter --with-decryption --query Parameter.Value --output text --name "
            }
            SecretValue::Secret { .. } | SecretValue::ExistingSecret { .. } => {
                "secretsmanager get-secret-value --query SecretString --output text --secret-id "
            }
        };
        let text = "Shows the password that sets up the first administrator";
        output("InitPasswordCommand", text, concat_values![aws(), show, password.id()]);
    }
    for service in &placement.services {
        let enabled = config.services.get(&service.name).is_some_and(|settings| settings.exec);
        let (Some(made), Some(component)) = (services.by_name.get(&service.name), service.components.first())
        else {
            continue;
        };
        if enabled {
            let command = concat_values![
                aws(),
                "ecs execute-command --interactive --command /bin/bash --cluster ",
                services.cluster.name(),
                " --container dify-",
                component.dns_name(),
                " --task $(",
                aws(),
                "ecs list-tasks --query 'taskArns[0]' --output text --cluster ",
                services.cluster.name(),
                " --service-name ",
                made.name(),
                ")"
            ];
            let name = format!("{}ExecCommand", upper_camel(&service.name));
            let text =
                format!("Opens a shell in the container dify-{} of a running task", component.dns_name());
            output(&name, &text, command);
        }
    }
}

/// AWS's command line in the stack's region, wherever it is configured for.
fn aws() -> Value<String> {
    concat_values!["aws --region ", PseudoParameter::Region.reference(), " "]
}

fn parameters(scope: &mut Scope<'_>, config: &Config, data: &Data, groups: &Groups, services: &Services) {
    // Each name says what it is: a description would say it again, and each byte counts in a request.
    let mut publish = |id: &str, name: &str, value: Value<String>| {
        self::publish(scope, config, id, name, value);
    };
    publish("DatabaseHost", "database/host", data.database.endpoint_address());
    publish("DatabasePort", "database/port", "5432".into());
    publish("DatabaseSecurityGroup", "database/security-group", groups.database.id());
    publish("CacheHost", "cache/host", data.cache.primary_endpoint_address());
    publish("CachePort", "cache/port", "6379".into());
    publish("CacheSecurityGroup", "cache/security-group", groups.cache.id());
    publish("Cluster", "cluster", services.cluster.name());
    publish("Bucket", "bucket", data.bucket.name());
}
