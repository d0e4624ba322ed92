//! Templates of anyone, in every form.

use serde_json::json;

use super::*;
use crate::cfn::Json;

fn yaml(text: &str) -> ReadTemplate {
    read_bytes("t.yaml", text.as_bytes()).unwrap()
}

/// A template with one resource, whose properties are the given lines.
fn properties(lines: &str) -> ReadTemplate {
    let lines = lines.replace('\n', "\n      ");
    yaml(&format!("Resources:\n  R:\n    Type: A::B::C\n    Properties:\n      {lines}\n"))
}

/// `line:column code message` of each finding.
fn findings(read: &ReadTemplate) -> Vec<String> {
    let place = |finding: &Diagnostic| {
        let span = finding.location.as_ref().unwrap().span;
        format!("{}:{} {} {}", span.line, span.column, finding.code, finding.message)
    };
    read.findings.iter().map(place).collect()
}

#[test]
fn an_empty_file_is_one_mistake() {
    let findings = read_bytes("t.yaml", b"").unwrap_err();
    assert_eq!(findings.iter().map(|finding| finding.code.0).collect::<Vec<_>>(), ["D101"]);
}

#[test]
fn short_forms_become_long_ones() {
    for (short, long) in [
        ("!Ref A", json!({"Ref": "A"})),
        ("!GetAtt A.B.C", json!({"Fn::GetAtt": ["A", "B.C"]})),
        ("!GetAtt [A, !Ref B]", json!({"Fn::GetAtt": ["A", {"Ref": "B"}]})),
        ("{Fn::GetAtt: A.B}", json!({"Fn::GetAtt": ["A", "B"]})),
        ("!GetAtt A", json!({"Fn::GetAtt": "A"})),
        ("!Sub 5", json!({"Fn::Sub": "5"})),
        ("!Sub ['${A}', {A: 5}]", json!({"Fn::Sub": ["${A}", {"A": 5}]})),
        ("!If [A, !Ref B, [yes, 0777]]", json!({"Fn::If": ["A", {"Ref": "B"}, [true, 511]]})),
        ("!Equals [!Ref A, '']", json!({"Fn::Equals": [{"Ref": "A"}, ""]})),
        ("!Not [!Condition A]", json!({"Fn::Not": [{"Condition": "A"}]})),
        ("!And [!Or [a, b], c]", json!({"Fn::And": [{"Fn::Or": ["a", "b"]}, "c"]})),
        (
            "!FindInMap [A, B, C, {DefaultValue: !Ref D}]",
            json!({"Fn::FindInMap": ["A", "B", "C", {"DefaultValue": {"Ref": "D"}}]}),
        ),
        ("!ImportValue A", json!({"Fn::ImportValue": "A"})),
        ("!GetAZs ''", json!({"Fn::GetAZs": ""})),
        ("!GetAZs", json!({"Fn::GetAZs": ""})),
        ("!Cidr [!GetAtt V.C, 6, 8]", json!({"Fn::Cidr": [{"Fn::GetAtt": ["V", "C"]}, 6, 8]})),
        ("!Select [ 0, !GetAZs ]", json!({"Fn::Select": [0, {"Fn::GetAZs": ""}]})),
        ("{Fn::Base64: !Sub x}", json!({"Fn::Base64": {"Fn::Sub": "x"}})),
        ("!Base64 {Ref: A}", json!({"Fn::Base64": {"Ref": "A"}})),
        ("!Join ['', [a, !Ref B]]", json!({"Fn::Join": ["", ["a", {"Ref": "B"}]]})),
        ("!Select [0, !Split [',', a]]", json!({"Fn::Select": [0, {"Fn::Split": [",", "a"]}]})),
        (
            "!Transform {Name: A, Parameters: {B: c}}",
            json!({"Fn::Transform": {"Name": "A", "Parameters": {"B": "c"}}}),
        ),
        ("!Length [a]", json!({"Fn::Length": ["a"]})),
        ("!ToJsonString {a: !Ref B}", json!({"Fn::ToJsonString": {"a": {"Ref": "B"}}})),
        (
            "{'Fn::ForEach::X': [I, [a], {'${I}': !Ref B}]}",
            json!({"Fn::ForEach::X": ["I", ["a"], {"${I}": {"Ref": "B"}}]}),
        ),
        ("{Fn::GetAtt: A.B, Other: x}", json!({"Fn::GetAtt": "A.B", "Other": "x"})),
    ] {
        assert_eq!(
            properties(&format!("P: {short}")).template.resources["R"].properties["P"],
            long,
            "{short}"
        );
    }
}

