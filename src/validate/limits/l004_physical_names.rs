//! L004: physical names fit, also after the longest substitution.

use crate::cfn::evaluate::{Evaluated, Evaluator, pointer_to};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::limits::bounds;
use crate::validate::{Context, Owner, Rule};

pub(super) static RULE: Rule = Rule {
    code: Code("L004"),
    severity: Severity::Error,
    title: "physical names fit, also after the longest substitution",
    what: "A name that is given to a resource has the characters and the length that the service takes. Where the stack's \
           name or a parameter is put in, the longest that it can be counts.",
    why: "The service refuses the request, with one stack name and not with another: \"Load balancer name … cannot be longer \
          than '32' characters\".",
    source: "API reference of each service: the parameter that the name becomes",
    same_as: &[],
};

/// What a name may be.
struct Name {
    resource: &'static str,
    property: &'static str,
    /// Characters at most.
    most: usize,
    /// The form of the whole.
    pattern: &'static str,
    /// The form in words.
    form: &'static str,
}

const fn name(resource: &'static str, property: &'static str, most: usize, form: &Form) -> Name {
    Name { resource, property, most, pattern: form.pattern, form: form.words }
}

struct Form {
    pattern: &'static str,
    words: &'static str,
}

const BALANCER: Form = Form {
    pattern: "^(?!internal-)[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$",
    words: "letters, digits and hyphens, no hyphen at either end, and not `internal-` at the start",
};
const TARGET: Form = Form {
    pattern: "^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$",
    words: "letters, digits and hyphens, no hyphen at either end",
};
const WORD: Form = Form { pattern: "^[A-Za-z0-9_-]+$", words: "letters, digits, `-` and `_`" };
const DATABASE: Form = Form {
    pattern: "^[A-Za-z](-?[A-Za-z0-9])*$",
    words: "letters, digits and single hyphens, a letter first and no hyphen at the end",
};
const IAM: Form = Form { pattern: "^[A-Za-z0-9+=,.@_-]+$", words: "letters, digits and `+=,.@_-`" };
const QUEUE: Form = Form { pattern: "^[A-Za-z0-9_-]+(\\.fifo)?$", words: "letters, digits, `-` and `_`" };
const DOTTED: Form = Form { pattern: "^[A-Za-z0-9._-]+$", words: "letters, digits and `._-`" };
const ANY: Form = Form { pattern: "", words: "" };

/// Names that services limit. Lengths and forms that the registry's schemas have as well are there for substitutions, of
/// which a schema knows nothing.
const NAMES: &[Name] = &[
    name("AWS::ElasticLoadBalancingV2::LoadBalancer", "Name", 32, &BALANCER),
    name("AWS::ElasticLoadBalancingV2::TargetGroup", "Name", 32, &TARGET),
    name("AWS::ECS::Cluster", "ClusterName", 255, &WORD),
    name("AWS::ECS::Service", "ServiceName", 255, &WORD),
    name("AWS::ECS::TaskDefinition", "Family", 255, &WORD),
    name("AWS::RDS::DBCluster", "DBClusterIdentifier", 63, &DATABASE),
    name("AWS::RDS::DBInstance", "DBInstanceIdentifier", 63, &DATABASE),
    name("AWS::RDS::DBSubnetGroup", "DBSubnetGroupName", 255, &ANY),
    name("AWS::RDS::DBParameterGroup", "DBParameterGroupName", 255, &DATABASE),
    name("AWS::RDS::DBClusterParameterGroup", "DBClusterParameterGroupName", 255, &DATABASE),
    name("AWS::ElastiCache::ReplicationGroup", "ReplicationGroupId", 40, &DATABASE),
    name("AWS::ElastiCache::SubnetGroup", "CacheSubnetGroupName", 255, &ANY),
    name("AWS::IAM::Role", "RoleName", 64, &IAM),
    name("AWS::IAM::Policy", "PolicyName", 128, &IAM),
    name("AWS::IAM::ManagedPolicy", "ManagedPolicyName", 128, &IAM),
    name("AWS::S3::Bucket", "BucketName", 63, &ANY),
    name("AWS::EC2::SecurityGroup", "GroupName", 255, &ANY),
    name("AWS::SNS::Topic", "TopicName", 256, &QUEUE),
    name("AWS::SQS::Queue", "QueueName", 80, &QUEUE),
    name("AWS::Lambda::Function", "FunctionName", 64, &ANY),
    name("AWS::Events::Rule", "Name", 64, &DOTTED),
    name("AWS::Logs::LogGroup", "LogGroupName", 512, &ANY),
    name("AWS::CloudWatch::Alarm", "AlarmName", 255, &ANY),
    name("AWS::SecretsManager::Secret", "Name", 512, &ANY),
    name("AWS::SSM::Parameter", "Name", 2048, &ANY),
    name("AWS::KMS::Alias", "AliasName", 256, &ANY),
    name("AWS::WAFv2::WebACL", "Name", 128, &ANY),
    name("AWS::WAFv2::IPSet", "Name", 128, &ANY),
    name("AWS::ECR::Repository", "RepositoryName", 256, &ANY),
    name("AWS::ApplicationAutoScaling::ScalingPolicy", "PolicyName", 256, &ANY),
];

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    for (id, resource) in &context.template.resources {
        for name in NAMES.iter().filter(|name| name.resource == resource.type_name) {
            let Some(json) = resource.properties.get(name.property) else { continue };
            let mut conditions = resource.condition.as_deref().into_iter().collect();
            Evaluator::conditions_in(json, &mut conditions);
            let all = context.evaluator.shared_scenarios(&conditions);
            let here =
                all.list.iter().filter(|scenario| Evaluator::exists(resource, scenario) != Some(false));
            let problem = here.into_iter().find_map(|scenario| {
                let value = context.evaluator.evaluate(json, scenario).value?;
                problem(context, name, &value).map(|(severity, message)| (severity, message, value.source))
            });
            if let Some((severity, message, source)) = problem {
                let owner = Owner::Resource { id, resource };
                let inner = pointer_to(&resource.properties, source).unwrap_or_default();
                let mut finding = RULE.at(owner, format!("{}/Properties{inner}", owner.pointer()), message);
                finding.severity = severity;
                findings.push(
                    finding
                        .help("leave the name out: CloudFormation makes one that fits and can be replaced"),
                );
            }
        }
    }
}

