//! Which combinations of conditions are looked at, and the resources evaluated in each.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use crate::cfn::Resource;
use crate::cfn::evaluate::{Evaluator, Scenario, Symbol};
use crate::validate::Context;

use super::looked::Versions;
use super::{Graph, Item, Snapshot};

/// Up to so many combinations of conditions all are looked at: those of three independent conditions.
const ALL_VIEWS: usize = 8;

/// How many are looked at where there are more. They are chosen so that every two conditions are seen in each way that they can be
/// together; most faults of a combination need no more.
const MOST_VIEWS: usize = 24;

/// A resource's evaluation, and what it depends on.
struct Evaluation<'t> {
    /// What its conditions are.
    truths: Vec<Option<bool>>,
    /// The values of its parameters where they have their defaults.
    values: Vec<Option<Symbol<'t>>>,
    /// `None` where it doesn't exist.
    item: Option<Rc<Item<'t>>>,
}

/// The resources of a template in each combination that is looked at: with parameters unknown, then once more with
/// parameters at their defaults, if a resource refers to one that has a default.
pub(super) fn snapshots<'t>(context: &Context<'t>) -> Vec<Snapshot<'t>> {
    let mut looks = Looks::new(context);
    let all: BTreeSet<&str> = looks.needed.iter().flat_map(|names| names.iter().copied()).collect();
    let every = context.evaluator.shared_scenarios(&all);
    let (chosen, complete) = choose(&every.list);
    if !complete || !every.complete {
        context.leave_out();
    }
    let mut snapshots: Vec<Snapshot<'t>> = Vec::new();
    let mut add = |mut snapshot: Snapshot<'t>| {
        let earlier: Vec<&Versions<'t>> = snapshots.iter().map(|earlier| &earlier.versions).collect();
        snapshot.versions.number(&earlier);
        snapshots.push(snapshot);
    };
    for scenario in &chosen {
        add(looks.look(scenario, false));
    }
    if looks.has_defaults.contains(&true) {
        // The first is the one that the defaults give. Of our own templates it is enough: what they hold in others is
        // written by one program, and `synth` has little time.
        let most = if context.is_foreign() { chosen.len() } else { 1 };
        for scenario in chosen.iter().take(most) {
            add(looks.look(&scenario.at_defaults(), true));
        }
    }
    if context.evaluator.is_exhausted() {
        context.leave_out();
    }
    snapshots
}

/// Evaluates resources, each once for what its evaluation depends on.
struct Looks<'c, 't> {
    context: &'c Context<'t>,
    /// The conditions that each resource depends on.
    needed: Vec<Rc<BTreeSet<&'t str>>>,
    /// The parameters and pseudo parameters that each resource refers to.
    parameters: Vec<Vec<&'t str>>,
    /// Whether a parameter that it refers to has a default and no given value.
    has_defaults: Vec<bool>,
    /// Of each resource.
    evaluated: Vec<Vec<Evaluation<'t>>>,
    graph: Rc<Graph>,
    versions: Versions<'t>,
}

impl<'c, 't> Looks<'c, 't> {
    fn new(context: &'c Context<'t>) -> Self {
        let resources = &context.template.resources;
        let needed: Vec<_> = resources.values().map(|resource| context.conditions_of(resource).0).collect();
        let named = &context.references.names_by_resource;
        let of = |id: &str| named.get(id).into_iter().flatten().copied();
        let parameters: Vec<Vec<&str>> = resources
            .keys()
            .map(|id| of(id).filter(|name| !resources.contains_key(*name)).collect())
            .collect();
        let has_default = |name: &&str| {
            let declaration = context.evaluator.parameter(name);
            declaration.is_some_and(|it| it.default.is_some() && !it.is_looked_up())
                && !context.options.parameters.contains_key(*name)
        };
        let has_defaults = parameters.iter().map(|names| names.iter().any(has_default)).collect();
        Self {
            context,
            parameters,
            has_defaults,
            // Most are evaluated once.
            evaluated: needed.iter().map(|_| Vec::with_capacity(1)).collect(),
            needed,
            graph: Rc::new(Graph::new(context)),
            versions: Versions::new(context.template),
        }
    }

