//! Who may reach whom: paths between security groups, collected first and then written as rules.

mod peer;
mod ports;

#[cfg(test)]
mod tests;

pub use peer::Peer;
pub use ports::Ports;

use std::collections::{BTreeMap, BTreeSet};

use crate::cfn::{CfnResource, Handle, LogicalId, Value};
use crate::resources::ec2::security_group::{Egress, Ingress};
use crate::resources::ec2::{CfnSecurityGroupEgress, CfnSecurityGroupIngress};

use super::security_group::{check_description, no_way_out};
use super::{Scope, SecurityGroup};

/// Who may reach whom.
///
/// Paths are collected in any order; [`Connections::finish`] writes the rules. What is asked for twice is written once.
///
/// EC2 lets everything out of a group that has no egress rule of its own in the template (a standalone one doesn't
/// count), and a path with both rules inside its groups would make each group refer to the other. So a path between
/// groups is an egress rule inside the source's group and a standalone ingress rule at the destination. Where that egress
/// would still close a cycle, it is standalone too: of the paths that lie on a cycle those whose source comes after the
/// destination in the alphabet, and those from a group to itself. This depends on the paths only, not on the order in
/// which they were asked for.
#[derive(Debug, Default)]
pub struct Connections {
    groups: BTreeMap<LogicalId, SecurityGroup>,
    paths: BTreeMap<Path, Ends>,
    outward: BTreeMap<Rule, (Peer, Reasons)>,
    inward: BTreeMap<Rule, (Peer, Reasons)>,
}

/// Why a rule exists; several reasons may ask for one rule.
type Reasons = BTreeSet<String>;

/// What the rules of a path say of its other end.
#[derive(Debug, Default)]
struct Ends {
    /// At its source, as `to api`.
    to: Reasons,
    /// At its destination, as `from web`.
    from: Reasons,
}

/// A path between two groups.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Path {
    from: LogicalId,
    to: LogicalId,
    ports: Ports,
}

/// A rule of one group with something outside the stack.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Rule {
    group: LogicalId,
    peer: String,
    ports: Ports,
    condition: Option<LogicalId>,
}

impl Connections {
    /// No connection at all.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets one group reach another, or itself. The names are for the rules' descriptions: each rule names the end that
    /// its group isn't, such as `from web` and `to api`.
    pub fn allow(
        &mut self,
        from: &SecurityGroup,
        to: &SecurityGroup,
        ports: impl Into<Ports>,
        from_name: &str,
        to_name: &str,
    ) {
        let path = Path { from: self.know(from), to: self.know(to), ports: ports.into() };
        let ends = self.paths.entry(path).or_default();
        ends.from.insert(format!("from {from_name}"));
        ends.to.insert(format!("to {to_name}"));
    }

    /// Lets a group reach something outside the stack.
    pub fn allow_out(&mut self, from: &SecurityGroup, to: Peer, ports: impl Into<Ports>, why: &str) {
        let rule = Rule::new(self.know(from), &to, ports.into());
        self.outward.entry(rule).or_insert_with(|| (to, Reasons::new())).1.insert(why.to_owned());
    }

    /// Lets something outside the stack reach a group.
    pub fn allow_in(&mut self, to: &SecurityGroup, from: Peer, ports: impl Into<Ports>, why: &str) {
        let rule = Rule::new(self.know(to), &from, ports.into());
        self.inward.entry(rule).or_insert_with(|| (from, Reasons::new())).1.insert(why.to_owned());
    }

    fn know(&mut self, group: &SecurityGroup) -> LogicalId {
        let id = group.handle().logical_id().clone();
        self.groups.entry(id.clone()).or_insert_with(|| group.clone());
        id
    }

    /// Writes the rules: inside the groups, and standalone ones below the groups that they belong to.
    pub fn finish(self, scope: &mut Scope<'_>) -> PathRules {
        self.report_overlaps(scope);
        let mut rules = PathRules::default();
        let mut egress: BTreeMap<&LogicalId, Vec<Value<Egress>>> = BTreeMap::new();
        let mut ingress: BTreeMap<&LogicalId, Vec<Value<Ingress>>> = BTreeMap::new();
        let mut closed: BTreeSet<&LogicalId> = BTreeSet::new();

        for (path, ends) in &self.paths {
            let (Some(from), Some(to)) = (self.groups.get(&path.from), self.groups.get(&path.to)) else {
                continue;
            };
            let why = description(scope, &ends.from);
            let mut written = vec![add_ingress(scope, from, to, path.ports, &why)];
            let why = description(scope, &ends.to);
            if self.needs_standalone_egress(path) {
                written.push(add_egress(scope, from, to, path.ports, &why));
            } else {
                let mut rule = peer::egress(path.ports, why);
                rule.destination_security_group_id = Some(to.id());
                egress.entry(&path.from).or_default().push(rule.into());
                closed.insert(&path.from);
            }
            rules.outgoing.entry(path.from.clone()).or_default().extend(written.iter().cloned());
            rules.incoming.entry(path.to.clone()).or_default().extend(written);
        }
        for (rule, (peer, reasons)) in &self.outward {
            let why = description(scope, reasons);
            egress.entry(&rule.group).or_default().push(peer.egress(rule.ports, why));
            if rule.condition.is_none() {
                closed.insert(&rule.group);
            }
        }
        for (rule, (peer, reasons)) in &self.inward {
            let why = description(scope, reasons);
            ingress.entry(&rule.group).or_default().push(peer.ingress(rule.ports, why));
        }
        for (id, mut list) in egress {
            // Where no rule is sure to be there, the one that takes away "everything out" has to be.
            if !closed.contains(id) {
                list.push(no_way_out().into());
            }
            if let Some(group) = self.groups.get(id) {
                scope.edit(group.handle(), |group| group.security_group_egress = Some(list.into()));
            }
        }
        for (id, list) in ingress {
            if let Some(group) = self.groups.get(id) {
                scope.edit(group.handle(), |group| group.security_group_ingress = Some(list.into()));
            }
        }
        rules
    }

