//! The model that the rules on policy and wiring share: evaluated resources, once for each combination of conditions
//! that matters.

pub(in crate::validate) mod block;
mod condition;
pub(in crate::validate) mod database;
pub(in crate::validate) mod dify;
pub(in crate::validate) mod ecs;
mod looked;
pub(in crate::validate) mod network;
pub(in crate::validate) mod permission;
pub(in crate::validate) mod request;
pub(in crate::validate) mod secret;
mod snapshot;

use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;

use crate::cfn::evaluate::{Data, Evaluated, Kind, Origin, Piece, Unknown, pointer_to};
use crate::cfn::{Json, Resource};
use crate::diagnostic::{Diagnostic, Severity};
use crate::validate::context::escape;
use crate::validate::{Context, Owner, Rule};

use looked::{Looked, Versions};

/// What is known of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::validate) enum Answer {
    /// Certainly not.
    No,
    /// It depends on what isn't in the template.
    Unknown,
    /// Certainly.
    Yes,
}

impl Answer {
    /// `Yes` or `No`.
    pub(in crate::validate) fn of(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }
}

/// A resource that exists, its properties evaluated.
#[derive(Debug)]
pub(in crate::validate) struct Item<'t> {
    pub(in crate::validate) id: &'t str,
    pub(in crate::validate) index: usize,
    pub(in crate::validate) resource: &'t Resource,
    pub(in crate::validate) properties: Evaluated<'t>,
    /// The values in the properties that hold dynamic references: few.
    pub(in crate::validate) dynamic: Vec<Evaluated<'t>>,
    /// What of Dify each container of a task definition runs.
    of_dify: OnceCell<Vec<Option<dify::Part>>>,
}

impl<'t> Item<'t> {
    fn new(id: &'t str, index: usize, resource: &'t Resource, properties: Evaluated<'t>) -> Self {
        let mut dynamic = Vec::new();
        add_dynamic(&properties, &mut dynamic);
        Self { id, index, resource, properties, dynamic, of_dify: OnceCell::new() }
    }

    pub(in crate::validate) fn is(&self, type_name: &str) -> bool {
        self.resource.type_name == type_name
    }

    /// The value at a path of members with dots between.
    pub(in crate::validate) fn get(&self, path: &str) -> Option<&Evaluated<'t>> {
        // Paths are short: byte by byte they are cut fastest.
        let keys = path.as_bytes().split(|byte| *byte == b'.');
        keys.into_iter().try_fold(&self.properties, |value, key| value.data.get_bytes(key))
    }

    /// The known text of a property.
    pub(in crate::validate) fn text(&self, path: &str) -> Option<Cow<'_, str>> {
        self.get(path)?.text()
    }

    /// The known whole number of a property.
    pub(in crate::validate) fn integer(&self, path: &str) -> Option<i64> {
        self.get(path)?.integer()
    }

    /// The items of a list, none if it isn't there or isn't known.
    pub(in crate::validate) fn items(&self, path: &str) -> &[Evaluated<'t>] {
        self.get(path).map_or(&[], Evaluated::items)
    }

    /// Whether the property is there and isn't known.
    pub(in crate::validate) fn is_unknown(&self, path: &str) -> bool {
        self.get(path).is_some_and(|value| value.unknown().is_some())
    }

    /// The JSON pointer of a value in the properties; that of the resource if it isn't found there.
    pub(in crate::validate) fn pointer(&self, value: &Evaluated<'t>) -> String {
        let own = format!("/Resources/{}", escape(self.id));
        match pointer_to(&self.resource.properties, value.source) {
            Some(path) => format!("{own}/Properties{path}"),
            None => own,
        }
    }

    /// A finding about the resource.
    pub(in crate::validate) fn finding(&self, rule: &Rule, message: impl Into<String>) -> Diagnostic {
        rule.at(self.owner(), format!("/Resources/{}", escape(self.id)), message)
    }

    /// A finding about a value in the properties.
    pub(in crate::validate) fn finding_at(
        &self,
        rule: &Rule,
        value: &Evaluated<'t>,
        message: impl Into<String>,
    ) -> Diagnostic {
        rule.at(self.owner(), self.pointer(value), message)
    }

    /// A finding about a property, about the resource if the property isn't there.
    pub(in crate::validate) fn finding_of(
        &self,
        rule: &Rule,
        path: &str,
        message: impl Into<String>,
    ) -> Diagnostic {
        match self.get(path) {
            Some(value) => self.finding_at(rule, value, message),
            None => self.finding(rule, message),
        }
    }

    fn owner(&self) -> Owner<'t> {
        Owner::Resource { id: self.id, resource: self.resource }
    }
}

