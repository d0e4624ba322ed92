//! Tests of the tree itself, on resources of no particular service.

use serde_json::json;

use super::*;
use crate::cfn::{ConditionExpression, ConditionHandle, Handle, Intrinsic, RawResource, Value};
use crate::concat_values;
use crate::resources::logs::CfnLogGroup;
use crate::resources::logs::log_group::RetentionInDays;

fn bucket(stack: &mut Stack, id: &str) -> Handle<RawResource> {
    stack.scope().child(id).add(MAIN, RawResource::new("AWS::S3::Bucket"))
}

#[test]
fn logical_ids_are_the_joined_path_and_the_main_resource_takes_its_constructs_name() {
    let mut stack = Stack::new();
    let mut scope = stack.scope();
    let mut api = scope.child("Api");
    assert_eq!(api.add("Service", RawResource::new("AWS::ECS::Service")).logical_id().as_str(), "ApiService");
    assert_eq!(api.add(MAIN, RawResource::new("AWS::IAM::Role")).logical_id().as_str(), "Api");
}

#[test]
fn what_is_inside_a_part_is_found_by_its_path_and_type() {
    let mut stack = Stack::new();
    let group = LogGroup::new(&mut stack.scope().child("Api").child("Logs"), LogGroupProps::default());
    stack.scope().child("Api").add("Role", RawResource::new("AWS::IAM::Role"));
    for path in ["Api/Logs", "Api/Logs/Resource"] {
        let found = stack.find::<CfnLogGroup>(path).unwrap();
        assert_eq!(found.logical_id(), group.handle().logical_id());
    }
    for path in ["Api", "Logs", "Api/Role", "Api/Logs/", "Api/Logs/Resource/Resource", ""] {
        assert!(stack.find::<CfnLogGroup>(path).is_none(), "{path}");
    }
    let found = stack.find::<CfnLogGroup>("Api/Logs").unwrap();
    stack.edit(&found, |group| group.retention_in_days = Some(RetentionInDays::N1.into()));
    let template = stack.synth().unwrap();
    assert_eq!(template.resources["ApiLogs"].properties["RetentionInDays"], json!(1));
}

#[test]
fn references_render_clean_and_in_order() {
    let mut stack = Stack::new();
    let one = bucket(&mut stack, "One");
    let has = stack.condition("HasOne", ConditionExpression::equals("a", "b"));
    let value: Value<String> =
        Intrinsic::if_else(&has, one.attribute("Arn"), concat_values![one.reference(), "/x"]);
    let two =
        stack.scope().add("Two", RawResource::new("AWS::SSM::Parameter").with("Value", value.to_json()));
    stack.depends_on(two.logical_id(), [one.logical_id()]);
    stack.scope().options(&two, ResourceOptions::retain);
    let template = stack.synth().unwrap();
    assert_eq!(template.resources.keys().collect::<Vec<_>>(), ["One", "Two"]);
    assert_eq!(
        serde_json::to_value(&template.resources["Two"]).unwrap(),
        json!({
            "Type": "AWS::SSM::Parameter",
            "DependsOn": ["One"],
            "DeletionPolicy": "RetainExceptOnCreate",
            "UpdateReplacePolicy": "Retain",
            "Properties": {"Value": {"Fn::If": ["HasOne", {"Fn::GetAtt": ["One", "Arn"]}, {"Fn::Sub": "${One}/x"}]}},
        })
    );
}

#[test]
fn a_shared_path_is_reported() {
    let mut stack = Stack::new();
    bucket(&mut stack, "One");
    bucket(&mut stack, "One");
    let found = stack.synth().unwrap_err();
    assert!(
        found.iter().any(|d| d.code == DUPLICATE_CONSTRUCT && d.message.contains("share the path")),
        "{found:?}"
    );
}

#[test]
fn two_paths_with_one_logical_id_are_reported() {
    let mut stack = Stack::new();
    stack.scope().child("Api").add("Role", RawResource::new("AWS::IAM::Role"));
    stack.scope().add("ApiRole", RawResource::new("AWS::IAM::Role"));
    let found = stack.synth().unwrap_err();
    assert!(found.iter().any(|d| d.message.contains("both give the logical id `ApiRole`")), "{found:?}");
}

#[test]
fn a_handle_of_another_stack_is_reported_wherever_it_is_used() {
    let mut other = Stack::new();
    let foreign = bucket(&mut other, "One");
    let mut stack = Stack::new();
    let own = bucket(&mut stack, "One");
    stack.scope().add("Two", RawResource::new("X::Y::Z").with("Ref", foreign.reference().to_json()));
    stack.scope().add(
        "Three",
        RawResource::new("X::Y::Z").with("Sub", concat_values!["a", foreign.reference()].to_json()),
    );
    stack.depends_on(own.logical_id(), [foreign.logical_id()]);
    stack.edit(&foreign, |_| panic!("must not be called"));
    let found = stack.synth().unwrap_err();
    assert_eq!(found.iter().filter(|d| d.code == FOREIGN_HANDLE).count(), 4, "{found:?}");
}

