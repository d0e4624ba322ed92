//! Documents in a compact form that is read where it lies: nothing is decoded before it is asked for, and nothing is
//! copied. The build script writes the schemas of all resource types in it.
//!
//! Every text and every value stands in it once: the schemas of 1,884 types repeat themselves so much that 6 MB of JSON
//! become 3.1 MB, which cost nothing at start. (A compressed block of all would be 0.5 MB and cost 7 ms at each start.)

#[cfg_attr(not(test), expect(dead_code, reason = "the build script writes, the program only reads"))]
pub(super) mod encode;

use std::borrow::Cow;
use std::fmt;

use memchr::memchr_iter;
use serde_json::{Number, Value as Json};

pub(super) use encode::number as keyword;
use encode::tag;

use crate::cfn::evaluate::number_text;

/// All texts and values of a document.
#[derive(Debug)]
pub(super) struct Store {
    pub(super) texts: &'static str,
    pub(super) ends: &'static [u8],
    pub(super) values: &'static [u8],
    pub(super) root: u32,
}

impl Store {
    /// The document itself.
    pub(super) fn root(&'static self) -> Schema {
        Schema { store: self, place: self.root as usize }
    }

    fn end(&self, number: usize) -> usize {
        let bytes = self.ends.get(number * 4..).and_then(<[u8]>::first_chunk);
        bytes.map_or(0, |bytes| u32::from_le_bytes(*bytes) as usize)
    }

    fn text(&self, number: usize) -> &'static str {
        self.texts.get(self.range(number)).unwrap_or_default()
    }

    fn range(&self, number: usize) -> std::ops::Range<usize> {
        let Some(before) = number.checked_sub(1) else { return 0..self.end(number) };
        // It starts where the one before it ends.
        let ends = self.ends.get(before * 4..).and_then(<[u8]>::split_first_chunk);
        match ends.and_then(|(start, rest)| Some((start, rest.first_chunk()?))) {
            Some((start, end)) => u32::from_le_bytes(*start) as usize..u32::from_le_bytes(*end) as usize,
            None => 0..0,
        }
    }

    /// So many parts of as many bytes each.
    fn parts<const BYTES: usize>(&self, place: usize, count: usize) -> &'static [[u8; BYTES]] {
        let bytes = self.values.get(place..place + count * BYTES);
        bytes.map_or(&[], |bytes| bytes.as_chunks().0)
    }

    fn eight(&self, place: usize) -> [u8; 8] {
        self.values.get(place..).and_then(<[u8]>::first_chunk).copied().unwrap_or_default()
    }
}

/// A schema, or a part of one: a value as in JSON. Members of objects are sorted by name.
#[derive(Clone, Copy)]
pub struct Schema {
    store: &'static Store,
    place: usize,
}

impl Schema {
    fn tag(self) -> u8 {
        self.store.values.get(self.place).copied().unwrap_or_default()
    }

    /// How many items or members there are.
    fn length(self) -> usize {
        let bytes = self.store.values.get(self.place + 1..).and_then(<[u8]>::first_chunk);
        bytes.map_or(0, |bytes| usize::from(u16::from_le_bytes(*bytes)))
    }

    fn at(self, place: usize) -> Self {
        Self { place, ..self }
    }

    /// Where it lies: the same parts of a document lie in one place.
    pub(super) fn place(self) -> usize {
        self.place
    }

    /// Whether it is an object.
    pub fn is_object(self) -> bool {
        self.tag() == tag::OBJECT
    }

    /// Whether it is a list.
    pub fn is_list(self) -> bool {
        self.tag() == tag::LIST
    }

    /// True or false.
    pub fn as_bool(self) -> Option<bool> {
        match self.tag() {
            tag::TRUE => Some(true),
            tag::FALSE => Some(false),
            _ => None,
        }
    }

