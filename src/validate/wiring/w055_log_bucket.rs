//! W055: a load balancer can write its access log.

use crate::cfn::evaluate::Evaluated;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::model::{View, is_made_from};

pub(super) static RULE: Rule = Rule {
    code: Code("W055"),
    severity: Severity::Error,
    title: "the bucket of a load balancer's access log takes it",
    what: "Where a load balancer writes access logs into a bucket of the template, the bucket is named, isn't encrypted with KMS, and has a policy that the load balancer waits for.",
    why: "The create fails: \"Access Denied for bucket … Please check S3bucket permission\".",
    source: "Elastic Load Balancing User Guide, \"Enable access logs for your Application Load Balancer\"",
    same_as: &[],
};

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for balancer in view.of("AWS::ElasticLoadBalancingV2::LoadBalancer") {
        let attribute = |key: &str| {
            balancer
                .items("LoadBalancerAttributes")
                .iter()
                .find(|attribute| attribute.get("Key").and_then(Evaluated::text).as_deref() == Some(key))
                .and_then(|attribute| attribute.get("Value"))
        };
        if attribute("access_logs.s3.enabled").and_then(Evaluated::boolean) != Some(true) {
            continue;
        }
        let Some(value) = attribute("access_logs.s3.bucket") else {
            findings.push(
                balancer
                    .finding_of(&RULE, "LoadBalancerAttributes", "access logs are on, but there is no `access_logs.s3.bucket`: the load balancer is refused")
                    .help("name a bucket"),
            );
            continue;
        };
        let Some(bucket) = view.target_of(Some(value), "AWS::S3::Bucket") else { continue };
        let rules = bucket.items("BucketEncryption.ServerSideEncryptionConfiguration");
        let kms = rules.iter().any(|rule| {
            let algorithm =
                rule.at(&["ServerSideEncryptionByDefault", "SSEAlgorithm"]).and_then(Evaluated::text);
            algorithm.is_some_and(|algorithm| algorithm.starts_with("aws:kms"))
        });
        if kms {
            let message = format!(
                "`{}` is encrypted with KMS, with which load balancers don't write logs: the create fails",
                bucket.id
            );
            findings.push(balancer.finding_at(&RULE, value, message).help("use a bucket with `AES256`"));
        }
        let policy = view.of("AWS::S3::BucketPolicy").find(|policy| {
            policy
                .get("Bucket")
                .is_some_and(|value| value.resource() == Some(bucket.id) || value.resource().is_none())
        });
        match policy {
            None => {
                let message = format!(
                    "`{}` has no policy that lets the load balancer write: the create fails",
                    bucket.id
                );
                findings.push(
                    balancer
                        .finding_at(&RULE, value, message)
                        .help("add a bucket policy: `s3:PutObject` for `logdelivery.elasticloadbalancing.amazonaws.com`, or the region's account of ELB"),
                );
            }
            Some(policy)
                if policy.get("Bucket").is_some_and(|value| is_made_from(value, bucket.id))
                    && !view.waits(balancer, policy) =>
            {
                let message = format!(
                    "the load balancer doesn't wait for `{}`, which lets it write its log: where it comes first, the create fails",
                    policy.id
                );
                findings.push(
                    balancer
                        .finding_at(&RULE, value, message)
                        .help(format!("add `DependsOn: {}`", policy.id)),
                );
            }
            Some(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::wiring::testing::{found, none, only};

    fn logs(algorithm: &str) -> Vec<(&'static str, Json)> {
        vec![
            (
                "/Balancer/Properties/LoadBalancerAttributes",
                json!([{"Key": "access_logs.s3.enabled", "Value": "true"}, {"Key": "access_logs.s3.bucket", "Value": {"Ref": "Logs"}}]),
            ),
            ("/Balancer/DependsOn", json!(["PublicRoute", "LogsPolicy"])),
            (
                "/Logs",
                json!({"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain", "Properties": {"BucketEncryption": {"ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": algorithm}}]}}}),
            ),
            (
                "/LogsPolicy",
                json!({"Type": "AWS::S3::BucketPolicy", "Properties": {"Bucket": {"Ref": "Logs"}, "PolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"}, "Action": "s3:PutObject", "Resource": {"Fn::Sub": "${Logs.Arn}/*"}}]}}}),
            ),
        ]
    }

    #[test]
    fn a_bucket_that_takes_no_logs_is_found() {
        let (message, _) = only("W055", &logs("aws:kms"));
        assert!(message.contains("encrypted with KMS"), "{message}");
        let mut unordered = logs("AES256");
        unordered[1] = ("/Balancer/DependsOn", json!("PublicRoute"));
        let (message, _) = only("W055", &unordered);
        assert!(message.contains("doesn't wait for `LogsPolicy`"), "{message}");
        let without: Vec<_> =
            unordered.into_iter().filter(|(pointer, _)| *pointer != "/LogsPolicy").collect();
        assert!(found(&without).iter().all(|finding| finding.code.0 == "W055"));
    }

    #[test]
    fn one_that_does_is_good() {
        none(&logs("AES256"));
    }
}
