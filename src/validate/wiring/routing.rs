//! Which target answers a path at a listener.

use std::collections::BTreeMap;

use crate::catalog::{Component, DifyVersion};
use crate::cfn::evaluate::Evaluated;

use super::dify::{component, image, running};
use super::ecs::name;
use super::forward::targets;
use super::model::{Item, View, covers};

const LISTENER: &str = "AWS::ElasticLoadBalancingV2::Listener";
const RULE: &str = "AWS::ElasticLoadBalancingV2::ListenerRule";

/// How surely a listener or rule gets the requests for a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    /// All of them.
    All,
    /// All with the right host.
    OfAHost,
    /// Those that other conditions let through, or that depends on what isn't known.
    Some,
}

/// A listener or rule that gets requests for a path.
#[derive(Debug)]
pub(super) struct Taker<'v, 't> {
    pub(super) sender: &'v Item<'t>,
    /// The pattern that fits; `None` where none is asked for.
    pub(super) pattern: Option<&'v Evaluated<'t>>,
    pub(super) takes: Takes,
}

/// Who answers a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answers {
    /// A component of Dify, of that version if it is known.
    Dify(Component, Option<DifyVersion>),
    /// The load balancer itself: a fixed answer, or a redirection.
    Balancer,
    /// Somebody else, or that isn't known.
    Other,
}

/// A listener with its rules.
#[derive(Debug)]
pub(super) struct Listener<'v, 't> {
    /// `None` if it isn't in the template.
    pub(super) item: Option<&'v Item<'t>>,
    /// By priority.
    rules: Vec<ListenerRule<'v, 't>>,
}

/// A rule of a listener, its conditions taken apart.
#[derive(Debug)]
struct ListenerRule<'v, 't> {
    item: &'v Item<'t>,
    /// `None` if they aren't known.
    conditions: Option<Vec<Condition<'v, 't>>>,
}

#[derive(Debug)]
enum Condition<'v, 't> {
    /// The path fits one of these patterns; regular expressions aren't read here.
    Path(Vec<&'v Evaluated<'t>>),
    Host,
    Other,
}

impl<'v, 't> ListenerRule<'v, 't> {
    fn of(item: &'v Item<'t>) -> Self {
        let condition = |condition: &'v Evaluated<'t>| {
            let field = condition.get("Field").and_then(Evaluated::text);
            match field.as_deref() {
                Some("path-pattern") => Condition::Path(patterns(condition)),
                Some("host-header") => Condition::Host,
                _ => Condition::Other,
            }
        };
        let is_known = !item.is_unknown("Conditions");
        let conditions = is_known.then(|| item.items("Conditions").iter().map(condition).collect());
        Self { item, conditions }
    }
}

