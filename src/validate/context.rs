//! What every rule is given.

use std::borrow::Cow;
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::cfn::evaluate::{Evaluated, Evaluator, Fault, Scenario, Scenarios, Settings};
use crate::cfn::read::Loops;
use crate::cfn::{Resource, Template, write};
use crate::diagnostic::{Diagnostic, Severity};

use super::macros::Macros;
use super::model::Snapshot;
use super::options::{Options, Types};
use super::references::References;
use super::report::Statistics;
use super::schema::{KnownGood, Registry, TypeSchema, attribute_kind};

/// The properties of a resource in a combination of conditions, with every parameter at its default where that is possible.
#[derive(Debug)]
pub(super) struct AtDefaults<'t> {
    pub(super) scenario: Scenario<'t>,
    pub(super) properties: Evaluated<'t>,
    /// Calls that fail.
    pub(super) faults: Vec<Fault<'t>>,
}

/// Of how many combinations evaluations are kept: many would take much memory.
const MOST_KEPT: usize = 8;

/// What every rule is given: the template, and what is found out about it once for all rules.
#[derive(Debug)]
pub struct Context<'t> {
    /// The template.
    pub template: &'t Template,
    /// What it is checked for.
    pub options: &'t Options,
    /// The known resource types.
    pub registry: &'static Registry,
    /// Every function and reference of the template.
    pub references: References<'t>,
    /// Evaluates the template, with what the options say of its stack.
    pub evaluator: Evaluator<'t>,
    /// Evaluated resources that were found good before.
    pub(super) known_good: KnownGood,
    /// The schemas of the template's types: to find one among all takes longer.
    schemas: IndexMap<&'t str, Option<TypeSchema>, foldhash::fast::RandomState>,
    /// What changes the template before CloudFormation reads it, so that what isn't in it may still exist.
    pub macros: Macros<'t>,
    /// The resources in each combination of conditions that matters, once a rule has asked for them.
    pub(super) snapshots: OnceCell<Vec<Snapshot<'t>>>,
    /// What several checks ask for: properties of resources in the combinations of their conditions.
    evaluated: RefCell<ByPlace<Rc<[AtDefaults<'t>]>>>,
    /// What several checks ask for: the combinations of each resource's conditions, by where the resource is.
    scenarios: RefCell<ByPlace<Conditions<'t>>>,
    /// The bytes of the text that it was read from.
    text: Option<usize>,
    /// Whether something was left out, since there was too much of it.
    incomplete: Cell<bool>,
}

/// Something of each resource, by where the resource is.
type ByPlace<T> = IndexMap<usize, T, foldhash::fast::RandomState>;

/// The conditions that a resource depends on, and their combinations that can be reached.
type Conditions<'t> = (Rc<BTreeSet<&'t str>>, Arc<Scenarios<'t>>);

impl<'t> Context<'t> {
    /// Looks through the template once.
    pub fn new(template: &'t Template, options: &'t Options) -> Self {
        let registry = Registry::builtin();
        let mut schemas = IndexMap::default();
        for resource in template.resources.values() {
            let name = resource.type_name.as_str();
            schemas.entry(name).or_insert_with(|| registry.get(name));
        }
        Self {
            template,
            options,
            registry,
            schemas,
            references: References::collect(template),
            evaluator: Evaluator::new(
                template,
                &Settings {
                    region: options.region.clone(),
                    parameters: options.parameters.clone(),
                    ..Settings::default()
                },
            )
            .with_attribute_kinds(attribute_kind),
            known_good: KnownGood::default(),
            macros: Macros::of(template),
            snapshots: OnceCell::new(),
            evaluated: RefCell::default(),
            scenarios: RefCell::default(),
            text: None,
            incomplete: Cell::new(false),
        }
    }

    /// The same, with what was found good in other templates of the run.
    pub(super) fn among(self, known_good: &KnownGood) -> Self {
        Self { known_good: known_good.clone(), ..self }
    }

