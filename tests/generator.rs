//! The generator on small invented schemas.

#![allow(clippy::unwrap_used, reason = "a test")]

#[path = "../build/mod.rs"]
mod generator;

use std::fs;
use std::path::Path;

use serde_json::{Value as Json, json};

/// What is generated from these schemas and this overlay.
fn generate_all(schemas: &[Json], overlay: &Json) -> Result<generator::Files, String> {
    let folder = tempfile::tempdir().unwrap();
    for (index, schema) in schemas.iter().enumerate() {
        fs::write(folder.path().join(format!("{index}.json")), schema.to_string()).unwrap();
    }
    fs::write(folder.path().join("overlay.json"), overlay.to_string()).unwrap();
    generator::generate(folder.path())
}

/// The module of the service `Test` for one schema, every run of white space as one blank.
fn generate(schema: &Json) -> String {
    one_line(&generate_all(std::slice::from_ref(schema), &json!([])).unwrap()[Path::new("test.rs")])
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A schema of `AWS::Test::Thing` with these properties and definitions.
fn thing(properties: &Json, definitions: &Json) -> Json {
    json!({ "typeName": "AWS::Test::Thing", "properties": properties, "definitions": definitions })
}

/// An object schema with these properties, all texts.
fn texts(names: &[&str]) -> Json {
    let properties: serde_json::Map<String, Json> =
        names.iter().map(|name| ((*name).to_owned(), json!({ "type": "string" }))).collect();
    json!({ "type": "object", "properties": properties })
}

/// The text from the first occurrence of `start` to the next `end`.
fn part<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let from = text.find(start).unwrap_or_else(|| panic!("no {start:?} in {text}"));
    let length = text[from..].find(end).unwrap_or_else(|| panic!("no {end:?} after {start:?}"));
    &text[from..from + length]
}

#[track_caller]
fn assert_has(text: &str, expected: &str) {
    assert!(text.contains(expected), "no {expected:?} in {text}");
}