    /// The resources in one combination.
    fn look(&mut self, scenario: &Scenario<'t>, at_defaults: bool) -> Snapshot<'t> {
        let mut snapshot = Snapshot {
            graph: Rc::clone(&self.graph),
            items: Vec::with_capacity(self.context.template.resources.len()),
            positions: vec![None; self.context.template.resources.len()],
            conditions: scenario.conditions().collect(),
            at_defaults,
            versions: self.versions.clone(),
            network: OnceCell::new(),
        };
        for (index, (id, resource)) in self.context.template.resources.iter().enumerate() {
            if let Some(item) = self.evaluate(index, id, resource, scenario, at_defaults) {
                snapshot.positions[index] = Some(snapshot.items.len());
                snapshot.versions.set(index, &item);
                snapshot.items.push(item);
            }
        }
        snapshot
    }

    /// A resource in a combination: as elsewhere, where its conditions and parameters are the same.
    fn evaluate(
        &mut self,
        index: usize,
        id: &'t str,
        resource: &'t Resource,
        scenario: &Scenario<'t>,
        at_defaults: bool,
    ) -> Option<Rc<Item<'t>>> {
        let needed = &self.needed[index];
        let truths = needed.iter().map(|name| scenario.condition(name));
        let at_defaults = at_defaults && self.has_defaults[index];
        let parameters = if at_defaults { self.parameters[index].as_slice() } else { &[] };
        let is_same = |known: &&Evaluation<'t>| {
            let mut values = parameters.iter().zip(&known.values);
            truths.clone().eq(known.truths.iter().copied())
                && parameters.len() == known.values.len()
                && values.all(|(name, value)| scenario.value(name) == value.as_ref())
        };
        if let Some(known) = self.evaluated[index].iter().find(is_same) {
            return known.item.clone();
        }
        let evaluate = || {
            let all = self.context.scenarios_of(resource);
            let is_own =
                |own: &&Scenario<'t>| truths.clone().eq(needed.iter().map(|name| own.condition(name)));
            let own = all.list.iter().find(is_own)?;
            if Evaluator::exists(resource, own) == Some(false) {
                return None;
            }
            let properties = if at_defaults {
                // What a parameter is depends on all conditions that it decides.
                self.context.properties_at_defaults(id, resource, (&all, own), scenario)
            } else {
                self.context.properties_in(id, resource, &all, own)
            };
            Some(Rc::new(Item::new(id, index, resource, properties)))
        };
        let item = evaluate();
        let truths = truths.collect();
        let values = parameters.iter().map(|name| scenario.value(name).cloned()).collect();
        self.evaluated[index].push(Evaluation { truths, values, item: item.clone() });
        item
    }
}

