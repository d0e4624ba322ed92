//! What is written reads well, and reads back.

use serde_json::json;

use super::*;
use crate::cfn::read::read_bytes;
use crate::cfn::{Json, Resource};

pub(super) fn read(name: &str, text: &str) -> Template {
    let read = read_bytes(name, text.as_bytes()).unwrap_or_else(|found| panic!("{found:#?}\n{text}"));
    read.template
}

/// The texts of all formats, which have to read back as one template and then be written as the same bytes.
pub(super) fn check_round_trip(template: &Template) {
    // As JSON has it: functions whose arguments have two forms come back in one.
    let expected = read("t.json", &json(template));
    assert_eq!(read("t.json", &json_minified(template)), expected);
    let (pretty, small) = (yaml(&expected), yaml_minified(&expected));
    assert_eq!(read("t.yaml", &pretty), expected, "{pretty}");
    assert_eq!(read("t.yaml", &small), expected, "{small}");
    assert_eq!(yaml(&read("t.yaml", &pretty)), pretty);
    assert_eq!(yaml_minified(&read("t.yaml", &small)), small);
    assert_eq!(json(&read("t.yaml", &pretty)), json(&expected));
}

pub(super) fn template(properties: Json) -> Template {
    let Json::Object(properties) = properties else { panic!("a map") };
    let resource = Resource { type_name: "A::B::C".into(), properties, ..Resource::default() };
    Template { resources: [("R".to_owned(), resource)].into_iter().collect(), ..Template::default() }
}

