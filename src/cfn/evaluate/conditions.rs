//! Conditions: which combinations of them can be reached.
//!
//! A condition is made of comparisons. Parameters that stand in the same comparison belong together; the combinations of
//! their values decide the comparisons, and the combinations of those the conditions. So ten independent conditions cost
//! ten times two evaluations and not two to the tenth, until they are combined.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use indexmap::{IndexMap, IndexSet};

use crate::cfn::{Json, Template};

use super::comparison::{Comparisons, Looked, comparisons, together};
use super::evaluator::Evaluator;
use super::function::{Function, as_logical_call};
use super::scenario::{Scenario, Symbol};

/// How many combinations are looked at; where there are more, the rest isn't.
const MOST_COMBINATIONS: usize = 4096;

/// How much is looked at in the life of an evaluator, counted in conditions and parameters of combinations: beyond, one
/// combination of a set of conditions has to do. Some hundred times what a large template needs, a second at most.
pub(super) const MOST_STEPS: usize = 4_000_000;

/// How many steps a combination that is kept counts as, for the memory that it takes.
const KEPT: usize = 4;

/// How many comparisons that depend on something unknown are tried both ways at once.
const MOST_OPEN: usize = 6;

/// The combinations that can be reached.
#[derive(Debug, Clone, PartialEq)]
pub struct Scenarios<'t> {
    /// The combinations, the first with all parameters at their defaults where that is possible.
    pub list: Vec<Scenario<'t>>,
    /// Whether these are all. Where there are too many, some are left out.
    pub complete: bool,
}

/// The conditions of a template.
#[derive(Debug, Default)]
pub(super) struct Conditions<'t> {
    expressions: IndexMap<&'t str, &'t Json>,
    /// The conditions that each one names.
    needs: Vec<BTreeSet<usize>>,
    /// All conditions, each behind those that it names; those in or behind a circle are missing.
    order: Vec<usize>,
}

impl<'t> Conditions<'t> {
    pub(super) fn new(template: &'t Template) -> Self {
        let expressions: IndexMap<_, _> =
            template.conditions.iter().map(|(name, expression)| (name.as_str(), expression)).collect();
        let needs: Vec<BTreeSet<usize>> = expressions
            .values()
            .map(|expression| {
                let mut names = BTreeSet::new();
                named_conditions(expression, &mut names);
                names.into_iter().filter_map(|name| expressions.get_index_of(name)).collect()
            })
            .collect();
        let order = order(&needs);
        Self { expressions, needs, order }
    }

    /// The conditions and all that they name, in an order in which each comes behind those that it names.
    fn closure(&self, names: &BTreeSet<&str>) -> IndexSet<usize> {
        let mut wanted: BTreeSet<usize> = BTreeSet::new();
        let mut waiting: Vec<usize> =
            names.iter().filter_map(|name| self.expressions.get_index_of(name)).collect();
        while let Some(index) = waiting.pop() {
            if wanted.insert(index) {
                waiting.extend(&self.needs[index]);
            }
        }
        self.order.iter().copied().filter(|index| wanted.contains(index)).collect()
    }
}

/// The names in `Condition` calls.
fn named_conditions<'t>(json: &'t Json, names: &mut BTreeSet<&'t str>) {
    match as_logical_call(json) {
        Some((Function::Condition, Json::String(name))) => {
            names.insert(name);
        }
        Some((Function::And | Function::Or | Function::Not, Json::Array(operands))) => {
            for operand in operands {
                named_conditions(operand, names);
            }
        }
        _ => {}
    }
}

fn order(needs: &[BTreeSet<usize>]) -> Vec<usize> {
    let mut needed_by: Vec<Vec<usize>> = vec![Vec::new(); needs.len()];
    let mut open: Vec<usize> = needs.iter().map(BTreeSet::len).collect();
    for (index, needs) in needs.iter().enumerate() {
        for need in needs {
            needed_by[*need].push(index);
        }
    }
    let mut order: Vec<usize> = (0..needs.len()).filter(|index| open[*index] == 0).collect();
    let mut next = 0;
    while let Some(&index) = order.get(next) {
        next += 1;
        for &waiting in &needed_by[index] {
            open[waiting] -= 1;
            if open[waiting] == 0 {
                order.push(waiting);
            }
        }
    }
    order
}

/// Comparisons whose parameters belong together, and what they can come to.
struct Group<'t> {
    /// Indices of the comparisons.
    comparisons: Vec<usize>,
    /// The results that can be reached, in the order of `comparisons`, with the parameters' values.
    outcomes: IndexMap<Vec<bool>, Reached<'t>>,
}

#[derive(Clone)]
struct Reached<'t> {
    witness: BTreeMap<&'t str, Symbol<'t>>,
    possible: BTreeMap<&'t str, Vec<Symbol<'t>>>,
}

impl<'t> Reached<'t> {
    fn add<'s>(&mut self, possible: impl Iterator<Item = (&'t str, &'s [Symbol<'t>])>)
    where
        't: 's,
    {
        for (name, symbols) in possible {
            let known = self.possible.entry(name).or_default();
            for symbol in symbols {
                if !known.contains(symbol) {
                    known.push(symbol.clone());
                }
            }
        }
    }
}

