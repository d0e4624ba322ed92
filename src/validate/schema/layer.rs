//! Evaluates every resource in every combination of conditions and walks through it and its schema.

use crate::cfn::evaluate::{Evaluated, Fault, Function, Scenario, as_call, pointer_to};
use crate::cfn::{Json, Resource};
use crate::diagnostic::{Diagnostic, Severity};
use crate::validate::context::{Context, Owner};
use crate::validate::options::Types;
use crate::validate::references::{FAULT_RULE, told_of_arguments};
use crate::validate::rule::Rule;

use super::constraints;
use super::known::Likeness;
use super::registry::TypeSchema;
use super::sources::Sources;
use super::tags;
use super::walk::{Found, Walk};
use super::whole;

/// How many allowed values of parameters are tried for one resource.
const MOST_VALUES: usize = 200;

/// How many evaluations of resources are made for one template; beyond, parameters stay at their defaults and
/// combinations are left out.
const MOST_EVALUATIONS: usize = 100_000;

/// Checks all resources whose type is known.
pub(super) fn check<'t>(context: &Context<'t>, findings: &mut Vec<Diagnostic>) {
    let sources =
        Sources { template: context.template, evaluator: &context.evaluator, registry: context.registry };
    let mut evaluations = 0;
    let parameters = &context.references.names_by_resource;
    for (id, resource) in &context.template.resources {
        let Some(schema) = schema_of(context, resource) else { continue };
        let owner = Owner::Resource { id, resource };
        let all = context.scenarios_of(resource);
        if !all.complete {
            context.leave_out();
        }
        let mut reachable: Vec<&Scenario<'t>> = Vec::new();
        let mut collected = Collected::default();
        context.each_at_defaults(resource, &all, |scenario, evaluated| {
            let index = reachable.len();
            reachable.push(scenario);
            let mut run = |properties: &Evaluated<'t>, faults: &[Fault<'t>], with: Option<&str>| {
                evaluations += 1;
                let likeness = Likeness::of(context.template, schema.name, context.options.types, properties);
                if faults.is_empty() && context.known_good.has(&likeness) {
                    return evaluations < MOST_EVALUATIONS;
                }
                let mut walk = Walk::new(context.registry, schema, context.options.types, &sources)
                    .among(&context.known_good);
                walk.check(schema.root, properties);
                whole::check(&mut walk, properties);
                tags::check(&mut walk, properties);
                constraints::check(&mut walk, properties);
                for fault in faults.iter().filter(|fault| !told_of_arguments(fault.call)) {
                    walk.found.push(Found {
                        rule: &FAULT_RULE,
                        source: fault.call,
                        message: fault.problem.clone(),
                        help: None,
                    });
                }
                if walk.found.is_empty() {
                    context.known_good.add(likeness);
                }
                collected.add(index, walk.found, with);
                evaluations < MOST_EVALUATIONS
            };
            if !run(&evaluated.properties, &evaluated.faults, None) {
                context.leave_out();
                return false;
            }
            for (name, value) in allowed_values(context, parameters.get(id.as_str()), scenario) {
                let with = format!(", with the parameter `{name}` at its allowed value `{value}`");
                let other = evaluated.scenario.clone().with(name, value);
                let (properties, faults) = context.evaluator.properties(resource, &other);
                if !run(&properties, &faults, Some(&with)) {
                    context.leave_out();
                    break;
                }
            }
            true
        });
        findings.extend(collected.into_diagnostics(context, owner, resource, &reachable));
    }
}

/// The schema of a resource; all custom resources have the same.
fn schema_of(context: &Context<'_>, resource: &Resource) -> Option<TypeSchema> {
    let name = if resource.type_name.starts_with("Custom::") {
        "AWS::CloudFormation::CustomResource"
    } else {
        &resource.type_name
    };
    context.schema_of(name)
}

/// The allowed values of the parameters, other than the defaults, with which the scenario can be reached.
fn allowed_values<'e, 't>(
    context: &'e Context<'t>,
    names: Option<&Vec<&'t str>>,
    scenario: &Scenario<'t>,
) -> Vec<(&'t str, &'e str)> {
    let mut values = Vec::new();
    for name in names.into_iter().flatten() {
        let Some(declaration) = context.evaluator.parameter(name) else { continue };
        let given = context.options.parameters.contains_key(*name);
        let (Some(allowed), false, false) =
            (&declaration.allowed, given, declaration.is_looked_up() || declaration.is_list())
        else {
            continue;
        };
        let others = allowed.iter().filter(|value| declaration.default.as_ref() != Some(value));
        values
            .extend(others.filter(|value| scenario.allows(name, value)).map(|value| (*name, value.as_ref())));
    }
    values.truncate(MOST_VALUES);
    values
}

/// Findings of one resource, each with the scenarios that have it.
#[derive(Default)]
struct Collected<'t> {
    found: Vec<(Found<'t>, Vec<usize>, String)>,
}

