//! Evaluates the expressions of a template in a scenario.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use indexmap::IndexMap;

use crate::cfn::function::is_macro_key;
use crate::cfn::{Json, Map, Resource, Template};

use super::conditions::{Conditions, MOST_STEPS, Scenarios};
use super::function::{Function, as_call};
use super::parameter::Declaration;
use super::run::{Open, Run};
use super::scenario::Scenario;
use super::settings::Settings;
use super::value::{Data, Evaluated, Kind, Origin};

/// How many values an evaluator gives in its life: hundreds of times what the largest template needs, seconds at most.
pub(super) const MOST_VALUES: usize = 20_000_000;

/// Says what kind of value an attribute of a resource type is.
pub type AttributeKind = fn(type_name: &str, attribute: &str) -> Kind;

/// The kinds of attributes, by resource and name.
type Kinds<'t> = IndexMap<(&'t str, Cow<'t, str>), Kind, foldhash::fast::RandomState>;

/// Evaluates a template: what CloudFormation would compute, exactly, or an unknown with what it depends on.
#[derive(Debug)]
pub struct Evaluator<'t> {
    pub(super) template: &'t Template,
    pub(super) settings: Settings,
    /// They are asked for at every reference, so often that the hash counts.
    pub(super) declarations: IndexMap<&'t str, Declaration<'t>, foldhash::fast::RandomState>,
    pub(super) conditions: Conditions<'t>,
    attribute_kind: AttributeKind,
    /// The kinds of the attributes that were asked for.
    known_kinds: Mutex<Kinds<'t>>,
    /// How many values were given.
    pub(super) values: AtomicUsize,
    /// What evaluations put together their values in, one after the other.
    pub(super) open: Mutex<Open<'t>>,
    /// The combinations that were asked for.
    known_scenarios: Mutex<BTreeMap<Vec<String>, Arc<Scenarios<'t>>>>,
    /// How much of combinations of conditions was looked at.
    pub(super) steps: AtomicUsize,
}

/// What an expression comes to.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation<'t> {
    /// The value; `None` if it is left out (`AWS::NoValue`).
    pub value: Option<Evaluated<'t>>,
    /// Calls that fail whatever AWS answers.
    pub faults: Vec<Fault<'t>>,
}

/// A function call that fails, such as a look-up of a key that a mapping doesn't have.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault<'t> {
    /// The call.
    pub call: &'t Json,
    /// What is wrong, in words.
    pub problem: String,
}

/// Stands for the source of a resource's properties as a whole.
static PROPERTIES: Json = Json::Null;

impl<'t> Evaluator<'t> {
    /// An evaluator of the template, with what is known of its stack.
    pub fn new(template: &'t Template, settings: &Settings) -> Self {
        let declarations =
            template.parameters.iter().map(|(name, json)| (name.as_str(), Declaration::new(name, json)));
        Self {
            template,
            settings: settings.clone(),
            declarations: declarations.collect(),
            conditions: Conditions::new(template),
            attribute_kind: |_, _| Kind::Any,
            known_kinds: Mutex::default(),
            values: AtomicUsize::new(0),
            open: Mutex::default(),
            known_scenarios: Mutex::new(BTreeMap::new()),
            steps: AtomicUsize::new(0),
        }
    }

    /// Tells the kinds of attributes, which the language itself doesn't know.
    #[must_use]
    pub fn with_attribute_kinds(self, attribute_kind: AttributeKind) -> Self {
        Self { attribute_kind, ..self }
    }

    /// What kind of value an attribute of a resource is; found out once, since most are named often.
    pub(super) fn kind_of_attribute(&self, id: &'t str, attribute: Cow<'t, str>) -> Kind {
        let Some(resource) = self.template.resources.get(id) else { return Kind::Any };
        // A panic elsewhere leaves the map as it was.
        let mut known = self.known_kinds.lock().unwrap_or_else(PoisonError::into_inner);
        let find = |key: &(&str, Cow<'t, str>)| (self.attribute_kind)(&resource.type_name, &key.1);
        *known.entry((id, attribute)).or_insert_with_key(find)
    }

    /// Whether there was so much to evaluate that the rest is unknown, or left out.
    pub fn is_exhausted(&self) -> bool {
        self.values.load(Ordering::Relaxed) > MOST_VALUES || self.steps.load(Ordering::Relaxed) > MOST_STEPS
    }

    /// The declaration of a parameter.
    pub fn parameter(&self, name: &str) -> Option<&Declaration<'t>> {
        self.declarations.get(name)
    }

