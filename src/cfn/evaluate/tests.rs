//! Tests of the evaluator as a whole.

use std::collections::BTreeSet;

use serde_json::json;

use super::*;
use crate::cfn::{Json, Resource, Template};

/// A template of the sections that are given.
fn template(sections: Json) -> Template {
    let Json::Object(mut sections) = sections else { panic!("no object") };
    let mut section =
        |name: &str| sections.remove(name).map(|json| json.as_object().unwrap().clone()).unwrap_or_default();
    let resources = section("Resources");
    Template {
        parameters: section("Parameters"),
        mappings: section("Mappings"),
        conditions: section("Conditions"),
        resources: resources
            .into_iter()
            .map(|(id, json)| {
                let resource = Resource {
                    type_name: json["Type"].as_str().unwrap().to_owned(),
                    condition: json["Condition"].as_str().map(str::to_owned),
                    properties: json["Properties"].as_object().cloned().unwrap_or_default(),
                    ..Resource::default()
                };
                (id, resource)
            })
            .collect(),
        ..Template::default()
    }
}

/// What an expression comes to, as text: known values as JSON, unknowns as they are displayed.
fn shown(value: Option<&Evaluated<'_>>) -> String {
    let Some(value) = value else { return "nothing".to_owned() };
    match &value.data {
        Data::Unknown(unknown) => format!("{unknown} {:?}", unknown.kind),
        Data::List(items) if value.to_json().is_none() => {
            format!("[{}]", items.iter().map(|item| shown(Some(item))).collect::<Vec<_>>().join(", "))
        }
        Data::Object(members) if value.to_json().is_none() => {
            format!(
                "{{{}}}",
                members
                    .iter()
                    .map(|(key, value)| format!("{key}: {}", shown(Some(value))))
                    .collect::<Vec<_>>()
                    .join(", ")
            )
        }
        _ => value.to_json().unwrap().to_string(),
    }
}

fn evaluate_with(template: &Template, settings: &Settings, scenario: &Scenario<'_>, json: &Json) -> String {
    // The expression becomes an output of the template, so that it lives as long.
    let mut template = template.clone();
    template.outputs.insert("It".to_owned(), json.clone());
    let evaluator = Evaluator::new(&template, settings);
    let scenario = evaluator
        .scenarios(&scenario.conditions().map(|(name, _)| name).collect())
        .list
        .into_iter()
        .find(|other| other.conditions().eq(scenario.conditions()))
        .unwrap();
    let scenario = if settings.stack_name.is_some() { scenario.at_defaults() } else { scenario };
    let evaluation = evaluator.evaluate(&template.outputs["It"], &scenario);
    match evaluation.faults.first() {
        Some(fault) => format!("fault: {}", fault.problem),
        None => shown(evaluation.value.as_ref()),
    }
}

/// What an expression comes to with nothing known.
fn evaluate(json: &Json) -> String {
    evaluate_with(&sample(), &Settings::default(), &Scenario::default(), json)
}

/// What it comes to with all parameters at their defaults, in a known region.
fn at_defaults(json: &Json) -> String {
    let settings = Settings {
        region: Some("cn-north-1".to_owned()),
        stack_name: Some("dify-dev".to_owned()),
        ..Settings::default()
    };
    evaluate_with(&sample(), &settings, &Scenario::default(), json)
}

fn sample() -> Template {
    template(json!({
        "Parameters": {
            "Name": {"Type": "String", "Default": "dify"},
            "Count": {"Type": "Number", "Default": 3},
            "Subnets": {"Type": "CommaDelimitedList", "Default": "a, b,c"},
            "Image": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/image"},
            "Only": {"Type": "String", "AllowedValues": ["one"]},
        },
        "Mappings": {
            "Sizes": {"small": {"cpu": 256, "zones": ["a", "b"]}, "large": {"cpu": 1024, "zones": ["c"]}},
        },
        "Resources": {"Bucket": {"Type": "AWS::S3::Bucket"}},
    }))
}

