//! W006: tasks reach the databases, caches and file systems that they are told of.

use std::collections::BTreeSet;

use crate::cfn::evaluate::{Evaluated, Origin, Unknown};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::ecs::{containers, environment, known_list, secrets, services};
use super::model::{Answer, Item, View, first_resource, unknown_parts};
use super::network::Network;

pub(super) static RULE: Rule = Rule {
    code: Code("W006"),
    severity: Severity::Error,
    title: "security groups let tasks reach what they connect to",
    what: "Where the task of a service with `awsvpc` is given the address of a database or a cache of the template, or mounts a file system of it, the service's security groups let connections to its port out, and the groups of what it connects to let them in.",
    why: "Connections time out: the containers fail at start or at their first request.",
    source: "Amazon VPC User Guide, \"Control traffic to your AWS resources using security groups\"",
    same_as: &[],
};

/// What a task connects to: its security groups and its port.
fn server<'v, 't>(item: &'v Item<'t>) -> Option<(&'v [Evaluated<'t>], i64)> {
    let groups = match item.resource.type_name.as_str() {
        "AWS::RDS::DBCluster" | "AWS::ElastiCache::CacheCluster" => "VpcSecurityGroupIds",
        "AWS::RDS::DBInstance" => "VPCSecurityGroups",
        "AWS::ElastiCache::ReplicationGroup" => "SecurityGroupIds",
        "AWS::EFS::MountTarget" => return Some((known_list(item.get("SecurityGroups"))?, 2049)),
        _ => return None,
    };
    Some((known_list(item.get(groups)).filter(|groups| !groups.is_empty())?, port(item)?))
}