fn add_dynamic<'t>(value: &Evaluated<'t>, found: &mut Vec<Evaluated<'t>>) {
    match &value.data {
        Data::List(items) => items.iter().for_each(|item| add_dynamic(item, found)),
        Data::Object(members) => members.iter().for_each(|(_, member)| add_dynamic(member, found)),
        Data::Unknown(_) if dynamic_references(value).next().is_some() => found.push(value.clone()),
        _ => {}
    }
}

/// What isn't known of a scalar: the parts of a text, or the value itself.
pub(in crate::validate) fn unknown_parts<'v, 't>(
    value: &'v Evaluated<'t>,
) -> impl Iterator<Item = &'v Unknown<'t>> {
    let unknown = value.unknown().filter(|unknown| matches!(unknown.kind, Kind::Scalar | Kind::Any));
    let (parts, itself) = match unknown {
        Some(Unknown { origin: Origin::Text(parts), .. }) => (parts.as_slice(), None),
        itself => (&[][..], itself),
    };
    let in_text = parts.iter().filter_map(|part| match part {
        Piece::Unknown(unknown) => Some(unknown),
        Piece::Text(_) => None,
    });
    in_text.chain(itself)
}

/// The resource whose `Ref` a scalar begins with.
pub(in crate::validate) fn first_resource<'t>(value: &Evaluated<'t>) -> Option<&'t str> {
    let unknown = value.unknown()?;
    let first = match &unknown.origin {
        Origin::Text(parts) => match parts.first()? {
            Piece::Unknown(first) => first,
            Piece::Text(_) => return None,
        },
        _ => unknown,
    };
    if let Origin::Resource(id) = first.origin { Some(id) } else { None }
}

/// The bodies of the dynamic references in a value.
pub(in crate::validate) fn dynamic_references<'v, 't>(
    value: &'v Evaluated<'t>,
) -> impl Iterator<Item = &'v [Piece<'t>]> {
    unknown_parts(value).filter_map(|unknown| match &unknown.origin {
        Origin::Dynamic(body) => Some(body.as_slice()),
        _ => None,
    })
}

/// Which resource waits for which, directly or not. Conditions are left aside: an edge may be there that isn't in each
/// combination.
#[derive(Debug)]
pub(in crate::validate) struct Graph {
    edges: Vec<Vec<usize>>,
    /// Whether each resource is waited for, once somebody asked.
    reached: Vec<OnceCell<Vec<bool>>>,
}

impl Graph {
    fn new(context: &Context<'_>) -> Self {
        let mut edges = vec![Vec::new(); context.template.resources.len()];
        for link in &context.references.links {
            if let (Some(from), Some(to)) = (link.from, link.to) {
                edges[from].push(to);
            }
        }
        let reached = (0..edges.len()).map(|_| OnceCell::new()).collect();
        Self { edges, reached }
    }

    /// Whether the first waits for the second.
    pub(in crate::validate) fn waits(&self, from: &Item<'_>, to: &Item<'_>) -> bool {
        self.all(from.index).get(to.index).copied().unwrap_or(false)
    }

    fn all(&self, from: usize) -> &[bool] {
        self.reached[from].get_or_init(|| {
            let mut reached = vec![false; self.edges.len()];
            let mut open = self.edges[from].clone();
            while let Some(next) = open.pop() {
                if !std::mem::replace(&mut reached[next], true) {
                    open.extend(&self.edges[next]);
                }
            }
            reached
        })
    }
}

