//! The example of a stack of one's own does what it says.

use dify_cfn::cfn::write;
use dify_cfn::diagnostic::Severity;
use dify_cfn::validate::{Options, Purpose, ValidatedTemplate};
use serde_json::json;

use crate::resolve::resolve;
use crate::shipped::told;

#[allow(unreachable_pub, reason = "public where it is a program of its own")]
#[path = "../../examples/own_stack.rs"]
mod example;

#[test]
fn the_example_is_a_valid_template_without_warnings() {
    let template = example::template().unwrap_or_else(|found| panic!("{}", told(&found)));
    // It speaks plain HTTP, so that it needs no certificate.
    let options = Options { purpose: Purpose::Development, ..Options::default() };
    let (_, found) =
        ValidatedTemplate::check(template, &options).unwrap_or_else(|found| panic!("{}", told(&found)));
    let worth: Vec<_> = found.into_iter().filter(|finding| finding.severity > Severity::Note).collect();
    assert!(worth.is_empty(), "{}", told(&worth));
}

#[test]
fn the_example_ties_its_parts_together() {
    let template = example::template().unwrap().to_json();
    let resources = resolve(&template, &[]).resources;
    let property = |id: &str, pointer: &str| resources[id].pointer(&format!("/Properties{pointer}")).cloned();
    // The container is told of the bucket and the secret, and its roles may use them.
    let container = property("AppTaskDefinition", "/ContainerDefinitions/0").unwrap();
    assert_eq!(container["Environment"], json!([{ "Name": "FILES_BUCKET", "Value": { "Ref": "Files" } }]));
    assert_eq!(
        container["Secrets"],
        json!([{ "Name": "SESSION_KEY", "ValueFrom": { "Ref": "SessionKey" } }])
    );
    let granted = |role: &str| resources[role]["Properties"]["Policies"].to_string();
    assert!(granted("AppExecutionRole").contains("secretsmanager:GetSecretValue"));
    assert!(granted("AppTaskRole").contains("${Files.Arn}/uploads/*"));
    // The service waits for its paths and for the listener.
    let waits = &resources["AppService"]["DependsOn"];
    assert_eq!(*waits, json!(["AppSecurityGroupFromLoadBalancer8080", "ListenerHttp"]));
    // The ways out.
    assert_eq!(property("Files", "/AccelerateConfiguration/AccelerationStatus"), Some(json!("Enabled")));
    assert_eq!(resources["Budget"]["Type"], "AWS::Budgets::Budget");
}

#[test]
fn the_example_is_the_same_each_time() {
    let text = || write::yaml(&example::template().unwrap());
    assert_eq!(text(), text());
}