#[test]
fn references() {
    assert_eq!(evaluate(&json!({"Ref": "Bucket"})), "${Bucket} Scalar");
    assert_eq!(evaluate(&json!({"Ref": "Name"})), "${Name} Scalar");
    assert_eq!(evaluate(&json!({"Ref": "Subnets"})), "${Subnets} List");
    assert_eq!(evaluate(&json!({"Ref": "Only"})), "\"one\"");
    assert_eq!(evaluate(&json!({"Ref": "AWS::NoValue"})), "nothing");
    assert_eq!(evaluate(&json!({"Ref": "AWS::Region"})), "${AWS::Region} Scalar");
    assert_eq!(at_defaults(&json!({"Ref": "AWS::URLSuffix"})), "\"amazonaws.com.cn\"");
    assert_eq!(at_defaults(&json!({"Ref": "Count"})), "\"3\"");
    assert_eq!(at_defaults(&json!({"Ref": "Subnets"})), "[\"a\",\"b\",\"c\"]");
    // What is declared is a name in Systems Manager, not the value.
    assert_eq!(at_defaults(&json!({"Ref": "Image"})), "${Image} Scalar");
    assert_eq!(evaluate(&json!({"Fn::GetAtt": ["Bucket", "Arn"]})), "${Bucket.Arn} Any");
    assert_eq!(evaluate(&json!({"Fn::GetAtt": "Bucket.Arn"})), "${Bucket.Arn} Any");
    assert_eq!(at_defaults(&json!({"Fn::GetAtt": ["Bucket", {"Ref": "Name"}]})), "${Bucket.dify} Any");
}