/// The resources that exist in one combination of conditions, evaluated.
#[derive(Debug)]
pub(in crate::validate) struct Snapshot<'t> {
    graph: Rc<Graph>,
    items: Vec<Rc<Item<'t>>>,
    /// By the place in the template: where the resource is in `items`, if it exists.
    positions: Vec<Option<usize>>,
    conditions: Vec<(&'t str, bool)>,
    /// Whether parameters have their defaults; otherwise those without a given value are unknown.
    at_defaults: bool,
    versions: Versions<'t>,
    /// What the rules on networks look up, and what it was made from.
    network: OnceCell<(network::Network<'t>, Looked)>,
}

/// One snapshot, and what is known of the template besides.
#[derive(Debug)]
pub(in crate::validate) struct View<'c, 't> {
    pub(in crate::validate) context: &'c Context<'t>,
    snapshot: &'c Snapshot<'t>,
    /// What was looked at since the rule began.
    looked: RefCell<Looked>,
}

impl<'t> View<'_, 't> {
    /// Every resource.
    pub(in crate::validate) fn items(&self) -> impl Iterator<Item = &Item<'t>> {
        self.looked.borrow_mut().at_all();
        self.snapshot.items.iter().map(Rc::as_ref)
    }

    /// The resources of a type.
    pub(in crate::validate) fn of(&self, type_name: &str) -> impl Iterator<Item = &Item<'t>> {
        let number = self.snapshot.versions.number_of(type_name);
        self.looked.borrow_mut().at_type(number);
        let places = number.map_or(&[][..], |number| self.snapshot.versions.members(number));
        places.iter().filter_map(|index| self.at(*index))
    }

    /// The resource at a place in the template, if it exists.
    fn at(&self, index: usize) -> Option<&Item<'t>> {
        let position = self.snapshot.positions.get(index).copied()??;
        self.snapshot.items.get(position).map(Rc::as_ref)
    }

    /// For each type of the template that has one the property that names its resources, in alphabetical order. The function
    /// that finds it is asked once for all views.
    pub(in crate::validate) fn naming(
        &self,
        find: impl Fn(&'t str) -> Option<&'static str>,
    ) -> &[(&'t str, &'static str)] {
        self.snapshot.versions.naming(find)
    }

    /// The resource of that logical id.
    pub(in crate::validate) fn get(&self, id: &str) -> Option<&Item<'t>> {
        let index = self.context.template.resources.get_index_of(id);
        self.looked.borrow_mut().at_resource(index);
        self.at(index?)
    }

    /// The resource that a `Ref` or `Fn::GetAtt` names.
    pub(in crate::validate) fn target(&self, value: Option<&Evaluated<'t>>) -> Option<&Item<'t>> {
        self.get(value?.resource()?)
    }

    /// The resource of that type that a `Ref` or `Fn::GetAtt` names.
    pub(in crate::validate) fn target_of(
        &self,
        value: Option<&Evaluated<'t>>,
        type_name: &str,
    ) -> Option<&Item<'t>> {
        self.target(value).filter(|item| item.is(type_name))
    }

    /// Whether parameters have their defaults here: another view has those that aren't given as unknown.
    pub(in crate::validate) fn is_at_defaults(&self) -> bool {
        self.snapshot.at_defaults
    }

    /// Whether the first resource waits for the second.
    pub(in crate::validate) fn waits(&self, from: &Item<'_>, to: &Item<'_>) -> bool {
        self.snapshot.graph.waits(from, to)
    }
}

/// The views of a template, in the combinations of conditions that [`snapshot`] chooses. They are evaluated once for all rules.
pub(in crate::validate) fn views<'c, 't>(context: &'c Context<'t>) -> Vec<View<'c, 't>> {
    let snapshots = context.snapshots.get_or_init(|| snapshot::snapshots(context));
    snapshots.iter().map(|snapshot| View { context, snapshot, looked: RefCell::default() }).collect()
}

/// Runs a rule in every view, but for those in which it would see the same. What is found in some only is told with the conditions that decide it, and what is found with parameters at their defaults only is told with that, as a warning at most: whoever creates the stack decides.
pub(in crate::validate) fn in_each(
    views: &[View<'_, '_>],
    run: impl Fn(&View<'_, '_>, &mut Vec<Diagnostic>),
    findings: &mut Vec<Diagnostic>,
) {
    let mut found: Vec<(Diagnostic, Vec<usize>)> = Vec::new();
    let mut runs: Vec<(&View<'_, '_>, Looked, Vec<Diagnostic>)> = Vec::new();
    for (number, view) in views.iter().enumerate() {
        let known = runs.iter().position(|(earlier, looked, _)| {
            looked.sees_the_same(&earlier.snapshot.versions, &view.snapshot.versions)
        });
        let here = known.unwrap_or_else(|| {
            let mut here = Vec::new();
            view.looked.take();
            run(view, &mut here);
            runs.push((view, view.looked.take(), here));
            runs.len() - 1
        });
        for finding in runs.get(here).map_or(&[][..], |(.., findings)| findings) {
            match found.iter_mut().find(|(known, _)| known == finding) {
                Some((_, numbers)) => numbers.push(number),
                None => found.push((finding.clone(), vec![number])),
            }
        }
    }
    if found.is_empty() {
        return;
    }
    let at_defaults = views.iter().position(|view| view.snapshot.at_defaults).unwrap_or(views.len());
    let (always, by_default): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|(_, numbers)| numbers[0] < at_defaults);
    let begin = findings.len();
    for (mut finding, mut numbers) in always {
        numbers.retain(|number| *number < at_defaults);
        add_when(&mut finding, &views[..at_defaults], &numbers);
        findings.push(finding);
    }
    let told = findings.len();
    for (mut finding, numbers) in by_default {
        // With another value in its text the finding is the same.
        let is_told = |known: &Diagnostic| {
            (&known.code, &known.logical_id, &known.pointer)
                == (&finding.code, &finding.logical_id, &finding.pointer)
        };
        if findings[begin..told].iter().any(is_told) {
            continue;
        }
        finding.message.push_str(", with parameters at their defaults");
        finding.severity = finding.severity.min(Severity::Warning);
        let numbers: Vec<_> = numbers.iter().map(|number| number - at_defaults).collect();
        add_when(&mut finding, &views[at_defaults..], &numbers);
        findings.push(finding);
    }
}