    /// The value that a parameter or pseudo parameter is known to have.
    pub(super) fn given(&self, name: &str) -> Option<&str> {
        match self.declarations.get(name) {
            Some(declaration) if declaration.is_looked_up() => None,
            Some(_) => self.settings.parameters.get(name).map(String::as_str),
            None => self.settings.pseudo_parameter(name),
        }
    }

    /// The conditions that an expression depends on through `Fn::If`.
    pub fn conditions_in<'j>(json: &'j Json, found: &mut BTreeSet<&'j str>) {
        match json {
            Json::Array(items) => items.iter().for_each(|item| Self::conditions_in(item, found)),
            Json::Object(map) => {
                if let Some((Function::If, Json::Array(arguments))) = as_call(json) {
                    found.extend(arguments.first().and_then(Json::as_str));
                }
                map.values().for_each(|value| Self::conditions_in(value, found));
            }
            _ => {}
        }
    }

    /// The conditions that a resource depends on: its own and those in its properties.
    pub fn conditions_of(resource: &Resource) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        found.extend(resource.condition.as_deref());
        resource.properties.values().for_each(|value| Self::conditions_in(value, &mut found));
        found
    }

    /// Whether the resource exists in the scenario; `None` if the scenario doesn't say.
    pub fn exists(resource: &Resource, scenario: &Scenario<'t>) -> Option<bool> {
        resource.condition.as_ref().map_or(Some(true), |condition| scenario.condition(condition))
    }

    /// The combinations of these conditions that can be reached, found out once: most resources depend on the same few.
    pub fn shared_scenarios(&self, conditions: &BTreeSet<&str>) -> Arc<Scenarios<'t>> {
        let key: Vec<String> = conditions.iter().map(|name| (*name).to_owned()).collect();
        // A panic elsewhere leaves the map as it was.
        let mut known = self.known_scenarios.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(known.entry(key).or_insert_with(|| Arc::new(self.scenarios(conditions))))
    }

    /// Evaluates an expression.
    pub fn evaluate(&self, json: &'t Json, scenario: &Scenario<'t>) -> Evaluation<'t> {
        let mut run = Run::new(self, scenario);
        let value = run.value(json);
        Evaluation { value, faults: run.finish() }
    }

    /// Evaluates a resource's properties.
    pub fn properties(
        &self,
        resource: &'t Resource,
        scenario: &Scenario<'t>,
    ) -> (Evaluated<'t>, Vec<Fault<'t>>) {
        let mut run = Run::new(self, scenario);
        let data = if resource.properties.keys().any(|key| is_macro_key(key)) {
            // What a macro or a loop puts beside the other properties isn't known.
            Data::unknown(Kind::Object, Origin::Call(&PROPERTIES))
        } else {
            run.members(&resource.properties)
        };
        (Evaluated { data, source: &PROPERTIES }, run.finish())
    }
}

/// The JSON pointer from the members of an object to a value inside them, which is found by its place in memory.
pub fn pointer_to(members: &Map, source: &Json) -> Option<String> {
    // From the inside to the outside.
    let mut path = Vec::new();
    find_in_members(members, source, &mut path).then(|| {
        let parts = path.iter().rev().map(|part| format!("/{}", part.replace('~', "~0").replace('/', "~1")));
        parts.collect::<Vec<_>>().concat()
    })
}

fn find_in_members(members: &Map, source: &Json, path: &mut Vec<String>) -> bool {
    let found = members.iter().find(|(_, value)| find(value, source, path));
    path.extend(found.map(|(key, _)| key.clone()));
    found.is_some()
}

fn find(json: &Json, source: &Json, path: &mut Vec<String>) -> bool {
    if std::ptr::eq(json, source) {
        return true;
    }
    match json {
        Json::Array(items) => {
            let found = items.iter().position(|item| find(item, source, path));
            path.extend(found.map(|index| index.to_string()));
            found.is_some()
        }
        Json::Object(map) => find_in_members(map, source, path),
        _ => false,
    }
}
