//! A registry schema as plain types. Knows JSON Schema, knows nothing of Rust.

use serde_json::{Map, Value as Json};

/// A resource type.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Schema {
    /// `AWS::S3::Bucket`.
    pub(crate) type_name: String,
    /// The resource's own properties.
    pub(crate) root: Object,
    /// What `$ref` names.
    pub(crate) definitions: Vec<(String, Node)>,
    /// Paths without `/properties`, such as `Endpoint/Address`.
    pub(crate) read_only: Vec<Path>,
    /// A change replaces the resource.
    pub(crate) create_only: Vec<Path>,
    /// A change can replace the resource.
    pub(crate) conditional_create_only: Vec<Path>,
    /// What identifies the resource, and mostly what `Ref` gives.
    pub(crate) primary_identifier: Vec<Path>,
    /// The property that holds the tags, if the type takes any.
    pub(crate) tag_property: Option<String>,
    /// Attributes that the overlay adds or renames: name and path of the property.
    pub(crate) attributes: Vec<(String, Path)>,
}

/// Names from the outside to the inside; `*` stands for a list's items.
pub(crate) type Path = Vec<String>;

/// An object with named properties.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Object {
    pub(crate) properties: Vec<(String, Node)>,
    pub(crate) required: Vec<String>,
}

impl Object {
    pub(crate) fn property(&self, name: &str) -> Option<&Node> {
        self.properties.iter().find(|(property, _)| property == name).map(|(_, node)| node)
    }
}

/// One schema: what kind of value, and what it has to keep to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    pub(crate) kind: Kind,
    pub(crate) limits: Limits,
}

/// The kinds of value that the generator tells apart.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    String,
    /// One of these texts.
    Enum(Vec<String>),
    Integer,
    /// One of these whole numbers.
    Numbers(Vec<u64>),
    Number,
    Boolean,
    List(Box<Node>),
    /// Any keys, all values of one kind.
    Map(Box<Node>),
    Object(Object),
    /// The name of a definition.
    Reference(String),
    /// Whatever JSON.
    Any,
}

/// What the documentation tells of a value.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Limits {
    pub(crate) pattern: Option<String>,
    pub(crate) length: Range,
    pub(crate) items: Range,
    pub(crate) size: Range,
    /// The allowed values of a number.
    pub(crate) allowed: Vec<String>,
}

/// A lower and an upper bound, both included, as they stand in the schema.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Range {
    pub(crate) least: Option<String>,
    pub(crate) most: Option<String>,
}

impl Schema {
    /// Reads a schema, reduced or as it was downloaded.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let json: Json = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let type_name = json["typeName"].as_str().ok_or("no `typeName`")?.to_owned();
        if type_name.split("::").filter(|part| !part.is_empty()).count() != 3 {
            return Err(format!("`typeName` is `{type_name}`, expected the form `AWS::Service::Resource`"));
        }
        let root = object(json.as_object().ok_or("not an object")?);
        if root.properties.is_empty() {
            return Err("no `properties`".to_owned());
        }
        let definitions = json["definitions"].as_object().into_iter().flatten();
        Ok(Self {
            type_name,
            root,
            definitions: definitions.map(|(name, schema)| (name.clone(), node(schema))).collect(),
            read_only: paths(&json["readOnlyProperties"]),
            create_only: paths(&json["createOnlyProperties"]),
            conditional_create_only: paths(&json["conditionalCreateOnlyProperties"]),
            primary_identifier: paths(&json["primaryIdentifier"]),
            tag_property: tag_property(&json),
            attributes: Vec::new(),
        })
    }

    /// The definition of that name.
    pub(crate) fn definition(&self, name: &str) -> Option<&Node> {
        self.definitions.iter().find(|(definition, _)| definition == name).map(|(_, node)| node)
    }

    /// The property that a path leads to, through objects only: none inside lists and maps.
    pub(crate) fn property_at(&self, path: &Path) -> Option<&Node> {
        let mut names = path.iter();
        let mut node = self.root.property(names.next()?)?;
        for name in names {
            let (_, resolved) = self.resolve(node)?;
            let Kind::Object(object) = &resolved.kind else { return None };
            node = object.property(name)?;
        }
        Some(node)
    }

    /// The node behind any chain of references, with the name of the last definition on the way.
    ///
    /// A chain that leads nowhere or round in a circle gives `None`.
    pub(crate) fn resolve<'a>(&'a self, node: &'a Node) -> Option<(Option<&'a str>, &'a Node)> {
        let (mut name, mut node) = (None, node);
        for _ in 0..=self.definitions.len() {
            let Kind::Reference(reference) = &node.kind else { return Some((name, node)) };
            (name, node) = (Some(reference.as_str()), self.definition(reference)?);
        }
        None
    }
}

/// The properties and definitions of `/properties/A/B` pointers.
fn paths(pointers: &Json) -> Vec<Path> {
    let pointers = pointers.as_array().into_iter().flatten().filter_map(Json::as_str);
    pointers
        .filter_map(|pointer| pointer.strip_prefix("/properties/"))
        .map(|path| {
            path.split('/')
                .filter(|part| *part != "items" && *part != "properties")
                .map(str::to_owned)
                .collect()
        })
        .collect()
}

