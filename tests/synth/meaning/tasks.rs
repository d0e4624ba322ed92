//! Services and their tasks: how many, in which order, and whether what they say of each other holds.

use std::collections::{BTreeMap, BTreeSet};

use dify_cfn::catalog::Component;
use dify_cfn::catalog::Component::{Api, Beat, PluginDaemon, Websocket, Worker};
use serde_json::Value as Json;

use crate::shipped::{Shipped, each};
use crate::view::{View, id_of, texts};

/// The service's resource.
pub(super) fn service_id(service: &str) -> String {
    format!("{}Service", id_of(service))
}

/// The scaling target of a service, if it has one.
fn scaling<'v>(view: &'v View<'_>, service: &str) -> Option<&'v Json> {
    let id = format!("{}Scaling", id_of(service));
    view.has(&id).then(|| &view.get(&id)["Properties"])
}

#[test]
fn beat_runs_exactly_once() {
    each(|shipped| {
        let view = View::new(shipped, &[]);
        let mut complaints = Vec::new();
        let running: Vec<String> = view
            .containers()
            .into_iter()
            .filter(|container| container.component == Some(Beat))
            .map(|container| container.service)
            .collect();
        let Some(service) = shipped.service_of(Beat) else {
            assert!(running.is_empty());
            return complaints;
        };
        assert_eq!(running, [service.as_str()], "{}", shipped.name);
        let properties = view.part(&service, "Service");
        let mut expect = |what: &str, found: &Json, expected: Json| {
            if *found != expected {
                complaints.push(format!("{what} of beat's service is {found}, not {expected}"));
            }
        };
        expect("DesiredCount", &properties["DesiredCount"], 1.into());
        let deployment = &properties["DeploymentConfiguration"];
        expect("MinimumHealthyPercent", &deployment["MinimumHealthyPercent"], 0.into());
        expect("MaximumPercent", &deployment["MaximumPercent"], 100.into());
        expect("AvailabilityZoneRebalancing", &properties["AvailabilityZoneRebalancing"], "DISABLED".into());
        let strategy = properties["CapacityProviderStrategy"].as_array().unwrap();
        let providers: Json = strategy.iter().map(|provider| provider["CapacityProvider"].clone()).collect();
        expect("CapacityProviderStrategy", &providers, serde_json::json!(["FARGATE"]));
        expect("scaling target", scaling(&view, &service).unwrap_or(&Json::Null), Json::Null);
        complaints
    });
}

#[test]
fn every_deployment_rolls_without_a_gap_and_goes_back_by_itself() {
    each(|shipped| {
        let view = View::new(shipped, &[]);
        let mut complaints = Vec::new();
        for (service, components) in shipped.placement() {
            let properties = view.part(&service, "Service");
            let deployment = &properties["DeploymentConfiguration"];
            let breaker = serde_json::json!({ "Enable": true, "Rollback": true });
            let mut check = |holds: bool, what: &str| {
                if !holds {
                    complaints.push(format!("{service}: {what}"));
                }
            };
            check(deployment["DeploymentCircuitBreaker"] == breaker, "no circuit breaker");
            if !components.contains(&Beat) {
                check(deployment["MinimumHealthyPercent"] == 100, "fewer tasks than wanted while it rolls");
                check(deployment["MaximumPercent"] == 200, "no room for new tasks while it rolls");
            }
            check(properties.get("LaunchType").is_none(), "a launch type, whose change replaces the service");
            check(properties["CapacityProviderStrategy"].is_array(), "no capacity provider");
            let is_scaled = scaling(&view, &service).is_some();
            check(
                properties.get("DesiredCount").is_some() != is_scaled,
                "a count where it scales, or none where it doesn't",
            );
            if components.contains(&PluginDaemon) && !shipped.is_seed() {
                check(properties["DesiredCount"] == 1 && !is_scaled, "more than one plugin daemon");
                check(properties["AvailabilityZoneRebalancing"] == "DISABLED", "plugin daemons that move");
            }
            let periods = view.containers().into_iter().filter(|one| one.service == service);
            let longest = periods.filter_map(|one| one.json["HealthCheck"]["StartPeriod"].as_u64()).max();
            if let (Some(grace), false) =
                (properties["HealthCheckGracePeriodSeconds"].as_u64(), shipped.is_seed())
            {
                check(
                    grace >= longest.unwrap_or_default(),
                    "the load balancer loses patience before the container",
                );
            }
        }
        complaints
    });
}