impl<'t> Evaluator<'t> {
    /// The combinations of these conditions that can be reached.
    ///
    /// Parameters that a condition compares have their given value, or any that their declaration allows. Where a
    /// comparison depends on something unknown, both results count as reachable.
    pub fn scenarios(&self, conditions: &BTreeSet<&str>) -> Scenarios<'t> {
        let closure = self.conditions.closure(conditions);
        let mut found = Comparisons::new();
        for index in &closure {
            comparisons(self.conditions.expressions[*index], &mut found);
        }
        let looked = Looked::new(self, &found);
        let mut complete = true;
        let domains: Arc<BTreeMap<&'t str, Vec<Symbol<'t>>>> =
            Arc::new(looked.values.keys().map(|name| (*name, self.domain(name, &looked))).collect());
        let groups: Vec<Group<'t>> = together(&found)
            .into_iter()
            .map(|members| self.outcomes(&found, members, &domains, &mut complete))
            .collect();
        let mut reached: IndexMap<Vec<bool>, Reached<'t>> = IndexMap::new();
        let expressions: Vec<Expression> = closure
            .iter()
            .map(|index| self.compile(self.conditions.expressions[*index], &closure, &found))
            .collect();
        let mut results = vec![false; found.len()];
        let mut choice = vec![0; groups.len()];
        let weight = closure.len() + domains.len();
        for round in 0.. {
            if round == MOST_COMBINATIONS || !self.afford(weight) && round > 0 {
                complete = false;
                break;
            }
            let chosen = || {
                let outcomes = groups.iter().zip(&choice);
                outcomes.filter_map(|(group, choice)| Some((group, group.outcomes.get_index(*choice)?)))
            };
            for (group, (outcome, _)) in chosen() {
                for (index, result) in group.comparisons.iter().zip(outcome) {
                    results[*index] = *result;
                }
            }
            let here = reached.entry(truths(&expressions, &results)).or_insert_with(|| {
                self.afford(KEPT * weight);
                let witness = chosen().flat_map(|(_, (_, values))| &values.witness);
                let witness = witness.map(|(name, symbol)| (*name, symbol.clone())).collect();
                Reached { witness, possible: BTreeMap::new() }
            });
            for (_, (_, values)) in chosen() {
                here.add(values.possible.iter().map(|(name, symbols)| (*name, symbols.as_slice())));
            }
            if !advance(&mut choice, |position| groups[position].outcomes.len()) {
                break;
            }
        }
        let list = reached.into_iter().map(|(truths, reached)| Scenario {
            conditions: closure.iter().map(|index| self.name_of(*index)).zip(truths).collect(),
            witness: reached.witness,
            possible: reached.possible,
            domains: Arc::clone(&domains),
            defaults: false,
        });
        Scenarios { list: list.collect(), complete }
    }

    /// Counts steps; false once there were too many.
    fn afford(&self, steps: usize) -> bool {
        self.steps.fetch_add(steps, Ordering::Relaxed) < MOST_STEPS
    }

    fn name_of(&self, index: usize) -> &'t str {
        self.conditions.expressions.get_index(index).map_or("", |(name, _)| *name)
    }

    /// What the comparisons of a group can come to.
    fn outcomes(
        &self,
        found: &Comparisons<'t>,
        members: Vec<usize>,
        domains: &BTreeMap<&'t str, Vec<Symbol<'t>>>,
        complete: &mut bool,
    ) -> Group<'t> {
        let names: BTreeSet<&'t str> =
            members.iter().flat_map(|index| found[*index].names.iter().copied()).collect();
        let domains: Vec<(&'t str, &Vec<Symbol<'t>>)> =
            names.into_iter().filter_map(|name| Some((name, domains.get(name)?))).collect();
        let mut outcomes: IndexMap<Vec<bool>, Reached<'t>> = IndexMap::new();
        let mut choice = vec![0; domains.len()];
        let weight = members.len() + domains.len();
        for round in 0.. {
            if round == MOST_COMBINATIONS || !self.afford(weight) && round > 0 {
                *complete = false;
                break;
            }
            let witness: BTreeMap<&'t str, Symbol<'t>> = domains
                .iter()
                .zip(&choice)
                .map(|((name, symbols), choice)| (*name, symbols[*choice].clone()))
                .collect();
            let scenario = Scenario { witness, defaults: true, ..Scenario::default() };
            let results: Option<Vec<Option<bool>>> =
                members.iter().map(|index| self.compare(&found[*index], &scenario)).collect();
            // A comparison that can't be made at all keeps the stack from being created: not reachable.
            for outcome in results.into_iter().flat_map(|results| both_ways(results, complete)) {
                let here = outcomes.entry(outcome).or_insert_with(|| Reached {
                    witness: scenario.witness.clone(),
                    possible: BTreeMap::new(),
                });
                let witness = scenario.witness.iter();
                here.add(witness.map(|(name, symbol)| (*name, std::slice::from_ref(symbol))));
            }
            if !advance(&mut choice, |position| domains[position].1.len()) {
                break;
            }
        }
        Group { comparisons: members, outcomes }
    }

    fn compile(&self, json: &Json, closure: &IndexSet<usize>, found: &Comparisons<'t>) -> Expression {
        let all = |operands: &[Json]| {
            operands.iter().map(|operand| self.compile(operand, closure, found)).collect()
        };
        match as_logical_call(json) {
            Some((Function::And, Json::Array(operands))) => Expression::And(all(operands)),
            Some((Function::Or, Json::Array(operands))) => Expression::Or(all(operands)),
            Some((Function::Not, Json::Array(operands))) => Expression::Nor(all(operands)),
            Some((Function::Condition, Json::String(name))) => {
                let index = self.conditions.expressions.get_index_of(name.as_str());
                Expression::Condition(index.and_then(|index| closure.get_index_of(&index)))
            }
            Some((Function::Equals, arguments)) => {
                Expression::Comparison(found.get_index_of(&arguments.to_string()))
            }
            // Malformed: counts as false, as a condition that isn't there.
            _ => Expression::Condition(None),
        }
    }
}