/// The YAML of the properties of a resource, without their indentation.
fn written(properties: Json) -> String {
    let template = template(properties);
    check_round_trip(&template);
    let text = yaml(&template);
    let lines = text.lines().skip(4).map(|line| line.strip_prefix("      ").unwrap_or(line));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn functions_have_their_short_form() {
    let written = written(json!({
        "Ref": {"Ref": "A"},
        "GetAtt": {"Fn::GetAtt": ["A", "B.C"]},
        "GetAttOfRef": {"Fn::GetAtt": ["A", {"Ref": "B"}]},
        "Sub": {"Fn::Sub": "${A}-b"},
        "SubWithMap": {"Fn::Sub": ["${A}-b", {"A": {"Ref": "B"}}]},
        "If": {"Fn::If": ["A", {"Ref": "AWS::NoValue"}, [1, 2]]},
        "Join": {"Fn::Join": [",", [{"Ref": "A"}, "b"]]},
        "Zones": {"Fn::GetAZs": ""},
        "Select": {"Fn::Select": [0, {"Fn::GetAZs": {"Ref": "AWS::Region"}}]},
        "Base64": {"Fn::Base64": {"Fn::Sub": "#!/bin/sh\n${A}\n"}},
        "Import": {"Fn::ImportValue": {"Fn::Sub": "${A}-b"}},
        "Json": {"Fn::ToJsonString": {"a": [1]}},
        "Find": {"Fn::FindInMap": ["M", "a", "b", {"DefaultValue": 1}]},
    }));
    assert_eq!(
        written,
        r#"Ref: !Ref A
GetAtt: !GetAtt A.B.C
GetAttOfRef: !GetAtt [A, !Ref B]
Sub: !Sub ${A}-b
SubWithMap: !Sub ["${A}-b", {A: !Ref B}]
If: !If [A, !Ref "AWS::NoValue", [1, 2]]
Join: !Join [",", [!Ref A, b]]
Zones: !GetAZs ""
Select: !Select [0, {"Fn::GetAZs": !Ref "AWS::Region"}]
Base64:
  Fn::Base64: !Sub |
    #!/bin/sh
    ${A}
Import:
  Fn::ImportValue: !Sub ${A}-b
Json: !ToJsonString
  a: [1]
Find: !FindInMap [M, a, b, {DefaultValue: 1}]"#
    );
}

#[test]
fn what_only_looks_like_a_function_stays_a_map() {
    let written = written(json!({
        "A": {"Ref": 5},
        "B": {"Ref": "X", "Other": "Y"},
        "C": {"Fn::Base64": true},
        "D": {"Condition": "X"},
        "E": {"Fn::Unknown": "X"},
        "F": {"Fn::Sub": {"Ref": "X"}},
        "G": {"Ref": {}},
        "H": {"Fn::ForEach::Loop": ["I", ["a"], {"${I}": {}}]},
    }));
    assert_eq!(
        written,
        r#"A:
  Ref: 5
B:
  Ref: X
  Other: "Y"
C:
  Fn::Base64: true
D:
  Condition: X
E:
  Fn::Unknown: X
F:
  Fn::Sub: !Ref X
G:
  Ref: {}
H:
  Fn::ForEach::Loop:
    - I
    - [a]
    - ${I}: {}"#
    );
}

#[test]
fn texts_are_quoted_where_a_reader_would_take_them_for_something_else() {
    for (text, expected) in [
        ("plain text", "plain text"),
        ("", "\"\""),
        ("yes", "\"yes\""),
        ("No", "\"No\""),
        ("on", "\"on\""),
        ("y", "\"y\""),
        ("null", "\"null\""),
        ("~", "\"~\""),
        ("5432", "\"5432\""),
        ("16.8", "\"16.8\""),
        ("1.17.1", "\"1.17.1\""),
        ("0777", "\"0777\""),
        ("1_000", "\"1_000\""),
        ("12:30:45", "\"12:30:45\""),
        ("1e5", "\"1e5\""),
        ("2012-10-17", "\"2012-10-17\""),
        (".5", "\".5\""),
        ("=", "\"=\""),
        ("<<", "\"<<\""),
        ("0.6.10-local", "0.6.10-local"),
        ("10.0.0.0/16", "10.0.0.0/16"),
        ("arn:aws:s3:::b/*", "arn:aws:s3:::b/*"),
        ("*", "\"*\""),
        ("a: b", "\"a: b\""),
        ("a:", "\"a:\""),
        ("a #b", "\"a #b\""),
        ("a#b", "a#b"),
        (" a", "\" a\""),
        ("- a", "\"- a\""),
        ("-a", "-a"),
        ("---", "\"---\""),
        ("{a", "\"{a\""),
        ("@a", "\"@a\""),
        ("it's", "it's"),
        ("{\"a\": 1}", "'{\"a\": 1}'"),
        ("\"it's\"", "'\"it''s\"'"),
        ("C:\\x", "C:\\x"),
        ("a\tb", "\"a\\tb\""),
        ("a\u{85}b\u{2028}\u{feff}\u{0}\u{7f}", "\"a\\u0085b\\u2028\\uFEFF\\u0000\\u007F\""),
        ("é 日本 😀", "é 日本 😀"),
    ] {
        assert_eq!(written(json!({ "K": text })), format!("K: {expected}"));
        written(json!({ "K": [text, {text: text}], text: 1 }));
    }
}

#[test]
fn texts_of_several_lines_are_blocks() {
    let written = written(json!({
        "A": "a\n  b\n\nc\n",
        "B": ["no newline\nat the end", {"Fn::Sub": "x\n${y}\n"}],
        "C": " starts with\n  blanks\n",
        "D": "ends with two\n\n",
        "E": "carriage\r\nreturn",
        "F": "\n",
        "G": "blank line at the end\n  ",
    }));
    assert_eq!(
        written,
        r#"A: |
  a
    b

  c
B:
  - |-
    no newline
    at the end
  - !Sub |
    x
    ${y}
C: |2
   starts with
    blanks
D: "ends with two\n\n"
E: "carriage\r\nreturn"
F: "\n"
G: "blank line at the end\n  ""#
    );
}

#[test]
fn long_texts_and_lists_break() {
    let long = "word ".repeat(30);
    let written = written(json!({
        "A": long.trim(),
        "B": {"Fn::Sub": long.trim()},
        "C": format!("{}\n", long.trim()),
        "D": "x".repeat(120),
        "E": ["a".repeat(40), "b".repeat(40)],
        "F": {"Fn::Join": ["", ["a".repeat(60), "b".repeat(60)]]},
    }));
    let widest = written.lines().filter(|line| !line.starts_with('D')).map(str::len).max();
    assert!(widest < Some(110), "{written}");
    assert!(written.starts_with("A: >-\n  word word"), "{written}");
    assert!(written.contains("\nB: !Sub >-\n  word"), "{written}");
    assert!(written.contains("\nC: >\n  word"), "{written}");
    assert!(written.contains("\nF: !Join\n  - \"\"\n  - - aaa"), "{written}");
}

#[test]
fn numbers_are_numbers_to_every_reader() {
    let written = written(json!({
        "A": [1, -5, u64::MAX, i64::MIN, 0.1, 1.0, -0.5],
        "B": [1e21, 1.5e300, 5e-324, 1e-7],
    }));
    assert_eq!(
        written,
        "A: [1, -5, 18446744073709551615, -9223372036854775808, 0.1, 1.0, -0.5]\nB: [1.0e+21, 1.5e+300, 5.0e-324, 1.0e-7]"
    );
}

#[test]
fn keys_of_any_length_read_back() {
    for length in [127, 999, 1023, 1024, 1025, 5000] {
        let long = "k".repeat(length);
        let quoted = ": ".repeat(length / 2);
        let map = json!({long.clone(): 1, quoted.clone(): {long.clone(): [quoted.clone()]}, "L": [{long.clone(): "x\ny"}]});
        check_round_trip(&template(map.clone()));
        let mut sections = template(map.clone());
        sections.other.insert(long, map.clone());
        sections.other.insert(quoted, map);
        check_round_trip(&sections);
    }
}

#[test]
fn deep_values_read_back() {
    let mut value = json!("x");
    for level in 0..45 {
        value = if level % 2 == 0 { json!([value]) } else { json!({ "k": value }) };
    }
    check_round_trip(&template(json!({ "A": value })));
}

#[test]
fn sections_and_resources_stand_apart() {
    let mut template = template(json!({"P": 1}));
    template.format_version = Some("2010-09-09".into());
    template.description = Some("Two\nlines".into());
    template
        .conditions
        .insert("C".into(), json!({"Fn::And": [{"Condition": "A"}, {"Fn::Not": [{"Condition": "B"}]}]}));
    template.outputs.insert("O".into(), json!({"Value": {"Ref": "R"}, "Condition": "C"}));
    template.resources.insert(
        "Z".into(),
        Resource { type_name: "A::B::C".into(), depends_on: vec!["R".into()], ..Resource::default() },
    );
    template
        .resource_macros
        .insert("Fn::ForEach::X".into(), json!(["I", ["a"], {"B${I}": {"Type": "A::B::C"}}]));
    check_round_trip(&template);
    assert_eq!(
        yaml(&template),
        r#"AWSTemplateFormatVersion: "2010-09-09"
Description: |-
  Two
  lines

Conditions:
  C: !And [!Condition A, !Not [!Condition B]]

Resources:
  R:
    Type: A::B::C
    Properties:
      P: 1

  Z:
    Type: A::B::C
    DependsOn: [R]

  Fn::ForEach::X:
    - I
    - [a]
    - B${I}:
        Type: A::B::C

Outputs:
  O:
    Value: !Ref R
    Condition: C
"#
    );
    assert_eq!(
        yaml_minified(&template),
        r#"AWSTemplateFormatVersion: "2010-09-09"
Description: "Two\nlines"
Conditions: {C: !And [!Condition A,!Not [!Condition B]]}
Resources: {R: {Type: A::B::C,Properties: {P: 1}},Z: {Type: A::B::C,DependsOn: [R]},Fn::ForEach::X: [I,[a],{"B${I}":{Type: A::B::C}}]}
Outputs: {O: {Value: !Ref R,Condition: C}}
"#
    );
}

#[test]
fn a_template_in_every_style_comes_out_in_ours() {
    let by_hand = include_str!("../../../tests/fixtures/round-trip/handwritten.yaml");
    let ours = include_str!("../../../tests/fixtures/round-trip/readable.yaml");
    let template = read("handwritten.yaml", by_hand);
    assert_eq!(yaml(&template), ours);
    assert_eq!(read("readable.yaml", ours), template);
    check_round_trip(&template);
}

#[test]
fn the_smaller_form_is_chosen() {
    let small = template(json!({"A": {"Fn::GetAtt": ["B", "C"]}}));
    assert_eq!(minified(&small), (Format::Yaml, yaml_minified(&small)));
    let awkward = template(json!({"a:": ["a:", "b:", "c:", "d:"]}));
    let (format, text) = minified(&awkward);
    assert_eq!(text.len(), json_minified(&awkward).len().min(yaml_minified(&awkward).len()));
    assert_eq!(format == Format::Json, text.starts_with('{'));
}