    /// The same for a template that was read from a text of that many bytes, with loops.
    pub(super) fn read_from(mut self, bytes: usize, loops: &'t Loops) -> Self {
        self.macros.loops = Some(loops);
        Self { text: Some(bytes), ..self }
    }

    /// What is known of a type, if it is a known one.
    pub(super) fn schema_of(&self, type_name: &str) -> Option<TypeSchema> {
        self.schemas.get(type_name).copied().unwrap_or_else(|| self.registry.get(type_name))
    }

    /// The combinations of a resource's conditions that can be reached.
    pub(super) fn scenarios_of(&self, resource: &'t Resource) -> Arc<Scenarios<'t>> {
        self.conditions_of(resource).1
    }

    /// The same with the conditions.
    pub(super) fn conditions_of(&self, resource: &'t Resource) -> Conditions<'t> {
        let mut known = self.scenarios.borrow_mut();
        let find = || {
            let conditions = Evaluator::conditions_of(resource);
            let scenarios = self.evaluator.shared_scenarios(&conditions);
            (Rc::new(conditions), scenarios)
        };
        known.entry(std::ptr::from_ref(resource).addr()).or_insert_with(find).clone()
    }

    /// Calls a function for each of a resource's combinations in which it exists, until it returns false.
    pub(super) fn each_at_defaults<'s>(
        &self,
        resource: &'t Resource,
        all: &'s Scenarios<'t>,
        mut run: impl FnMut(&'s Scenario<'t>, &AtDefaults<'t>) -> bool,
    ) {
        let reachable =
            all.list.iter().filter(|scenario| Evaluator::exists(resource, scenario) != Some(false));
        let evaluate = |scenario: &Scenario<'t>| {
            let at_defaults = scenario.at_defaults();
            let (properties, faults) = self.evaluator.properties(resource, &at_defaults);
            AtDefaults { scenario: at_defaults, properties, faults }
        };
        if all.list.len() > MOST_KEPT {
            for scenario in reachable {
                if !run(scenario, &evaluate(scenario)) {
                    break;
                }
            }
            return;
        }
        let place = std::ptr::from_ref(resource).addr();
        let known = self.evaluated.borrow().get(&place).cloned();
        let known = known.unwrap_or_else(|| {
            let new: Rc<[_]> = reachable.clone().map(evaluate).collect();
            self.evaluated.borrow_mut().insert(place, Rc::clone(&new));
            new
        });
        for (scenario, evaluated) in reachable.zip(known.iter()) {
            if !run(scenario, evaluated) {
                break;
            }
        }
    }

    /// The properties of a resource in one of its combinations, parameters that aren't given unknown. If it refers to none,
    /// defaults change nothing, and what the rules on its schema saw is used again.
    pub(super) fn properties_in(
        &self,
        id: &'t str,
        resource: &'t Resource,
        all: &Scenarios<'t>,
        wanted: &Scenario<'t>,
    ) -> Evaluated<'t> {
        let mut names = self.references.names_by_resource.get(id).into_iter().flatten();
        let has_parameters = names.any(|name| self.evaluator.parameter(name).is_some());
        self.kept(resource, all, |scenario, _| !has_parameters && std::ptr::eq(scenario, wanted))
            .unwrap_or_else(|| self.evaluator.properties(resource, wanted).0)
    }

