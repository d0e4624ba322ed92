//! R015: `ssm-secure` stands in one of the properties that take it.

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::references::Part;
use crate::validate::references::dynamic::references;
use crate::validate::{Context, Owner, Rule};

pub(super) static RULE: Rule = Rule {
    code: Code("R015"),
    severity: Severity::Error,
    title: "`ssm-secure` stands in one of the properties that take it",
    what: "`{{resolve:ssm-secure:…}}` stands in one of the 11 properties that CloudFormation resolves it in.",
    why: "The stack fails on creation: \"SSM Secure reference is not supported in: […]\".",
    source: "AWS CloudFormation User Guide, \"Get a secure string value from Systems Manager Parameter Store\"; \
             aws/serverless-application-model#1528",
    same_as: &["cfn-lint E1027"],
};

/// Types and properties, `*` for a list's items.
const TAKES: [(&str, &str); 11] = [
    ("AWS::DirectoryService::MicrosoftAD", "Password"),
    ("AWS::DirectoryService::SimpleAD", "Password"),
    ("AWS::ElastiCache::ReplicationGroup", "AuthToken"),
    ("AWS::IAM::User", "LoginProfile/Password"),
    ("AWS::KinesisFirehose::DeliveryStream", "RedshiftDestinationConfiguration/Password"),
    ("AWS::OpsWorks::App", "AppSource/Password"),
    ("AWS::OpsWorks::Stack", "CustomCookbooksSource/Password"),
    ("AWS::OpsWorks::Stack", "RdsDbInstances/*/DbPassword"),
    ("AWS::RDS::DBCluster", "MasterUserPassword"),
    ("AWS::RDS::DBInstance", "MasterUserPassword"),
    ("AWS::Redshift::Cluster", "MasterUserPassword"),
];

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    for text in context.references.texts.iter().filter(|text| text.site.part == Part::Properties) {
        let Owner::Resource { resource, .. } = text.site.owner else { continue };
        if !references(text).iter().any(|found| found.service() == "ssm-secure") {
            continue;
        }
        let property = text.site.property();
        let here = (resource.type_name.as_str(), property.as_str());
        if !TAKES.contains(&here) {
            let message = format!("{} of {} doesn't take `ssm-secure`", here.1.replace('/', "."), here.0);
            findings.push(
                RULE.at(text.site.owner, text.site.pointer(), message)
                    .help("take a secret of Secrets Manager, or hand over the parameter's ARN and let the program read it"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::testing::{none, only};

    fn template(type_name: &str, properties: &Json) -> Json {
        json!({"Resources": {"A": {"Type": type_name, "Properties": properties}}})
    }

    #[test]
    fn secure_parameters_elsewhere_are_found() {
        let environment = json!({"ContainerDefinitions": [{"Environment": [{"Name": "P", "Value": "{{resolve:ssm-secure:/p}}"}]}]});
        let (message, pointer) = only("R015", template("AWS::ECS::TaskDefinition", &environment));
        assert_eq!(
            message,
            "ContainerDefinitions.*.Environment.*.Value of AWS::ECS::TaskDefinition doesn't take `ssm-secure`"
        );
        assert_eq!(pointer, "/Resources/A/Properties/ContainerDefinitions/0/Environment/0/Value");
    }

    #[test]
    fn secure_parameters_in_their_properties_are_not() {
        let secure = "{{resolve:ssm-secure:/p}}";
        none("R015", template("AWS::RDS::DBCluster", &json!({"MasterUserPassword": secure})));
        none("R015", template("AWS::RDS::DBCluster", &json!({"MasterUserPassword": {"Fn::Sub": secure}})));
        none(
            "R015",
            template(
                "AWS::ElastiCache::ReplicationGroup",
                &json!({"AuthToken": {"Fn::If": ["C", secure, {"Ref": "AWS::NoValue"}]}}),
            ),
        );
        none("R015", template("AWS::OpsWorks::Stack", &json!({"RdsDbInstances": [{"DbPassword": secure}]})));
    }
}
