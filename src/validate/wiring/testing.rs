//! A good template, and what its mutations are found by.

use crate::cfn::Json;
use crate::diagnostic::{Diagnostic, Severity};
use crate::validate::testing::template;
use crate::validate::{Options, findings};

/// A small, whole stack without a finding.
pub(super) fn good() -> Json {
    serde_json::from_str(include_str!("good.json")).unwrap()
}

/// The good template with changes: a pointer inside `Resources` and what to set there; `null` takes it away, and a
/// pointer that ends in `/-` adds to a list.
pub(super) fn changed(changes: &[(&str, Json)]) -> Json {
    let mut json = good();
    for (pointer, value) in changes {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        let parent = json["Resources"].pointer_mut(parent).unwrap_or_else(|| panic!("nothing at {pointer}"));
        match (parent, value) {
            (Json::Object(map), Json::Null) => {
                map.shift_remove(key).unwrap_or_else(|| panic!("nothing at {pointer}"));
            }
            (Json::Object(map), value) => {
                map.insert(key.to_owned(), value.clone());
            }
            (Json::Array(items), value) if key == "-" => items.push(value.clone()),
            (Json::Array(items), Json::Null) => {
                items.remove(key.parse().unwrap());
            }
            (Json::Array(items), value) => items[key.parse::<usize>().unwrap()] = value.clone(),
            (other, _) => panic!("{pointer} is in {other}"),
        }
    }
    json
}

/// The findings of this layer in the good template with changes, without notes. Other layers may see the same mistake.
pub(super) fn found(changes: &[(&str, Json)]) -> Vec<Diagnostic> {
    let all = findings(&template(changed(changes)), &Options::default());
    let is_wiring =
        |finding: &Diagnostic| finding.code.0.starts_with('W') && finding.severity > Severity::Note;
    all.into_iter().filter(is_wiring).collect()
}

/// The only finding after the changes, which must have that code: its message and pointer.
pub(super) fn only(code: &str, changes: &[(&str, Json)]) -> (String, String) {
    let mut found = found(changes);
    assert!(found.len() == 1 && found[0].code.0 == code, "{found:#?}");
    let finding = found.remove(0);
    assert!(finding.help.is_some(), "{code} doesn't say what to do");
    (finding.message, finding.pointer.unwrap_or_default())
}

/// Asserts that nothing is found after the changes.
pub(super) fn none(changes: &[(&str, Json)]) {
    let found = found(changes);
    assert!(found.is_empty(), "{found:#?}");
}

/// The good template with a network without a way out, images of ECR, and these endpoints.
pub(super) fn closed(endpoints: &[&str]) -> Vec<(String, Json)> {
    use serde_json::json;
    let mut changes: Vec<(String, Json)> = vec![
        ("/PrivateRoute".to_owned(), Json::Null),
        ("/ApiService/DependsOn".to_owned(), json!(["ApiRule1", "Writer"])),
        ("/BeatService/DependsOn".to_owned(), json!(["Writer"])),
        (
            "/EndpointGroup".to_owned(),
            json!({"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": "e", "VpcId": {"Ref": "Vpc"}, "SecurityGroupIngress": [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "SourceSecurityGroupId": {"Ref": "ApiGroup"}}]}}),
        ),
        (
            "/ExecutionRole/Properties/ManagedPolicyArns".to_owned(),
            json!(["arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"]),
        ),
    ];
    for task in ["ApiTask", "BeatTask"] {
        changes.push((
            format!("/{task}/Properties/ContainerDefinitions/0/Image"),
            json!({"Fn::Sub": "${AWS::AccountId}.dkr.ecr.${AWS::Region}.amazonaws.com/own:1"}),
        ));
    }
    for name in endpoints {
        let service = json!({"Fn::Sub": format!("com.amazonaws.${{AWS::Region}}.{name}")});
        let mut properties = json!({"VpcId": {"Ref": "Vpc"}, "ServiceName": service});
        let own = if *name == "s3" {
            json!({"VpcEndpointType": "Gateway", "RouteTableIds": [{"Ref": "PrivateTable"}]})
        } else {
            json!({"VpcEndpointType": "Interface", "PrivateDnsEnabled": true, "SubnetIds": [{"Ref": "PrivateSubnet1"}], "SecurityGroupIds": [{"Ref": "EndpointGroup"}]})
        };
        properties.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
        changes.push((
            format!("/{}", name.replace('.', "")),
            json!({"Type": "AWS::EC2::VPCEndpoint", "Properties": properties}),
        ));
    }
    changes
}

/// What tasks of [`closed`] need.
pub(super) const ALL_ENDPOINTS: &[&str] = &["ecr.api", "ecr.dkr", "s3", "logs", "secretsmanager"];

/// The changes as the other helpers take them.
pub(super) fn borrowed(changes: &[(String, Json)]) -> Vec<(&str, Json)> {
    changes.iter().map(|(pointer, value)| (pointer.as_str(), value.clone())).collect()
}

#[test]
fn the_good_template_is_good() {
    none(&[]);
}

#[test]
fn a_macro_silences_the_layer() {
    let mut json = changed(&[("/ApiTargets/Properties/TargetType", Json::Null)]);
    json["Transform"] = "Foreign".into();
    let found = findings(&template(json), &Options::default());
    assert!(found.iter().all(|finding| !finding.code.0.starts_with('W')), "{found:#?}");
}

#[test]
fn what_a_condition_decides_is_told_with_it() {
    let mut json = changed(&[(
        "/ApiTargets/Properties/TargetType",
        serde_json::json!({"Fn::If": ["Old", "instance", "ip"]}),
    )]);
    json["Parameters"] = serde_json::json!({"Kind": {"Type": "String", "Default": "new"}});
    json["Conditions"] = serde_json::json!({"Old": {"Fn::Equals": [{"Ref": "Kind"}, "old"]}});
    let mut found = findings(&template(json), &Options::default());
    found.retain(|finding| finding.severity > Severity::Note && finding.code.0.starts_with('W'));
    assert!(found.len() == 1 && found[0].message.ends_with("when `Old` is true"), "{found:#?}");
}

#[test]
fn patterns_without_end_are_not_followed() {
    let long = "*a".repeat(100_000);
    let document = serde_json::json!({"Effect": "Allow", "Action": long, "Resource": long});
    let statement = "/ExecutionRole/Properties/Policies/0/PolicyDocument/Statement/-";
    // They have no form of an action, and that is all.
    let found = found(&[(statement, document)]);
    assert!(found.len() == 1 && found[0].code.0 == "W153", "{found:#?}");
    assert!(found[0].message.len() < 300, "{found:#?}");
}