#[test]
fn pointers_lead_through_short_forms() {
    let read = properties("X: !GetAtt B.Arn\nY: !If [C, [!Sub \"${D}\"], no]\nZ:\n  Fn::Join: [a, [b]]");
    let map = &read.source_map;
    let text = |pointer: &str| {
        let span = map.span(&format!("/Resources/R/Properties{pointer}"));
        &map.source().text[span.start..span.end]
    };
    assert_eq!(text("/X/Fn::GetAtt/1"), "B.Arn");
    assert_eq!(text("/Y/Fn::If/1/0/Fn::Sub"), "\"${D}\"");
    assert_eq!(text("/Y/Fn::If/1/0/Fn::Sub/deeper"), "\"${D}\"");
    assert_eq!(text("/Y/Fn::If/2"), "no");
    assert_eq!(text("/Z/Fn::Join/1/0"), "b");
    let key = map.key_span("/Resources/R/Properties/X");
    assert_eq!((key.line, key.column), (5, 7));
    assert_eq!(map.node("/Resources/R/Properties/X/Fn::GetAtt/0").and_then(|node| node.as_str()), Some("B"));
    assert_eq!(map.node("/Resources/R/Properties/Nothing"), None);
}

#[test]
fn a_finding_gets_its_place() {
    let read = properties("X: !GetAtt B.Arn\nY:\n  A: 1");
    let place = |pointer: &str| {
        let finding = Diagnostic::error(code::WRONG_TYPE, "x").pointer(pointer);
        let location = read.source_map.locate(finding).location.unwrap();
        (location.span.line, location.span.column)
    };
    assert_eq!(place("/Resources/R/Properties/X/Fn::GetAtt/1"), (5, 18));
    assert_eq!(place("/Resources/R/Properties/Y"), (6, 7));
    assert_eq!(place("/Resources/R/Properties/Y/A"), (7, 12));
    assert_eq!(place("/Resources/R/Properties/Missing"), (4, 5));
    assert_eq!(place("/Nothing"), (1, 1));
}

#[test]
fn a_macro_may_take_a_section_and_the_language_extensions_do_not() {
    let of = |transform: &str| {
        let read = yaml(&format!("Transform: {transform}\nParameter: {{}}\nResources: {{}}\n"));
        findings(&read).remove(0)
    };
    let message = "2:1 D102 CloudFormation has no section `Parameter`";
    assert_eq!(of("AWS::LanguageExtensions"), message);
    assert_eq!(of("[AWS::LanguageExtensions]"), message);
    let note = format!("{message} of its own, a macro has to know it");
    assert_eq!(of("Own"), note);
    assert_eq!(of("[AWS::LanguageExtensions, {Name: Own}]"), note);
}