/// Adds the conditions that decide a finding to its message.
fn add_when(finding: &mut Diagnostic, views: &[View<'_, '_>], numbers: &[usize]) {
    let when = deciding(views, numbers);
    if !when.is_empty() {
        finding.message = format!("{}, when {when}", finding.message);
    }
}

/// What the views with these numbers have in common and the others don't.
fn deciding(views: &[View<'_, '_>], numbers: &[usize]) -> String {
    let with = |number: &usize| numbers.contains(number);
    let Some(first) = numbers.first() else { return String::new() };
    let others: Vec<usize> = (0..views.len()).filter(|number| !with(number)).collect();
    let common = views[*first].snapshot.conditions.iter().filter(|way| {
        numbers.iter().all(|number| views[*number].snapshot.conditions.contains(way))
            && others.iter().any(|number| !views[*number].snapshot.conditions.contains(way))
    });
    let parts: Vec<_> = common.map(|(name, holds)| format!("`{name}` is {holds}")).collect();
    parts.join(" and ")
}

/// A value as a key: the resource that it names, its attribute where that may be one of several things (outputs of a nested stack,
/// answers of a custom resource), else its text.
pub(in crate::validate) fn key_of(value: &Evaluated<'_>) -> Option<String> {
    match value.attribute() {
        Some((id, attribute)) if !["SubnetId", "VpcId"].contains(&attribute) => {
            Some(format!("{id}.{attribute}"))
        }
        _ => value.resource().map(str::to_owned).or_else(|| Some(value.text()?.into_owned())),
    }
}

/// Whether two scalars are the same value.
pub(in crate::validate) fn same(left: &Evaluated<'_>, right: &Evaluated<'_>) -> Answer {
    if let (Some(left), Some(right)) = (left.text(), right.text()) {
        return Answer::of(left == right);
    }
    if let (Some(one), Some(other)) = (left.resource(), right.resource())
        && one != other
    {
        return Answer::No;
    }
    match (left.unknown(), right.unknown()) {
        (Some(left), Some(right)) if left.origin == right.origin => Answer::Yes,
        _ => Answer::Unknown,
    }
}

/// The resources that a value is made from.
pub(in crate::validate) fn mentions<'t>(value: &Evaluated<'t>) -> BTreeSet<&'t str> {
    let mut found = BTreeSet::new();
    each_in(&value.data, &mut |id| {
        found.insert(id);
    });
    found
}

/// Whether a value is made from a resource.
pub(in crate::validate) fn is_made_from(value: &Evaluated<'_>, id: &str) -> bool {
    let mut found = false;
    each_in(&value.data, &mut |mentioned| found |= mentioned == id);
    found
}

/// Calls a function with each resource that a value is made from.
fn each_in<'t>(data: &Data<'t>, found: &mut dyn FnMut(&'t str)) {
    match data {
        Data::List(items) => items.iter().for_each(|item| each_in(&item.data, found)),
        Data::Object(members) => members.iter().for_each(|(_, value)| each_in(&value.data, found)),
        Data::Unknown(unknown) => each_of(&unknown.origin, found),
        _ => {}
    }
}

fn each_of<'t>(origin: &Origin<'t>, found: &mut dyn FnMut(&'t str)) {
    match origin {
        Origin::Resource(id) | Origin::Attribute(id, _) => found(id),
        Origin::Item(of, _) => each_of(&of.origin, found),
        Origin::Text(pieces) | Origin::Dynamic(pieces) => {
            for piece in pieces {
                if let Piece::Unknown(unknown) = piece {
                    each_of(&unknown.origin, found);
                }
            }
        }
        Origin::Call(json) => each_in_json(json, found),
        Origin::Import(data) | Origin::Zones(data) => each_in(data, found),
        Origin::Parameter(_) | Origin::Pseudo(_) => {}
    }
}

