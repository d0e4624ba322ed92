//! Paths between groups as rules.

use serde_json::json;

use super::*;
use crate::cfn::{ConditionExpression, Json};
use crate::constructs::test_support::{cycle, ids, ids_of_type, keep, properties, synth};
use crate::constructs::testing::{assert_contains, misuses};
use crate::constructs::{Parameter, ParameterType, Stack};

const INGRESS: &str = "AWS::EC2::SecurityGroupIngress";
const EGRESS: &str = "AWS::EC2::SecurityGroupEgress";

fn group(stack: &mut Stack, name: &str) -> SecurityGroup {
    let vpc = match stack.find_parameter("VpcId") {
        Some(vpc) => vpc,
        None => stack.parameter("VpcId", Parameter::new(ParameterType::VpcId, "The VPC")),
    };
    let mut scope = stack.scope();
    let mut child = scope.child(name);
    SecurityGroup::new(&mut child.child("SecurityGroup"), &vpc.reference(), &format!("Tasks of {name}"))
}

fn group_id(logical_id: &str) -> Json {
    json!({"Ref": logical_id})
}

#[test]
fn a_path_is_an_egress_rule_inside_its_source_and_a_standalone_ingress_rule() {
    let mut stack = Stack::new();
    let (web, api) = (group(&mut stack, "Web"), group(&mut stack, "Api"));
    let mut connections = Connections::new();
    connections.allow(&web, &api, 5001, "web", "api");
    let rules = connections.finish(&mut stack.scope());
    assert_eq!(rules.of(&web), rules.incoming(&api));
    assert_eq!(rules.outgoing(&web)[0].as_str(), "ApiSecurityGroupFromWeb5001");
    assert!(rules.outgoing(&api).is_empty());
    let template = synth(stack);
    keep("connections-path", &template);
    assert_eq!(
        properties(&template, "WebSecurityGroup")["SecurityGroupEgress"],
        json!([{
            "IpProtocol": "tcp", "FromPort": 5001, "ToPort": 5001, "Description": "to api",
            "DestinationSecurityGroupId": group_id("ApiSecurityGroup"),
        }])
    );
    assert_eq!(
        properties(&template, "ApiSecurityGroupFromWeb5001"),
        &json!({
            "IpProtocol": "tcp", "FromPort": 5001, "ToPort": 5001, "Description": "from web",
            "GroupId": group_id("ApiSecurityGroup"),
            "SourceSecurityGroupId": group_id("WebSecurityGroup"),
        })
    );
}

#[test]
fn a_group_without_a_path_out_lets_nothing_out() {
    let mut stack = Stack::new();
    let (web, api) = (group(&mut stack, "Web"), group(&mut stack, "Api"));
    group(&mut stack, "Unused");
    let mut connections = Connections::new();
    connections.allow(&web, &api, 5001, "web", "api");
    connections.finish(&mut stack.scope());
    let template = synth(stack);
    for id in ["ApiSecurityGroup", "UnusedSecurityGroup"] {
        assert_eq!(
            properties(&template, id)["SecurityGroupEgress"],
            json!([{"IpProtocol": "-1", "CidrIp": "127.0.0.1/32", "Description": "no way out"}])
        );
    }
}