#[test]
fn all_sections_and_attributes_are_kept() {
    let text = json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "d",
        "Transform": ["AWS::LanguageExtensions", "Own"],
        "Metadata": {"m": [1]},
        "Parameters": {"P": {"Type": "String"}},
        "Rules": {"R": {"Assertions": []}},
        "Mappings": {"M": {"a": {"b": "c"}}},
        "Conditions": {"C": {"Fn::Equals": ["a", "b"]}},
        "Resources": {
            "A": {
                "Type": "A::B::C",
                "Condition": "C",
                "DependsOn": ["B"],
                "DeletionPolicy": {"Fn::If": ["C", "Retain", "Delete"]},
                "UpdateReplacePolicy": "Retain",
                "Metadata": {"m": {}},
                "Properties": {"P": {"Ref": "P"}},
                "CreationPolicy": {"ResourceSignal": {"Count": 1}},
                "Unknown": [1]
            },
            "B": {"Type": "Custom::B"},
            "Fn::ForEach::Loop": ["I", ["a"], {"X${I}": {"Type": "A::B::C"}}],
            "Fn::Transform": {"Name": "AWS::Include"}
        },
        "Outputs": {"O": {"Value": 1}},
        "Hooks": {"H": {}},
        "Globals": {"Function": {}}
    });
    let read = read_bytes("t.json", text.to_string().as_bytes()).unwrap();
    assert_eq!(read.template.to_json(), text);
    assert_eq!(read.template.resources.len(), 2);
    assert_eq!(findings(&read).len(), 1, "{:?}", read.findings);
    assert_eq!(read.findings[0].severity, crate::diagnostic::Severity::Note);
}

#[test]
fn a_single_dependency_is_a_list_of_one() {
    let read = yaml("Resources: {A: {Type: T, DependsOn: B}, B: {Type: T}}");
    assert_eq!(read.template.resources["A"].depends_on, ["B"]);
    let span = read.source_map.span("/Resources/A/DependsOn/0");
    assert_eq!(&read.source_map.source().text[span.start..span.end], "B");
}

#[test]
fn what_a_template_cannot_have_is_told_all_at_once() {
    let read = yaml(
        "\
Parameter: {}
Parameters: [a]
Conditions:
Resources:
  A:
    Properties: {}
  B: text
  C:
    Type: [x]
    DependsOn: [D, 5]
    Condition: {a: b}
    Properties: [1]
  D: {Type: T, DependsOn: 5}
  E: {Type: T, Properties: {P: !Rf X, Q: null, S: !Rain::Embed f, T: !Nothing [x]}}
Outputs: x
",
    );
    assert_eq!(
        findings(&read),
        [
            "1:1 D102 CloudFormation has no section `Parameter`",
            "2:13 D103 `Parameters` has to be a map, found a list",
            "3:11 D107 null values aren't allowed in templates",
            "5:3 D105 the resource `A` has no `Type`",
            "7:6 D103 a resource has to be a map, found a text",
            "9:11 D103 `Type` has to be a text, found a list",
            "10:20 D103 each of `DependsOn` has to be a text, found a number",
            "11:16 D103 `Condition` has to be a text, found a map",
            "12:17 D103 `Properties` has to be a map, found a list",
            "13:27 D103 `DependsOn` has to be a text or a list of texts, found a number",
            "14:36 D106 CloudFormation has no function `!Rf`",
            "14:42 D107 null values aren't allowed in templates",
            "14:64 D106 CloudFormation has no function `!Rain::Embed`",
            "14:79 D106 CloudFormation has no function `!Nothing`",
            "15:10 D103 `Outputs` has to be a map, found a text",
        ]
    );
    let help = |index: usize| read.findings[index].help.as_deref();
    assert_eq!(help(0), Some("did you mean `Parameters`?"));
    assert_eq!(help(10), Some("did you mean `!Ref`?"));
    assert_eq!(help(12), Some("`rain pkg` replaces it"));
    assert_eq!(read.findings[11].pointer.as_deref(), Some("/Resources/E/Properties/Q"));
    assert_eq!(read.findings[5].logical_id.as_deref(), Some("C"));
    assert_eq!(read.template.resources["E"].properties["P"], json!({"Fn::Rf": "X"}));
    assert!(read.into_template().is_err());
}

