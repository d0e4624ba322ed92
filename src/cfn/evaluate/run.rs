//! What each function gives: one evaluation of an expression in a scenario.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use crate::cfn::function::is_macro_key;
use crate::cfn::{Json, Map};

use super::evaluator::{Evaluator, Fault, MOST_VALUES};
use super::function::{Function, SubPiece, as_call, sub_pieces, unknown_function};
use super::parameter::list_items;
use super::scenario::{Scenario, Symbol};
use super::value::{Data, Evaluated, Kind, Origin, Piece, Unknown};
use super::{base64, cidr, text};

/// How much text one evaluation may put together, in bytes: texts that double with every function can't fill the memory.
const MOST_TEXT: usize = 8 << 20;

/// The items of lists and the members of objects that aren't complete yet, the inner behind the outer: so each list and object is
/// made in one piece, once it is known how many it has.
#[derive(Debug, Default)]
pub(super) struct Open<'t> {
    items: Vec<Evaluated<'t>>,
    members: Vec<(&'t str, Evaluated<'t>)>,
}

/// One evaluation.
pub(super) struct Run<'e, 't> {
    evaluator: &'e Evaluator<'t>,
    scenario: &'e Scenario<'t>,
    faults: Vec<Fault<'t>>,
    /// How many bytes of text were put together.
    text: usize,
    open: Open<'t>,
    /// How many values were given in the evaluations before, and in this one.
    before: usize,
    values: Cell<usize>,
}

impl<'e, 't> Run<'e, 't> {
    pub(super) fn new(evaluator: &'e Evaluator<'t>, scenario: &'e Scenario<'t>) -> Self {
        let before = evaluator.values.load(Ordering::Relaxed);
        Self {
            evaluator,
            scenario,
            faults: Vec::new(),
            text: 0,
            // Empty, but with the room that the evaluation before took. Another one at the same time begins without.
            open: std::mem::take(&mut *evaluator.open.lock().unwrap_or_else(PoisonError::into_inner)),
            before,
            values: Cell::new(0),
        }
    }

