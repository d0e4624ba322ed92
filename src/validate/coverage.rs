//! What of the known failures and of other tools' checks the rules cover, and why the rest has no rule.

/// A failure that template linters don't see, and the rules that do.
#[derive(Debug)]
pub struct Failure {
    /// Its number in the project's catalogue of such failures.
    pub number: u8,
    /// What goes wrong.
    pub what: &'static str,
    /// The rules that find it.
    pub rules: &'static [&'static str],
    /// What no rule finds of it, and why.
    pub rest: &'static str,
}

/// Checks of another tool that no rule has, and why.
#[derive(Debug)]
pub struct Unbuilt {
    /// Their ids, as in `same_as` of the rules.
    pub ids: &'static [&'static str],
    /// Why there is no rule.
    pub reason: &'static str,
}

const fn row(number: u8, what: &'static str, rules: &'static [&'static str], rest: &'static str) -> Failure {
    Failure { number, what, rules, rest }
}

/// The failures of stacks on ECS that the schemas and cfn-lint's rules don't see, in the order of the catalogue.
pub const FAILURES: &[Failure] = &[
    row(1, "a service's target group without a listener", &["W001"], ""),
    row(2, "a service that doesn't wait for its listener", &["W002"], ""),
    row(3, "a container name or port that the task definition doesn't have", &["W003"], ""),
    row(4, "a target group by instance for awsvpc tasks", &["W004"], ""),
    row(5, "subnets, groups and target groups of different VPCs", &["W045"], ""),
    row(6, "no way from the load balancer to the tasks", &["W005"], ""),
    row(7, "no way from the tasks to database, cache, files or endpoints", &["W006", "W030", "W067"], ""),
    row(8, "a way out that is missing where egress is restricted", &["W005", "W006", "W030"], ""),
    row(9, "security groups that name each other", &["R009"], ""),
    row(10, "secrets that the execution role may not read", &["W007"], ""),
    row(11, "fields that a secret doesn't have", &["W008"], ""),
    row(12, "a secret's value in place of its name", &["W010"], ""),
    row(13, "images of ECR that the execution role may not pull", &["W032"], ""),
    row(14, "logs that the execution role may not write", &["W009"], ""),
    row(15, "logs for another region", &["W033"], ""),
    row(16, "a log group that nobody made", &["W034"], ""),
    row(17, "a log group that is deleted before its writer", &["W034"], ""),
    row(18, "a closed network without endpoints", &["W029"], ""),
    row(19, "endpoints without private DNS", &["W035"], ""),
    row(20, "endpoints that the tasks don't reach", &["W030"], ""),
    row(21, "the endpoint of S3 in other route tables", &["W031"], ""),
    row(22, "public images in a closed network", &["W036"], ""),
    row(23, "tasks in a public subnet without a public address", &["W037"], ""),
    row(24, "gateways, addresses and routes before the attachment", &["W011"], ""),
    row(25, "names that are too long or malformed after substitution", &["L004"], ""),
    row(26, "fixed names of what is replaced", &["W057"], ""),
    row(27, "subnets in one zone", &["W028"], ""),
    row(28, "a zone that the account doesn't have", &["W058"], ""),
    row(
        29,
        "priorities that clash, too many values of a rule, too many rules",
        &["W014", "L009", "S242"],
        "",
    ),
    row(30, "rules that never get a request", &["W015"], ""),
    row(31, "a health path that redirects", &["W038"], ""),
    row(
        32,
        "health checks without enough time",
        &["W016"],
        "A grace period without a load balancer is no mistake any more: ECS uses it for the health checks of containers too.",
    ),
    row(
        33,
        "a stop that takes longer than Fargate allows",
        &["W039"],
        "A deregistration delay may be longer than `StopTimeout`: ECS waits for it before it stops the task.",
    ),
    row(34, "deployments that can't replace a task, or never end", &["W017"], ""),
    row(35, "a desired count outside of the scaling target's limits", &["W040"], ""),
    row(36, "a scaling target that names no service", &["W012"], ""),
    row(37, "a desired count that undoes autoscaling", &["W013"], ""),
    row(38, "containers larger than their task", &["W018"], ""),
    row(
        39,
        "a platform that the image isn't for, storage out of range",
        &["S124", "W059"],
        "Which processors an image is for stands in its registry, not in the template; Dify's are for both.",
    ),
    row(40, "containers that wait in a circle or share a port", &["W019"], ""),
    row(41, "a token that ElastiCache refuses", &["W020"], ""),
    row(42, "a first user or password that RDS refuses", &["W021"], ""),
    row(43, "a password in a URL with reserved characters", &["W022"], ""),
    row(44, "ssm-secure where it isn't resolved", &["R015"], ""),
    row(45, "a dynamic reference before its secret", &["W046"], ""),
    row(46, "a parameter group of another family", &["W023"], ""),
    row(
        47,
        "an engine version that isn't said, or isn't offered any more",
        &["W047", "W170"],
        "A version above all that are known may be a new one.",
    ),
    row(48, "serverless capacity that contradicts itself", &["W048"], ""),
    row(49, "a cluster without instance", &["W024"], ""),
    row(50, "a database that nobody creates", &["W060"], "Not for the plugin daemon, which creates its own."),
    row(51, "failover without nodes, cluster mode for Celery", &["W025", "W049", "W023"], ""),
    row(52, "TLS at one end only", &["W026"], ""),
    row(53, "the address of the other cache mode", &["W049"], ""),
    row(54, "data without deletion policy, protection in so many words", &["W027", "W050"], ""),
    row(
        55,
        "a bucket that can't be deleted or named",
        &["W027", "W057", "L004"],
        "Whether a bucket is empty when the stack goes can't be seen in the template.",
    ),
    row(56, "a log bucket that refuses the load balancer", &["W055"], ""),
    row(
        57,
        "a key's policy that locks out its users",
        &["W054"],
        "Alarms that publish to a topic with a key of one's own aren't looked at: the alarm, not the stack, fails.",
    ),
    row(
        58,
        "a secret's name that is taken for days after deletion",
        &[],
        "CloudFormation deletes secrets without a window; one that was deleted by hand isn't in the template.",
    ),
    row(59, "a secret that is rotated under running tasks", &["W056"], ""),
    row(60, "a certificate that nobody validates", &["W061"], "CloudFront isn't among the services here."),
    row(
        61,
        "a web ACL that stops uploads",
        &["W062", "W181"],
        "Logging configurations, and with them the names of log destinations, aren't among the types here.",
    ),
    row(
        62,
        "an alias of two load balancers, a record outside of its zone, or twice",
        &["W053", "W163", "L008"],
        "Only the account shows a record that another stack has.",
    ),
    row(63, "alarms on names that no metric has", &["W052"], ""),
    row(
        64,
        "ECS Exec without the rights for it",
        &["W051"],
        "Roles of CodeDeploy and of EventBridge targets aren't among the services here.",
    ),
    row(
        65,
        "policies and names beyond IAM's limits, names that need a capability",
        &["L004", "L005", "L011"],
        "",
    ),
    row(
        66,
        "a service-linked role that a fresh account lacks",
        &[],
        "Only the account shows it; ECS, ELB, RDS and ElastiCache make theirs at the first create.",
    ),
    row(
        67,
        "quotas of addresses, networks and groups",
        &[],
        "Only the account shows what it has left and what was raised.",
    ),
    row(68, "templates, parameters and definitions that are too large", &["L002", "L003", "L006"], ""),
    row(
        69,
        "a parameter of Systems Manager that isn't there",
        &[],
        "Only the account shows it; `deploy` asks before it starts.",
    ),
    row(70, "exports that collide", &["L007"], ""),
];

/// Checks on the services of this program that have no rule of the same kind.
///
/// Sources: cfn-lint 1.58.0, its rules by service; AWS Security Hub User Guide, "AWS Foundational Security Best Practices standard"; checkov 3, policies for
/// CloudFormation; cdk-nag 3.0.2, pack `AwsSolutions`.
pub const UNBUILT: &[Unbuilt] = &[
    Unbuilt {
        ids: &["cfn-lint W3693"],
        reason: "S303, an error: a cluster with the engine mode serverless can't be made any more",
    },
    Unbuilt { ids: &["cfn-lint E3026"], reason: "W025, which has more cases of failover" },
    Unbuilt {
        ids: &["cfn-lint E3514", "cfn-lint E3530"],
        reason: "W151 to W154 and W158, which look at every kind of policy",
    },
    Unbuilt {
        ids: &["cfn-lint E3062"],
        reason: "W170 compares class and engine; which version has which class changes by the month",
    },
    Unbuilt { ids: &["cfn-lint E3050"], reason: "about CodeBuild only" },
    Unbuilt {
        ids: &["cfn-lint W3045"],
        reason: "an access list that opens nothing does no harm; S422 and S424 tell those that are refused, P022 those that are public",
    },
    Unbuilt {
        ids: &["cfn-lint I3042"],
        reason: "a stack for one region and account may name them; W033, W166 and W169 tell where it matters",
    },
    Unbuilt {
        ids: &["cfn-lint E3647", "cfn-lint E3695"],
        reason: "about cache clusters without replication; S264 looks at node type and version of replication groups",
    },
    Unbuilt {
        ids: &["cfn-lint E3013", "cfn-lint E3057", "cfn-lint E3722", "cfn-lint W3704"],
        reason: "CloudFront isn't among the services here",
    },
    Unbuilt {
        ids: &["cfn-lint E3706", "cfn-lint E3712"],
        reason: "about Auto Scaling of EC2; S600 to S605 are about Application Auto Scaling",
    },
    Unbuilt {
        ids: &["FSBP SecretsManager.1", "FSBP SecretsManager.4", "cdk-nag AwsSolutions-SMG4"],
        reason: "containers read a secret only when they start: after a rotation they have the old value (W056 warns of rotation)",
    },
    Unbuilt {
        ids: &[
            "FSBP SecretsManager.2",
            "FSBP SecretsManager.3",
            "FSBP ACM.1",
            "FSBP KMS.3",
            "FSBP RDS.1",
            "FSBP IAM.4",
            "FSBP IAM.5",
            "FSBP IAM.6",
            "FSBP IAM.7",
        ],
        reason: "about what happens to the account later, not in a template",
    },
    Unbuilt {
        ids: &["FSBP RDS.23", "cdk-nag AwsSolutions-RDS11", "cdk-nag AwsSolutions-AEC5"],
        reason: "another port hides nothing from whoever can connect; security groups decide who can (P020)",
    },
    Unbuilt { ids: &["FSBP EC2.2"], reason: "a VPC's default security group isn't in the template" },
    Unbuilt {
        ids: &["FSBP EC2.10", "FSBP EC2.55", "FSBP EC2.56", "FSBP EC2.57", "FSBP EC2.58", "FSBP EC2.60"],
        reason: "W029 asks for the endpoints that the tasks need, where nothing else leads to the service",
    },
    Unbuilt {
        ids: &["FSBP EC2.16", "FSBP EC2.21", "cdk-nag AwsSolutions-VPC3"],
        reason: "security groups decide here; network ACLs repeat them without state",
    },
    Unbuilt {
        ids: &["FSBP EC2.172", "FSBP SSM.6", "FSBP SSM.7", "FSBP SSM.4"],
        reason: "settings of the account, and documents, which no stack of this kind has",
    },
    Unbuilt {
        ids: &[
            "FSBP EC2.180",
            "FSBP EC2.17",
            "FSBP SSM.1",
            "FSBP SSM.2",
            "FSBP SSM.3",
            "cfn-lint W2506",
            "checkov CKV_AWS_3",
            "checkov CKV_AWS_8",
            "checkov CKV_AWS_46",
            "checkov CKV_AWS_79",
            "checkov CKV_AWS_88",
            "cdk-nag AwsSolutions-EC26",
            "cdk-nag AwsSolutions-EC28",
            "cdk-nag AwsSolutions-EC29",
        ],
        reason: "about EC2 instances and their disks: tasks run on Fargate",
    },
    Unbuilt {
        ids: &["FSBP ECS.19", "FSBP ECS.21"],
        reason: "about capacity of EC2 instances and Windows containers: tasks run on Fargate with Linux",
    },
    Unbuilt {
        ids: &["checkov CKV_AWS_123"],
        reason: "about services that one offers to other accounts, which no stack of this kind does",
    },
    Unbuilt {
        ids: &[
            "FSBP ELB.2",
            "FSBP ELB.3",
            "FSBP ELB.7",
            "FSBP ELB.8",
            "FSBP ELB.9",
            "FSBP ELB.10",
            "FSBP ELB.14",
            "checkov CKV_AWS_92",
            "cdk-nag AwsSolutions-ELB1",
            "cdk-nag AwsSolutions-ELB3",
            "cdk-nag AwsSolutions-ELB4",
            "cdk-nag AwsSolutions-ELB5",
        ],
        reason: "about classic load balancers, whose type isn't among those here",
    },
    Unbuilt { ids: &["FSBP ELB.13"], reason: "W028, an error: such a load balancer can't be created" },
    Unbuilt {
        ids: &["FSBP RDS.14", "cdk-nag AwsSolutions-RDS14"],
        reason: "backtracking is for Aurora MySQL only",
    },
    Unbuilt {
        ids: &["FSBP RDS.19", "FSBP RDS.20", "FSBP RDS.21", "FSBP RDS.22"],
        reason: "events of RDS are the account's: one subscription serves all stacks; alarms tell of a database that is down (P072)",
    },
    Unbuilt {
        ids: &["FSBP RDS.41", "FSBP RDS.43", "FSBP RDS.51"],
        reason: "about SQL Server, RDS Proxy and global clusters, which Dify doesn't use",
    },
    Unbuilt {
        ids: &["FSBP S3.1", "FSBP S3.19", "FSBP S3.24", "FSBP S3.25"],
        reason: "settings of the account, access points and directory buckets",
    },
    Unbuilt {
        ids: &["FSBP S3.6"],
        reason: "which actions of another account are too much can't be told from the template; P024 finds policies for everyone",
    },
    Unbuilt {
        ids: &["checkov CKV_AWS_19"],
        reason: "S3 encrypts every object since January 2023, whatever the bucket says",
    },
    Unbuilt {
        ids: &["checkov CKV_AWS_260"],
        reason: "port 80 is open so that it can redirect to HTTPS (P013)",
    },
    Unbuilt {
        ids: &[
            "FSBP WAF.1",
            "FSBP WAF.2",
            "FSBP WAF.3",
            "FSBP WAF.4",
            "FSBP WAF.6",
            "FSBP WAF.7",
            "FSBP WAF.8",
        ],
        reason: "about WAF Classic, which no longer takes new web ACLs",
    },
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::validate::rules;

    #[test]
    fn every_failure_has_a_rule_or_a_reason() {
        let known: BTreeSet<&str> = rules().map(|rule| rule.code.0).collect();
        let numbers: Vec<u8> = FAILURES.iter().map(|failure| failure.number).collect();
        assert_eq!(numbers, (1..=70).collect::<Vec<_>>());
        for failure in FAILURES {
            for rule in failure.rules {
                assert!(known.contains(rule), "{}: {rule}", failure.number);
            }
            let must = failure.number <= 55 || [62, 65, 68, 70].contains(&failure.number);
            assert!(!failure.rules.is_empty() || (!must && !failure.rest.is_empty()), "{}", failure.number);
        }
    }

    /// The controls of the standard on services that the program uses, without those of classic parts.
    const CONTROLS: &[(&str, &[u16])] = &[
        ("ACM", &[1, 2]),
        ("EC2", &[2, 6, 10, 15, 16, 18, 19, 21, 55, 56, 57, 58, 60, 172]),
        ("ECR", &[1, 2, 3]),
        ("ECS", &[2, 3, 4, 5, 8, 9, 10, 12, 16, 17, 18, 19, 20, 21]),
        ("EFS", &[1, 2, 3, 4, 6, 7, 8]),
        ("ELB", &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 14, 17, 18, 21, 22]),
        ("ElastiCache", &[1, 2, 3, 4, 5, 6, 7]),
        ("IAM", &[1, 2, 3, 4, 5, 6, 7, 8, 21]),
        ("KMS", &[1, 2, 3, 5]),
        ("RDS", &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 19, 20, 21, 22, 23, 24, 25, 27]),
        ("RDS", &[34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 50, 51]),
        ("Route53", &[2]),
        ("S3", &[1, 2, 3, 5, 6, 8, 9, 12, 13, 19, 24, 25]),
        ("SNS", &[4]),
        ("SSM", &[1, 2, 3, 4, 6, 7]),
        ("SecretsManager", &[1, 2, 3, 4]),
        ("WAF", &[1, 2, 3, 4, 6, 7, 8, 10, 12]),
    ];

    /// The rules of cfn-lint on services that the program uses, and on others of which it has parts.
    const LINT: &[&str] = &[
        "E3059", "E3060", "E3022", "E3064", "E3687", "W3687", "E3688", "E3676", "E3680", "E3681", "E3683",
        "E3684", "E3711", "E3042", "E3046", "E3047", "E3048", "E3053", "E3044", "E3049", "E3052", "E3054",
        "E3713", "E3690", "W3690", "E3691", "W3691", "E3693", "W3693", "E3682", "E3686", "E3689", "E3692",
        "W3688", "W3689", "E3025", "E3062", "E3694", "E3707", "E3709", "E3719", "E3720", "I3013", "E3026",
        "E3647", "E3695", "E3704", "E3510", "E3512", "E3513", "E3514", "E3530", "W2511", "W3037", "I3510",
        "E3050", "I3042", "E3045", "W3045", "E3061", "W3701", "E3023", "E3029", "E3041", "E3661", "E3503",
        "E3615", "E3013", "E3057", "E3722", "W3704", "W2501", "W2506", "W3010", "E3706", "E3712",
    ];

    /// The policies of checkov on types of these services.
    const CHECKOV: &[u16] = &[
        2, 3, 7, 8, 16, 17, 18, 19, 20, 21, 23, 24, 25, 26, 29, 30, 31, 32, 33, 40, 42, 46, 51, 53, 54, 55,
        56, 57, 60, 61, 62, 63, 65, 66, 79, 88, 91, 92, 96, 97, 103, 107, 108, 109, 110, 111, 118, 123, 131,
        136, 149, 157, 158, 161, 162, 163, 192, 260, 384,
    ];

    /// The rules of the pack on these services.
    const NAG: &[&str] = &[
        "AEC1", "AEC3", "AEC4", "AEC5", "AEC6", "EC23", "EC26", "EC27", "EC28", "EC29", "ECR1", "ECS2",
        "ECS4", "ECS7", "EFS1", "ELB1", "ELB2", "ELB3", "ELB4", "ELB5", "IAM4", "IAM5", "KMS5", "RDS2",
        "RDS3", "RDS6", "RDS8", "RDS10", "RDS11", "RDS13", "RDS14", "RDS16", "S1", "S2", "S5", "S10", "SMG4",
        "SNS3", "VPC3", "VPC7",
    ];

    #[test]
    fn every_check_of_the_standards_has_a_rule_or_a_reason() {
        let built: BTreeSet<&str> = rules().flat_map(|rule| rule.same_as.iter().copied()).collect();
        let unbuilt: BTreeSet<&str> =
            UNBUILT.iter().flat_map(|unbuilt| unbuilt.ids.iter().copied()).collect();
        let both: Vec<_> = built.intersection(&unbuilt).collect();
        assert!(both.is_empty(), "{both:?} have a rule and a reason why they have none");
        let controls = CONTROLS.iter().flat_map(|(service, numbers)| {
            numbers.iter().map(move |number| format!("FSBP {service}.{number}"))
        });
        let checkov = CHECKOV.iter().map(|number| format!("checkov CKV_AWS_{number}"));
        let lint = LINT.iter().map(|id| format!("cfn-lint {id}"));
        let nag = NAG.iter().map(|id| format!("cdk-nag AwsSolutions-{id}"));
        let missing: Vec<String> = controls
            .chain(checkov)
            .chain(nag)
            .chain(lint)
            .filter(|id| !built.contains(id.as_str()) && !unbuilt.contains(id.as_str()))
            .collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}