/// The port that a database or cache listens at, if it is known.
pub(super) fn port(item: &Item<'_>) -> Option<i64> {
    if let Some(port) = item.get("Port") {
        return port.integer();
    }
    match item.resource.type_name.as_str() {
        "AWS::ElastiCache::ReplicationGroup" => Some(6379),
        // An Aurora cluster without a port has that of `MySQL`, so that none is certain.
        "AWS::RDS::DBCluster" | "AWS::RDS::DBInstance" | "AWS::ElastiCache::CacheCluster" => {
            match item.text("Engine")?.as_ref() {
                "postgres" => Some(5432),
                "mysql" | "mariadb" => Some(3306),
                "redis" | "valkey" => Some(6379),
                "memcached" => Some(11211),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The resource whose address, by attribute, a piece of a text is.
pub(super) fn addressed<'t>(part: &Unknown<'t>) -> Option<&'t str> {
    match &part.origin {
        Origin::Attribute(id, attribute)
            if attribute.ends_with("Address") && attribute.to_lowercase().contains("endpoint") =>
        {
            Some(id)
        }
        _ => None,
    }
}

/// What the containers of a task connect to.
fn connected<'v, 't>(view: &'v View<'_, 't>, task: &Item<'t>) -> Vec<&'v Item<'t>> {
    let mut ids = BTreeSet::new();
    for container in containers(task) {
        ids.extend(environment(container).flat_map(|(_, value)| unknown_parts(value)).filter_map(addressed));
        for (_, secret) in secrets(container) {
            // A secret that is put together from an address.
            let Some(id) = first_resource(secret) else { continue };
            if let Some(text) = view.get(id).and_then(|secret| secret.get("SecretString")) {
                ids.extend(unknown_parts(text).filter_map(addressed));
            }
        }
    }
    let mut found: Vec<_> = ids.into_iter().filter_map(|id| view.get(id)).collect();
    for volume in task.items("Volumes") {
        let system = volume.at(&["EFSVolumeConfiguration", "FilesystemId"]).and_then(Evaluated::resource);
        let mounts = view.of("AWS::EFS::MountTarget");
        found.extend(mounts.filter(|mount| {
            system.is_some() && mount.get("FileSystemId").and_then(Evaluated::resource) == system
        }));
    }
    found
}

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    let network = Network::of(view);
    for service in services(view).filter(super::ecs::Service::is_awsvpc) {
        let Some(from) = service.groups().filter(|groups| !groups.is_empty()) else { continue };
        let Some(task) = service.task else { continue };
        for target in connected(view, task) {
            let Some((to, port)) = server(target) else { continue };
            let (missing, help) = if network.enters(from, to, port) == Answer::No {
                (
                    format!("no security group of `{}` lets it in", target.id),
                    format!("add an ingress rule for port {port} from the tasks' group"),
                )
            } else if network.leaves(from, to, port) == Answer::No {
                (
                    format!("no security group of `{}` lets it out", service.item.id),
                    format!("add port {port} to the egress of the tasks' group"),
                )
            } else {
                continue;
            };
            let message = format!(
                "the tasks of `{}` are given the address of `{}`, but can't reach it at port {port}, since {missing}: connections time out",
                service.item.id, target.id
            );
            findings.push(service.item.finding(&RULE, message).help(help));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::wiring::testing::{found, none};

    fn both(changes: &[(&str, Json)], part: &str) {
        let found = found(changes);
        // Api and beat share the group.
        assert!(found.len() == 2 && found.iter().all(|finding| finding.code.0 == "W006"), "{found:#?}");
        assert!(found[0].message.contains(part), "{found:#?}");
    }

    #[test]
    fn a_closed_path_is_found() {
        both(
            &[
                ("/CacheFromApi/Properties/ToPort", json!(6378)),
                ("/CacheFromApi/Properties/FromPort", json!(6378)),
            ],
            "lets it in",
        );
        both(
            &[("/ApiGroup/Properties/SecurityGroupEgress/1", Json::Null)],
            "no security group of `ApiService` lets it out",
        );
        let port = |name: &str| {
            let place = format!("/{name}/Properties/ContainerDefinitions/0/Environment/2/Value");
            (place, json!({"Fn::GetAtt": ["Database", "Endpoint.Port"]}))
        };
        let [api, beat] = ["ApiTask", "BeatTask"].map(port);
        let moved = [("/Database/Properties/Port", json!(5433)), (&api.0, api.1), (&beat.0, beat.1)];
        both(&moved, "at port 5433");
    }

    #[test]
    fn an_instance_of_its_own_has_groups_under_another_name() {
        let with = |group: &str| {
            let instance = json!({"Type": "AWS::RDS::DBInstance", "Properties": {"Engine": "postgres", "VPCSecurityGroups": [{"Fn::GetAtt": [group, "GroupId"]}]}});
            let host = json!({"Fn::GetAtt": ["Alone", "Endpoint.Address"]});
            let changes = [
                ("/Alone", instance),
                ("/ApiTask/Properties/ContainerDefinitions/0/Environment/1/Value", host),
            ];
            found(&changes).into_iter().filter(|finding| finding.code.0 == "W006").count()
        };
        assert_eq!((with("CacheGroup"), with("DatabaseGroup")), (1, 0));
    }

    #[test]
    fn a_block_of_other_addresses_lets_nobody_in() {
        let from = |block: &str| {
            let rule = json!({"Type": "AWS::EC2::SecurityGroupIngress", "Properties": {"GroupId": {"Fn::GetAtt": ["CacheGroup", "GroupId"]}, "CidrIp": block, "IpProtocol": "tcp", "FromPort": 6379, "ToPort": 6379}});
            [("/CacheFromApi", rule)]
        };
        both(&from("192.168.0.0/16"), "no security group of `Cache` lets it in");
        none(&from("10.0.0.0/8"));
        // The tasks may be in that part.
        none(&from("10.0.0.0/24"));
        // The VPC has them as well.
        let more = json!({"Type": "AWS::EC2::VPCCidrBlock", "Properties": {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "192.168.0.0/24"}});
        let [rule] = from("192.168.0.0/16");
        none(&[rule, ("/More", more)]);
    }

    #[test]
    fn memcached_has_a_port_of_its_own() {
        let with = |port: i64| {
            let cache = json!({"Type": "AWS::ElastiCache::CacheCluster", "DeletionPolicy": "Delete", "UpdateReplacePolicy": "Delete", "Properties": {"Engine": "memcached", "CacheNodeType": "cache.t4g.small", "NumCacheNodes": 1, "CacheSubnetGroupName": {"Ref": "CacheSubnets"}, "VpcSecurityGroupIds": [{"Fn::GetAtt": ["MemoryGroup", "GroupId"]}]}});
            let group = json!({"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": "m", "VpcId": {"Ref": "Vpc"}, "SecurityGroupIngress": [{"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "SourceSecurityGroupId": {"Fn::GetAtt": ["ApiGroup", "GroupId"]}}]}});
            let host = json!({"Name": "MEMORY", "Value": {"Fn::GetAtt": ["Memory", "ConfigurationEndpoint.Address"]}});
            let changes = [
                ("/Memory", cache),
                ("/MemoryGroup", group),
                ("/ApiGroup/Properties/SecurityGroupEgress", Json::Null),
                ("/ApiTask/Properties/ContainerDefinitions/0/Environment/-", host),
            ];
            found(&changes).into_iter().filter(|finding| finding.code.0 == "W006").count()
        };
        assert_eq!((with(11211), with(6379)), (0, 1));
    }

    #[test]
    fn an_open_group_or_a_foreign_one_is_not() {
        none(&[("/ApiGroup/Properties/SecurityGroupEgress", Json::Null)]);
        none(&[("/Database/Properties/VpcSecurityGroupIds", json!([{"Fn::ImportValue": "Group"}]))]);
    }
}