#[test]
fn a_handle_of_another_stack_beside_the_properties_is_reported() {
    type Use = fn(&mut Stack, &Handle<RawResource>, &Handle<RawResource>, &ConditionHandle);
    let uses: [(&str, Use); 6] = [
        ("HasForeign", |stack, own, _, has| stack.scope().only_if(own, has)),
        ("HasForeign", |stack, own, _, has| {
            stack.options(own.logical_id(), |options| options.condition = Some(has.clone()));
        }),
        ("Foreign", |stack, own, foreign, _| {
            stack.options(own.logical_id(), |options| {
                options.depends_on.insert(foreign.logical_id().clone());
            });
        }),
        ("Foreign", |stack, own, foreign, _| {
            stack.options(own.logical_id(), |options| {
                options.metadata.insert("Of".into(), foreign.reference().to_json());
            });
        }),
        ("Foreign", |stack, own, foreign, _| {
            stack.options(own.logical_id(), |options| {
                options.other.insert("UpdatePolicy".into(), json!({ "Of": foreign.reference() }));
            });
        }),
        ("Foreign", |stack, _, foreign, _| stack.metadata("Of", foreign.reference().to_json())),
    ];
    let mut other = Stack::new();
    let foreign = bucket(&mut other, "Foreign");
    let has = other.condition("HasForeign", ConditionExpression::equals("a", "b"));
    for (index, (name, used)) in uses.iter().enumerate() {
        let mut stack = Stack::new();
        let own = bucket(&mut stack, "One");
        used(&mut stack, &own, &foreign, &has);
        let Err(found) = stack.synth() else { panic!("use {index} isn't noticed") };
        let told: Vec<_> = found.iter().map(|one| (one.code, one.logical_id.as_deref())).collect();
        assert_eq!(told, [(FOREIGN_HANDLE, Some(*name))], "use {index}");
    }
}

#[test]
fn own_references_beside_the_properties_render_clean() {
    let mut stack = Stack::new();
    let one = bucket(&mut stack, "One");
    let has = stack.condition("HasTwo", ConditionExpression::equals("a", "b"));
    let two = bucket(&mut stack, "Two");
    stack.scope().only_if(&two, &has);
    stack.options(two.logical_id(), |options| {
        options.depends_on.insert(one.logical_id().clone());
        options.metadata.insert("Of".into(), one.attribute("Arn").to_json());
        options.other.insert("UpdatePolicy".into(), json!({ "Of": [one.reference()] }));
    });
    stack.metadata("Of", concat_values!["the ", one.reference()].to_json());
    let template = stack.synth().unwrap();
    assert_eq!(template.metadata["Of"], json!({ "Fn::Sub": "the ${One}" }));
    assert_eq!(
        serde_json::to_value(&template.resources["Two"]).unwrap(),
        json!({
            "Type": "AWS::S3::Bucket",
            "Condition": "HasTwo",
            "DependsOn": ["One"],
            "Metadata": { "Of": { "Fn::GetAtt": ["One", "Arn"] } },
            "UpdatePolicy": { "Of": [{ "Ref": "One" }] },
        })
    );
}

#[test]
fn functions_of_the_language_extensions_bring_the_transform() {
    let mut stack = Stack::new();
    let length: Value<i64> = Intrinsic::Length(Box::new(Intrinsic::availability_zones())).into();
    stack.scope().add("One", RawResource::new("X::Y::Z").with("Count", length.to_json()));
    assert_eq!(stack.synth().unwrap().transform, Some("AWS::LanguageExtensions".into()));
    let mut plain = Stack::new();
    bucket(&mut plain, "One");
    assert_eq!(plain.synth().unwrap().transform, None);
}

#[test]
fn parameters_stand_on_the_form_in_order_of_declaration() {
    let mut stack = Stack::new();
    stack.parameter("B", Parameter::new(ParameterType::VpcId, "x").on_form("Network", "VPC"));
    stack.parameter("A", Parameter::new(ParameterType::String, "y").on_form("Network", "Zone").default(""));
    let template = stack.synth().unwrap();
    assert_eq!(
        template.metadata["AWS::CloudFormation::Interface"]["ParameterGroups"],
        json!([{ "Label": { "default": "Network" }, "Parameters": ["B", "A"] }])
    );
    assert_eq!(template.parameters["B"]["Type"], "AWS::EC2::VPC::Id");
}