impl<'t> Collected<'t> {
    /// Adds the findings of a scenario; `with` says which value of a parameter makes them.
    fn add(&mut self, scenario: usize, found: Vec<Found<'t>>, with: Option<&str>) {
        for found in found {
            let known = self.found.iter_mut().find(|(known, ..)| {
                std::ptr::eq(known.source, found.source)
                    && known.rule.code == found.rule.code
                    && known.message == found.message
            });
            match known {
                Some((_, scenarios, _)) if scenarios.last() != Some(&scenario) => scenarios.push(scenario),
                Some(_) => {}
                None => self.found.push((found, vec![scenario], with.unwrap_or_default().to_owned())),
            }
        }
    }

    fn into_diagnostics(
        self,
        context: &Context<'t>,
        owner: Owner<'t>,
        resource: &'t Resource,
        reachable: &[&Scenario<'t>],
    ) -> impl Iterator<Item = Diagnostic> {
        self.found.into_iter().map(move |(found, scenarios, with)| {
            let pointer = owner.pointer()
                + "/Properties"
                + &pointer_to(&resource.properties, found.source).unwrap_or_default();
            let of_key = found.is_of_key();
            let mut message = found.message;
            if with.is_empty() {
                message += &at_default(context, found.source, reachable.get(scenarios[0]).copied());
            }
            message += &with;
            if let Some(conditions) = common(reachable, &scenarios) {
                message.push_str(", where ");
                message.push_str(&conditions);
            }
            let mut finding = found.rule.at(owner, pointer, message);
            finding.help = found.help;
            finding.of_key = of_key;
            lower(context, found.rule, &mut finding, &with);
            finding
        })
    }
}

/// What a parameter can be given is checked with care, but whoever creates the stack decides: in templates of others
/// such findings are warnings.
fn lower(context: &Context<'_>, rule: &Rule, finding: &mut Diagnostic, with: &str) {
    let by_parameter = !with.is_empty() || finding.message.contains(AT_DEFAULT);
    if by_parameter && rule.severity == Severity::Error && context.options.types == Types::Lax {
        finding.severity = Severity::Warning;
    }
}

const AT_DEFAULT: &str = ", with the parameter `";

/// Which default makes the finding, if the value is unknown without.
fn at_default<'t>(context: &Context<'t>, source: &'t Json, scenario: Option<&Scenario<'t>>) -> String {
    let Some(scenario) = scenario.filter(|_| as_call(source).is_some()) else { return String::new() };
    let known =
        context.evaluator.evaluate(source, scenario).value.is_some_and(|value| value.to_json().is_some());
    let name = if known { None } else { parameter_in(context, source) };
    name.map(|name| format!("{AT_DEFAULT}{name}` at its default")).unwrap_or_default()
}

/// The first parameter with a default in an expression.
fn parameter_in<'t>(context: &Context<'t>, json: &'t Json) -> Option<&'t str> {
    use crate::cfn::evaluate::{SubPiece, sub_pieces};
    let with_default = |name: &&'t str| {
        context.evaluator.parameter(name).is_some_and(|declaration| declaration.default.is_some())
    };
    match json {
        Json::Array(items) => items.iter().find_map(|item| parameter_in(context, item)),
        Json::Object(map) => match as_call(json) {
            Some((Function::Ref, Json::String(name))) => Some(name.as_str()).filter(with_default),
            Some((Function::Sub, arguments)) => {
                let text = arguments.as_str().or_else(|| arguments.get(0)?.as_str())?;
                let mut names = sub_pieces(text).into_iter().filter_map(|piece| match piece {
                    SubPiece::Name(name) => Some(name),
                    SubPiece::Text(_) => None,
                });
                names.find(with_default).or_else(|| parameter_in(context, arguments.get(1)?))
            }
            _ => map.values().find_map(|value| parameter_in(context, value)),
        },
        _ => None,
    }
}

/// What the scenarios have in common that the others don't, in words; `None` if it is found in all.
fn common(reachable: &[&Scenario<'_>], scenarios: &[usize]) -> Option<String> {
    if scenarios.len() == reachable.len() {
        return None;
    }
    let first = reachable.get(*scenarios.first()?)?;
    let shared: Vec<(&str, bool)> = first
        .conditions()
        .filter(|(name, holds)| {
            scenarios.iter().all(|index| reachable[*index].condition(name) == Some(*holds))
        })
        .collect();
    // What holds in every reachable combination explains nothing.
    let telling: Vec<String> = shared
        .iter()
        .filter(|(name, holds)| reachable.iter().any(|scenario| scenario.condition(name) == Some(!holds)))
        .map(|(name, holds)| format!("`{name}` is {holds}"))
        .collect();
    (!telling.is_empty()).then(|| telling.join(" and "))
}
