//! Writes a document in the compact form. The build script includes this file too.

use std::collections::BTreeMap;

use serde_json::Value as Json;

/// The keywords of schemas, which get the first numbers: a keyword's number is its place here.
pub(crate) const KEYWORDS: [&str; 49] = [
    "$ref",
    "additionalProperties",
    "allOf",
    "among",
    "anyOf",
    "compare",
    "const",
    "contains",
    "dependencies",
    "dependentExcluded",
    "dependentRequired",
    "dependentSchemas",
    "distinct",
    "else",
    "enum",
    "enumCaseInsensitive",
    "every",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "format",
    "if",
    "items",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maxUniqueItems",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "not",
    "oneOf",
    "pattern",
    "patternProperties",
    "prefixItems",
    "properties",
    "propertyNames",
    "required",
    "requiredOr",
    "requiredXor",
    "serviceRequires",
    "some",
    "switch",
    "then",
    "type",
    "uniqueItems",
    "uniqueKeys",
];

/// Other names that are asked for often: they have the next numbers.
const NAMES: [&str; 16] = [
    "at",
    "attributes",
    "cases",
    "default",
    "definitions",
    "deprecatedProperties",
    "help",
    "in",
    "join",
    "left",
    "message",
    "on",
    "readOnlyProperties",
    "right",
    "tagging",
    "when",
];

/// The number of a keyword or of one of the other names, where the program is compiled.
///
/// # Panics
/// It is none of them: then the program isn't compiled.
#[allow(dead_code, reason = "only the program asks, the build script doesn't")]
pub(crate) const fn number(name: &str) -> usize {
    let mut number = 0;
    while number < KEYWORDS.len() + NAMES.len() {
        let known = if number < KEYWORDS.len() { KEYWORDS[number] } else { NAMES[number - KEYWORDS.len()] };
        if is_same(known.as_bytes(), name.as_bytes()) {
            return number;
        }
        number += 1;
    }
    panic!("a name without a number")
}

#[allow(dead_code, reason = "as above")]
const fn is_same(one: &[u8], other: &[u8]) -> bool {
    let mut index = 0;
    while index < one.len() && index < other.len() && one[index] == other[index] {
        index += 1;
    }
    index == one.len() && index == other.len()
}

/// What stands at the start of a value.
pub(crate) mod tag {
    pub(crate) const NULL: u8 = 0;
    pub(crate) const FALSE: u8 = 1;
    pub(crate) const TRUE: u8 = 2;
    /// Then the number of the text (3 bytes).
    pub(crate) const TEXT: u8 = 3;
    /// Then 8 bytes, as for the next two. All numbers are little-endian.
    pub(crate) const SIGNED: u8 = 4;
    pub(crate) const UNSIGNED: u8 = 5;
    pub(crate) const FLOAT: u8 = 6;
    /// Then how many (2 bytes), and the place of each item (3 bytes).
    pub(crate) const LIST: u8 = 7;
    /// Then how many (2 bytes), the mark of each member's name (1 byte), and of each member the number of its name and its place
    /// (3 bytes each). Sorted by name.
    pub(crate) const OBJECT: u8 = 8;
}

/// How many bytes stand before the items or members: the tag, and how many there are.
#[allow(dead_code, reason = "as above")]
pub(crate) const HEAD: usize = 3;

/// A byte that most names in an object have different ones of: only those with the mark of a wanted name are compared with it.
pub(crate) fn mark(name: &[u8]) -> u8 {
    let &[first, ..] = name else { return 0 };
    let (middle, last) = (name[name.len() / 2], name[name.len() - 1]);
    let length = u8::try_from(name.len()).unwrap_or(u8::MAX);
    let factors = [(first, 1), (middle, 3), (last, 7), (length, 31)];
    factors.into_iter().fold(0, |mark, (byte, factor)| byte.wrapping_mul(factor).wrapping_add(mark))
}