#[test]
fn texts() {
    assert_eq!(
        evaluate(&json!({"Fn::Sub": "${!x}-${Name}/${Bucket.Arn}"})),
        "${x}-${Name}/${Bucket.Arn} Scalar"
    );
    assert_eq!(
        at_defaults(&json!({"Fn::Sub": ["${Name}-${A}-${A}", {"A": {"Ref": "Count"}}]})),
        "\"dify-3-3\""
    );
    assert_eq!(
        evaluate(&json!({"Fn::Join": ["-", ["a", 1, true, {"Ref": "AWS::NoValue"}]]})),
        "\"a-1-true\""
    );
    assert_eq!(evaluate(&json!({"Fn::Join": ["-", ["a", {"Ref": "Bucket"}]]})), "a-${Bucket} Scalar");
    assert_eq!(at_defaults(&json!({"Fn::Join": [",", {"Ref": "Subnets"}]})), "\"a,b,c\"");
    assert_eq!(at_defaults(&json!({"Fn::Base64": {"Fn::Sub": "${Name}"}})), "\"ZGlmeQ==\"");
    assert_eq!(
        evaluate(&json!({"Fn::Sub": "{{resolve:secretsmanager:${Bucket}:SecretString:k}}"})),
        "{{resolve:secretsmanager:${Bucket}:SecretString:k}} Scalar"
    );
    assert_eq!(evaluate(&json!({"Fn::ToJsonString": {"b": 1, "a": [true]}})), r#""{\"b\":1,\"a\":[true]}""#);
}

#[test]
fn lists() {
    assert_eq!(evaluate(&json!({"Fn::Split": [",", "a,b"]})), "[\"a\",\"b\"]");
    assert_eq!(evaluate(&json!({"Fn::Split": [",", {"Ref": "Name"}]})), "${…} List");
    let arns =
        json!({"Fn::Sub": ["${Arn}/a,${Arn}/${Name}", {"Arn": {"Fn::Sub": "arn:${AWS::AccountId}:"}}]});
    assert_eq!(
        at_defaults(&json!({"Fn::Split": [",", arns]})),
        "[arn:${AWS::AccountId}:/a Scalar, arn:${AWS::AccountId}:/dify Scalar]"
    );
    assert_eq!(evaluate(&json!({"Fn::Split": [",", arns]})), "${…} List");
    // The separator may be a part of the region's name, or of the bucket's.
    for text in ["-${AWS::Region}", "-${Bucket}", "-${AWS::URLSuffix}"] {
        assert_eq!(evaluate(&json!({"Fn::Split": ["-", {"Fn::Sub": text}]})), "${…} List", "{text}");
    }
    assert_eq!(evaluate(&json!({"Fn::Split": [".", {"Fn::Sub": "a.${AWS::URLSuffix}"}]})), "${…} List");
    assert_eq!(evaluate(&json!({"Fn::Select": [1, ["a", {"Ref": "Bucket"}]]})), "${Bucket} Scalar");
    assert_eq!(evaluate(&json!({"Fn::Select": ["1", {"Fn::GetAZs": ""}]})), "${zones}[1] Scalar");
    assert_eq!(evaluate(&json!({"Fn::Select": [2, {"Ref": "Subnets"}]})), "${Subnets}[2] Scalar");
    assert_eq!(at_defaults(&json!({"Fn::Select": [2, {"Ref": "Subnets"}]})), "\"c\"");
    assert_eq!(
        at_defaults(&json!({"Fn::Select": [3, {"Ref": "Subnets"}]})),
        "fault: `Fn::Select` takes item 3 of a list of 3, counted from 0"
    );
    assert_eq!(evaluate(&json!({"Fn::Cidr": ["10.0.0.0/16", 2, 8]})), "[\"10.0.0.0/24\",\"10.0.1.0/24\"]");
    assert_eq!(evaluate(&json!({"Fn::Cidr": [{"Fn::GetAtt": ["Vpc", "CidrBlock"]}, 2, 8]})), "${…} List");
    assert_eq!(at_defaults(&json!({"Fn::Length": {"Ref": "Subnets"}})), "3");
}

#[test]
fn zones_of_the_same_region_are_the_same() {
    let template = template(json!({"Resources": {"A": {"Type": "T", "Properties": {
        "A": {"Fn::Select": [0, {"Fn::GetAZs": ""}]},
        "B": {"Fn::Select": [0, {"Fn::GetAZs": {"Ref": "AWS::Region"}}]},
        "C": {"Fn::Select": [1, {"Fn::GetAZs": ""}]},
    }}}}));
    let evaluator = Evaluator::new(&template, &Settings::default());
    let (properties, _) = evaluator.properties(&template.resources["A"], &Scenario::default());
    let origin = |key: &str| properties.get(key).unwrap().unknown().unwrap().origin.clone();
    assert_eq!(origin("A"), origin("B"));
    assert_ne!(origin("A"), origin("C"));
}

#[test]
fn mappings() {
    assert_eq!(evaluate(&json!({"Fn::FindInMap": ["Sizes", "small", "cpu"]})), "256");
    assert_eq!(evaluate(&json!({"Fn::FindInMap": ["Sizes", "small", "zones"]})), "[\"a\",\"b\"]");
    assert_eq!(evaluate(&json!({"Fn::FindInMap": ["Sizes", {"Ref": "Name"}, "zones"]})), "${…} List");
    assert_eq!(
        at_defaults(&json!({"Fn::FindInMap": ["Sizes", {"Ref": "Name"}, "cpu"]})),
        "fault: the mapping `Sizes` has no `cpu` for `dify`"
    );
    assert_eq!(
        at_defaults(&json!({"Fn::FindInMap": ["Sizes", {"Ref": "Name"}, "cpu", {"DefaultValue": 5}]})),
        "5"
    );
}

#[test]
fn functions_in_mappings_are_unknown_even_where_they_look_up_themselves() {
    let template = template(json!({
        "Mappings": {"M": {"a": {
            "self": {"Fn::FindInMap": ["M", "a", "self"]},
            "list": ["x", {"Fn::FindInMap": ["M", "a", "list"]}],
        }}},
    }));
    let evaluate = |key: &str| {
        let json = json!({"Fn::FindInMap": ["M", "a", key]});
        evaluate_with(&template, &Settings::default(), &Scenario::default(), &json)
    };
    assert_eq!(evaluate("self"), "${…} Any");
    assert_eq!(evaluate("list"), "[\"x\", ${…} Any]");
}

#[test]
fn values_keep_their_place() {
    let template = template(json!({"Resources": {"A": {"Type": "T", "Properties": {
        "List": [{"Ref": "AWS::NoValue"}, {"a/b": "x"}, {"Ref": "A"}],
    }}}}));
    let evaluator = Evaluator::new(&template, &Settings::default());
    let resource = &template.resources["A"];
    let (properties, _) = evaluator.properties(resource, &Scenario::default());
    let items = properties.get("List").unwrap().items();
    assert_eq!(items.len(), 2);
    let pointer = |value: &Evaluated<'_>| pointer_to(&resource.properties, value.source).unwrap();
    assert_eq!(pointer(items[0].get("a/b").unwrap()), "/List/1/a~1b");
    assert_eq!(pointer(&items[1]), "/List/2");
}

/// The reachable combinations of conditions, each as the conditions that hold.
fn combinations(template: &Template, settings: &Settings, names: &[&str]) -> Vec<String> {
    let evaluator = Evaluator::new(template, settings);
    let scenarios = evaluator.scenarios(&names.iter().copied().collect());
    assert!(scenarios.complete);
    let holding = |scenario: &Scenario<'_>| {
        let names: Vec<_> = scenario.conditions().filter(|(_, holds)| *holds).map(|(name, _)| name).collect();
        names.join(" ")
    };
    scenarios.list.iter().map(holding).collect()
}