#[test]
fn a_way_back_is_standalone_and_so_is_a_way_to_oneself() {
    let mut stack = Stack::new();
    let (api, daemon) = (group(&mut stack, "Api"), group(&mut stack, "PluginDaemon"));
    let mut connections = Connections::new();
    connections.allow(&daemon, &api, 5001, "daemon", "api");
    connections.allow(&daemon, &daemon, 5002, "daemon", "itself");
    connections.allow(&api, &daemon, 5002, "api", "daemon");
    let rules = connections.finish(&mut stack.scope());
    let outgoing: Vec<_> = rules.outgoing(&daemon).iter().map(ToString::to_string).collect();
    assert_eq!(
        outgoing,
        [
            "ApiSecurityGroupFromPluginDaemon5001",
            "PluginDaemonSecurityGroupFromPluginDaemon5002",
            "PluginDaemonSecurityGroupToApi5001",
            "PluginDaemonSecurityGroupToPluginDaemon5002",
        ]
    );
    let template = synth(stack);
    keep("connections-cycle", &template);
    assert_eq!(cycle(&template), None);
    assert_eq!(
        ids_of_type(&template, EGRESS),
        ["PluginDaemonSecurityGroupToApi5001", "PluginDaemonSecurityGroupToPluginDaemon5002"]
    );
    assert_contains(
        properties(&template, "PluginDaemonSecurityGroupToApi5001"),
        &json!({
            "GroupId": group_id("PluginDaemonSecurityGroup"),
            "DestinationSecurityGroupId": group_id("ApiSecurityGroup"),
            "IpProtocol": "tcp", "FromPort": 5001, "ToPort": 5001,
        }),
    );
    // Its standalone rules don't take "everything out" away.
    assert_contains(
        properties(&template, "PluginDaemonSecurityGroup"),
        &json!({"SecurityGroupEgress": [{"CidrIp": "127.0.0.1/32"}]}),
    );
    assert_contains(
        properties(&template, "ApiSecurityGroup"),
        &json!({"SecurityGroupEgress": [{"FromPort": 5002}]}),
    );
}

/// Every graph of paths over four groups: no cycle of resources, each path with both its rules, only paths that lie on a
/// cycle with a standalone egress rule, and the same template whatever the order of the calls.
#[test]
fn no_graph_of_paths_makes_a_cycle_and_order_does_not_matter() {
    let names = ["A", "B", "C", "D"];
    // All pairs that aren't a group with itself, in a mask of 12 bits; every 7th mask keeps the test short.
    let pairs: Vec<(usize, usize)> =
        (0..4).flat_map(|a| (0..4).filter(move |b| *b != a).map(move |b| (a, b))).collect();
    for mask in (0..1_u32 << pairs.len()).step_by(7) {
        let asked: Vec<(usize, usize)> =
            (0..pairs.len()).filter(|bit| mask & (1 << bit) != 0).map(|bit| pairs[bit]).collect();
        let build = |order: &[(usize, usize)]| {
            let mut stack = Stack::new();
            let groups = names.map(|name| group(&mut stack, name));
            let mut connections = Connections::new();
            for (from, to) in order {
                connections.allow(&groups[*from], &groups[*to], 80, "x", "y");
            }
            connections.finish(&mut stack.scope());
            synth(stack)
        };
        let template = build(&asked);
        assert_eq!(cycle(&template), None, "{asked:?}");
        assert_eq!(ids_of_type(&template, INGRESS).len(), asked.len());
        for (from, to) in &asked {
            let standalone = format!("{}SecurityGroupTo{}80", names[*from], names[*to]);
            let inline =
                properties(&template, &format!("{}SecurityGroup", names[*from]))["SecurityGroupEgress"]
                    .to_string();
            let target = format!("\"{}SecurityGroup\"", names[*to]);
            let is_standalone = ids(&template).contains(&standalone);
            assert_ne!(is_standalone, inline.contains(&target), "{from} to {to} of {asked:?}");
            if is_standalone {
                let mut reached = vec![*to];
                for step in 0..4 {
                    for (a, b) in &asked {
                        if reached.get(step) == Some(a) && !reached.contains(b) {
                            reached.push(*b);
                        }
                    }
                }
                assert!(reached.contains(from), "{from} to {to} of {asked:?} closes no cycle");
            }
        }
        let backwards: Vec<_> = asked.iter().rev().copied().collect();
        assert_eq!(template, build(&backwards));
    }
}

#[test]
fn what_is_asked_for_twice_is_written_once_with_both_reasons() {
    let mut stack = Stack::new();
    let (web, api) = (group(&mut stack, "Web"), group(&mut stack, "Api"));
    let mut connections = Connections::new();
    for why in ["pages", "calls", "pages"] {
        connections.allow(&web, &api, 5001, "web", why);
        connections.allow_out(&web, Peer::any_ipv4(), 443, why);
    }
    connections.finish(&mut stack.scope());
    let template = synth(stack);
    assert_contains(
        properties(&template, "WebSecurityGroup"),
        &json!({"SecurityGroupEgress": [
            {"FromPort": 5001, "Description": "to calls; to pages"},
            {"FromPort": 443, "Description": "calls; pages"},
        ]}),
    );
    assert_eq!(ids_of_type(&template, INGRESS).len(), 1);
}

