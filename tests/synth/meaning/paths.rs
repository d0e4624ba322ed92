//! Who may reach whom: each path is open at both its ends, and there are no others.

use std::collections::{BTreeMap, BTreeSet};

use dify_cfn::catalog::Component;
use serde_json::Value as Json;

use crate::shipped::{Shipped, each};
use crate::view::{CERTIFICATE, View, id_of};

/// Who calls whom on which port.
///
/// A component's calls to another one of its own task need no path, but where another task of the service may be meant: the
/// plugin daemon's to itself, and to an api beside it for what a worker elsewhere gave it a link to.
const CALLS: [(&str, &str, u16); 25] = [
    ("load_balancer", "web", 3000),
    ("load_balancer", "api", 5001),
    ("load_balancer", "plugin_daemon", 5002),
    ("load_balancer", "websocket", 5001),
    ("web", "api", 5001),
    ("worker", "api", 5001),
    ("plugin_daemon", "api", 5001),
    ("api", "plugin_daemon", 5002),
    ("worker", "plugin_daemon", 5002),
    ("plugin_daemon", "plugin_daemon", 5002),
    ("api", "sandbox", 8194),
    ("worker", "sandbox", 8194),
    ("api", "ssrf_proxy", 3128),
    ("worker", "ssrf_proxy", 3128),
    ("sandbox", "ssrf_proxy", 3128),
    ("api", "database", 5432),
    ("worker", "database", 5432),
    ("beat", "database", 5432),
    ("websocket", "database", 5432),
    ("plugin_daemon", "database", 5432),
    ("api", "cache", 6379),
    ("worker", "cache", 6379),
    ("beat", "cache", 6379),
    ("websocket", "cache", 6379),
    ("plugin_daemon", "cache", 6379),
];

/// The interface endpoints, as a party.
const ENDPOINTS: &str = "endpoints";

/// A source, a target and a port; ranges stand for themselves.
type Path = (String, String, u16);

/// The security group of a party.
fn group_of(party: &str) -> String {
    match party {
        ENDPOINTS => "NetworkEndpointSecurityGroup".to_owned(),
        party => format!("{}SecurityGroup", id_of(party)),
    }
}

/// The paths between parties of the stack: services instead of their components.
fn inner(shipped: &Shipped) -> BTreeSet<Path> {
    let party = |name: &str| -> Option<String> {
        match name.parse::<Component>() {
            Ok(component) => shipped.service_of(component),
            Err(_) => Some(name.to_owned()),
        }
    };
    let mut paths = BTreeSet::new();
    for (from, to, port) in CALLS {
        let (Some(source), Some(target)) = (party(from), party(to)) else { continue };
        let has_worker_elsewhere = party("worker").is_some_and(|worker| worker != target);
        let is_self_call =
            from == "plugin_daemon" && (to == "plugin_daemon" || (to == "api" && has_worker_elsewhere));
        if source != target || is_self_call {
            paths.insert((source, target, port));
        }
    }
    if shipped.json["Resources"].get("NetworkEndpointSecurityGroup").is_some() {
        paths
            .extend(shipped.placement().into_iter().map(|(service, _)| (service, ENDPOINTS.to_owned(), 443)));
    }
    paths
}

/// The ways out of the stack.
fn outward(shipped: &Shipped) -> BTreeSet<Path> {
    use Component::{Api, PluginDaemon, SsrfProxy, Worker};
    const ANYWHERE: &str = "0.0.0.0/0";
    let mut paths = BTreeSet::new();
    for (service, components) in shipped.placement() {
        let mut open = |range: &str, port: u16| paths.insert((service.clone(), range.to_owned(), port));
        let runs = |wanted: &[Component]| components.iter().any(|component| wanted.contains(component));
        open(ANYWHERE, 443);
        if runs(&[Api, Worker, PluginDaemon, SsrfProxy]) && !shipped.is_closed() {
            open(ANYWHERE, 80);
        }
        if let Some(mail) = shipped.config().mail.as_ref().filter(|_| runs(&[Api, Worker])) {
            open(ANYWHERE, mail.smtp.port);
        }
        for egress in &shipped.config().egress {
            let chosen = if egress.components.is_empty() {
                runs(&[Api, Worker, PluginDaemon])
            } else {
                runs(&egress.components)
            };
            if chosen {
                open(&egress.cidr, egress.port);
            }
        }
    }
    paths
}

/// What a template opens at one end, and what is wrong with how it does.
#[derive(Default)]
struct Opened {
    inner: BTreeSet<Path>,
    outer: BTreeSet<Path>,
    complaints: Vec<String>,
}

impl Opened {
    fn add(&mut self, is_egress: bool, group: &str, rule: &Json, parties: &BTreeMap<String, String>) {
        let port = rule["FromPort"].as_u64().and_then(|port| u16::try_from(port).ok());
        let (Some(port), Some("tcp"), true) =
            (port, rule["IpProtocol"].as_str(), rule["FromPort"] == rule["ToPort"])
        else {
            self.complaints.push(format!("{group}: a rule for more than one TCP port: {rule}"));
            return;
        };
        let peer_key = if is_egress { "DestinationSecurityGroupId" } else { "SourceSecurityGroupId" };
        let own = parties[group].clone();
        let ends =
            |peer: String| if is_egress { (own.clone(), peer, port) } else { (peer, own.clone(), port) };
        if let Some(peer) = rule.get(peer_key) {
            let peer = parties[&id_in(peer)].clone();
            self.inner.insert(ends(peer));
        } else {
            let range = rule["CidrIp"].as_str().or(rule["CidrIpv6"].as_str()).unwrap();
            self.outer.insert(ends(range.to_owned()));
        }
    }
}