/// Names in a call that couldn't be evaluated.
fn each_in_json<'t>(json: &'t Json, found: &mut dyn FnMut(&'t str)) {
    match json {
        Json::Array(items) => items.iter().for_each(|item| each_in_json(item, found)),
        Json::Object(map) => {
            for (key, value) in map {
                match (key.as_str(), value) {
                    ("Ref", Json::String(name)) => found(name),
                    ("Fn::GetAtt", Json::Array(parts)) => {
                        parts.first().and_then(Json::as_str).into_iter().for_each(&mut *found);
                    }
                    _ => each_in_json(value, found),
                }
            }
        }
        _ => {}
    }
}

/// The pieces of a scalar, also where it is a single unknown.
pub(in crate::validate) fn pieces<'t>(value: &Evaluated<'t>) -> Vec<Piece<'t>> {
    value.data.pieces().unwrap_or_default()
}

/// The items of a list, or the value itself: where one may be written without a list.
pub(super) fn many<'v, 't>(value: Option<&'v Evaluated<'t>>) -> &'v [Evaluated<'t>] {
    match value {
        None => &[],
        Some(Evaluated { data: Data::List(items), .. }) => items,
        Some(value) => std::slice::from_ref(value),
    }
}

/// What stands for a part that isn't known.
pub(super) const GAP: char = '\u{fffc}';

/// The text of a scalar, [`GAP`] for what isn't known.
pub(super) fn loose<'v>(value: &'v Evaluated<'_>) -> Cow<'v, str> {
    let Some(unknown) = value.unknown() else { return value.text().unwrap_or_default() };
    let mut text = String::new();
    match (&unknown.origin, unknown.kind) {
        (Origin::Text(parts), _) => {
            for part in parts {
                match part {
                    Piece::Text(known) => text.push_str(known),
                    Piece::Unknown(_) => text.push(GAP),
                }
            }
        }
        (_, Kind::Scalar | Kind::Any) => text.push(GAP),
        (_, Kind::List | Kind::Object) => {}
    }
    text.into()
}

/// A value as one would write it in a `Fn::Sub`.
pub(in crate::validate) fn shown(value: &Evaluated<'_>) -> String {
    match (&value.data, value.text()) {
        (Data::Unknown(unknown), _) => unknown.to_string(),
        (_, Some(text)) => text.into_owned(),
        _ => "…".to_owned(),
    }
}

/// Patterns of load balancers and names of actions are shorter.
const LONGEST_PATTERN: usize = 1024;

/// Whether a pattern matches everything that another one does.
pub(in crate::validate) fn covers(wide: &[u8], narrow: &[u8]) -> bool {
    covers_by(wide, narrow, u8::eq)
}

/// The same where capital letters count as small ones: of actions of IAM.
pub(in crate::validate) fn covers_in_any_case(wide: &str, narrow: &str) -> bool {
    covers_by(wide.as_bytes(), narrow.as_bytes(), u8::eq_ignore_ascii_case)
}

fn covers_by(wide: &[u8], narrow: &[u8], is_same: impl Fn(&u8, &u8) -> bool) -> bool {
    let is_too_long = narrow.len().max(wide.len()) > LONGEST_PATTERN;
    // What stands before the first wildcard settles most, and mostly at the first byte.
    let is_wildcard = |byte: &u8| matches!(byte, b'*' | b'?');
    let pairs = wide.iter().zip(narrow);
    let same = pairs.take_while(|(wide, narrow)| !is_wildcard(wide) && is_same(wide, narrow)).count();
    let (wide, narrow) = (&wide[same..], &narrow[same..]);
    match wide {
        [] => return narrow.is_empty(),
        [first, ..] if !is_wildcard(first) => return false,
        _ if is_too_long => return false,
        b"*" => return true,
        _ => {}
    }
    // reached[j]: what was read of the wide pattern covers the first j characters of the narrow one.
    let mut reached = vec![false; narrow.len() + 1];
    let mut next = reached.clone();
    reached[0] = true;
    for token in wide {
        next.fill(false);
        let mut any = false;
        for index in 0..=narrow.len() {
            match token {
                b'*' => {
                    any |= reached[index];
                    next[index] = any;
                }
                _ if index < narrow.len() && reached[index] => {
                    let one = *token == b'?' && narrow[index] != b'*';
                    next[index + 1] |= one || (is_same(token, &narrow[index]) && *token != b'*');
                }
                _ => {}
            }
        }
        std::mem::swap(&mut reached, &mut next);
    }
    reached[narrow.len()]
}
