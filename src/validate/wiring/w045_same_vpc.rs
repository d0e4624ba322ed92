//! W045: what belongs together lies in one VPC.

use std::collections::BTreeSet;

use crate::cfn::evaluate::Evaluated;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::ecs::services;
use super::forward::{SENDERS, balancer, targets};
use super::model::{Answer, Item, View, same};

pub(super) static RULE: Rule = Rule {
    code: Code("W045"),
    severity: Severity::Error,
    title: "a service, its security groups and its target groups lie in one VPC",
    what: "The subnets and security groups of a service, a load balancer, a database's or a cache's subnet group, and the target groups of a service or listener, are of one VPC as far as they are in the template.",
    why: "AWS refuses it: \"Security group … and subnet … belong to different networks\" or \"The target group … has a different VPC\".",
    source: "Amazon VPC User Guide, \"Security groups for your VPC\"; Elastic Load Balancing User Guide, \"Target groups\"",
    same_as: &["cdk-preflight pf-elbv2-listener-tg-vpc-match"],
};

/// The VPC of each of these values, as far as it is in the template.
fn vpcs<'v, 't>(
    view: &'v View<'_, 't>,
    values: impl IntoIterator<Item = &'v Evaluated<'t>>,
) -> Vec<(&'v Evaluated<'t>, &'v Evaluated<'t>)> {
    values.into_iter().filter_map(|value| Some((value, view.target(Some(value))?.get("VpcId")?))).collect()
}

/// Tells which of the values are of another VPC than the first, and gives their resources.
fn compare<'v, 't>(
    view: &'v View<'_, 't>,
    item: &Item<'t>,
    values: impl IntoIterator<Item = &'v Evaluated<'t>>,
    findings: &mut Vec<Diagnostic>,
) -> BTreeSet<&'t str>
where
    't: 'v,
{
    let found = vpcs(view, values);
    let mut strangers = BTreeSet::new();
    let Some((first, vpc)) = found.first() else { return strangers };
    for (value, other) in &found {
        if same(vpc, other) == Answer::No {
            let message = format!(
                "`{}` is in another VPC than `{}`: `{}` is refused",
                value.resource().unwrap_or_default(),
                first.resource().unwrap_or_default(),
                item.id
            );
            findings.push(item.finding_at(&RULE, value, message).help("take subnets and groups of one VPC"));
            strangers.extend(value.resource());
        }
    }
    strangers
}

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    let mut told = BTreeSet::new();
    for service in services(view) {
        let targets =
            service.item.items("LoadBalancers").iter().filter_map(|entry| entry.get("TargetGroupArn"));
        let own = service.subnets().iter().chain(service.groups().unwrap_or_default());
        told.extend(compare(view, service.item, own.chain(targets), findings));
    }
    listeners(view, told, findings);
    for balancer in view.of("AWS::ElasticLoadBalancingV2::LoadBalancer") {
        compare(
            view,
            balancer,
            balancer.items("Subnets").iter().chain(balancer.items("SecurityGroups")),
            findings,
        );
    }
    for (type_name, subnets, group, groups) in [
        ("AWS::RDS::DBCluster", "SubnetIds", "DBSubnetGroupName", "VpcSecurityGroupIds"),
        ("AWS::RDS::DBInstance", "SubnetIds", "DBSubnetGroupName", "VPCSecurityGroups"),
        ("AWS::ElastiCache::ReplicationGroup", "SubnetIds", "CacheSubnetGroupName", "SecurityGroupIds"),
    ] {
        for item in view.of(type_name) {
            let subnets = view.target(item.get(group)).map_or(&[][..], |group| group.items(subnets));
            compare(view, item, subnets.iter().chain(item.items(groups)), findings);
        }
    }
}

/// The target groups of listeners lie in the VPC of their load balancer. A group is told once, however many rules send
/// requests to it.
fn listeners<'t>(view: &View<'_, 't>, mut told: BTreeSet<&'t str>, findings: &mut Vec<Diagnostic>) {
    for sender in SENDERS.iter().flat_map(|sender| view.of(sender)) {
        let Some(balancer) = balancer(view, sender) else { continue };
        let mappings = balancer.items("SubnetMappings").iter().filter_map(|mapping| mapping.get("SubnetId"));
        let of_balancer = balancer.items("Subnets").iter().chain(mappings).take(1);
        let own = targets(sender)
            .into_iter()
            .filter(|target| target.resource().is_none_or(|group| !told.contains(group)));
        let strangers = compare(view, sender, of_balancer.chain(own), findings);
        told.extend(strangers);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::wiring::testing::{found, none, only};

    #[test]
    fn another_vpc_is_found() {
        let vpc = json!({"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.1.0.0/16"}});
        let (message, pointer) =
            only("W045", &[("/Other", vpc), ("/ApiTargets/Properties/VpcId", json!({"Ref": "Other"}))]);
        assert_eq!(message, "`ApiTargets` is in another VPC than `PrivateSubnet1`: `ApiService` is refused");
        assert_eq!(pointer, "/Resources/ApiService/Properties/LoadBalancers/0/TargetGroupArn");
    }

    #[test]
    fn a_group_of_a_listener_alone_is_found() {
        let vpc = json!({"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.1.0.0/16"}});
        let group = json!({"Type": "AWS::ElasticLoadBalancingV2::TargetGroup", "Properties": {"VpcId": {"Ref": "Other"}, "TargetType": "ip", "Protocol": "HTTP", "Port": 80}});
        let actions = json!([{"Type": "forward", "TargetGroupArn": {"Ref": "Group"}}]);
        let (message, pointer) = only(
            "W045",
            &[("/Other", vpc), ("/Group", group), ("/Listener/Properties/DefaultActions", actions)],
        );
        assert_eq!(message, "`Group` is in another VPC than `PublicSubnet1`: `Listener` is refused");
        assert_eq!(pointer, "/Resources/Listener/Properties/DefaultActions/0/TargetGroupArn");
    }

    #[test]
    fn a_load_balancer_elsewhere_than_its_targets_is_found_once() {
        let vpc = json!({"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.1.0.0/16"}});
        let found = found(&[
            ("/Other", vpc),
            ("/PublicSubnet1/Properties/VpcId", json!({"Ref": "Other"})),
            ("/PublicSubnet2/Properties/VpcId", json!({"Ref": "Other"})),
        ]);
        let of_rules: Vec<_> = found
            .iter()
            .filter_map(|finding| Some((finding.code.0, finding.logical_id.as_deref()?)))
            .filter(|(code, id)| *code == "W045" && id.starts_with("ApiRule"))
            .collect();
        assert_eq!(of_rules, [("W045", "ApiRule1")], "{found:#?}");
    }

    #[test]
    fn one_that_is_not_known_is_left_alone() {
        none(&[("/ApiTargets/Properties/VpcId", json!({"Fn::ImportValue": "Vpc"}))]);
    }
}