#[test]
fn revisions_of_a_task_definition_have_the_name_of_their_service() {
    each(|shipped| {
        let view = View::new(shipped, &[]);
        let mut complaints = Vec::new();
        let mut families = BTreeSet::new();
        for (service, _) in shipped.placement() {
            let family =
                view.part(&service, "TaskDefinition")["Family"].as_str().unwrap_or_default().to_owned();
            let expected = format!("${{AWS::StackName}}-{}", service.replace('_', "-"));
            if family != expected && !shipped.is_seed() {
                complaints.push(format!("{service}: the family is `{family}`, not `{expected}`"));
            }
            if !families.insert(family.clone()) {
                complaints.push(format!("two services share the family `{family}`"));
            }
        }
        complaints
    });
}

#[test]
fn an_alarm_is_raised_where_no_task_runs_but_not_before_the_first_does() {
    each(|shipped| {
        let view = View::new(shipped, &[]);
        let mut complaints = Vec::new();
        for (id, alarm) in &view.resolved.resources {
            if alarm["Properties"]["MetricName"] != "UnHealthyHostCount" {
                continue;
            }
            if alarm["Properties"]["TreatMissingData"] != "breaching" {
                complaints.push(format!("{id} is silent where no target is registered"));
            }
            let awaited = texts(&alarm["DependsOn"]);
            if !awaited.iter().any(|awaited| awaited.ends_with("Service")) {
                complaints.push(format!("{id} doesn't wait for a service: {awaited:?}"));
            }
        }
        complaints
    });
}

#[test]
fn a_leaving_task_has_the_time_to_finish_its_answers() {
    each(|shipped| {
        let view = View::new(shipped, &[]);
        let mut complaints = Vec::new();
        for container in view.containers() {
            let timeout = container.json["StopTimeout"].as_u64();
            if timeout.is_some_and(|seconds| seconds > 120) {
                complaints.push(format!("{}: Fargate stops after 120 s", container.name()));
            }
            if matches!(container.component, Some(Api | Worker | Websocket))
                && timeout.is_none_or(|seconds| seconds < 60)
            {
                complaints.push(format!("{}: {timeout:?} s to stop", container.name()));
            }
        }
        complaints
    });
}

#[test]
fn targets_and_registries_are_those_of_containers_with_that_port() {
    each(|shipped| {
        let view = View::new(shipped, &[]);
        let mut complaints = Vec::new();
        for (service, _) in shipped.placement() {
            let containers: Vec<_> =
                view.containers().into_iter().filter(|one| one.service == service).collect();
            let mut ports = BTreeSet::new();
            for container in &containers {
                for mapping in container.json["PortMappings"].as_array().into_iter().flatten() {
                    if !ports.insert(mapping["ContainerPort"].as_u64().unwrap()) {
                        complaints
                            .push(format!("{service}: two containers of a task with the port of {mapping}"));
                    }
                }
            }
            for target in view.part(&service, "Service")["LoadBalancers"].as_array().into_iter().flatten() {
                let container = containers.iter().find(|one| one.json["Name"] == target["ContainerName"]);
                let mapped = container.is_some_and(|container| {
                    let mappings = container.json["PortMappings"].as_array().into_iter().flatten();
                    mappings.into_iter().any(|mapping| mapping["ContainerPort"] == target["ContainerPort"])
                });
                let group = target["TargetGroupArn"]["Ref"].as_str().unwrap();
                if !mapped || view.get(group)["Properties"]["Port"] != target["ContainerPort"] {
                    complaints.push(format!("{service}: no container for {target}"));
                }
            }
        }
        complaints
    });
}