#[test]
fn a_document_that_is_no_map_is_no_template() {
    for (text, found) in [("", "nothing"), ("- a", "a list"), ("text", "a text"), ("!Ref x: y", "")] {
        let messages: Vec<_> =
            read_bytes("t.yaml", text.as_bytes()).unwrap_err().into_iter().map(|f| f.message).collect();
        assert!(messages[0].ends_with(found), "{messages:?}");
    }
    assert_eq!(findings(&yaml("Description: x")), ["1:1 D104 the template has no section `Resources`"]);
    assert_eq!(findings(&yaml("Resources: {}")), ["1:1 D104 a template needs at least one resource"]);
    assert!(read_bytes("t.json", b"\xff").is_err());
}

#[test]
fn scalars_are_read_as_cloudformation_reads_them() {
    let read = properties(
        "A: yes\nB: 22:22\nC: 012345670123\nD: 012345678901\nE: 2012-10-17\nF: 1_000\nG: 'no'\nH: !Sub on\nI: 0o17\nJ: 0x1F\nK: 123456789012345678901",
    );
    let values: Vec<_> = read.template.resources["R"].properties.values().cloned().collect();
    let expected: Vec<Json> = vec![
        true.into(),
        1342.into(),
        1_402_433_619_i64.into(),
        12_345_678_901.0.into(),
        "2012-10-17".into(),
        1000.into(),
        "no".into(),
        json!({"Fn::Sub": "on"}),
        "0o17".into(),
        31.into(),
        "123456789012345678901".into(),
    ];
    assert_eq!(values, expected);
    assert_eq!(
        findings(&read),
        [
            "5:10 D109 CloudFormation takes `yes` for the boolean true",
            "6:10 D109 CloudFormation takes `22:22` for the number 1342",
            "7:10 D109 CloudFormation takes `012345670123` for the number 1402433619",
            "8:10 D109 CloudFormation takes `012345678901` for the number 12345678901.0",
            "10:10 D109 CloudFormation takes `1_000` for the number 1000",
            "13:10 D109 CloudFormation takes `0o17` for a text",
            "15:10 D109 CloudFormation may take `123456789012345678901` for a number or for a text",
        ]
    );
    assert!(read.into_template().is_ok());
    let norway = yaml("Mappings: {M: {NO: {a: b}, 0o17: {a: b}}}\nResources: {A: {Type: T}}");
    assert_eq!(findings(&norway), ["1:16 D109 CloudFormation takes `NO` for the boolean false"]);
    assert!(norway.template.mappings["M"].get("NO").is_some());
}

#[test]
fn aliases_are_unfolded_and_refused() {
    let read = properties("A: &x {B: c}\nD: *x");
    assert_eq!(read.template.resources["R"].properties["D"], json!({"B": "c"}));
    assert_eq!(findings(&read), ["6:10 D108 CloudFormation takes no YAML aliases, found `*x`"]);
}

#[test]
fn mutated_templates_never_panic() {
    let corpus = [
        "Parameters: {P: {Type: String}}\nResources:\n  A:\n    Type: T\n    DependsOn: B\n    Properties:\n      X: !If [C, !GetAtt B.Arn, !Sub \"${P}\"]\n  B: {Type: T}\n",
        "{\"Resources\": {\"A\": {\"Type\": \"T\", \"Properties\": {\"X\": {\"Fn::GetAtt\": \"B.C\"}, \"Y\": {\"Ref\": \"A\"}}}}}",
    ];
    let mut numbers = crate::document::mutation::Numbers::new(7);
    let mut read_well = 0;
    for round in 0..3000 {
        let bytes = crate::document::mutation::mutate(corpus[round % 2], &mut numbers);
        let Ok(read) = read_bytes("mutated", &bytes) else { continue };
        read_well += 1;
        for finding in &read.findings {
            let span = finding.location.as_ref().unwrap().span;
            assert!(read.source_map.source().text.get(span.start..span.end).is_some());
        }
        // Whatever was read can be written and read again.
        let text = crate::cfn::write::yaml(&read.template);
        let again = read_bytes("t.yaml", text.as_bytes()).unwrap_or_else(|found| panic!("{found:?}\n{text}"));
        assert_eq!(again.template, read.template, "{text}");
    }
    assert!(read_well > 300, "the mutations are too wild: {read_well}");
}