/// The listeners of a template, and those that rules of it belong to. Left out are those whose rules' order isn't known.
pub(super) fn listeners<'v, 't>(view: &'v View<'_, 't>) -> Vec<Listener<'v, 't>> {
    let mut rules: Vec<_> = view.of(RULE).map(|rule| (rule.integer("Priority"), rule)).collect();
    rules.sort_by_key(|(priority, rule)| (*priority, rule.index));
    let mut listeners: Vec<Listener<'v, 't>> =
        view.of(LISTENER).map(|item| Listener { item: Some(item), rules: Vec::new() }).collect();
    let mut foreign: Vec<(&Evaluated<'t>, Listener<'v, 't>)> = Vec::new();
    let mut unordered: Vec<&str> = Vec::new();
    for (priority, rule) in rules {
        let Some(of) = rule.get("ListenerArn") else { continue };
        let own = of
            .resource()
            .and_then(|id| listeners.iter_mut().find(|known| known.item.is_some_and(|item| item.id == id)));
        match own {
            Some(known) if priority.is_none() => unordered.extend(known.item.map(|item| item.id)),
            Some(known) => known.rules.push(ListenerRule::of(rule)),
            None => match foreign.iter_mut().find(|(known, _)| known.data == of.data) {
                Some((_, known)) => known.rules.push(ListenerRule::of(rule)),
                None => foreign.push((of, Listener { item: None, rules: vec![ListenerRule::of(rule)] })),
            },
        }
    }
    listeners.retain(|known| known.item.is_none_or(|item| !unordered.contains(&item.id)));
    listeners.extend(foreign.into_iter().map(|(_, listener)| listener));
    listeners
}

impl<'v, 't> Listener<'v, 't> {
    /// Who gets requests for the path, the first first; the last one gets what is left.
    pub(super) fn takers(&self, path: &str) -> Vec<Taker<'v, 't>> {
        let mut found = Vec::new();
        for rule in &self.rules {
            let Some((takes, pattern)) = takes(rule, path) else { continue };
            found.push(Taker { sender: rule.item, pattern, takes });
            if takes == Takes::All {
                return found;
            }
        }
        found.extend(self.item.map(|sender| Taker { sender, pattern: None, takes: Takes::All }));
        found
    }

    /// The path patterns of rules that send to one of these components.
    pub(super) fn patterns_of(
        &self,
        groups: &Groups<'t>,
        is_right: impl Fn(Component) -> bool,
    ) -> impl Iterator<Item = String> {
        let sends = move |rule: &&ListenerRule<'v, 't>| {
            groups
                .answers(rule.item)
                .iter()
                .any(|one| matches!(one, Answers::Dify(component, _) if is_right(*component)))
        };
        let rules = self.rules.iter().filter(sends);
        let patterns: Vec<String> = rules.flat_map(all_patterns).collect();
        patterns.into_iter()
    }
}

/// Whether a rule gets requests for the path, and by which pattern; `None` if it surely doesn't.
fn takes<'v, 't>(rule: &ListenerRule<'v, 't>, path: &str) -> Option<(Takes, Option<&'v Evaluated<'t>>)> {
    let mut answer = (Takes::All, None);
    let Some(conditions) = &rule.conditions else { return Some((Takes::Some, None)) };
    for condition in conditions {
        match condition {
            Condition::Path(values) => {
                let matching =
                    values.iter().find(|value| value.text().is_some_and(|text| matches(&text, path)));
                match matching {
                    Some(value) => answer.1 = Some(*value),
                    None if values.is_empty() || values.iter().any(|value| value.text().is_none()) => {
                        answer.0 = Takes::Some;
                    }
                    None => return None,
                }
            }
            Condition::Host if answer.0 != Takes::Some => answer.0 = Takes::OfAHost,
            Condition::Host | Condition::Other => answer.0 = Takes::Some,
        }
    }
    Some(answer)
}

fn matches(pattern: &str, path: &str) -> bool {
    covers(pattern.as_bytes(), path.as_bytes())
}

/// The values of a condition on paths.
fn patterns<'v, 't>(condition: &'v Evaluated<'t>) -> Vec<&'v Evaluated<'t>> {
    let configured = condition.at(&["PathPatternConfig", "Values"]);
    let lists = [condition.get("Values"), configured].into_iter().flatten();
    lists.flat_map(Evaluated::items).collect()
}

fn all_patterns(rule: &ListenerRule<'_, '_>) -> Vec<String> {
    let paths = rule.conditions.iter().flatten().filter_map(|condition| match condition {
        Condition::Path(values) => Some(values),
        Condition::Host | Condition::Other => None,
    });
    paths.flatten().filter_map(|value| Some(value.text()?.into_owned())).collect()
}

/// The target groups of a template, with what of Dify is in them.
#[derive(Debug)]
pub(super) struct Groups<'t> {
    known: BTreeMap<&'t str, Vec<(Component, Option<DifyVersion>)>>,
    /// Components that are also behind target groups which aren't in the template.
    elsewhere: Vec<Component>,
}

impl<'t> Groups<'t> {
    /// Who is behind which target group.
    pub(super) fn of(view: &View<'_, 't>) -> Self {
        let mut groups = Self { known: BTreeMap::new(), elsewhere: Vec::new() };
        for (service, task, container) in running(view) {
            let Some(component) = component(task, container) else { continue };
            let version = image(task, container).and_then(|(_, version)| version);
            if service.is_unknown("LoadBalancers") {
                groups.elsewhere.push(component);
            }
            for entry in service.items("LoadBalancers") {
                if entry.get("ContainerName").and_then(Evaluated::text) != name(container) {
                    continue;
                }
                match view.target(entry.get("TargetGroupArn")) {
                    Some(group) => groups.known.entry(group.id).or_default().push((component, version)),
                    None => groups.elsewhere.push(component),
                }
            }
        }
        groups
    }

    /// Whether one of these components is behind a target group that isn't in the template.
    pub(super) fn has_elsewhere(&self, is: impl Fn(Component) -> bool) -> bool {
        self.elsewhere.iter().any(|component| is(*component))
    }

    /// Who answers what a listener or rule takes.
    pub(super) fn answers(&self, sender: &Item<'t>) -> Vec<Answers> {
        let list = if sender.is(RULE) { "Actions" } else { "DefaultActions" };
        if sender.is_unknown(list) {
            return vec![Answers::Other];
        }
        let behind = targets(sender).into_iter().flat_map(|target| {
            let known = target.resource().and_then(|id| self.known.get(id));
            known.map_or_else(
                || vec![Answers::Other],
                |all| all.iter().map(|(component, version)| Answers::Dify(*component, *version)).collect(),
            )
        });
        let mut answers: Vec<_> = behind.collect();
        let own = |action: &Evaluated<'t>| {
            let kind = action.get("Type").and_then(Evaluated::text);
            matches!(kind.as_deref(), Some("fixed-response" | "redirect"))
        };
        if sender.items(list).iter().any(own) {
            answers.push(Answers::Balancer);
        }
        if answers.is_empty() {
            answers.push(Answers::Other);
        }
        answers
    }
}