#[test]
fn peers_outside_the_stack_stand_inside_the_group() {
    let mut stack = Stack::new();
    let vpn = stack.parameter("VpnCidr", Parameter::new(ParameterType::String, "VPN").default(""));
    let has = stack.condition("HasVpn", ConditionExpression::differs(vpn.reference::<String>(), ""));
    let api = group(&mut stack, "Api");
    let mut connections = Connections::new();
    connections.allow_in(&api, Peer::cidr("2001:db8::/32"), 443, "office");
    connections.allow_in(&api, Peer::cidr("203.0.113.0/24"), Ports::TcpRange(80, 90), "office");
    connections.allow_in(&api, Peer::ipv4(vpn.reference()).only_if(&has), 443, "vpn");
    connections.allow_out(&api, Peer::prefix_list("pl-12345678"), 443, "list");
    connections.allow_out(&api, Peer::foreign_group("sg-0123456789abcdef0"), Ports::All, "other");
    connections.allow_out(&api, Peer::any_ipv4(), Ports::Udp(53), "names");
    connections.finish(&mut stack.scope());
    let template = synth(stack);
    keep("connections-peers", &template);
    assert_eq!(
        properties(&template, "ApiSecurityGroup")["SecurityGroupIngress"],
        json!([
            {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 90, "CidrIp": "203.0.113.0/24",
                "Description": "office"},
            {"Fn::If": ["HasVpn", {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443,
                "CidrIp": {"Ref": "VpnCidr"}, "Description": "vpn"}, {"Ref": "AWS::NoValue"}]},
            {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIpv6": "2001:db8::/32",
                "Description": "office"},
        ])
    );
    assert_eq!(
        properties(&template, "ApiSecurityGroup")["SecurityGroupEgress"],
        json!([
            {"IpProtocol": "-1", "DestinationSecurityGroupId": "sg-0123456789abcdef0", "Description": "other"},
            {"IpProtocol": "udp", "FromPort": 53, "ToPort": 53, "CidrIp": "0.0.0.0/0",
                "Description": "names"},
            {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "DestinationPrefixListId": "pl-12345678",
                "Description": "list"},
        ])
    );
}

#[test]
fn where_all_ways_out_are_conditional_the_loopback_rule_stays() {
    let mut stack = Stack::new();
    let has = stack.condition("Has", ConditionExpression::equals("a", "b"));
    let api = group(&mut stack, "Api");
    let mut connections = Connections::new();
    connections.allow_out(&api, Peer::any_ipv4().only_if(&has), 443, "sometimes");
    connections.finish(&mut stack.scope());
    let template = synth(stack);
    let egress = &properties(&template, "ApiSecurityGroup")["SecurityGroupEgress"];
    assert_eq!(egress[1]["CidrIp"], "127.0.0.1/32");
}

#[test]
fn a_rule_under_two_conditions_is_reported() {
    let mut stack = Stack::new();
    let has = stack.condition("Has", ConditionExpression::equals("a", "b"));
    let api = group(&mut stack, "Api");
    let mut connections = Connections::new();
    connections.allow_out(&api, Peer::any_ipv4().only_if(&has), 443, "sometimes");
    connections.allow_out(&api, Peer::any_ipv4(), 443, "always");
    connections.finish(&mut stack.scope());
    assert_eq!(misuses(stack), ["`ApiSecurityGroup` has a rule twice, under different conditions"]);
}

#[test]
fn a_description_that_ec2_refuses_is_reported() {
    let mut stack = Stack::new();
    let api = group(&mut stack, "Api");
    let mut connections = Connections::new();
    connections.allow_out(&api, Peer::any_ipv4(), 443, "the api's models");
    connections.allow_out(&api, Peer::any_ipv4(), 80, &"x".repeat(256));
    connections.finish(&mut stack.scope());
    let found = misuses(stack);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found.iter().any(|message| message.ends_with("has a `'` in it")));
    assert!(found.iter().any(|message| message.ends_with("has 256 characters")));
}