/// A condition's expression, names resolved.
enum Expression {
    And(Vec<Expression>),
    Or(Vec<Expression>),
    Nor(Vec<Expression>),
    /// The position in the closure; `None` if there is no such condition.
    Condition(Option<usize>),
    /// The comparison's index.
    Comparison(Option<usize>),
}

impl Expression {
    fn holds(&self, known: &[bool], results: &[bool]) -> bool {
        match self {
            Self::And(operands) => operands.iter().all(|operand| operand.holds(known, results)),
            Self::Or(operands) => operands.iter().any(|operand| operand.holds(known, results)),
            Self::Nor(operands) => !operands.iter().any(|operand| operand.holds(known, results)),
            Self::Condition(position) => position.is_some_and(|position| known.get(position) == Some(&true)),
            Self::Comparison(index) => index.is_some_and(|index| results.get(index) == Some(&true)),
        }
    }
}

/// The conditions' truths, in the order of the closure.
fn truths(expressions: &[Expression], results: &[bool]) -> Vec<bool> {
    let mut known = Vec::with_capacity(expressions.len());
    for expression in expressions {
        let truth = expression.holds(&known, results);
        known.push(truth);
    }
    known
}

/// All results, where an open one can be either.
fn both_ways(results: Vec<Option<bool>>, complete: &mut bool) -> Vec<Vec<bool>> {
    let mut open = 0;
    let mut ways: Vec<Vec<bool>> = vec![Vec::new()];
    for result in results {
        let tried: &[bool] = match result {
            Some(true) => &[true],
            Some(false) => &[false],
            None if open < MOST_OPEN => {
                open += 1;
                &[true, false]
            }
            None => {
                *complete = false;
                &[true]
            }
        };
        ways = ways
            .into_iter()
            .flat_map(|way| tried.iter().map(move |result| [way.as_slice(), &[*result]].concat()))
            .collect();
    }
    ways
}

/// The next combination, the last position first; false behind the last one.
fn advance(choice: &mut [usize], count: impl Fn(usize) -> usize) -> bool {
    for position in (0..choice.len()).rev() {
        choice[position] += 1;
        if choice[position] < count(position) {
            return true;
        }
        choice[position] = 0;
    }
    false
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cfn::evaluate::Settings;

    #[test]
    fn many_sets_of_many_conditions_take_bounded_work_and_memory() {
        let names: Vec<String> = (0..60).map(|index| format!("C{index}")).collect();
        let mut template = Template::default();
        for name in &names {
            template.parameters.insert(format!("P{name}"), json!({"Type": "String"}));
            template
                .conditions
                .insert(name.clone(), json!({"Fn::Equals": [{"Ref": format!("P{name}")}, "b"]}));
        }
        let evaluator = Evaluator::new(&template, &Settings::default());
        let mut kept = 0;
        for left_out in &names {
            let set: BTreeSet<&str> =
                names.iter().filter(|name| *name != left_out).map(String::as_str).collect();
            let scenarios = evaluator.scenarios(&set);
            assert!(!scenarios.complete && !scenarios.list.is_empty());
            kept += scenarios.list.len() * set.len();
        }
        assert!(evaluator.is_exhausted());
        assert!(kept < MOST_STEPS / KEPT, "{kept}");
    }

    #[test]
    fn a_long_chain_of_conditions_is_followed() {
        let mut template = Template::default();
        template.parameters.insert("P".to_owned(), json!({"Type": "String"}));
        template.conditions.insert("C0".to_owned(), json!({"Fn::Equals": [{"Ref": "P"}, "b"]}));
        for index in 1..2000 {
            let before = json!({"Condition": format!("C{}", index - 1)});
            template.conditions.insert(format!("C{index}"), json!({"Fn::And": [before, before]}));
        }
        let evaluator = Evaluator::new(&template, &Settings::default());
        let scenarios = evaluator.scenarios(&BTreeSet::from(["C1999"]));
        let truths: Vec<_> = scenarios.list.iter().map(|scenario| scenario.condition("C1999")).collect();
        assert_eq!(truths, [Some(true), Some(false)]);
    }
}