    /// Ends the evaluation: what it counted counts for the next one. Returns the calls that fail.
    pub(super) fn finish(self) -> Vec<Fault<'t>> {
        self.evaluator.values.fetch_add(self.values.get(), Ordering::Relaxed);
        *self.evaluator.open.lock().unwrap_or_else(PoisonError::into_inner) = self.open;
        self.faults
    }

    /// What an expression comes to; `None` if it is left out.
    pub(super) fn value(&mut self, json: &'t Json) -> Option<Evaluated<'t>> {
        if !self.has_room() {
            return Some(Evaluated { data: call(Kind::Any, json), source: json });
        }
        let data = match json {
            Json::Null => Data::Null,
            Json::Bool(value) => Data::Bool(*value),
            Json::Number(number) => Data::Number(Cow::Borrowed(number)),
            Json::String(text) => text::literal(text),
            Json::Array(items) => {
                let begin = self.open.items.len();
                for item in items {
                    if let Some(value) = self.value(item) {
                        self.open.items.push(value);
                    }
                }
                Data::List(self.open.items.drain(begin..).collect())
            }
            Json::Object(map) => {
                if let Some((function, arguments)) = as_call(json) {
                    return self.call(json, function, arguments);
                }
                if unknown_function(json).is_some() {
                    call(Kind::Any, json)
                } else if map.keys().any(|key| is_macro_key(key)) {
                    // What a macro or a loop puts beside the other members isn't known.
                    call(Kind::Object, json)
                } else {
                    self.members(map)
                }
            }
        };
        Some(Evaluated { data, source: json })
    }

    /// The members of an object, without those that are left out.
    pub(super) fn members(&mut self, map: &'t Map) -> Data<'t> {
        let begin = self.open.members.len();
        for (key, value) in map {
            if let Some(value) = self.value(value) {
                self.open.members.push((key, value));
            }
        }
        Data::Object(self.open.members.drain(begin..).collect())
    }

    fn fault(&mut self, json: &'t Json, problem: String) -> Data<'t> {
        self.faults.push(Fault { call: json, problem });
        call(Kind::Any, json)
    }

    fn call(&mut self, json: &'t Json, function: Function, arguments: &'t Json) -> Option<Evaluated<'t>> {
        let list = arguments.as_array().map(Vec::as_slice);
        let data = match (function, list) {
            (Function::If, Some([condition, then, otherwise])) => match self.condition(condition) {
                Some(true) => return self.value(then),
                Some(false) => return self.value(otherwise),
                None => call(Kind::Any, json),
            },
            (Function::Ref, _) => {
                let name = self.name(arguments);
                match name {
                    Some(Cow::Borrowed("AWS::NoValue")) => return None,
                    Some(Cow::Borrowed(name)) => self.reference(json, name),
                    _ => call(Kind::Any, json),
                }
            }
            (Function::GetAtt, list) => self.attribute(json, arguments, list),
            (Function::Sub, _) => self.sub(json, arguments),
            (Function::Join, Some([separator, parts])) => self.join(json, separator, parts),
            (Function::Select, Some([index, list])) => self.select(json, index, list),
            (Function::Split, Some([separator, whole])) => self.split(json, separator, whole),
            (Function::FindInMap, Some([mapping, keys @ ..])) => {
                return self.find_in_map(json, mapping, keys);
            }
            (Function::GetAzs, _) => match self.value(arguments).map(|region| region.data) {
                Some(Data::Text(region)) if region.is_empty() => {
                    let region = self.reference(json, "AWS::Region");
                    Data::unknown(Kind::List, Origin::Zones(Box::new(region)))
                }
                Some(region) => Data::unknown(Kind::List, Origin::Zones(Box::new(region))),
                None => call(Kind::List, json),
            },
            (Function::ImportValue, _) => match self.value(arguments) {
                Some(name) => Data::unknown(Kind::Scalar, Origin::Import(Box::new(name.data))),
                None => call(Kind::Scalar, json),
            },
            (Function::Base64, _) => match self.value(arguments).as_ref().and_then(Evaluated::text) {
                Some(text) => self.built(json, base64::encode(&text)),
                None => call(Kind::Scalar, json),
            },
            (Function::Cidr, Some([block, count, rest @ ..])) => self.cidr(json, block, count, rest.first()),
            (Function::Length, _) => match self.value(arguments).map(|list| list.data) {
                Some(Data::List(items)) => Data::Number(Cow::Owned(items.len().into())),
                Some(Data::Unknown(_)) | None => call(Kind::Scalar, json),
                Some(_) => {
                    self.fault(json, "`Fn::Length` counts the items of a list, and this is none".to_owned())
                }
            },
            (Function::ToJsonString, _) => match self.value(arguments).and_then(|value| value.to_json()) {
                Some(value) => self.built(json, value.to_string()),
                None => call(Kind::Scalar, json),
            },
            (Function::GetStackOutput, _) => call(Kind::Scalar, json),
            // Macros, functions that have no value here, and calls with wrong arguments.
            _ => call(Kind::Any, json),
        };
        Some(Evaluated { data, source: json })
    }

    /// A text that was put together, if there is room for it.
    fn built(&mut self, json: &'t Json, text: String) -> Data<'t> {
        self.text += text.len();
        if self.text > MOST_TEXT { call(Kind::Scalar, json) } else { Data::Text(Cow::Owned(text)) }
    }

    fn condition(&mut self, name: &'t Json) -> Option<bool> {
        self.scenario.condition(name.as_str()?)
    }

    /// A name that stands there or that a function gives.
    fn name(&mut self, json: &'t Json) -> Option<Cow<'t, str>> {
        match self.value(json)?.data {
            Data::Text(name) => Some(name),
            _ => None,
        }
    }

    fn reference(&mut self, json: &'t Json, name: &'t str) -> Data<'t> {
        if let Some(declaration) = self.evaluator.declarations.get(name) {
            return self.parameter(json, declaration.name);
        }
        if self.evaluator.template.resources.contains_key(name) {
            return Data::unknown(Kind::Scalar, Origin::Resource(name));
        }
        if let Some(value) = self.evaluator.settings.pseudo_parameter(name) {
            return Data::Text(Cow::Owned(value.to_owned()));
        }
        match name {
            "AWS::NotificationARNs" => Data::unknown(Kind::List, Origin::Pseudo(name)),
            _ if name.starts_with("AWS::") => match self.scenario.value(name) {
                Some(Symbol::Value(value)) => Data::Text(value.clone()),
                _ => Data::unknown(Kind::Scalar, Origin::Pseudo(name)),
            },
            _ => call(Kind::Any, json),
        }
    }

    fn parameter(&mut self, json: &'t Json, name: &'t str) -> Data<'t> {
        let declaration = &self.evaluator.declarations[name];
        let value: Option<Cow<'t, str>> = match (self.evaluator.given(name), self.scenario.value(name)) {
            (Some(given), _) => Some(Cow::Owned(given.to_owned())),
            (None, Some(Symbol::Value(value))) => Some(value.clone()),
            (None, Some(Symbol::Other)) => None,
            (None, None) if declaration.is_looked_up() => None,
            (None, None) => match (&declaration.default, declaration.allowed.as_deref()) {
                (_, Some([only])) if !declaration.is_list() => Some(only.clone()),
                (Some(default), _) if self.scenario.defaults => Some(default.clone()),
                _ => None,
            },
        };
        match value {
            Some(value) if declaration.is_list() => {
                let items: Vec<_> = list_items(&value).map(|item| Cow::Owned(item.to_owned())).collect();
                Data::List(
                    items
                        .into_iter()
                        .map(|item| Evaluated { data: Data::Text(item), source: json })
                        .collect(),
                )
            }
            // A default can be a dynamic reference.
            Some(value) if value.contains("{{resolve:") => text::compose([Piece::Text(value)]),
            Some(value) => Data::Text(value),
            None => {
                let kind = if declaration.is_list() { Kind::List } else { Kind::Scalar };
                Data::unknown(kind, Origin::Parameter(name))
            }
        }
    }

    fn attribute(&mut self, json: &'t Json, arguments: &'t Json, list: Option<&'t [Json]>) -> Data<'t> {
        let pair = match (arguments, list) {
            (Json::String(text), _) => text.split_once('.').map(|(id, name)| (id, Cow::Borrowed(name))),
            (_, Some([Json::String(id), name])) => self.name(name).map(|name| (id.as_str(), name)),
            _ => None,
        };
        match pair {
            Some((id, name)) => self.attribute_of(id, name),
            None => call(Kind::Any, json),
        }
    }

    fn attribute_of(&self, id: &'t str, name: Cow<'t, str>) -> Data<'t> {
        let kind = self.evaluator.kind_of_attribute(id, name.clone());
        Data::unknown(kind, Origin::Attribute(id, name))
    }

    fn sub(&mut self, json: &'t Json, arguments: &'t Json) -> Data<'t> {
        let (whole, variables) = match arguments {
            Json::String(whole) => (whole, None),
            Json::Array(list) => match list.as_slice() {
                [Json::String(whole), Json::Object(variables)] => (whole, Some(variables)),
                _ => return call(Kind::Scalar, json),
            },
            _ => return call(Kind::Scalar, json),
        };
        // The same variable can be there many times, and its value can be a long way off.
        let mut known: BTreeMap<&str, Option<Data<'t>>> = BTreeMap::new();
        let cut = sub_pieces(whole);
        let mut pieces: Vec<Piece<'t>> = Vec::with_capacity(cut.len());
        for piece in cut {
            let before = pieces.len();
            match piece {
                SubPiece::Text(text) => pieces.push(Piece::Text(Cow::Borrowed(text))),
                SubPiece::Name(name) => {
                    let is_text = match variables.and_then(|variables| variables.get(name)) {
                        Some(value) => {
                            if !known.contains_key(name) {
                                let data = self.value(value).map(|value| value.data);
                                known.insert(name, data);
                            }
                            known.get(name).and_then(Option::as_ref).is_some_and(|it| it.add_to(&mut pieces))
                        }
                        None => match name.split_once('.') {
                            Some((id, attribute)) => self.attribute_of(id, Cow::Borrowed(attribute)),
                            None => self.reference(json, name),
                        }
                        .add_to(&mut pieces),
                    };
                    if !is_text {
                        return call(Kind::Scalar, json);
                    }
                }
            }
            if !self.room_for(&pieces[before..]) {
                return call(Kind::Scalar, json);
            }
        }
        text::compose(pieces)
    }

    /// Counts pieces that are added to a text; false if there is no room.
    fn room_for(&mut self, pieces: &[Piece<'t>]) -> bool {
        self.text += pieces.iter().map(Piece::weight).sum::<usize>();
        self.text <= MOST_TEXT
    }

    fn join(&mut self, json: &'t Json, separator: &'t Json, parts: &'t Json) -> Data<'t> {
        let Some(separator) = separator.as_str() else { return call(Kind::Scalar, json) };
        let Some(Data::List(items)) = self.value(parts).map(|parts| parts.data) else {
            return call(Kind::Scalar, json);
        };
        let mut pieces: Vec<Piece<'t>> = Vec::with_capacity(2 * items.len());
        for (index, item) in items.iter().enumerate() {
            let before = pieces.len();
            if index > 0 {
                pieces.push(Piece::Text(Cow::Borrowed(separator)));
            }
            if !item.data.add_to(&mut pieces) {
                return call(Kind::Scalar, json);
            }
            if !self.room_for(&pieces[before..]) {
                return call(Kind::Scalar, json);
            }
        }
        text::compose(pieces)
    }

    fn select(&mut self, json: &'t Json, index: &'t Json, list: &'t Json) -> Data<'t> {
        let index = self.value(index).and_then(|index| index.integer()).map(usize::try_from);
        let list = self.value(list).map(|list| list.data);
        match (index, list) {
            (Some(Ok(index)), Some(Data::List(items))) => {
                if let Some(item) = items.get(index) {
                    return item.data.clone();
                }
                let problem =
                    format!("`Fn::Select` takes item {index} of a list of {}, counted from 0", items.len());
                self.fault(json, problem)
            }
            (Some(Ok(index)), Some(Data::Unknown(list))) => {
                Data::unknown(Kind::Scalar, Origin::Item(Box::new(list), index))
            }
            _ => call(Kind::Any, json),
        }
    }

    fn split(&mut self, json: &'t Json, separator: &'t Json, whole: &'t Json) -> Data<'t> {
        let separator = separator.as_str().filter(|separator| !separator.is_empty());
        let whole = self.value(whole);
        let (Some(separator), Some(whole)) = (separator, whole) else { return call(Kind::List, json) };
        let items = match whole.text() {
            Some(text) => {
                self.text += text.len();
                text.split(separator).map(|item| Data::Text(Cow::Owned(item.to_owned()))).collect()
            }
            None => match whole.data.pieces().and_then(|pieces| text::split(&pieces, separator)) {
                Some(items) => {
                    self.text += items.iter().flatten().map(Piece::weight).sum::<usize>();
                    items.into_iter().map(text::compose).collect::<Vec<_>>()
                }
                None => return call(Kind::List, json),
            },
        };
        if self.text > MOST_TEXT {
            return call(Kind::List, json);
        }
        Data::List(items.into_iter().map(|data| Evaluated { data, source: json }).collect())
    }

    fn cidr(&mut self, json: &'t Json, block: &'t Json, count: &'t Json, bits: Option<&'t Json>) -> Data<'t> {
        let mut number = |json: &'t Json| self.value(json).and_then(|number| number.integer());
        let count = number(count);
        let bits = bits.and_then(number);
        let block = self.value(block);
        let (Some(block), Some(count), Some(bits)) = (block.as_ref().and_then(Evaluated::text), count, bits)
        else {
            return call(Kind::List, json);
        };
        let whole = |number: i64| u32::try_from(number).unwrap_or_default();
        match cidr::cut(&block, whole(count), whole(bits)) {
            Ok(blocks) => {
                let items = blocks.into_iter().map(|block| Data::Text(Cow::Owned(block)));
                Data::List(items.map(|data| Evaluated { data, source: json }).collect())
            }
            Err(problem) => self.fault(json, format!("`Fn::Cidr` can't cut: {problem}")),
        }
    }

    fn find_in_map(&mut self, json: &'t Json, mapping: &'t Json, keys: &'t [Json]) -> Option<Evaluated<'t>> {
        let unknown = |kind| Some(Evaluated { data: call(kind, json), source: json });
        let [top, second, default @ ..] = keys else { return unknown(Kind::Any) };
        let name = self.name(mapping);
        let top = self.value(top);
        let second = self.value(second);
        let Some(name) = name else { return unknown(Kind::Any) };
        let Some(mapping) = self.evaluator.template.mappings.get(name.as_ref()).and_then(Json::as_object)
        else {
            // R007 tells of mappings that aren't there.
            return unknown(Kind::Any);
        };
        let (top, second) =
            (top.as_ref().and_then(Evaluated::text), second.as_ref().and_then(Evaluated::text));
        let (Some(top), Some(second)) = (top, &second) else {
            return unknown(kind_of(mapping, second.as_deref()));
        };
        if let Some(value) = mapping.get(top.as_ref()).and_then(|entry| entry.get(second.as_ref())) {
            return Some(Evaluated { data: self.mapped(value).data, source: json });
        }
        if let Some(default) = default.first().and_then(|default| default.get("DefaultValue")) {
            return self.value(default);
        }
        let problem = format!("the mapping `{name}` has no `{second}` for `{top}`");
        Some(Evaluated { data: self.fault(json, problem), source: json })
    }

    /// What a mapping holds. Functions have no meaning there: a call, which could look up itself, stays unknown.
    ///
    /// Source: AWS `CloudFormation` User Guide, "Mappings": no parameters, pseudo parameters or intrinsic functions.
    fn mapped(&self, json: &'t Json) -> Evaluated<'t> {
        let is_call = as_call(json).is_some() || unknown_function(json).is_some();
        if is_call || !self.has_room() {
            return Evaluated { data: call(Kind::Any, json), source: json };
        }
        let data = match json {
            Json::Null => Data::Null,
            Json::Bool(value) => Data::Bool(*value),
            Json::Number(number) => Data::Number(Cow::Borrowed(number)),
            Json::String(text) => text::literal(text),
            Json::Array(items) => Data::List(items.iter().map(|item| self.mapped(item)).collect()),
            Json::Object(map) => {
                let members = map.iter().map(|(key, value)| (key.as_str(), self.mapped(value)));
                Data::Object(members.collect())
            }
        };
        Evaluated { data, source: json }
    }

    /// Counts a value; false once there were too many.
    fn has_room(&self) -> bool {
        let own = self.values.get();
        self.values.set(own + 1);
        self.before + own <= MOST_VALUES
    }
}

/// The kind that all values have which a look-up with that second key can give.
fn kind_of(mapping: &Map, second: Option<&str>) -> Kind {
    let entries = mapping.values().filter_map(Json::as_object);
    let mut values =
        entries.flat_map(|entry| entry.iter().filter(|(key, _)| second.is_none_or(|second| second == *key)));
    let lists = |value: &Json| if value.is_array() { Kind::List } else { Kind::Scalar };
    let Some(first) = values.next().map(|(_, value)| lists(value)) else { return Kind::Any };
    if values.all(|(_, value)| lists(value) == first) { first } else { Kind::Any }
}

fn call(kind: Kind, json: &Json) -> Data<'_> {
    Data::Unknown(Unknown { kind, origin: Origin::Call(json) })
}