/// A document in the compact form.
#[derive(Debug, Default)]
pub(crate) struct Encoded {
    /// All different texts, one behind the other.
    pub(crate) texts: String,
    /// Where each text ends (4 bytes each).
    pub(crate) ends: Vec<u8>,
    /// All different values.
    pub(crate) values: Vec<u8>,
    /// The place of the document itself.
    pub(crate) root: u32,
}

/// Writes the document: each text and each value once, however often it occurs.
///
/// # Errors
/// What is too large for the form, in words.
pub(crate) fn encode(document: &Json) -> Result<Encoded, String> {
    let mut encoder = Encoder::default();
    for name in KEYWORDS.into_iter().chain(NAMES) {
        encoder.text(name)?;
    }
    let root = encoder.value(document)?;
    encoder.encoded.root = u32::try_from(root).map_err(|error| error.to_string())?;
    Ok(encoder.encoded)
}

#[derive(Default)]
struct Encoder {
    encoded: Encoded,
    texts: BTreeMap<String, usize>,
    values: BTreeMap<Vec<u8>, usize>,
}

impl Encoder {
    fn text(&mut self, text: &str) -> Result<usize, String> {
        if let Some(number) = self.texts.get(text) {
            return Ok(*number);
        }
        let number = self.texts.len();
        self.texts.insert(text.to_owned(), number);
        self.encoded.texts.push_str(text);
        let end = u32::try_from(self.encoded.texts.len()).map_err(|error| error.to_string())?;
        self.encoded.ends.extend(end.to_le_bytes());
        Ok(number)
    }

    /// The place of the value.
    fn value(&mut self, value: &Json) -> Result<usize, String> {
        let mut bytes = Vec::new();
        match value {
            Json::Null => bytes.push(tag::NULL),
            Json::Bool(value) => bytes.push(if *value { tag::TRUE } else { tag::FALSE }),
            Json::String(text) => {
                bytes.push(tag::TEXT);
                push(&mut bytes, self.text(text)?)?;
            }
            Json::Number(number) => {
                let (tag, number) = match (number.as_i64(), number.as_u64(), number.as_f64()) {
                    (Some(number), ..) => (tag::SIGNED, number.to_le_bytes()),
                    (_, Some(number), _) => (tag::UNSIGNED, number.to_le_bytes()),
                    (.., number) => (tag::FLOAT, number.ok_or("a number without a value")?.to_le_bytes()),
                };
                bytes.push(tag);
                bytes.extend(number);
            }
            Json::Array(items) => {
                start(&mut bytes, tag::LIST, items.len())?;
                for item in items {
                    push(&mut bytes, self.value(item)?)?;
                }
            }
            Json::Object(members) => {
                start(&mut bytes, tag::OBJECT, members.len())?;
                let sorted: BTreeMap<&String, &Json> = members.iter().collect();
                bytes.extend(sorted.keys().map(|name| mark(name.as_bytes())));
                for (name, member) in sorted {
                    push(&mut bytes, self.text(name)?)?;
                    push(&mut bytes, self.value(member)?)?;
                }
            }
        }
        if let Some(place) = self.values.get(&bytes) {
            return Ok(*place);
        }
        let place = self.encoded.values.len();
        self.encoded.values.extend(&bytes);
        self.values.insert(bytes, place);
        Ok(place)
    }
}

fn start(bytes: &mut Vec<u8>, tag: u8, length: usize) -> Result<(), String> {
    bytes.push(tag);
    bytes.extend(u16::try_from(length).map_err(|_| format!("{length} members"))?.to_le_bytes());
    Ok(())
}

/// Writes a number of a text, or a place, in three bytes.
fn push(bytes: &mut Vec<u8>, number: usize) -> Result<(), String> {
    let [low, middle, high, 0] = u32::try_from(number).map_err(|_| "too much".to_owned())?.to_le_bytes()
    else {
        return Err("more than 16 MB".to_owned());
    };
    bytes.extend([low, middle, high]);
    Ok(())
}
