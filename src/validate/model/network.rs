//! Who can reach whom: security groups, routes, endpoints.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use crate::cfn::evaluate::{Evaluated, Origin};

use super::block::Block;
use super::ecs::known_list;
use super::{Answer, Item, View};

/// A rule of a security group.
#[derive(Debug)]
struct GroupRule<'t> {
    protocol: Protocol,
    ports: Ports,
    peer: Peer<'t>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Protocol {
    All,
    Tcp,
    Other,
    Unknown,
}

impl Protocol {
    fn of(text: Option<&str>) -> Self {
        let is = |name: &str| text.is_some_and(|text| text.eq_ignore_ascii_case(name));
        match text {
            None => Self::Unknown,
            Some("-1") => Self::All,
            Some("6") => Self::Tcp,
            Some(_) if is("tcp") || is("all") => Self::Tcp,
            Some(_) => Self::Other,
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Ports {
    All,
    Range(i64, i64),
    Unknown,
}

#[derive(Debug)]
enum Peer<'t> {
    Group(&'t str),
    /// A group that isn't in the template.
    Foreign(Origin<'t>),
    /// Of addresses, if it is one, and whether it holds one inside of a VPC of which nothing is known.
    Block(Option<Block>, Answer),
    Unknown,
}

/// The rules of a security group of the template.
#[derive(Debug, Default)]
struct Group<'t> {
    ingress: Vec<GroupRule<'t>>,
    egress: Vec<GroupRule<'t>>,
    /// Whether only what `egress` names gets out: rules besides the group restrict nothing.
    restricted: bool,
    /// Whether rules are there that aren't known.
    open: bool,
    /// The addresses of its VPC, where all are known.
    addresses: Option<Vec<Block>>,
}

/// The way from a subnet to the internet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::validate) enum Way {
    /// An internet gateway: only for interfaces with a public address.
    Gateway,
    /// A NAT gateway or another device.
    Nat,
    /// None.
    None,
    /// It isn't known.
    Unknown,
}

/// The network of a template.
#[derive(Debug)]
pub(in crate::validate) struct Network<'t> {
    groups: BTreeMap<&'t str, Group<'t>>,
    /// For each subnet of the template the ids of its route tables, and the way out.
    subnets: BTreeMap<&'t str, (Option<&'t str>, Way)>,
}

const GROUP: &str = "AWS::EC2::SecurityGroup";