fn problem(context: &Context<'_>, name: &Name, value: &Evaluated<'_>) -> Option<(Severity, String)> {
    let bounds = bounds::of(context, value)?;
    let limit = name.most;
    if let Some(text) = value.text() {
        // An empty name is as good as none.
        if !text.is_empty()
            && !name.pattern.is_empty()
            && context.registry.pattern(name.pattern).is_match(&text) == Some(false)
        {
            return Some((
                Severity::Error,
                format!("`{text}` can't be the {} here: {}", name.property, name.form),
            ));
        }
        if bounds.least <= limit || has_limit_in_schema(context, name) {
            return None;
        }
    }
    if bounds.least > limit {
        return Some((
            Severity::Error,
            format!("the name has at least {} characters, at most {limit} are allowed", bounds.least),
        ));
    }
    let most = bounds.most.filter(|most| *most > limit)?;
    Some((
        Severity::Warning,
        format!("the name can have up to {most} characters, at most {limit} are allowed"),
    ))
}

/// Whether S008 tells of a known text that is too long.
fn has_limit_in_schema(context: &Context<'_>, name: &Name) -> bool {
    let schema = context.registry.get(name.resource);
    let property = schema.and_then(|schema| schema.property(&[name.property.to_owned()]));
    property.is_some_and(|property| property.get("maxLength").is_some() || property.get("pattern").is_some())
}

#[cfg(test)]
#[expect(clippy::needless_pass_by_value, reason = "JSON is written on the spot")]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::validate::schema::Registry;
    use crate::validate::testing::{found, resource};

    fn balancer(name: Json) -> Vec<(Severity, String)> {
        let mut template = resource(
            "AWS::ElasticLoadBalancingV2::LoadBalancer",
            json!({"Name": name, "Subnets": ["subnet-12345678"]}),
        );
        template["Parameters"] = json!({"Stage": {"Type": "String", "AllowedValues": ["dev", "prd"]}});
        found("L004", template).into_iter().map(|finding| (finding.severity, finding.message)).collect()
    }

    #[test]
    fn known_names_have_form_and_length() {
        assert_eq!(
            balancer(json!("internal-x"))[0].1,
            "`internal-x` can't be the Name here: letters, digits and hyphens, no hyphen at either end, and not `internal-` at the start"
        );
        assert_eq!(
            balancer(json!("a".repeat(33))),
            [(Severity::Error, "the name has at least 33 characters, at most 32 are allowed".to_owned())]
        );
        assert_eq!(balancer(json!("dify-alb")), []);
    }

    #[test]
    fn the_longest_substitution_counts() {
        assert_eq!(
            balancer(json!({"Fn::Sub": "${AWS::StackName}-alb"})),
            [(
                Severity::Warning,
                "the name can have up to 132 characters, at most 32 are allowed".to_owned()
            )]
        );
        assert_eq!(balancer(json!({"Fn::Sub": "dify-${Stage}-alb"})), []);
    }

    #[test]
    fn every_name_is_a_property_of_its_type() {
        for name in NAMES {
            if let Some(schema) = Registry::builtin().get(name.resource) {
                assert!(
                    schema.property(&[name.property.to_owned()]).is_some(),
                    "{} {}",
                    name.resource,
                    name.property
                );
            }
            assert!(crate::cfn::evaluate::Pattern::new(name.pattern).is_ok(), "{}", name.pattern);
        }
    }
}