#[expect(clippy::needless_pass_by_value, reason = "the callers write them on the spot")]
fn conditional(parameters: Json, conditions: Json) -> Template {
    template(json!({"Parameters": parameters, "Conditions": conditions, "Mappings": {
        "Stages": {"dev": {"big": "no"}, "prd": {"big": "yes"}},
    }}))
}

#[test]
fn a_parameter_decides_its_conditions_together() {
    let template = conditional(
        json!({"Zone": {"Type": "String", "Default": ""}}),
        json!({
            "HasZone": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Zone"}, ""]}]},
            "NoZone": {"Fn::Not": [{"Condition": "HasZone"}]},
        }),
    );
    assert_eq!(combinations(&template, &Settings::default(), &["HasZone", "NoZone"]), ["NoZone", "HasZone"]);
    let given = Settings { parameters: [("Zone".to_owned(), "z".to_owned())].into(), ..Settings::default() };
    assert_eq!(combinations(&template, &given, &["NoZone"]), ["HasZone"]);
}

#[test]
fn what_a_declaration_forbids_is_not_reached() {
    let conditions =
        json!({"Empty": {"Fn::Equals": [{"Ref": "P"}, ""]}, "X": {"Fn::Equals": ["x", {"Ref": "P"}]}});
    let reached = |parameter: Json| {
        combinations(
            &conditional(json!({"P": parameter}), conditions.clone()),
            &Settings::default(),
            &["Empty", "X"],
        )
    };
    assert_eq!(reached(json!({"Type": "AWS::EC2::VPC::Id"})), ["X", ""]);
    assert_eq!(reached(json!({"Type": "String", "MinLength": 1})), ["X", ""]);
    assert_eq!(reached(json!({"Type": "String", "AllowedPattern": "^$|[a-w]+"})), ["Empty", ""]);
    assert_eq!(reached(json!({"Type": "String", "AllowedValues": ["x", ""]})), ["Empty", "X"]);
    assert_eq!(reached(json!({"Type": "String", "AllowedValues": ["a", "b"]})), [""]);
    assert_eq!(reached(json!({"Type": "String", "Default": "q"})), ["", "Empty", "X"]);
}

#[test]
fn parameters_that_are_compared_with_each_other_belong_together() {
    let template = conditional(
        json!({"A": {"Type": "String", "AllowedValues": ["1", "2"]}, "B": {"Type": "String", "AllowedValues": ["1", "2"]}}),
        json!({"Same": {"Fn::Equals": [{"Ref": "A"}, {"Ref": "B"}]}, "One": {"Fn::Equals": [{"Ref": "A"}, "1"]}}),
    );
    let mut found = combinations(&template, &Settings::default(), &["Same", "One"]);
    found.sort();
    assert_eq!(found, ["", "One", "One Same", "Same"]);
}