#[test]
fn a_whole_resource() {
    let mut schema = thing(
        &json!({
            "Arn": { "type": "string" },
            "DBName": { "type": "string", "pattern": "^[a-z]+$", "minLength": 1, "maxLength": 63 },
            "Mode": { "type": "string", "enum": ["on", "off-line"] },
            "Tags": { "type": "array", "items": { "$ref": "#/definitions/Tag" } },
        }),
        &json!({ "Tag": texts(&["Key", "Value"]) }),
    );
    schema["readOnlyProperties"] = json!(["/properties/Arn"]);
    schema["createOnlyProperties"] = json!(["/properties/DBName"]);
    schema["primaryIdentifier"] = json!(["/properties/Arn"]);
    schema["required"] = json!(["DBName"]);
    let files = generate_all(&[schema], &json!([])).unwrap();
    let all: Vec<String> =
        files.iter().map(|(name, text)| format!("// {}\n{text}", name.display())).collect();
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn names_are_folded_and_traps_avoided() {
    let text = generate(&thing(
        &json!({
            "KMSKeyId": { "type": "string" },
            "Type": { "type": "string" },
            "Value": { "$ref": "#/definitions/Value" },
            "Option": texts(&["A"]),
            "Self": { "type": "boolean" },
            "DbName": { "type": "string" },
            "DBName": { "type": "string" },
        }),
        &json!({ "Value": texts(&["In"]) }),
    ));
    assert_has(&text, "/// `KMSKeyId`. pub kms_key_id: Option<Value<String>>");
    assert_has(&text, r#"("KMSKeyId", &self.kms_key_id),"#);
    assert_has(&text, "pub type_: Option<Value<String>>");
    assert_has(&text, "pub self_: Option<Value<bool>>");
    assert_has(&text, "pub value: Option<Value<thing::ValueProperty>>");
    assert_has(&text, "pub option: Option<Value<thing::ThingOption>>");
    assert_has(&text, "pub struct ValueProperty { /// `In`.");
    assert_has(&text, "pub in_: Option<Value<String>>");
    assert_has(&text, r#"("DBName", &self.db_name_2),"#);
}

#[test]
fn kinds_of_values() {
    let text = generate(&thing(
        &json!({
            "Text": { "type": "string" },
            "Whole": { "type": "integer" },
            "Number": { "type": "number" },
            "Numbers": { "type": "array", "items": { "type": "number" } },
            "Truth": { "type": "boolean" },
            "Texts": { "type": "array", "items": { "type": "string" } },
            "Parts": { "type": "array", "items": { "$ref": "#/definitions/Part" } },
            "Pattern": { "type": "object", "patternProperties": { ".+": { "type": "string" } } },
            "Others": { "type": "object", "additionalProperties": { "type": "integer" } },
            "PartsByName": { "type": "object", "patternProperties": { ".+": { "$ref": "#/definitions/Part" } } },
            "Policy": { "type": ["object", "string"] },
            "Free": { "type": "object" },
            "Untyped": {},
            "Nowhere": { "$ref": "#/definitions/Missing" },
            "Round": { "$ref": "#/definitions/Round" },
            "AnyText": { "anyOf": [{ "type": "string", "enum": ["a"] }, { "type": "string" }] },
            "OneNumber": { "oneOf": [{ "type": "integer" }, { "type": "integer", "minimum": 3 }] },
            "Mixed": { "oneOf": [{ "type": "integer" }, { "type": "string" }] },
            "Alias": { "$ref": "#/definitions/Name" },
            "Nullable": { "type": ["null", "string"] },
            "Implied": { "properties": { "A": { "type": "string" } } },
        }),
        &json!({
            "Part": texts(&["A"]),
            "Name": { "type": "string" },
            "Round": { "$ref": "#/definitions/Round" },
        }),
    ));
    for (field, kind) in [
        ("text", "String"),
        ("whole", "i64"),
        ("number", "f64"),
        ("numbers", "Vec<Value<f64>>"),
        ("truth", "bool"),
        ("texts", "Vec<Value<String>>"),
        ("parts", "Vec<Value<thing::Part>>"),
        ("pattern", "IndexMap<String, Value<String>>"),
        ("others", "IndexMap<String, Value<i64>>"),
        ("parts_by_name", "IndexMap<String, Value<thing::Part>>"),
        ("policy", "Json"),
        ("free", "Json"),
        ("untyped", "Json"),
        ("nowhere", "Json"),
        ("round", "Json"),
        ("any_text", "String"),
        ("one_number", "i64"),
        ("mixed", "Json"),
        ("alias", "String"),
        ("nullable", "String"),
        ("implied", "thing::Implied"),
    ] {
        assert_has(&text, &format!(" pub {field}: Option<Value<{kind}>>,"));
    }
}

#[test]
fn required_properties_are_arguments_at_every_level() {
    let mut inner = texts(&["A", "B"]);
    inner["required"] = json!(["B"]);
    let mut schema = thing(
        &json!({
            "Name": { "type": "string" },
            "Outer": { "$ref": "#/definitions/Outer" },
            "Size": { "type": "integer" },
        }),
        &json!({
            "Outer": {
                "type": "object",
                "properties": { "Inner": { "type": "array", "items": { "$ref": "#/definitions/Inner" } } },
                "required": ["Inner"],
            },
            "Inner": inner,
        }),
    );
    schema["required"] = json!(["Size", "Outer"]);
    let text = generate(&schema);
    assert_has(&text, "#[derive(Clone, PartialEq)] pub struct CfnThing");
    assert_has(
        &text,
        "pub fn new( outer: impl Into<Value<thing::Outer>>, size: impl Into<Value<i64>>, ) -> Self",
    );
    assert_has(&text, "Self { name: None, outer: outer.into(), size: size.into(), }");
    assert_has(&text, "pub fn new( inner: impl Into<Value<Vec<Value<Inner>>>>, ) -> Self");
    assert_has(
        &text,
        "pub fn new( b: impl Into<Value<String>>, ) -> Self { Self { a: None, b: b.into(), } }",
    );
    assert_has(&text, "/// `Size`. Required. pub size: Value<i64>,");
}

#[test]
fn enumerations_are_named_after_the_property() {
    let two = json!({ "type": "string", "enum": ["HTTP", "tcp_udp"] });
    let text = generate(&thing(
        &json!({
            "Protocol": two,
            "Part": { "$ref": "#/definitions/Part" },
            "Other": { "$ref": "#/definitions/Other" },
            "Modes": { "type": "array", "items": { "type": "string", "enum": ["a"] } },
            "Numbers": { "type": "integer", "enum": [1, 5] },
            "Below": { "type": "integer", "enum": [-1, 5] },
            "Clash": { "type": "string", "enum": ["a.b", "a-b"] },
            "Long": { "type": "string", "enum": (0..41).map(|n| format!("v{n}")).collect::<Vec<_>>() },
            "Lax": { "type": "string", "enumCaseInsensitive": ["json", "text"] },
        }),
        &json!({
            "Part": { "type": "object", "properties": {
                "Protocol": two,
                "Mode": { "type": "string", "enum": ["x"] },
            } },
            "Other": { "type": "object", "properties": { "Mode": { "type": "string", "enum": ["y"] } } },
        }),
    ));
    assert_has(&text, r#"Protocol { Http = "HTTP", TcpUdp = "tcp_udp", }"#);
    assert_eq!(text.matches("/// Values of `Protocol`.").count(), 1, "the same values are one type");
    assert_has(&text, r#"PartMode { X = "x", }"#);
    assert_has(&text, r#"OtherMode { Y = "y", }"#);
    assert_has(&text, "pub modes: Option<Value<Vec<Value<thing::Modes>>>>");
    assert_has(&text, "/// `Numbers`. One of 1, 5.");
    assert_has(&text, "pub numbers: Option<Value<thing::Numbers>>");
    assert_has(&text, "integer_enum! { /// Values of `Numbers`. Numbers { N1 = 1, N5 = 5, } }");
    assert_has(&text, "pub below: Option<Value<i64>>");
    assert_has(&text, "pub clash: Option<Value<String>>");
    assert_has(&text, "pub long: Option<Value<String>>");
    assert_has(&text, r#"Lax { Json = "json", Text = "text", }"#);
}

#[test]
fn objects_without_a_name_are_called_like_the_property() {
    let text = generate(&thing(
        &json!({
            "Logging": { "type": "object", "properties": { "Level": texts(&["A"]) } },
            "Other": { "type": "object", "properties": { "Level": texts(&["B"]) } },
            "Rules": { "type": "array", "items": texts(&["C"]) },
        }),
        &json!({}),
    ));
    assert_has(&text, "pub logging: Option<Value<thing::Logging>>");
    assert_has(&text, "pub level: Option<Value<LoggingLevel>>");
    assert_has(&text, "pub level: Option<Value<OtherLevel>>");
    assert_has(&text, "pub rules: Option<Value<Vec<Value<thing::Rules>>>>");
}

#[test]
fn recursive_types_are_boxed_where_they_contain_themselves() {
    let text = generate(&thing(
        &json!({ "Statement": { "$ref": "#/definitions/Statement" } }),
        &json!({
            "Statement": { "type": "object", "properties": {
                "And": { "type": "array", "items": { "$ref": "#/definitions/Statement" } },
                "Not": { "$ref": "#/definitions/Not" },
                "Leaf": { "$ref": "#/definitions/Leaf" },
            } },
            "Not": { "type": "object", "properties": { "Statement": { "$ref": "#/definitions/Statement" } } },
            "Leaf": texts(&["A"]),
        }),
    ));
    assert_has(&text, "pub statement: Option<Value<thing::Statement>>");
    assert_has(&text, "pub and: Option<Value<Vec<Value<Statement>>>>");
    assert_has(&text, "pub not: Option<Value<Box<Not>>>");
    assert_has(&text, "pub statement: Option<Value<Box<Statement>>>");
    assert_has(&text, "pub leaf: Option<Value<Leaf>>");
    assert_has(&text, "boxed_literal!(Statement);");
    assert!(!text.contains("boxed_literal!(Leaf)"));
}

#[test]
fn lists_of_themselves_end_somewhere() {
    let mut schema = thing(
        &json!({ "Nest": { "$ref": "#/definitions/Nest" } }),
        &json!({ "Nest": { "type": "array", "items": { "$ref": "#/definitions/Nest" } } }),
    );
    schema["createOnlyProperties"] = json!(["/properties/Nest/*/Name"]);
    assert_has(&generate(&schema), "pub nest: Option<Value<Vec<Value<Vec<");
}

#[test]
fn read_only_properties_are_attributes_and_no_fields() {
    let mut schema = thing(
        &json!({
            "Id": { "type": "string" },
            "Endpoint": { "$ref": "#/definitions/Endpoint" },
            "Secret": { "$ref": "#/definitions/Secret" },
            "Names": { "type": "array", "items": { "type": "string" } },
            "Items": { "type": "array", "items": { "$ref": "#/definitions/Item" } },
            "Reference": { "type": "string" },
            "Name": { "type": "string" },
        }),
        &json!({
            "Endpoint": texts(&["Address", "Port"]),
            "Secret": texts(&["Arn", "Key"]),
            "Item": texts(&["Status", "Name"]),
        }),
    );
    schema["readOnlyProperties"] = json!([
        "/properties/Id",
        "/properties/Endpoint",
        "/properties/Endpoint/Address",
        "/properties/Secret/Arn",
        "/properties/Names",
        "/properties/Items/*/Status",
        "/properties/Reference",
        "/properties/Absent"
    ]);
    let text = generate(&schema);
    let handle = part(&text, "impl Handle<CfnThing> {", "/// What [`CfnThing`]");
    assert_has(handle, r#"pub fn id(&self) -> Value<String> { self.attribute("Id") }"#);
    assert_has(
        handle,
        r#"pub fn endpoint_address(&self) -> Value<String> { self.attribute("Endpoint.Address") }"#,
    );
    assert_has(handle, r#"pub fn endpoint_port(&self) -> Value<String> { self.attribute("Endpoint.Port") }"#);
    assert_has(handle, r#"pub fn secret_arn(&self) -> Value<String> { self.attribute("Secret.Arn") }"#);
    assert_has(
        handle,
        r#"pub fn names(&self) -> Value<Vec<Value<String>>> { list_attribute(self, "Names") }"#,
    );
    assert_has(handle, r#"pub fn reference_2(&self) -> Value<String> { self.attribute("Reference") }"#);
    assert_eq!(handle.matches("pub fn ").count(), 6);
    let fields = part(&text, "pub struct CfnThing {", "impl ");
    assert_eq!(fields.matches(": Option<").count(), 3, "Secret, Items and Name, not {fields}");
    assert_has(&text, "pub struct Secret { /// `Key`.");
    assert_has(&text, "pub struct Item { /// `Name`.");
    assert!(!text.contains("pub struct Endpoint"), "nothing that can be set leads there");
}

#[test]
fn the_documentation_tells_limits_and_replacement() {
    let mut schema = thing(
        &json!({
            "A": { "type": "string", "minLength": 3, "maxLength": 3 },
            "B": { "type": "integer", "maximum": 9 },
            "C": { "type": "array", "minItems": 1, "items": { "type": "string", "pattern": "a`b" } },
            "D": { "$ref": "#/definitions/D", "minLength": 2 },
            "E": { "$ref": "#/definitions/E" },
        }),
        &json!({ "D": { "type": "string", "pattern": "^d$" }, "E": texts(&["F"]) }),
    );
    schema["createOnlyProperties"] = json!(["/properties/A", "/properties/E/F"]);
    schema["conditionalCreateOnlyProperties"] = json!(["/properties/B"]);
    let text = generate(&schema);
    assert_has(&text, "/// `A`. A change replaces the resource. Exactly 3 characters. pub ");
    assert_has(&text, "/// `B`. A change can replace the resource. At most 9. pub ");
    assert_has(&text, "/// `C`. At least 1 item. Each: Pattern ``a`b``. pub ");
    assert_has(&text, "/// `D`. At least 2 characters. Pattern `^d$`. pub ");
    assert_has(&text, "/// `F`. A change replaces the resource. pub ");
}

#[test]
fn tags_in_either_form_or_none() {
    let list = json!({ "Labels": { "type": "array", "items": { "$ref": "#/definitions/LabelTag" } } });
    let mut schema = thing(&list, &json!({ "LabelTag": texts(&["Key", "Value"]) }));
    schema["tagging"] = json!({ "taggable": true, "tagProperty": "/properties/Labels" });
    assert_has(&generate(&schema), "tags::set_in_list(&mut self.labels, key, value);");
    schema["tagging"]["taggable"] = json!(false);
    assert!(!generate(&schema).contains("Taggable"));

    let map = json!({ "Tags": { "type": "object", "patternProperties": { ".*": { "type": "string" } } } });
    assert_has(&generate(&thing(&map, &json!({}))), "tags::set_in_map(&mut self.tags, key, value);");
    let other = json!({ "Tags": { "type": "array", "items": { "type": "string" } } });
    assert!(!generate(&thing(&other, &json!({}))).contains("Taggable"));
}

#[test]
fn the_overlay_requires_drops_and_adds() {
    let schema = thing(
        &json!({
            "A": { "type": "string" },
            "B": { "type": "string" },
            "Fake": {},
            "Part": { "$ref": "#/definitions/Part" },
        }),
        &json!({ "Part": texts(&["C"]) }),
    );
    let overlay = json!([
        {
            "type": "AWS::Test::Thing",
            "require": ["B"],
            "drop": ["Fake"],
            "attributes": { "A": "A" },
            "reason": "r",
            "source": "s",
        },
        { "type": "AWS::Test::Thing", "definition": "Part", "require": ["C"], "reason": "r", "source": "s" },
    ]);
    let files = generate_all(&[schema], &overlay).unwrap();
    let text = one_line(&files[Path::new("test.rs")]);
    assert_has(
        &text,
        "pub fn new( b: impl Into<Value<String>>, ) -> Self { Self { a: None, b: b.into(), part: None, } }",
    );
    assert_has(&text, "pub fn new( c: impl Into<Value<String>>, )");
    assert_has(&text, r#"pub fn a(&self) -> Value<String> { self.attribute("A") }"#);
    assert!(!text.contains("Fake"));
}

#[test]
fn a_wrong_overlay_is_refused() {
    let refused = |key: &str, value: Json| {
        let mut schema = thing(&texts(&["Id", "Name"])["properties"], &json!({}));
        schema["readOnlyProperties"] = json!(["/properties/Id"]);
        schema["required"] = json!(["Name"]);
        let mut correction = json!({ "type": "AWS::Test::Thing", "reason": "r", "source": "s" });
        correction[key] = value;
        generate_all(&[schema], &json!([correction])).unwrap_err()
    };
    assert_eq!(
        refused("require", json!(["Z"])),
        "0.json: correction 1 of the overlay: there is no property `Z`"
    );
    assert_eq!(
        refused("type", json!("AWS::Test::Other")),
        "overlay.json: correction 1: there is no schema of AWS::Test::Other"
    );
    assert_eq!(refused("reason", json!("")), "overlay.json: correction 1: no `reason`");
    assert_eq!(refused("requires", json!([])), "overlay.json: correction 1: unknown key `requires`");
    assert_eq!(
        refused("definition", json!("Part")),
        "0.json: correction 1 of the overlay: there is no definition `Part` with properties"
    );
    assert_eq!(
        refused("attributes", json!({ "Z": "Z/Y" })),
        "0.json: correction 1 of the overlay: attribute `Z`: there is no property `Z/Y`"
    );
    assert_eq!(
        refused("attributes", json!({ "Id": "Id" })),
        "0.json: correction 1 of the overlay: attribute `Id`: the schema has it already"
    );
    assert_eq!(
        refused("require", json!(["Name"])),
        "0.json: correction 1 of the overlay: the schema requires `Name` already"
    );
}

#[test]
fn a_wrong_schema_is_refused_by_name() {
    let refused = |schema: Json| generate_all(&[schema], &json!([])).unwrap_err();
    assert_eq!(refused(json!({ "properties": {} })), "0.json: no `typeName`");
    assert_eq!(
        refused(json!({ "typeName": "AWS::Thing" })),
        "0.json: `typeName` is `AWS::Thing`, expected the form `AWS::Service::Resource`"
    );
    assert_eq!(refused(json!({ "typeName": "AWS::Test::Thing" })), "0.json: no `properties`");
    let schema = thing(&json!({ "A": {} }), &json!({}));
    assert_eq!(
        generate_all(&[schema.clone(), schema.clone()], &json!([])).unwrap_err(),
        "1.json: another file has a schema of AWS::Test::Thing too"
    );
    let mut twin = schema.clone();
    twin["typeName"] = json!("AWS::Test::THING");
    let error = generate_all(&[schema, twin], &json!([])).unwrap_err();
    assert_eq!(error, "AWS::Test::THING and AWS::Test::Thing would be the same type");
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("broken.json"), "{").unwrap();
    let error = generator::generate(folder.path()).unwrap_err();
    assert!(error.starts_with("broken.json: EOF while parsing"), "{error}");
}

#[test]
fn a_schema_dropped_into_the_folder_yields_its_type() {
    let folder = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/schemas")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "json") {
            fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
        }
    }
    let before = generator::generate(folder.path()).unwrap();
    assert!(!before.contains_key(Path::new("sqs.rs")));
    // As the registry gives it, not reduced.
    let queue = json!({
        "typeName": "AWS::SQS::Queue",
        "description": "A queue.",
        "sourceUrl": "nowhere",
        "properties": {
            "QueueName": { "description": "A name.", "type": "string" },
            "FifoQueue": { "type": "boolean" },
            "QueueUrl": { "type": "string" },
        },
        "readOnlyProperties": ["/properties/QueueUrl"],
        "handlers": { "create": { "permissions": [] } },
    });
    fs::write(folder.path().join("aws-sqs-queue.json"), queue.to_string()).unwrap();
    let after = generator::generate(folder.path()).unwrap();
    let text = one_line(&after[Path::new("sqs.rs")]);
    assert_has(&text, "pub struct CfnQueue");
    assert_has(&text, "pub fifo_queue: Option<Value<bool>>");
    assert_has(&text, "pub fn queue_url(&self) -> Value<String>");
    assert_has(&after[Path::new("mod.rs")], "pub mod sqs {");
    for (name, text) in &before {
        let lists_all = ["mod.rs", "samples.rs"].iter().any(|all| name == Path::new(all));
        assert!(lists_all || after.get(name) == Some(text), "{} has changed", name.display());
    }
}

#[test]
fn the_same_schemas_give_the_same_text() {
    let schemas = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/schemas"));
    assert_eq!(generator::generate(schemas).unwrap(), generator::generate(schemas).unwrap());
}