fn tag_property(json: &Json) -> Option<String> {
    let tagging = &json["tagging"];
    let taggable = tagging["taggable"].as_bool().or(json["taggable"].as_bool()).unwrap_or(true);
    let pointer = tagging["tagProperty"].as_str().unwrap_or("/properties/Tags");
    taggable.then(|| pointer.strip_prefix("/properties/").map(str::to_owned))?
}

fn object(schema: &Map<String, Json>) -> Object {
    let properties = schema.get("properties").and_then(Json::as_object).into_iter().flatten();
    let required = schema.get("required").and_then(Json::as_array).into_iter().flatten();
    Object {
        properties: properties.map(|(name, schema)| (name.clone(), node(schema))).collect(),
        required: required.filter_map(Json::as_str).map(str::to_owned).collect(),
    }
}

fn node(schema: &Json) -> Node {
    let Some(schema) = schema.as_object() else {
        return Node { kind: Kind::Any, limits: Limits::default() };
    };
    Node { kind: kind(schema), limits: limits(schema) }
}

fn kind(schema: &Map<String, Json>) -> Kind {
    if let Some(reference) = schema.get("$ref").and_then(Json::as_str) {
        return match reference.strip_prefix("#/definitions/") {
            Some(name) if !name.contains('/') => Kind::Reference(name.to_owned()),
            _ => Kind::Any,
        };
    }
    match type_of(schema) {
        Some("string") => match texts(schema) {
            Some(values) => Kind::Enum(values),
            None => Kind::String,
        },
        Some("integer") => numbers(schema).map_or(Kind::Integer, Kind::Numbers),
        Some("number") => Kind::Number,
        Some("boolean") => Kind::Boolean,
        Some("array") => Kind::List(Box::new(schema.get("items").map_or_else(|| node(&Json::Null), node))),
        Some("object") => object_kind(schema),
        _ => one_kind_of_all(schema).unwrap_or(Kind::Any),
    }
}

/// The only type, `null` apart; guessed from the other keywords where none is named.
fn type_of(schema: &Map<String, Json>) -> Option<&str> {
    match schema.get("type") {
        Some(Json::String(name)) => Some(name),
        Some(Json::Array(names)) => {
            let mut names = names.iter().filter_map(Json::as_str).filter(|name| *name != "null");
            let first = names.next();
            if names.next().is_some() { None } else { first }
        }
        _ if schema.contains_key("properties") => Some("object"),
        _ if schema.contains_key("items") => Some("array"),
        _ if texts(schema).is_some() => Some("string"),
        _ => None,
    }
}

/// The texts of `enum`, or of the `enumCaseInsensitive` that cfn-lint puts in its place.
fn texts(schema: &Map<String, Json>) -> Option<Vec<String>> {
    let values = schema.get("enum").or(schema.get("enumCaseInsensitive"))?.as_array()?;
    values.iter().map(|value| value.as_str().map(str::to_owned)).collect()
}

/// The numbers of `enum`. Where one is negative it isn't a list of choices that could be named.
fn numbers(schema: &Map<String, Json>) -> Option<Vec<u64>> {
    schema.get("enum")?.as_array()?.iter().map(Json::as_u64).collect()
}

fn object_kind(schema: &Map<String, Json>) -> Kind {
    let patterns = schema.get("patternProperties").and_then(Json::as_object);
    let others = schema.get("additionalProperties").filter(|others| others.is_object());
    let mut values = patterns.into_iter().flat_map(Map::values).chain(others).map(node);
    match (object(schema), values.next()) {
        (object, None) if !object.properties.is_empty() => Kind::Object(object),
        (object, Some(first))
            if object.properties.is_empty() && values.all(|value| value.kind == first.kind) =>
        {
            Kind::Map(Box::new(first))
        }
        _ => Kind::Any,
    }
}

/// The kind that all alternatives have; a mere text if some are an enumeration.
fn one_kind_of_all(schema: &Map<String, Json>) -> Option<Kind> {
    let alternatives = schema.get("oneOf").or(schema.get("anyOf"))?.as_array()?;
    let mut kinds = alternatives.iter().map(|alternative| node(alternative).kind);
    let first = kinds.next()?;
    kinds.try_fold(first, |kind, other| match (&kind, &other) {
        _ if kind == other => Some(kind),
        (Kind::String | Kind::Enum(_), Kind::String | Kind::Enum(_)) => Some(Kind::String),
        _ => None,
    })
}

fn limits(schema: &Map<String, Json>) -> Limits {
    let range = |least, most| Range { least: number(schema, least), most: number(schema, most) };
    let allowed = schema.get("enum").and_then(Json::as_array).into_iter().flatten();
    Limits {
        pattern: schema.get("pattern").and_then(Json::as_str).map(str::to_owned),
        length: range("minLength", "maxLength"),
        items: range("minItems", "maxItems"),
        size: range("minimum", "maximum"),
        allowed: allowed.filter(|value| value.is_number()).map(Json::to_string).collect(),
    }
}

fn number(schema: &Map<String, Json>, keyword: &str) -> Option<String> {
    schema.get(keyword).filter(|value| value.is_number()).map(Json::to_string)
}