/// The group whose id a value is.
fn id_in(value: &Json) -> String {
    value["Ref"].as_str().unwrap_or_else(|| panic!("no group id: {value}")).to_owned()
}

/// Egress, then ingress.
fn opened(view: &View<'_>) -> [Opened; 2] {
    let mut parties: BTreeMap<String, String> = view
        .shipped
        .placement()
        .into_iter()
        .map(|(service, _)| service)
        .chain(["load_balancer", "database", "cache", ENDPOINTS].map(str::to_owned))
        .map(|party| (group_of(&party), party))
        .collect();
    parties.retain(|group, _| view.has(group));
    let mut both = [Opened::default(), Opened::default()];
    let [egress, ingress] = &mut both;
    for (group, resource) in view.of_type("AWS::EC2::SecurityGroup") {
        if !parties.contains_key(group) {
            egress.complaints.push(format!("{group} is nobody's"));
            continue;
        }
        let properties = &resource["Properties"];
        let rules = properties["SecurityGroupEgress"].as_array().map_or(&[][..], Vec::as_slice);
        if rules.is_empty() {
            egress.complaints.push(format!("{group} has no egress of its own, so that AWS opens all"));
        }
        for rule in rules {
            // A group that calls nobody: a rule that leads nowhere takes the place of AWS's own.
            if rule["CidrIp"] == "127.0.0.1/32" && rules.len() == 1 {
                continue;
            }
            egress.add(true, group, rule, &parties);
        }
        for rule in properties["SecurityGroupIngress"].as_array().into_iter().flatten() {
            // No group names that of the endpoints, to which the way out on 443 leads by address.
            if rule.get("SourceSecurityGroupId").is_some() && parties[group] != ENDPOINTS {
                ingress
                    .complaints
                    .push(format!("{group} names its sources inline, which can close a circle"));
            }
            ingress.add(false, group, rule, &parties);
        }
    }
    for (_, resource) in view.of_type("AWS::EC2::SecurityGroupEgress") {
        let rule = &resource["Properties"];
        egress.add(true, &id_in(&rule["GroupId"]), rule, &parties);
    }
    for (_, resource) in view.of_type("AWS::EC2::SecurityGroupIngress") {
        let rule = &resource["Properties"];
        ingress.add(false, &id_in(&rule["GroupId"]), rule, &parties);
    }
    both
}

fn differences(what: &str, found: &BTreeSet<Path>, expected: &BTreeSet<Path>) -> Vec<String> {
    let missing = expected.difference(found).map(|path| format!("{what}: {path:?} is missing"));
    let superfluous = found.difference(expected).map(|path| format!("{what}: {path:?} is superfluous"));
    missing.chain(superfluous).collect()
}

#[test]
fn paths_between_parties_are_open_at_both_ends_and_no_others_are() {
    each(|shipped| {
        let view = View::new(shipped, &[]);
        let expected = inner(shipped);
        let [egress, ingress] = opened(&view);
        let mut complaints = differences("ingress", &ingress.inner, &expected);
        complaints.extend(ingress.complaints);
        // Seeds put egress of their own in place of ours.
        if !shipped.is_seed() {
            let by_group = expected.iter().filter(|(_, to, _)| to != ENDPOINTS).cloned().collect();
            complaints.extend(differences("egress", &egress.inner, &by_group));
            complaints.extend(differences("way out", &egress.outer, &outward(shipped)));
            complaints.extend(egress.complaints);
        }
        complaints
    });
}

#[test]
fn only_the_load_balancer_can_be_reached_from_outside_and_only_from_allowed_ranges() {
    each(|shipped| {
        let mut complaints = Vec::new();
        for certificate in [None, Some(CERTIFICATE)] {
            let parameters: Vec<_> = certificate.into_iter().collect();
            let view = View::new(shipped, &parameters);
            let has_https = view.has("ListenerHttps");
            let configured = &shipped.config().ingress.allowed_cidrs;
            let ranges: Vec<String> =
                if configured.is_empty() { vec!["<AllowedCidr1>".to_owned()] } else { configured.clone() };
            let ports: &[u16] = if has_https { &[80, 443] } else { &[80] };
            let expected = ranges
                .iter()
                .flat_map(|range| ports.iter().map(|port| (range.clone(), "load_balancer".to_owned(), *port)))
                .collect();
            let [_, ingress] = opened(&view);
            complaints.extend(differences("from outside", &ingress.outer, &expected));
        }
        complaints
    });
}

#[test]
fn a_service_waits_for_the_rules_of_its_paths() {
    each(|shipped| {
        let view = View::new(shipped, &[]);
        let mut complaints = Vec::new();
        for (service, _) in shipped.placement() {
            let group = group_of(&service);
            let waits = view.waits_for(&format!("{}Service", id_of(&service)));
            let rules = view
                .of_type("AWS::EC2::SecurityGroupIngress")
                .chain(view.of_type("AWS::EC2::SecurityGroupEgress"));
            for (id, resource) in rules {
                let rule = &resource["Properties"];
                let ends = ["GroupId", "SourceSecurityGroupId", "DestinationSecurityGroupId"];
                let touches = ends.iter().filter_map(|end| rule.get(*end)).any(|end| id_in(end) == group);
                if touches && !waits.contains(id) {
                    complaints.push(format!("{service} doesn't wait for {id}"));
                }
            }
        }
        complaints
    });
}
