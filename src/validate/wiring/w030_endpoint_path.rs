//! W030: tasks reach the endpoints of their network.

use crate::cfn::evaluate::Evaluated;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::ecs::services;
use super::endpoints::{groups, is_closed, is_interface, needed, of};
use super::model::{Answer, View};
use super::network::Network;

pub(super) static RULE: Rule = Rule {
    code: Code("W030"),
    severity: Severity::Error,
    title: "security groups let tasks reach the interface endpoints",
    what: "The security groups of an interface endpoint that a service needs let port 443 in from the tasks' groups, and these let it out: in a closed network, and in any other where the endpoint has private DNS, which leads there whatever other way there is.",
    why: "Calls to AWS time out: tasks stop before they start with a ResourceInitializationError.",
    source: "Amazon VPC User Guide, \"Access an AWS service using an interface VPC endpoint\"",
    same_as: &[],
};

const HTTPS: i64 = 443;

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    let network = Network::of(view);
    for service in services(view) {
        let closed = is_closed(view, &service);
        let (Some(endpoints), Some(from)) = (of(view, &service), service.groups()) else { continue };
        let needed = needed(view, &service);
        for (name, endpoint) in endpoints {
            let is_only_way =
                closed || endpoint.get("PrivateDnsEnabled").and_then(Evaluated::boolean) == Some(true);
            let is_needed = is_interface(endpoint) && needed.contains(name.as_str());
            let Some(to) = groups(endpoint).filter(|_| is_only_way && is_needed) else {
                continue;
            };
            let (missing, help) = if network.enters(from, to, HTTPS) == Answer::No {
                (
                    format!("no security group of `{}` lets port 443 in", endpoint.id),
                    "add an ingress rule for 443 from the tasks' group",
                )
            } else if network.leaves(from, to, HTTPS) == Answer::No {
                (
                    "no security group of the tasks lets port 443 out".to_owned(),
                    "add 443 to the egress of the tasks' group",
                )
            } else {
                continue;
            };
            let message = format!(
                "the tasks need `{}` for {name} and can't reach it, since {missing}: they stop before they start",
                endpoint.id
            );
            findings.push(service.item.finding_of(&RULE, "NetworkConfiguration", message).help(help));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::wiring::testing::{ALL_ENDPOINTS, borrowed, closed, found};

    #[test]
    fn an_endpoint_that_lets_nobody_in_is_found() {
        let mut changes = closed(ALL_ENDPOINTS);
        changes.push(("/EndpointGroup/Properties/SecurityGroupIngress/0/FromPort".to_owned(), json!(80)));
        changes.push(("/EndpointGroup/Properties/SecurityGroupIngress/0/ToPort".to_owned(), json!(80)));
        let all = found(&borrowed(&changes));
        // Four endpoints, two services.
        assert!(all.len() == 8 && all.iter().all(|finding| finding.code.0 == "W030"), "{all:#?}");
    }

    #[test]
    fn private_dns_leads_to_the_endpoint_where_there_is_another_way_too() {
        let group = json!({"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": "e", "VpcId": {"Ref": "Vpc"}}});
        let endpoint = |private: bool| json!({"Type": "AWS::EC2::VPCEndpoint", "Properties": {"VpcId": {"Ref": "Vpc"}, "ServiceName": {"Fn::Sub": "com.amazonaws.${AWS::Region}.logs"}, "VpcEndpointType": "Interface", "PrivateDnsEnabled": private, "SubnetIds": [{"Ref": "PrivateSubnet1"}], "SecurityGroupIds": [{"Ref": "EndpointGroup"}]}});
        let of = |private: bool| found(&[("/EndpointGroup", group.clone()), ("/Logs", endpoint(private))]);
        let all = of(true);
        assert!(all.len() == 2 && all.iter().all(|finding| finding.code.0 == "W030"), "{all:#?}");
        assert!(of(false).is_empty());
    }

    #[test]
    fn nothing_is_said_where_nothing_is_needed() {
        assert!(found(&borrowed(&closed(ALL_ENDPOINTS))).is_empty());
    }
}