    /// The same where parameters have their defaults, in a combination of all conditions: that of the resource's own which it is,
    /// if that gives the parameters to which the resource refers the same values.
    pub(super) fn properties_at_defaults(
        &self,
        id: &'t str,
        resource: &'t Resource,
        (all, own): (&Scenarios<'t>, &Scenario<'t>),
        wanted: &Scenario<'t>,
    ) -> Evaluated<'t> {
        let names = self.references.names_by_resource.get(id);
        let has_same = |at_defaults: &Scenario<'t>| {
            names.into_iter().flatten().all(|name| at_defaults.value(name) == wanted.value(name))
        };
        self.kept(resource, all, |scenario, at_defaults| std::ptr::eq(scenario, own) && has_same(at_defaults))
            .unwrap_or_else(|| self.evaluator.properties(resource, wanted).0)
    }

    /// What the rules on its schema saw of a resource in that of its combinations which is wanted.
    fn kept(
        &self,
        resource: &'t Resource,
        all: &Scenarios<'t>,
        is_wanted: impl Fn(&Scenario<'t>, &Scenario<'t>) -> bool,
    ) -> Option<Evaluated<'t>> {
        let mut found = None;
        if all.list.len() <= MOST_KEPT {
            self.each_at_defaults(resource, all, |scenario, evaluated| {
                if is_wanted(scenario, &evaluated.scenario) {
                    found = Some(evaluated.properties.clone());
                }
                found.is_none()
            });
        }
        found
    }

    /// Whether the template was read, and not made by us.
    pub(super) fn is_foreign(&self) -> bool {
        self.options.types == Types::Lax
    }

    /// The bytes of the template's text: as it was read, or as JSON without blanks.
    pub(super) fn size(&self) -> usize {
        self.text.unwrap_or_else(|| write::json_minified_length(self.template))
    }

    /// A finding that something doesn't exist: only a warning where a macro may bring it.
    pub(super) fn existence(&self, mut finding: Diagnostic) -> Diagnostic {
        if self.macros.bring_names() {
            finding.severity = Severity::Warning;
            finding.message.push_str(", unless a macro adds it");
        }
        finding
    }

    /// How much was looked at, once the checks have run.
    pub(super) fn statistics(&self) -> Statistics {
        let unknown = self.schemas.iter().filter(|(_, schema)| schema.is_none());
        let mut unknown_types: Vec<String> = unknown.map(|(name, _)| (*name).to_owned()).collect();
        unknown_types.sort_unstable();
        Statistics {
            resources: self.template.resources.len(),
            unknown_types,
            inexact_patterns: self.registry.inexact_patterns(),
            complete: self.is_complete(),
        }
    }

    /// Whether everything was looked at, as far as the checks have run.
    pub(super) fn is_complete(&self) -> bool {
        !self.incomplete.get() && !self.evaluator.is_exhausted()
    }

    /// Notes that something was left out, since there was too much of it.
    pub(super) fn leave_out(&self) {
        self.incomplete.set(true);
    }

    /// Whether the template asks for the functions of the language extensions.
    pub fn language_extensions(&self) -> bool {
        self.macros.extended
    }
}

/// What a place in the template belongs to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Owner<'t> {
    /// A resource.
    Resource {
        /// Its logical id.
        id: &'t str,
        /// The resource.
        resource: &'t Resource,
    },
    /// An output of that name.
    Output(&'t str),
    /// A condition of that name.
    Condition(&'t str),
    /// A parameter of that name.
    Parameter(&'t str),
    /// A mapping of that name.
    Mapping(&'t str),
    /// A rule of the section `Rules`.
    Rule(&'t str),
    /// The template as a whole.
    Template,
}

impl Owner<'_> {
    /// Whether both are the same thing of one template, whose names are compared only.
    pub fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Resource { id: one, .. }, Self::Resource { id: other, .. }) => one == other,
            _ => self == other,
        }
    }

    /// The JSON pointer of the owner.
    pub fn pointer(&self) -> String {
        match self {
            Self::Resource { id, .. } => format!("/Resources/{}", escape(id)),
            Self::Output(name) => format!("/Outputs/{}", escape(name)),
            Self::Condition(name) => format!("/Conditions/{}", escape(name)),
            Self::Parameter(name) => format!("/Parameters/{}", escape(name)),
            Self::Mapping(name) => format!("/Mappings/{}", escape(name)),
            Self::Rule(name) => format!("/Rules/{}", escape(name)),
            Self::Template => String::new(),
        }
    }
}

/// A key as a part of a JSON pointer (RFC 6901).
pub(super) fn escape(key: &str) -> Cow<'_, str> {
    // Nearly every key stands there as it is.
    if key.bytes().any(|byte| matches!(byte, b'~' | b'/')) {
        key.replace('~', "~0").replace('/', "~1").into()
    } else {
        key.into()
    }
}