impl<'t> Network<'t> {
    /// The network of the view, put together once.
    pub(in crate::validate) fn of<'v>(view: &'v View<'_, 't>) -> &'v Self {
        let (network, from) = view.snapshot.network.get_or_init(|| {
            let before = view.looked.take();
            let network = Self { groups: groups(view), subnets: subnets(view) };
            (network, view.looked.replace(before))
        });
        view.looked.borrow_mut().at_what(from);
        network
    }

    /// Whether TCP gets from an interface with the first groups to one with the second at the port: out of the first.
    pub(in crate::validate) fn leaves(
        &self,
        from: &[Evaluated<'t>],
        to: &[Evaluated<'t>],
        port: i64,
    ) -> Answer {
        self.any(
            from,
            |group| {
                if group.restricted { self.admits(&group.egress, to, port) } else { Answer::Yes }
            },
        )
    }

    /// Whether TCP gets from an interface with the first groups to one with the second at the port: into the second.
    pub(in crate::validate) fn enters(
        &self,
        from: &[Evaluated<'t>],
        to: &[Evaluated<'t>],
        port: i64,
    ) -> Answer {
        self.any(to, |group| self.admits(&group.ingress, from, port))
    }

    /// Whether one of the groups lets something through. One that isn't in the template, or whose rules aren't all known,
    /// may.
    fn any(&self, groups: &[Evaluated<'t>], lets: impl Fn(&Group<'t>) -> Answer) -> Answer {
        let mut answer = Answer::No;
        for value in groups {
            let group = value.resource().and_then(|id| self.groups.get(id));
            answer = answer.max(group.map_or(Answer::Unknown, &lets));
            if group.is_some_and(|group| group.open) {
                answer = answer.max(Answer::Unknown);
            }
        }
        answer
    }

    /// Whether one of the rules lets TCP through to or from one of the groups at the port.
    fn admits(&self, rules: &[GroupRule<'t>], peers: &[Evaluated<'t>], port: i64) -> Answer {
        let mut answer = Answer::No;
        for rule in rules {
            let protocol = match rule.protocol {
                Protocol::All | Protocol::Tcp => Answer::Yes,
                Protocol::Other => Answer::No,
                Protocol::Unknown => Answer::Unknown,
            };
            let ports = match (rule.ports, rule.protocol) {
                (_, Protocol::All) | (Ports::All, _) => Answer::Yes,
                (Ports::Range(from, to), _) => Answer::of((from..=to).contains(&port)),
                (Ports::Unknown, _) => Answer::Unknown,
            };
            let peer = match &rule.peer {
                Peer::Group(id) if peers.iter().any(|peer| peer.resource() == Some(id)) => Answer::Yes,
                Peer::Group(_) if peers.iter().all(|peer| peer.resource().is_some()) => Answer::No,
                Peer::Group(_) | Peer::Unknown => Answer::Unknown,
                Peer::Foreign(origin) => {
                    let is = |peer: &Evaluated<'_>| {
                        peer.unknown().is_some_and(|unknown| unknown.origin == *origin)
                    };
                    if peers.iter().any(is) { Answer::Yes } else { Answer::Unknown }
                }
                Peer::Block(block, otherwise) => self.holds(*block, peers).unwrap_or(*otherwise),
            };
            answer = answer.max(protocol.min(ports).min(peer));
        }
        answer
    }

    /// Whether a block of addresses holds that of an interface with one of the groups, whose VPCs are all known.
    fn holds(&self, block: Option<Block>, groups: &[Evaluated<'t>]) -> Option<Answer> {
        let addresses = |group: &Evaluated<'t>| {
            self.groups.get(group.resource()?).and_then(|group| group.addresses.as_deref())
        };
        let block = block.filter(|_| !groups.is_empty())?;
        let known: Vec<&[Block]> = groups.iter().map(addresses).collect::<Option<_>>()?;
        let mut known = known.into_iter().flatten();
        Some(if known.clone().all(|vpc| block.contains(*vpc)) {
            Answer::Yes
        } else if known.any(|vpc| block.overlaps(*vpc)) {
            Answer::Unknown
        } else {
            Answer::No
        })
    }

    /// The way from a subnet to the internet.
    pub(in crate::validate) fn way(&self, subnet: &Evaluated<'t>) -> Way {
        subnet.resource().and_then(|id| self.subnets.get(id)).map_or(Way::Unknown, |(_, way)| *way)
    }

    /// The route table of a subnet, if it is in the template.
    pub(in crate::validate) fn route_table(&self, subnet: &Evaluated<'t>) -> Option<&'t str> {
        self.subnets.get(subnet.resource()?)?.0
    }
}

/// Whether a block of addresses holds one inside of a VPC, of which nothing is known.
fn block_admits(block: &str) -> Answer {
    if block == "0.0.0.0/0" {
        return Answer::Yes;
    }
    // An address of the machine itself is nobody else's.
    if block.starts_with("127.") {
        return Answer::No;
    }
    let parsed = block
        .split_once('/')
        .and_then(|(address, prefix)| Some((address.parse::<Ipv4Addr>().ok()?, prefix.parse::<u8>().ok()?)));
    match parsed {
        // Addresses of the internet aren't those of a VPC, as good as always; a wide block can hold both.
        Some((address, prefix)) if prefix > 8 && !address.is_private() && address.octets()[0] != 100 => {
            Answer::No
        }
        _ => Answer::Unknown,
    }
}

/// The blocks of a VPC; `None` if not all of them are known.
pub(in crate::validate) fn blocks<'t>(view: &View<'_, 't>, vpc: &Item<'t>) -> Option<Vec<Block>> {
    let more = view
        .of("AWS::EC2::VPCCidrBlock")
        .filter(|more| more.get("VpcId").and_then(Evaluated::resource).is_none_or(|id| id == vpc.id));
    std::iter::once(vpc)
        .chain(more.filter(|more| more.get("AmazonProvidedIpv6CidrBlock").is_none()))
        .map(|item| Block::of(item.get("CidrBlock")))
        .collect()
}

fn groups<'t>(view: &View<'_, 't>) -> BTreeMap<&'t str, Group<'t>> {
    let mut groups: BTreeMap<&'t str, Group<'t>> = BTreeMap::new();
    for item in view.of(GROUP) {
        let group = groups.entry(item.id).or_default();
        let vpc = view.target_of(item.get("VpcId"), "AWS::EC2::VPC");
        group.addresses = vpc.and_then(|vpc| blocks(view, vpc));
        let (ingress, egress) =
            (known_list(item.get("SecurityGroupIngress")), known_list(item.get("SecurityGroupEgress")));
        group.open = ingress.is_none() || egress.is_none();
        group.restricted = egress.is_none_or(|rules| !rules.is_empty());
        let rules = |list: Option<&[Evaluated<'t>]>, peer: &str| {
            list.unwrap_or_default().iter().map(|value| rule(&|key| value.get(key), peer)).collect()
        };
        group.ingress = rules(ingress, "SourceSecurityGroupId");
        group.egress = rules(egress, "DestinationSecurityGroupId");
    }
    for (type_name, peer, is_ingress) in [
        ("AWS::EC2::SecurityGroupIngress", "SourceSecurityGroupId", true),
        ("AWS::EC2::SecurityGroupEgress", "DestinationSecurityGroupId", false),
    ] {
        for item in view.of(type_name) {
            let rule = rule(&|key| item.get(key), peer);
            match item.get("GroupId").and_then(Evaluated::resource).and_then(|id| groups.get_mut(id)) {
                Some(group) if is_ingress => group.ingress.push(rule),
                Some(group) => group.egress.push(rule),
                // A parameter can have the id of any group, also one that the template is given by name only.
                None => {}
            }
        }
    }
    groups
}

fn rule<'v, 't: 'v>(get: &dyn Fn(&str) -> Option<&'v Evaluated<'t>>, peer: &str) -> GroupRule<'t> {
    let protocol = Protocol::of(get("IpProtocol").and_then(Evaluated::text).as_deref());
    let ports = match (get("FromPort"), get("ToPort")) {
        (None, None) => Ports::All,
        (Some(from), Some(to)) => match (from.integer(), to.integer()) {
            (Some(-1), _) => Ports::All,
            (Some(from), Some(to)) => Ports::Range(from, to),
            _ => Ports::Unknown,
        },
        _ => Ports::Unknown,
    };
    let peer = match (get(peer), get("CidrIp").or_else(|| get("CidrIpv6"))) {
        (Some(group), _) => match (group.resource(), group.unknown()) {
            (Some(id), _) => Peer::Group(id),
            (None, Some(unknown)) => Peer::Foreign(unknown.origin.clone()),
            _ => Peer::Unknown,
        },
        (None, Some(block)) => {
            block.text().map_or(Peer::Unknown, |text| Peer::Block(Block::parse(&text), block_admits(&text)))
        }
        (None, None) => Peer::Unknown,
    };
    GroupRule { protocol, ports, peer }
}

fn subnets<'t>(view: &View<'_, 't>) -> BTreeMap<&'t str, (Option<&'t str>, Way)> {
    let mut ways: BTreeMap<&'t str, Way> =
        view.of("AWS::EC2::RouteTable").map(|table| (table.id, Way::None)).collect();
    for route in view.of("AWS::EC2::Route") {
        let Some(table) = route.get("RouteTableId").and_then(Evaluated::resource) else { continue };
        let way = match route.get("DestinationCidrBlock") {
            Some(block) => match block.text().as_deref() {
                Some("0.0.0.0/0") => way_of(view, route),
                Some(_) => continue,
                None => Way::Unknown,
            },
            None => continue,
        };
        ways.insert(table, way);
    }
    let mut associated: BTreeMap<&'t str, Option<&'t str>> = BTreeMap::new();
    for association in view.of("AWS::EC2::SubnetRouteTableAssociation") {
        let table = association.get("RouteTableId").and_then(Evaluated::resource);
        if let Some(subnet) = association.get("SubnetId").and_then(Evaluated::resource) {
            associated.insert(subnet, table);
        }
    }
    let way = |subnet: &Item<'t>| match associated.get(subnet.id) {
        Some(Some(table)) => (Some(*table), ways.get(table).copied().unwrap_or(Way::Unknown)),
        // The main table of a VPC that is made here has no route out; that of another isn't known.
        None if view.target_of(subnet.get("VpcId"), "AWS::EC2::VPC").is_some() => (None, Way::None),
        Some(None) | None => (None, Way::Unknown),
    };
    view.of("AWS::EC2::Subnet").map(|subnet| (subnet.id, way(subnet))).collect()
}

fn way_of<'t>(view: &View<'_, 't>, route: &Item<'t>) -> Way {
    if let Some(gateway) = route.get("GatewayId") {
        let is_gateway = view.target_of(Some(gateway), "AWS::EC2::InternetGateway").is_some();
        return if is_gateway { Way::Gateway } else { Way::Unknown };
    }
    if route.get("NatGatewayId").is_some() { Way::Nat } else { Way::Unknown }
}
