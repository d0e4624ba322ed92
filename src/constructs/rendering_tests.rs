//! How what is typed stands in a template.

use serde::Serialize;
use serde_json::json;

use super::{Output, Parameter, ParameterType, Stack};
use crate::cfn::{
    ConditionExpression, DynamicReference, Handle, Intrinsic, Json, PseudoParameter, RawResource, Template,
    Value,
};

/// A template of a mapping, a resource of the name `One`, and what is made of both.
fn template(
    make: impl FnOnce(&mut Stack, &Handle<RawResource>, &dyn Fn(Option<Json>) -> Intrinsic),
) -> Template {
    let mut stack = Stack::new();
    let map = stack.mapping("Sizes", json!({ "dev": { "cpu": 256 } }));
    let one = stack.scope().add("One", RawResource::new("X::Y::Z"));
    let find = |default| Intrinsic::FindInMap {
        map: map.logical_id().clone(),
        top: PseudoParameter::Region.reference(),
        second: "cpu".into(),
        default,
    };
    make(&mut stack, &one, &find);
    stack.synth().unwrap()
}

#[test]
fn functions_render_as_documented_and_bring_the_transform_where_they_need_it() {
    type Function<'a> = &'a dyn Fn(&Handle<RawResource>, &dyn Fn(Option<Json>) -> Intrinsic) -> Intrinsic;
    let list = || Value::<Vec<Value<String>>>::from(["a", "b"]);
    let ssm = |version| Intrinsic::Dynamic(DynamicReference::Ssm { name: "/dify/size".into(), version });
    let table: [(Function<'_>, Json, bool); 14] = [
        (
            &|_, find| find(None),
            json!({ "Fn::FindInMap": ["Sizes", { "Ref": "AWS::Region" }, "cpu"] }),
            false,
        ),
        (
            &|_, find| find(Some(512.into())),
            json!({ "Fn::FindInMap": ["Sizes", { "Ref": "AWS::Region" }, "cpu", { "DefaultValue": 512 }] }),
            true,
        ),
        (
            &|one, _| Intrinsic::ToJsonString(json!({ "arn": one.attribute("Arn") })),
            json!({ "Fn::ToJsonString": { "arn": { "Fn::GetAtt": ["One", "Arn"] } } }),
            true,
        ),
        (&|_, _| Intrinsic::Length(Box::new(list())), json!({ "Fn::Length": ["a", "b"] }), true),
        (
            &|one, _| Intrinsic::Cidr { block: one.attribute("CidrBlock"), count: 6.into(), bits: 8.into() },
            json!({ "Fn::Cidr": [{ "Fn::GetAtt": ["One", "CidrBlock"] }, 6, 8] }),
            false,
        ),
        (
            &|one, _| Intrinsic::Split { separator: ",".into(), text: one.reference() },
            json!({ "Fn::Split": [",", { "Ref": "One" }] }),
            false,
        ),
        (
            &|one, _| Intrinsic::Join {
                separator: "-".into(),
                parts: Box::new([one.reference(), "x".into()].into()),
            },
            json!({ "Fn::Join": ["-", [{ "Ref": "One" }, "x"]] }),
            false,
        ),
        (
            &|_, _| Intrinsic::Select { index: 1.into(), list: Box::new(Intrinsic::availability_zones()) },
            json!({ "Fn::Select": [1, { "Fn::GetAZs": "" }] }),
            false,
        ),
        (&|_, _| Intrinsic::ImportValue("vpc".into()), json!({ "Fn::ImportValue": "vpc" }), false),
        (
            &|_, _| Intrinsic::GetAzs(PseudoParameter::Region.reference()),
            json!({ "Fn::GetAZs": { "Ref": "AWS::Region" } }),
            false,
        ),
        (&|_, _| Intrinsic::GetAzs("eu-central-1".into()), json!({ "Fn::GetAZs": "eu-central-1" }), false),
        (&|one, _| Intrinsic::Base64(one.reference()), json!({ "Fn::Base64": { "Ref": "One" } }), false),
        (&|_, _| ssm(None), json!("{{resolve:ssm:/dify/size}}"), false),
        (&|_, _| ssm(Some(3)), json!("{{resolve:ssm:/dify/size:3}}"), false),
    ];
    for (function, rendered, needs_transform) in table {
        // The transform is brought from wherever a function may stand.
        for place in ["properties", "metadata", "update policy", "output"] {
            let template = template(|stack, one, find| {
                let value = Value::<String>::from(function(one, find));
                let json = value.to_json();
                let resource = RawResource::new("X::Y::Z");
                match place {
                    "properties" => {
                        stack.scope().add("Two", resource.with("Value", json));
                    }
                    "output" => stack.output("Two", Output::new("of a test", value)),
                    _ => {
                        let two = stack.scope().add("Two", resource);
                        stack.scope().options(&two, |options| {
                            let map =
                                if place == "metadata" { &mut options.metadata } else { &mut options.other };
                            map.insert("Value".into(), json);
                        });
                    }
                }
            });
            let found = match place {
                "properties" => &template.resources["Two"].properties["Value"],
                "metadata" => &template.resources["Two"].metadata["Value"],
                "update policy" => &template.resources["Two"].other["Value"],
                _ => &template.outputs["Two"]["Value"],
            };
            assert_eq!(*found, rendered, "{place}");
            let transform = needs_transform.then(|| "AWS::LanguageExtensions".into());
            assert_eq!(template.transform, transform, "{rendered} in {place}");
        }
    }
}

#[test]
fn a_mapping_is_found_by_its_handle() {
    let mut stack = Stack::new();
    let sizes = stack.mapping("Sizes", json!({ "dev": { "cpu": 256 } }));
    let cpu: Value<i64> = sizes.find("dev", PseudoParameter::Region.reference());
    stack.scope().add("One", RawResource::new("X::Y::Z").with("Cpu", cpu.to_json()));
    let template = stack.synth().unwrap();
    assert_eq!(
        serde_json::to_value(&template.mappings).unwrap(),
        json!({ "Sizes": { "dev": { "cpu": 256 } } })
    );
    let rendered = json!({ "Fn::FindInMap": ["Sizes", "dev", { "Ref": "AWS::Region" }] });
    assert_eq!(template.resources["One"].properties["Cpu"], rendered);
}

#[test]
fn outputs_and_parameters_render_what_they_are_given_and_nothing_else() {
    fn plain(kind: ParameterType) -> Parameter {
        Parameter::new(kind, "")
    }
    #[track_caller]
    fn renders(found: impl Serialize, rendered: &Json) {
        assert_eq!(serde_json::to_value(found).unwrap(), *rendered);
    }
    let template = template(|stack, one, _| {
        let has = stack.condition("Has", ConditionExpression::equals("a", "b"));
        let output = Output::new("The ARN", one.attribute("Arn"));
        stack.output("Plain", output.clone());
        let name = Intrinsic::join("-", [PseudoParameter::StackName.reference(), "arn".into()]);
        stack.output("Exported", Output { export: Some(name), condition: Some(has), ..output });
        let secret = plain(ParameterType::String);
        stack.parameter(
            "Secret",
            Parameter { min_length: Some(8), max_length: Some(128), no_echo: true, ..secret },
        );
        stack.parameter("Number", plain(ParameterType::Number).range(1, 10).default(2));
        stack.parameter("Text", plain(ParameterType::String).one_of(["a", "b"]).pattern("[ab]", "a or b"));
        stack.parameter("List", plain(ParameterType::CommaDelimitedList));
    });
    renders(
        template.outputs,
        &json!({
            "Plain": { "Description": "The ARN", "Value": { "Fn::GetAtt": ["One", "Arn"] } },
            "Exported": {
                "Description": "The ARN",
                "Value": { "Fn::GetAtt": ["One", "Arn"] },
                "Export": { "Name": { "Fn::Join": ["-", [{ "Ref": "AWS::StackName" }, "arn"]] } },
                "Condition": "Has",
            },
        }),
    );
    renders(
        template.parameters,
        &json!({
            "Secret": { "Type": "String", "MinLength": 8, "MaxLength": 128, "NoEcho": true },
            "Number": { "Type": "Number", "MinValue": 1, "MaxValue": 10, "Default": 2 },
            "Text": {
                "Type": "String",
                "AllowedValues": ["a", "b"],
                "AllowedPattern": "[ab]",
                "ConstraintDescription": "a or b",
            },
            "List": { "Type": "CommaDelimitedList" },
        }),
    );
}