    /// Whether an egress rule inside the source's group could close a cycle of groups.
    fn needs_standalone_egress(&self, path: &Path) -> bool {
        path.from >= path.to && self.reaches(&path.to, &path.from)
    }

    fn reaches(&self, start: &LogicalId, goal: &LogicalId) -> bool {
        let (mut seen, mut open) = (BTreeSet::from([start]), vec![start]);
        while let Some(group) = open.pop() {
            if group == goal {
                return true;
            }
            for path in self.paths.keys().filter(|path| path.from == *group) {
                if seen.insert(&path.to) {
                    open.push(&path.to);
                }
            }
        }
        false
    }

    /// Two rules that differ in their condition only would be one for EC2 where both hold, and it refuses the second.
    fn report_overlaps(&self, scope: &mut Scope<'_>) {
        for rules in [&self.outward, &self.inward] {
            let pairs = rules.keys().zip(rules.keys().skip(1));
            for (rule, next) in pairs {
                if (&rule.group, &rule.peer, rule.ports) == (&next.group, &next.peer, next.ports) {
                    scope.misuse(
                        format!("`{}` has a rule twice, under different conditions", rule.group),
                        "ask for it once, under a condition that says when it is needed",
                    );
                }
            }
        }
    }
}

impl Rule {
    fn new(group: LogicalId, peer: &Peer, ports: Ports) -> Self {
        let condition = peer.condition().map(|condition| condition.logical_id().clone());
        Self { group, peer: peer.key(), ports, condition }
    }
}

/// The standalone rules that [`Connections`] wrote: what has to be there until a group's paths hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PathRules {
    outgoing: BTreeMap<LogicalId, BTreeSet<LogicalId>>,
    incoming: BTreeMap<LogicalId, BTreeSet<LogicalId>>,
}

impl PathRules {
    /// Of the paths that begin at the group: without them, it reaches nobody.
    pub fn outgoing(&self, group: &SecurityGroup) -> Vec<LogicalId> {
        Self::sorted(&self.outgoing, group).cloned().collect()
    }

    /// Of the paths that end at the group: without them, nobody reaches it.
    pub fn incoming(&self, group: &SecurityGroup) -> Vec<LogicalId> {
        Self::sorted(&self.incoming, group).cloned().collect()
    }

    /// Of all paths of the group. A service waits for these.
    pub fn of(&self, group: &SecurityGroup) -> Vec<LogicalId> {
        let all: BTreeSet<_> =
            Self::sorted(&self.outgoing, group).chain(Self::sorted(&self.incoming, group)).collect();
        all.into_iter().cloned().collect()
    }

    fn sorted<'a>(
        rules: &'a BTreeMap<LogicalId, BTreeSet<LogicalId>>,
        group: &SecurityGroup,
    ) -> impl Iterator<Item = &'a LogicalId> + use<'a> {
        rules.get(group.handle().logical_id()).into_iter().flatten()
    }
}

fn description(scope: &mut Scope<'_>, reasons: &Reasons) -> String {
    let text = reasons.iter().map(String::as_str).collect::<Vec<_>>().join("; ");
    check_description(scope, &text);
    text
}

fn add_ingress(
    scope: &mut Scope<'_>,
    from: &SecurityGroup,
    to: &SecurityGroup,
    ports: Ports,
    why: &str,
) -> LogicalId {
    let mut rule = CfnSecurityGroupIngress::new(to.id(), ports.protocol());
    rule.source_security_group_id = Some(from.id());
    rule.from_port = ports.range().map(|(first, _)| first.into());
    rule.to_port = ports.range().map(|(_, last)| last.into());
    rule.description = Some(why.into());
    let id = format!("From{}{}", from.short_name(), ports.id());
    add_below(&mut scope.stack().scope(), to.path(), &id, rule).logical_id().clone()
}

fn add_egress(
    scope: &mut Scope<'_>,
    from: &SecurityGroup,
    to: &SecurityGroup,
    ports: Ports,
    why: &str,
) -> LogicalId {
    let mut rule = CfnSecurityGroupEgress::new(from.id(), ports.protocol());
    rule.destination_security_group_id = Some(to.id());
    rule.from_port = ports.range().map(|(first, _)| first.into());
    rule.to_port = ports.range().map(|(_, last)| last.into());
    rule.description = Some(why.into());
    let id = format!("To{}{}", to.short_name(), ports.id());
    add_below(&mut scope.stack().scope(), from.path(), &id, rule).logical_id().clone()
}

/// Adds a resource as the child `id` of the construct at `path`.
fn add_below<R: CfnResource>(scope: &mut Scope<'_>, path: &str, id: &str, resource: R) -> Handle<R> {
    match path.split_once('/') {
        Some((first, rest)) => add_below(&mut scope.child(first), rest, id, resource),
        None => scope.child(path).add(id, resource),
    }
}