/// The combinations that are looked at, and whether every two conditions are seen in each way that they can be together.
fn choose<'s, 't>(scenarios: &'s [Scenario<'t>]) -> (Vec<&'s Scenario<'t>>, bool) {
    if scenarios.len() <= ALL_VIEWS {
        return (scenarios.iter().collect(), true);
    }
    let mut seen = BTreeSet::new();
    let mut chosen = Vec::new();
    for scenario in scenarios {
        let ways: Vec<_> = scenario.conditions().collect();
        let pairs = ways.iter().flat_map(|one| ways.iter().map(move |other| (*one, *other)));
        let new: Vec<_> = pairs.filter(|pair| !seen.contains(pair)).collect();
        if new.is_empty() {
            continue;
        }
        if chosen.len() == MOST_VIEWS {
            return (chosen, false);
        }
        seen.extend(new);
        chosen.push(scenario);
    }
    (chosen, true)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::diagnostic::Severity;
    use crate::validate::testing::{found, found_with};
    use crate::validate::{Options, Purpose};

    /// A template whose security group is open to the world exactly where the conditions are so.
    fn open_where(ways: &[(usize, bool)], conditions: usize) -> Json {
        let open = json!("0.0.0.0/0");
        let cidr = ways.iter().fold(open, |inner, (condition, holds)| {
            let name = format!("C{condition}");
            let (then, otherwise) =
                if *holds { (inner, json!("10.0.0.0/8")) } else { (json!("10.0.0.0/8"), inner) };
            json!({"Fn::If": [name, then, otherwise]})
        });
        let rule = json!({"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": cidr});
        let mut template = json!({"Resources": {"Group": {
            "Type": "AWS::EC2::SecurityGroup",
            "Properties": {"GroupDescription": "x", "SecurityGroupIngress": [rule]},
        }}});
        for condition in 0..conditions {
            template["Parameters"][format!("P{condition}")] = json!({"Type": "String"});
            let is_set = json!({"Fn::Equals": [{"Ref": format!("P{condition}")}, "yes"]});
            template["Conditions"][format!("C{condition}")] = is_set;
        }
        // Each condition is used, so that all combinations count.
        let tag = |condition: usize| json!({"Key": format!("t{condition}"), "Value": {"Fn::If": [format!("C{condition}"), "a", "b"]}});
        template["Resources"]["Group"]["Properties"]["Tags"] = (0..conditions).map(tag).collect();
        template
    }

    #[test]
    fn every_combination_of_three_conditions_is_looked_at() {
        for case in 0..8_usize {
            let ways: Vec<(usize, bool)> = (0..3).map(|bit| (bit, case >> bit & 1 == 1)).collect();
            assert_eq!(found("P020", open_where(&ways, 3)).len(), 1, "{ways:?}");
        }
    }

    /// A group that is open to what a parameter says, with this declaration.
    #[expect(clippy::needless_pass_by_value, reason = "the callers write them on the spot")]
    fn open_to(parameter: Json) -> Json {
        let rule = json!({"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": {"Ref": "Cidr"}});
        let group = json!({"GroupDescription": "x", "SecurityGroupIngress": [rule]});
        json!({
            "Parameters": {"Cidr": parameter},
            "Resources": {"Group": {"Type": "AWS::EC2::SecurityGroup", "Properties": group}},
        })
    }

    #[test]
    fn what_a_default_makes_is_a_warning_that_says_so() {
        let options = Options { purpose: Purpose::Production, ..Options::default() };
        let by_default =
            found_with("P020", open_to(json!({"Type": "String", "Default": "0.0.0.0/0"})), &options);
        assert_eq!(by_default.len(), 1, "{by_default:#?}");
        assert_eq!(by_default[0].severity, Severity::Warning);
        assert!(by_default[0].message.ends_with(", with parameters at their defaults"), "{by_default:#?}");
        // What holds whatever the parameter is stays an error, and is told once.
        let mut always = open_to(json!({"Type": "String", "Default": "0.0.0.0/0"}));
        let rule = "/Resources/Group/Properties/SecurityGroupIngress/0/CidrIp";
        *always.pointer_mut(rule).unwrap() = json!("0.0.0.0/0");
        always["Resources"]["Group"]["Properties"]["GroupDescription"] = json!({"Ref": "Cidr"});
        let always = found_with("P020", always, &options);
        assert_eq!(always.len(), 1, "{always:#?}");
        assert_eq!(always[0].severity, Severity::Error);
    }

    #[test]
    fn parameters_without_default_or_with_a_value_have_no_second_look() {
        for parameter in [
            json!({"Type": "String"}),
            json!({"Type": "String", "Default": "10.0.0.0/8"}),
            json!({"Type": "AWS::SSM::Parameter::Value<String>", "Default": "0.0.0.0/0"}),
        ] {
            assert_eq!(found("P020", open_to(parameter)), []);
        }
        let given = Options {
            parameters: [("Cidr".to_owned(), "10.0.0.0/8".to_owned())].into(),
            ..Options::default()
        };
        let template = open_to(json!({"Type": "String", "Default": "0.0.0.0/0"}));
        assert_eq!(found_with("P020", template, &given), []);
    }

    #[test]
    fn a_parameter_that_decides_a_condition_has_a_value_that_fits() {
        // Where the group is open the parameter isn't at its default, also in a resource without that condition.
        let group = |cidr: Json| {
            let rule = json!({"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": cidr});
            json!({"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": "x", "SecurityGroupIngress": [rule]}})
        };
        let mut only_open = group(json!({"Fn::FindInMap": ["Cidrs", {"Ref": "Kind"}, "Cidr"]}));
        only_open["Condition"] = json!("IsOpen");
        let template = json!({
            "Parameters": {"Kind": {"Type": "String", "Default": "closed", "AllowedValues": ["closed", "open"]}},
            "Mappings": {"Cidrs": {"closed": {"Cidr": "10.0.0.0/8"}, "open": {"Cidr": "0.0.0.0/0"}}},
            "Conditions": {"IsOpen": {"Fn::Equals": [{"Ref": "Kind"}, "open"]}},
            "Resources": {
                "Always": group(json!({"Fn::FindInMap": ["Cidrs", {"Ref": "Kind"}, "Cidr"]})),
                "Sometimes": only_open,
            },
        });
        let told: Vec<_> = found("P020", template)
            .into_iter()
            .map(|finding| (finding.logical_id.unwrap_or_default(), finding.message))
            .collect();
        let (ids, messages): (Vec<_>, Vec<_>) =
            told.iter().map(|(id, message)| (id.as_str(), message)).unzip();
        assert_eq!(ids, ["Sometimes", "Always"], "{messages:#?}");
        assert!(
            messages[1].ends_with(", with parameters at their defaults, when `IsOpen` is true"),
            "{messages:#?}"
        );
    }

    #[test]
    fn every_two_of_six_conditions_are_seen_in_each_way() {
        for one in 0..6 {
            for other in 0..one {
                for case in 0..4_usize {
                    let ways = [(one, case & 1 == 1), (other, case & 2 == 2)];
                    assert_eq!(found("P020", open_where(&ways, 6)).len(), 1, "{ways:?}");
                }
            }
        }
    }
}