    /// A text.
    pub fn as_str(self) -> Option<&'static str> {
        let number = (self.tag() == tag::TEXT).then(|| self.store.parts(self.place + 1, 1).first())??;
        Some(self.store.text(three(*number)))
    }

    /// A number.
    pub fn as_number(self) -> Option<Number> {
        let bytes = self.store.eight(self.place + 1);
        match self.tag() {
            tag::SIGNED => Some(i64::from_le_bytes(bytes).into()),
            tag::UNSIGNED => Some(u64::from_le_bytes(bytes).into()),
            tag::FLOAT => Number::from_f64(f64::from_le_bytes(bytes)),
            _ => None,
        }
    }

    /// A whole number that isn't negative.
    pub fn as_u64(self) -> Option<u64> {
        self.as_number()?.as_u64()
    }

    /// A number, rounded.
    pub fn as_f64(self) -> Option<f64> {
        self.as_number()?.as_f64()
    }

    /// The text of a scalar, as CloudFormation converts it.
    pub fn scalar(self) -> Option<Cow<'static, str>> {
        match self.tag() {
            tag::TRUE => Some("true".into()),
            tag::FALSE => Some("false".into()),
            tag::TEXT => self.as_str().map(Cow::Borrowed),
            _ => self.as_number().map(|number| number_text(&number).into()),
        }
    }

    /// The items of a list; none of anything else.
    pub fn items(self) -> impl ExactSizeIterator<Item = Self> + Clone {
        let count = if self.is_list() { self.length() } else { 0 };
        let places = self.store.parts(self.place + encode::HEAD, count).iter();
        places.map(move |place| self.at(three(*place)))
    }

    /// The texts among the items of a list.
    pub fn texts(self) -> impl Iterator<Item = &'static str> + Clone {
        self.items().filter_map(Self::as_str)
    }

    /// The marks of the names of an object's members, and of each member the number of its name and its place; none of anything else.
    fn table(self) -> (&'static [[u8; 1]], &'static [[[u8; 3]; 2]]) {
        let count = if self.is_object() { self.length() } else { 0 };
        let begin = self.place + encode::HEAD;
        (self.store.parts(begin, count), self.store.parts(begin + count, 2 * count).as_chunks().0)
    }

    /// The members of an object with the numbers of their names; none of anything else.
    fn numbered(self) -> impl ExactSizeIterator<Item = (usize, Self)> + Clone {
        self.table().1.iter().map(move |member| self.member(*member))
    }

    fn member(self, [name, place]: [[u8; 3]; 2]) -> (usize, Self) {
        (three(name), self.at(three(place)))
    }

    /// The members of an object by name; none of anything else.
    pub fn members(self) -> impl ExactSizeIterator<Item = (&'static str, Self)> + Clone {
        self.numbered().map(move |(number, member)| (self.store.text(number), member))
    }

    /// The argument of a keyword, or the member of another name that has a fixed number. [`keyword`] tells the number while the
    /// program is compiled: numbers are compared more quickly than names.
    pub(super) fn argument(self, number: usize) -> Option<Self> {
        self.numbered().find(|(other, _)| *other == number).map(|(_, argument)| argument)
    }

    /// The members whose names are keywords, each with its place in [`encode::KEYWORDS`].
    pub(super) fn keywords(self) -> impl Iterator<Item = (usize, Self)> {
        self.numbered().filter(|(number, _)| *number < encode::KEYWORDS.len())
    }

    /// The name and the value of a member.
    pub fn entry(self, name: &str) -> Option<(&'static str, Self)> {
        let (marks, members) = self.table();
        let mut alike = memchr_iter(encode::mark(name.as_bytes()), marks.as_flattened());
        alike.find_map(|index| {
            let (number, member) = self.member(*members.get(index)?);
            let known = self.store.text(number);
            (known == name).then_some((known, member))
        })
    }

    /// A member of an object.
    pub fn get(self, name: &str) -> Option<Self> {
        self.entry(name).map(|(_, member)| member)
    }

    /// The items of a member that is a list.
    pub fn list(self, name: &str) -> impl Iterator<Item = Self> + Clone {
        self.get(name).into_iter().flat_map(Self::items)
    }

    /// The members of a member that is an object.
    pub fn object(self, name: &str) -> impl Iterator<Item = (&'static str, Self)> + Clone {
        self.get(name).into_iter().flat_map(Self::members)
    }

    /// The same in JSON.
    pub fn to_json(self) -> Json {
        match self.tag() {
            tag::LIST => Json::Array(self.items().map(Self::to_json).collect()),
            tag::OBJECT => Json::Object(
                self.members().map(|(name, member)| (name.to_owned(), member.to_json())).collect(),
            ),
            tag::TEXT => Json::from(self.as_str()),
            tag::TRUE | tag::FALSE => Json::from(self.as_bool()),
            _ => self.as_number().map_or(Json::Null, Json::Number),
        }
    }
}

/// The number of a text, or a place.
fn three([low, middle, high]: [u8; 3]) -> usize {
    u32::from_le_bytes([low, middle, high, 0]) as usize
}

impl fmt::Display for Schema {
    /// As JSON.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_json().fmt(f)
    }
}

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A document that isn't part of the program, kept for the rest of the process.
#[cfg(test)]
pub(super) fn kept(document: &Json) -> Schema {
    let encoded = encode::encode(document).unwrap();
    let store = Store {
        texts: encoded.texts.leak(),
        ends: encoded.ends.leak(),
        values: encoded.values.leak(),
        root: encoded.root,
    };
    Box::leak(Box::new(store)).root()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_document_comes_back_as_it_was() {
        let document = json!({
            "b": [1, -1, 1.5, u64::MAX, i64::MIN, true, false, null, "", "ä"],
            "a": {"a": {}, "": []},
            "same": [[1], [1], {"a": {}, "": []}],
        });
        assert_eq!(kept(&document).to_json(), document);
    }

    #[test]
    fn members_are_found_by_name() {
        let names: Vec<String> = (0..300).map(|index| format!("n{index}")).collect();
        let document =
            names.iter().map(|name| (name.clone(), json!(name))).collect::<serde_json::Map<_, _>>();
        let schema = kept(&Json::Object(document));
        for name in &names {
            assert_eq!(schema.get(name).and_then(Schema::as_str), Some(name.as_str()));
        }
        assert!(schema.get("n300").is_none() && schema.get("").is_none());
        assert!(schema.get("n1").unwrap().get("n1").is_none());
    }

    #[test]
    fn names_with_the_same_mark_are_told_apart() {
        assert_eq!(encode::mark(b"a1xb"), encode::mark(b"a2xb"));
        let schema = kept(&json!({"a1xb": 1, "a2xb": 2}));
        let number = |name| schema.get(name).and_then(Schema::as_u64);
        assert_eq!([number("a1xb"), number("a2xb"), number("a3xb")], [Some(1), Some(2), None]);
    }

    #[test]
    fn what_occurs_twice_is_stored_once() {
        let once = encode::encode(&json!([{"type": "string"}])).unwrap();
        let twice = encode::encode(&json!([{"type": "string"}, {"type": "string"}])).unwrap();
        assert_eq!(twice.values.len(), once.values.len() + 3);
        assert_eq!(twice.texts, once.texts);
    }
}
