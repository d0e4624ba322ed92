//! W045: what belongs together lies in one VPC.

use crate::cfn::evaluate::Evaluated;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::ecs::services;
use super::model::{Answer, Item, View, same};

pub(super) static RULE: Rule = Rule {
    code: Code("W045"),
    severity: Severity::Error,
    title: "a service, its security groups and its target groups lie in one VPC",
    what: "The subnets and security groups of a service, a load balancer, a database's or a cache's subnet group, and the target groups of a service, are of one VPC as far as they are in the template.",
    why: "AWS refuses it: \"Security group … and subnet … belong to different networks\" or \"The target group … has a different VPC\".",
    source: "Amazon VPC User Guide, \"Security groups for your VPC\"; Elastic Load Balancing User Guide, \"Target groups\"",
    same_as: &[],
};

/// The VPC of each of these values, as far as it is in the template.
fn vpcs<'v, 't>(
    view: &'v View<'_, 't>,
    values: impl IntoIterator<Item = &'v Evaluated<'t>>,
) -> Vec<(&'v Evaluated<'t>, &'v Evaluated<'t>)> {
    values.into_iter().filter_map(|value| Some((value, view.target(Some(value))?.get("VpcId")?))).collect()
}

fn compare<'v, 't>(
    view: &'v View<'_, 't>,
    item: &Item<'t>,
    values: impl IntoIterator<Item = &'v Evaluated<'t>>,
    findings: &mut Vec<Diagnostic>,
) where
    't: 'v,
{
    let found = vpcs(view, values);
    let Some((first, vpc)) = found.first() else { return };
    for (value, other) in &found {
        if same(vpc, other) == Answer::No {
            let message = format!(
                "`{}` is in another VPC than `{}`: `{}` is refused",
                value.resource().unwrap_or_default(),
                first.resource().unwrap_or_default(),
                item.id
            );
            findings.push(item.finding_at(&RULE, value, message).help("take subnets and groups of one VPC"));
        }
    }
}

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for service in services(view) {
        let targets =
            service.item.items("LoadBalancers").iter().filter_map(|entry| entry.get("TargetGroupArn"));
        let own = service.subnets().iter().chain(service.groups().unwrap_or_default());
        compare(view, service.item, own.chain(targets), findings);
    }
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::wiring::testing::{none, only};

    #[test]
    fn another_vpc_is_found() {
        let vpc = json!({"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.1.0.0/16"}});
        let (message, pointer) =
            only("W045", &[("/Other", vpc), ("/ApiTargets/Properties/VpcId", json!({"Ref": "Other"}))]);
        assert_eq!(message, "`ApiTargets` is in another VPC than `PrivateSubnet1`: `ApiService` is refused");
        assert_eq!(pointer, "/Resources/ApiService/Properties/LoadBalancers/0/TargetGroupArn");
    }

    #[test]
    fn one_that_is_not_known_is_left_alone() {
        none(&[("/ApiTargets/Properties/VpcId", json!({"Fn::ImportValue": "Vpc"}))]);
    }
}