#[test]
fn mappings_and_regions_decide() {
    let template = conditional(
        json!({"Stage": {"Type": "String", "Default": "dev"}}),
        json!({
            "Big": {"Fn::Equals": [{"Fn::FindInMap": ["Stages", {"Ref": "Stage"}, "big"]}, "yes"]},
            "Tokyo": {"Fn::Equals": [{"Ref": "AWS::Region"}, "ap-northeast-1"]},
        }),
    );
    assert_eq!(combinations(&template, &Settings::default(), &["Big"]), ["", "Big"]);
    assert_eq!(combinations(&template, &Settings::default(), &["Tokyo"]), ["Tokyo", ""]);
    let there = Settings { region: Some("eu-west-1".to_owned()), ..Settings::default() };
    assert_eq!(combinations(&template, &there, &["Big", "Tokyo"]), ["", "Big"]);
}

#[test]
fn what_is_not_known_counts_as_reachable_both_ways() {
    let template = conditional(
        json!({"List": {"Type": "CommaDelimitedList", "Default": ""}}),
        json!({"Some": {"Fn::Not": [{"Fn::Equals": [{"Fn::Join": ["", {"Ref": "List"}]}, ""]}]}}),
    );
    assert_eq!(combinations(&template, &Settings::default(), &["Some"]), ["", "Some"]);
}

#[test]
fn independent_conditions_multiply_and_stay_complete() {
    let names: Vec<String> = (0..10).map(|index| format!("C{index}")).collect();
    let parameters: serde_json::Map<_, _> =
        names.iter().map(|name| (format!("P{name}"), json!({"Type": "String", "Default": "a"}))).collect();
    let conditions: serde_json::Map<_, _> = names
        .iter()
        .map(|name| (name.clone(), json!({"Fn::Equals": [{"Ref": format!("P{name}")}, "b"]})))
        .collect();
    let template = conditional(parameters.into(), conditions.into());
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    assert_eq!(combinations(&template, &Settings::default(), &names).len(), 1024);
}

#[test]
fn a_combination_pins_the_parameters_that_reach_it() {
    let template = conditional(
        json!({"Zone": {"Type": "String", "Default": "z1"}}),
        json!({"NoZone": {"Fn::Equals": [{"Ref": "Zone"}, ""]}}),
    );
    let evaluator = Evaluator::new(&template, &Settings::default());
    let scenarios = evaluator.scenarios(&BTreeSet::from(["NoZone"])).list;
    let zone = json!({"Ref": "Zone"});
    let zone: &'static Json = Box::leak(Box::new(zone));
    let value = |scenario: &Scenario<'_>| {
        let evaluator = Evaluator::new(Box::leak(Box::new(template.clone())), &Settings::default());
        let scenario = evaluator
            .scenarios(&BTreeSet::from(["NoZone"]))
            .list
            .into_iter()
            .find(|other| other.describe() == scenario.describe())
            .unwrap();
        [scenario.clone(), scenario.at_defaults()]
            .map(|scenario| shown(evaluator.evaluate(zone, &scenario).value.as_ref()))
    };
    assert_eq!(scenarios[0].describe(), "`NoZone` is false");
    assert_eq!(value(&scenarios[0]), ["${Zone} Scalar", "\"z1\""]);
    assert_eq!(scenarios[1].describe(), "`NoZone` is true");
    assert_eq!(value(&scenarios[1]), ["\"\"", "\"\""]);
    assert!(
        scenarios[0].allows("Zone", "other")
            && !scenarios[0].allows("Zone", "")
            && scenarios[1].allows("Zone", "")
    );
}

#[test]
fn if_takes_the_branch_of_the_scenario() {
    let mut template = conditional(
        json!({"Zone": {"Type": "String"}}),
        json!({"NoZone": {"Fn::Equals": [{"Ref": "Zone"}, ""]}}),
    );
    template.outputs.insert("It".to_owned(), json!({"Fn::If": ["NoZone", {"Ref": "AWS::NoValue"}, ["x"]]}));
    let evaluator = Evaluator::new(&template, &Settings::default());
    let mut found = BTreeSet::new();
    Evaluator::conditions_in(&template.outputs["It"], &mut found);
    let scenarios = evaluator.scenarios(&found).list;
    let values: Vec<_> = scenarios
        .iter()
        .map(|scenario| shown(evaluator.evaluate(&template.outputs["It"], scenario).value.as_ref()))
        .collect();
    assert_eq!(values, ["nothing", "[\"x\"]"]);
    // Without a scenario that decides it, nothing is guessed.
    assert_eq!(
        shown(evaluator.evaluate(&template.outputs["It"], &Scenario::default()).value.as_ref()),
        "${…} Any"
    );
}

