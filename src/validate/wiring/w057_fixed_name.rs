//! W057: what is replaced has no fixed name.

use crate::cfn::evaluate::{Evaluated, Piece};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;
use crate::validate::schema::{Schema, TypeSchema};

use super::model::{View, pieces, shown};

pub(super) static RULE: Rule = Rule {
    code: Code("W057"),
    severity: Severity::Warning,
    title: "what can be replaced has no fixed name",
    what: "What can be replaced for another reason than a new name (a load balancer, target group, security group, managed policy, bucket, and each type whose name identifies it and which has another property that can't be changed: databases, caches, roles, parameter groups, repositories) has no name in so many words, but none, or one that holds the stack's, by `AWS::StackName` or, where the stack's name is known, in so many words; otherwise that is a note. The known part of a bucket's name has no capital letters and no `_`, which is an error.",
    why: "A change that replaces it fails, since the new one is made while the old one has the name: \"already exists\"; so does a second stack in the same account and region. S3 refuses such a bucket: \"Bucket name shouldn't contain uppercase characters\".",
    source: "AWS CloudFormation User Guide, \"Name type\"; CloudFormation registry schemas, `primaryIdentifier` and `createOnlyProperties`; Amazon S3 User Guide, \"Bucket naming rules\"",
    same_as: &[],
};

/// Names of one's own that aren't what identifies a resource.
const NAMES: [(&str, &str); 5] = [
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", "Name"),
    ("AWS::ElasticLoadBalancingV2::TargetGroup", "Name"),
    ("AWS::EC2::SecurityGroup", "GroupName"),
    ("AWS::IAM::ManagedPolicy", "ManagedPolicyName"),
    ("AWS::S3::Bucket", "BucketName"),
];

/// The name of a type whose resources can be replaced for another reason than a new name: what identifies them, may be
/// left out, and can't be changed, as another property can't be.
fn name_of(schema: TypeSchema) -> Option<&'static str> {
    let texts = |list: &'static str| schema.root.list(list).filter_map(Schema::as_str);
    let mut primary = texts("primaryIdentifier");
    let (Some(pointer), None) = (primary.next(), primary.next()) else { return None };
    let name = pointer.strip_prefix("/properties/").filter(|name| !name.contains('/'))?;
    let is = |other: &str| other == pointer;
    let fits = !texts("readOnlyProperties").any(is)
        && texts("createOnlyProperties").any(is)
        && texts("createOnlyProperties").any(|other| !is(other))
        && !texts("required").any(|other| other == name);
    fits.then_some(name)
}

/// What a bucket's name can't have: capital letters and `_`, in a part of the name that is known.
fn refused_in_bucket(name: &Evaluated<'_>) -> bool {
    let refused = |text: &str| text.contains('_') || text.chars().any(char::is_uppercase);
    pieces(name).iter().any(|piece| matches!(piece, Piece::Text(text) if refused(text)))
}

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    let stack = view.context.options.stack_name.as_deref();
    let naming = view.naming(|type_name| {
        let known = NAMES.iter().find(|(known, _)| *known == type_name).map(|(_, property)| *property);
        known.or_else(|| name_of(view.context.schema_of(type_name)?))
    });
    for (type_name, property) in naming {
        for item in view.of(type_name) {
            let Some(name) = item.get(property) else { continue };
            if item.is("AWS::S3::Bucket") && refused_in_bucket(name) {
                let message = format!(
                    "a bucket can't be called `{}`: capital letters and `_` are refused",
                    shown(name)
                );
                let mut finding =
                    item.finding_at(&RULE, name, message).help("use small letters, digits and hyphens");
                finding.severity = Severity::Error;
                findings.push(finding);
                continue;
            }
            let Some(text) = name.text().filter(|_| name.is_literal()) else { continue };
            if stack.is_some_and(|stack| text.contains(stack)) {
                continue;
            }
            let mut finding = item
                .finding_at(
                    &RULE,
                    name,
                    format!("it is always called `{text}`: a change that replaces it fails, and so does a second stack"),
                )
                .help("take the name away, or let it hold `${AWS::StackName}` (in `dify.yaml`: `{stack}`)");
            finding.severity = Severity::Note;
            findings.push(finding);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::diagnostic::Severity;
    use crate::validate::testing::{found, template};
    use crate::validate::wiring::testing::{changed, only};
    use crate::validate::{Options, findings};

    #[test]
    fn a_fixed_name_is_told() {
        let notes = found("W057", changed(&[("/Balancer/Properties/Name", json!("dify"))]));
        assert!(notes.len() == 1 && notes[0].severity == Severity::Note, "{notes:#?}");
        let named = found(
            "W057",
            changed(&[("/Balancer/Properties/Name", json!({"Fn::Sub": "${AWS::StackName}-x"}))]),
        );
        assert!(named.is_empty(), "{named:#?}");
    }

    #[test]
    fn the_stacks_name_may_be_written_out_where_it_is_known() {
        let named = |name: &str| {
            let template = template(changed(&[("/Balancer/Properties/Name", json!(name))]));
            let options = Options { stack_name: Some("dify-prd".to_owned()), ..Options::default() };
            let found = findings(&template, &options);
            found.iter().filter(|finding| finding.code.0 == "W057").count()
        };
        assert_eq!((named("dify-prd-alb"), named("dify-alb")), (0, 1));
    }

    #[test]
    fn a_bucket_with_capitals_is_found() {
        let bucket = json!({"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain", "Properties": {"BucketName": "My_Files"}});
        only("W057", &[("/Files", bucket.clone())]);
        let mut with_stack = bucket;
        with_stack["Properties"]["BucketName"] = json!({"Fn::Sub": "${AWS::StackName}-Files"});
        let (message, _) = only("W057", &[("/Files", with_stack)]);
        assert!(message.starts_with("a bucket can't be called `${AWS::StackName}-Files`"), "{message}");
    }

    #[test]
    fn every_type_with_a_name_that_identifies_it_counts() {
        let told = |type_name: &str, properties: serde_json::Value| {
            found("W057", crate::validate::testing::resource(type_name, properties)).len()
        };
        assert_eq!(told("AWS::RDS::DBParameterGroup", json!({"DBParameterGroupName": "p"})), 1);
        assert_eq!(told("AWS::ECR::Repository", json!({"RepositoryName": "r"})), 1);
        assert_eq!(told("AWS::DynamoDB::Table", json!({"TableName": "t"})), 1);
        // Only a new name replaces it.
        assert_eq!(told("AWS::Logs::LogGroup", json!({"LogGroupName": "l"})), 0);
    }
}