/// The private names that the stack makes, each with the service behind it.
fn private_names(view: &View<'_>) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    for (service, _) in view.shipped.placement() {
        for registry in view.part(&service, "Service")["ServiceRegistries"].as_array().into_iter().flatten() {
            let target = registry["RegistryArn"]["Fn::GetAtt"].as_str().unwrap();
            let id = target.strip_suffix(".Arn").unwrap();
            let name = view.get(id)["Properties"]["Name"].as_str().unwrap();
            names.insert(format!("{name}.${{AWS::StackName}}.internal"), service.clone());
        }
    }
    names
}

#[test]
fn every_address_in_the_environment_is_one_where_somebody_listens_and_may_be_reached() {
    each(|shipped| {
        let view = View::new(shipped, &[]);
        let names = private_names(&view);
        let mut complaints = Vec::new();
        for container in view.containers() {
            for (variable, value) in container.environment() {
                // Somebody else follows this link: the plugin daemon.
                let is_link = variable == "INTERNAL_FILES_URL";
                let Some(address) = value.strip_prefix("http://") else { continue };
                let Some((host, port)) = address.rsplit_once(':') else { continue };
                let own = container.service.as_str();
                let from = if is_link { shipped.service_of(PluginDaemon) } else { None };
                let from = from.unwrap_or_else(|| own.to_owned());
                let listening = if host == "localhost" { Some(&from) } else { names.get(host) };
                let Some(service) = listening else {
                    complaints.push(format!("{}: {variable} {value}: nobody is called so", container.name()));
                    continue;
                };
                if !listens(&view, service, port) {
                    complaints.push(format!("{}: {variable} {value}: nobody listens", container.name()));
                }
                // Websocket has the api's settings, though it calls nobody.
                let is_told_only = container.component == Some(Websocket) || is_link;
                if host != "localhost" && !is_told_only && !is_open(&view, &from, service, port) {
                    complaints.push(format!("{}: {variable} {value}: no way there", container.name()));
                }
            }
        }
        complaints
    });
}

fn listens(view: &View<'_>, service: &str, port: &str) -> bool {
    let mut containers = view.containers().into_iter().filter(|container| container.service == *service);
    containers.any(|container| {
        let mappings = container.json["PortMappings"].as_array().into_iter().flatten();
        mappings.into_iter().any(|mapping| mapping["ContainerPort"].as_u64() == port.parse().ok())
    })
}

fn is_open(view: &View<'_>, from: &str, to: &str, port: &str) -> bool {
    let group = |service: &str| format!("{}SecurityGroup", id_of(service));
    view.of_type("AWS::EC2::SecurityGroupIngress").any(|(_, rule)| {
        let rule = &rule["Properties"];
        rule["FromPort"].as_u64() == port.parse().ok()
            && rule["GroupId"]["Ref"] == group(to)
            && rule["SourceSecurityGroupId"]["Ref"] == group(from)
    })
}

#[test]
fn whoever_is_found_by_name_has_a_health_check() {
    each(|shipped| {
        let view = View::new(shipped, &[]);
        let mut complaints = Vec::new();
        for service in private_names(&view).into_values() {
            let containers = view.containers();
            let mut own = containers.iter().filter(|container| container.service == service);
            if !own.any(|container| container.json.get("HealthCheck").is_some()) {
                complaints.push(format!("{service} is called before it answers"));
            }
        }
        complaints
    });
}