#[test]
fn circles_of_conditions_end() {
    let template = conditional(
        json!({}),
        json!({"A": {"Condition": "B"}, "B": {"Condition": "A"}, "C": {"Fn::Not": [{"Condition": "A"}]}}),
    );
    let evaluator = Evaluator::new(&template, &Settings::default());
    let scenarios = evaluator.scenarios(&BTreeSet::from(["A", "C"]));
    assert_eq!(scenarios.list[0].condition("A"), None);
}

#[test]
fn texts_that_double_stay_small() {
    let mut text = json!({"Fn::Sub": "0123456789${Name}"});
    for _ in 0..60 {
        text = json!({"Fn::Sub": ["{{resolve:ssm:${a}}}${a}", {"a": text}]});
    }
    assert_eq!(evaluate(&text), "${…} Scalar");
}

mod properties {
    //! What is promised for every template: the combinations that can be reached are exactly those that some values of
    //! the parameters reach, and a value is exact or unknown.

    use proptest::prelude::*;

    use super::*;

    /// Each parameter has two or three allowed values.
    const VALUES: [&[&str]; 3] = [&["", "a"], &["a", "b", "c"], &["b", "a,b"]];

    fn parameter() -> impl Strategy<Value = Json> {
        (0..VALUES.len()).prop_map(|index| json!({"Ref": format!("P{index}")}))
    }

    fn literal() -> impl Strategy<Value = Json> {
        prop::sample::select(vec!["", "a", "b", "c", "z"]).prop_map(Json::from)
    }

    fn side() -> impl Strategy<Value = Json> {
        prop_oneof![
            3 => parameter(),
            3 => literal(),
            1 => (parameter(), literal()).prop_map(|(one, other)| json!({"Fn::Join": ["", [one, other]]})),
            1 => parameter().prop_map(|key| json!({"Fn::FindInMap": ["M", key, "k"]})),
        ]
    }

    fn condition(index: usize) -> impl Strategy<Value = Json> {
        let leaf = (side(), side()).prop_map(|(left, right)| json!({"Fn::Equals": [left, right]})).boxed();
        let leaf = if index == 0 {
            leaf
        } else {
            prop_oneof![leaf, (0..index).prop_map(|other| json!({"Condition": format!("C{other}")}))].boxed()
        };
        leaf.prop_recursive(2, 6, 2, |inner| {
            prop_oneof![
                inner.clone().prop_map(|operand| json!({"Fn::Not": [operand]})),
                (inner.clone(), inner.clone()).prop_map(|(one, other)| json!({"Fn::And": [one, other]})),
                (inner.clone(), inner).prop_map(|(one, other)| json!({"Fn::Or": [one, other]})),
            ]
        })
    }

    fn expression() -> impl Strategy<Value = Json> {
        let leaf = prop_oneof![
            parameter(),
            literal(),
            Just(json!({"Ref": "AWS::NoValue"})),
            Just(json!({"Ref": "Bucket"})),
            Just(json!({"Fn::Sub": "${P0}/${Bucket.Arn}/${P1}"})),
        ];
        leaf.prop_recursive(3, 12, 3, |inner| {
            prop_oneof![
                (0..3usize, inner.clone(), inner.clone())
                    .prop_map(|(index, one, other)| json!({"Fn::If": [format!("C{index}"), one, other]})),
                prop::collection::vec(inner.clone(), 1..3)
                    .prop_map(|parts| json!({"Fn::Join": [",", parts]})),
                (0..3usize, inner.clone())
                    .prop_map(|(index, whole)| json!({"Fn::Select": [index, {"Fn::Split": [",", whole]}]})),
                prop::collection::vec(inner.clone(), 0..3).prop_map(Json::Array),
                inner.clone().prop_map(|value| json!({"Fn::Sub": ["<${x}>", {"x": value}]})),
                inner.prop_map(|value| json!({"key": value})),
            ]
        })
    }

    /// Whether everything that is known in `value` is so in `exact`, where more is known.
    fn agrees(value: Option<&Evaluated<'_>>, exact: Option<&Evaluated<'_>>) -> bool {
        let (Some(value), Some(exact)) = (value, exact) else { return value.is_none() && exact.is_none() };
        match (&value.data, &exact.data) {
            (Data::Unknown(_), _) => true,
            (Data::List(items), Data::List(others)) => {
                items.len() == others.len()
                    && items.iter().zip(others.iter()).all(|(item, other)| agrees(Some(item), Some(other)))
            }
            (Data::Object(members), Data::Object(others)) => {
                members.len() == others.len()
                    && members.iter().zip(others.iter()).all(|((key, value), (other_key, other))| {
                        key == other_key && agrees(Some(value), Some(other))
                    })
            }
            (known, other) => known == other,
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn combinations_and_values_are_exact(
            c0 in condition(0),
            c1 in condition(1),
            c2 in condition(2),
            expression in expression(),
        ) {
            let parameters: serde_json::Map<_, _> = VALUES
                .iter()
                .enumerate()
                .map(|(index, values)| (format!("P{index}"), json!({"Type": "String", "AllowedValues": values, "Default": values[0]})))
                .collect();
            let mut template = template(json!({
                "Parameters": parameters,
                "Conditions": {"C0": c0, "C1": c1, "C2": c2},
                "Mappings": {"M": {"a": {"k": "a"}, "b": {"k": "c"}, "c": {"k": "a"}}},
                "Resources": {"Bucket": {"Type": "AWS::S3::Bucket"}},
            }));
            template.outputs.insert("It".to_owned(), expression);
            let it = &template.outputs["It"];
            let names = BTreeSet::from(["C0", "C1", "C2"]);
            let free = Evaluator::new(&template, &Settings::default());
            let scenarios = free.scenarios(&names);
            prop_assert!(scenarios.complete);
            let mut reached = BTreeSet::new();
            for (a, b, c) in VALUES[0].iter().flat_map(|a| VALUES[1].iter().flat_map(move |b| VALUES[2].iter().map(move |c| (a, b, c)))) {
                let given = [("P0", a), ("P1", b), ("P2", c)].map(|(name, value)| (name.to_owned(), (*value).to_owned()));
                let settings = Settings { parameters: given.into(), ..Settings::default() };
                let exact = Evaluator::new(&template, &settings);
                let mut decided = exact.scenarios(&names);
                prop_assert!(decided.list.len() <= 1, "given values leave no choice");
                // A look-up that fails keeps the stack from being created.
                let Some(decided) = decided.list.pop().filter(|decided| decided.conditions().count() == 3) else { continue };
                let fails = ["C0", "C1", "C2"].iter().any(|name| fails(&exact, &template.conditions[*name], &decided));
                if fails {
                    continue;
                }
                reached.insert(decided.describe());
                let scenario = scenarios.list.iter().find(|scenario| scenario.describe() == decided.describe());
                let Some(scenario) = scenario else { panic!("{} can be reached", decided.describe()) };
                let value = free.evaluate(it, scenario).value;
                let exactly = exact.evaluate(it, &decided).value;
                prop_assert!(agrees(value.as_ref(), exactly.as_ref()), "{} is not {}", shown(value.as_ref()), shown(exactly.as_ref()));
            }
            for scenario in &scenarios.list {
                // Scenarios of a template that can never be created say nothing.
                prop_assert!(reached.is_empty() || reached.contains(&scenario.describe()), "{} can't be reached", scenario.describe());
            }
        }
    }

    /// Whether a look-up in the condition fails.
    fn fails<'t>(evaluator: &Evaluator<'t>, json: &'t Json, scenario: &Scenario<'t>) -> bool {
        match json {
            Json::Array(items) => items.iter().any(|item| fails(evaluator, item, scenario)),
            Json::Object(map) => {
                !evaluator.evaluate(json, scenario).faults.is_empty()
                    || map.values().any(|value| fails(evaluator, value, scenario))
            }
            _ => false,
        }
    }
}