#[test]
fn tasks_run_in_private_subnets_without_a_public_address() {
    each(|shipped| {
        let view = View::new(shipped, &[]);
        let mut complaints = Vec::new();
        for (service, _) in shipped.placement() {
            let network = &view.part(&service, "Service")["NetworkConfiguration"]["AwsvpcConfiguration"];
            let is_private = |subnet: &String| {
                !subnet.contains("Public") && !subnet.starts_with("subnet-0a1b2c3d4e5f6001")
            };
            if network["AssignPublicIp"] != "DISABLED" || !texts(&network["Subnets"]).iter().all(is_private) {
                complaints.push(format!("{service}: {network}"));
            }
        }
        complaints
    });
}

/// The vCPU and memory that Fargate offers together, in CPU units and MiB: the least, the most and the step.
///
/// Source: Amazon ECS Developer Guide, "Task CPU and memory".
const FARGATE: [(u64, u64, u64, u64); 7] = [
    (256, 512, 2048, 512),
    (512, 1024, 4096, 1024),
    (1024, 2048, 8192, 1024),
    (2048, 4096, 16_384, 1024),
    (4096, 8192, 30_720, 1024),
    (8192, 16_384, 61_440, 4096),
    (16_384, 32_768, 122_880, 8192),
];

#[test]
fn fargate_offers_every_task_size() {
    each(|shipped| {
        let view = View::new(shipped, &[]);
        let offered = |(service, _): &(String, Vec<Component>)| {
            let task = view.part(service, "TaskDefinition");
            let number = |key: &str| task[key].as_str().unwrap().parse::<u64>().unwrap();
            let (cpu, memory) = (number("Cpu"), number("Memory"));
            let is_512 =
                (cpu, memory) == (256, 512) || (cpu, memory) == (256, 1024) || (cpu, memory) == (256, 2048);
            is_512
                || FARGATE[1..].iter().any(|(offered, least, most, step)| {
                    cpu == *offered && (*least..=*most).contains(&memory) && memory % step == 0
                })
        };
        let bad = shipped.placement().into_iter().filter(|service| !offered(service));
        bad.map(|(service, _)| format!("{service}: no such task size")).collect()
    });
}

#[test]
fn spot_is_used_only_where_it_is_wanted() {
    each(|shipped| {
        let view = View::new(shipped, &[]);
        let mut complaints = Vec::new();
        for (service, _) in shipped.placement() {
            let strategy = view.part(&service, "Service")["CapacityProviderStrategy"].as_array().unwrap();
            let has_spot = strategy.iter().any(|provider| provider["CapacityProvider"] == "FARGATE_SPOT");
            let wanted = shipped.config().services.get(&service).and_then(|settings| settings.spot_weight);
            if has_spot != (wanted.unwrap_or(0) > 0) {
                complaints.push(format!("{service}: Spot {has_spot}, wanted {wanted:?}"));
            }
        }
        complaints
    });
}

/// The largest sum of connections that all tasks can open.
pub(super) fn most_connections(shipped: &Shipped, view: &View<'_>) -> u64 {
    /// pgvector's own pool in each process (`PGVECTOR_MAX_CONNECTION`).
    const PGVECTOR: u64 = 5;
    let number = |text: Option<&String>| text.map_or(0, |text| text.parse::<u64>().unwrap());
    let mut sum = 0;
    for (service, _) in shipped.placement() {
        let tasks = match scaling(view, &service) {
            Some(target) => target["MaxCapacity"].as_str().unwrap().parse::<u64>().unwrap(),
            None => view.part(&service, "Service")["DesiredCount"].as_u64().unwrap(),
        };
        for container in view.containers().iter().filter(|one| one.service == service) {
            let environment = container.environment();
            // The migration is over before beat starts.
            let each = match container.component {
                Some(Api | Worker | Beat | Websocket) => {
                    number(environment.get("SQLALCHEMY_POOL_SIZE"))
                        + number(environment.get("SQLALCHEMY_MAX_OVERFLOW"))
                        + PGVECTOR
                }
                Some(PluginDaemon) => number(environment.get("DB_MAX_OPEN_CONNS")),
                _ => 0,
            };
            sum += each * tasks;
        }
    }
    sum
}
