//! P080 to P109: load balancers, containers, images and databases are set up as their services advise.

use crate::cfn::evaluate::Evaluated;
use crate::diagnostic::Code;
use crate::validate::Rule;
use crate::validate::model::{Item, View};

use super::rule::{HARDENING, Look, Must, PRACTICE, PROTECTION, Policy, Value, attribute};

const BALANCER: &str = "AWS::ElasticLoadBalancingV2::LoadBalancer";
const TASK: &str = "AWS::ECS::TaskDefinition";

fn is_no_application(_: &View<'_, '_>, balancer: &Item<'_>) -> bool {
    balancer.get("Type").is_some_and(|kind| kind.text().as_deref() != Some("application"))
}

pub(super) static INVALID_HEADERS: Policy = Policy {
    rule: Rule {
        code: Code("P080"),
        severity: PRACTICE.others,
        title: "load balancers drop headers that are none",
        what: "The attribute `routing.http.drop_invalid_header_fields.enabled` of an application load balancer is true.",
        why: "Headers with odd names reach the application, and may be read there as another header.",
        source: "AWS Security Hub User Guide, \"Elastic Load Balancing controls\"",
        same_as: &["FSBP ELB.4", "checkov CKV_AWS_131"],
    },
    grade: PRACTICE,
    look: Look::Values(&[Value::attribute(
        BALANCER,
        "LoadBalancerAttributes",
        "routing.http.drop_invalid_header_fields.enabled",
        Must::BeTrue,
    )
    .unless(is_no_application)
    .told(
        "headers with invalid names reach the targets",
        "set `routing.http.drop_invalid_header_fields.enabled` to true",
    )]),
};

pub(super) static DESYNC: Policy = Policy {
    rule: Rule {
        code: Code("P081"),
        severity: PROTECTION.others,
        title: "load balancers refuse ambiguous requests",
        what: "The attribute `routing.http.desync_mitigation_mode` isn't `monitor`; the default is `defensive`.",
        why: "A request that load balancer and application read differently can smuggle a second one in.",
        source: "AWS Security Hub User Guide, \"Elastic Load Balancing controls\"",
        same_as: &["FSBP ELB.12"],
    },
    grade: PROTECTION,
    look: Look::Values(&[Value::attribute(
        BALANCER,
        "LoadBalancerAttributes",
        "routing.http.desync_mitigation_mode",
        Must::NotBeOneOf(&["monitor"]),
    )
    .told("ambiguous requests are let through", "set it to `defensive` or `strictest`")]),
};

pub(super) static PRIVILEGED: Policy = Policy {
    rule: Rule {
        code: Code("P090"),
        severity: PROTECTION.others,
        title: "containers have no rights over their machine",
        what: "No container of a task definition is `Privileged`.",
        why: "Whoever breaks into the container owns the machine and every task on it; Fargate refuses it.",
        source: "AWS Security Hub User Guide, \"Amazon ECS controls\"",
        same_as: &["FSBP ECS.4", "Security Hub ECS.1"],
    },
    grade: PROTECTION,
    look: Look::Values(&[Value::each(TASK, "ContainerDefinitions", "Privileged", Must::NotBeTrue)
        .told("the container has all rights over its machine", "take `Privileged` away")]),
};

pub(super) static HOST: Policy = Policy {
    rule: Rule {
        code: Code("P091"),
        severity: PROTECTION.others,
        title: "tasks share neither network nor processes with their machine",
        what: "A task definition has neither `NetworkMode: host` nor `PidMode: host` nor `IpcMode: host`.",
        why: "The containers reach the machine's own services and those of other tasks, and see their processes.",
        source: "AWS Security Hub User Guide, \"Amazon ECS controls\"",
        same_as: &["FSBP ECS.3", "FSBP ECS.17"],
    },
    grade: PROTECTION,
    look: Look::Values(&[
        Value::at(TASK, "NetworkMode", Must::NotBeOneOf(&["host"]))
            .told("the task uses its machine's network", "use `awsvpc`"),
        Value::at(TASK, "PidMode", Must::NotBeOneOf(&["host"]))
            .told("the task sees its machine's processes", "take `PidMode` away, or use `task`"),
        Value::at(TASK, "IpcMode", Must::NotBeOneOf(&["host"]))
            .told("the task shares memory with its machine", "take `IpcMode` away"),
    ]),
};

pub(super) static READ_ONLY: Policy = Policy {
    rule: Rule {
        code: Code("P092"),
        severity: HARDENING.others,
        title: "containers can't change their own files",
        what: "Every container has `ReadonlyRootFilesystem: true`, with volumes for what it has to write. Not every image can live with that: Dify's can't.",
        why: "Whoever breaks in can leave programs there.",
        source: "AWS Security Hub User Guide, \"Amazon ECS controls\"",
        same_as: &["FSBP ECS.5"],
    },
    grade: HARDENING,
    look: Look::Values(&[Value::each(TASK, "ContainerDefinitions", "ReadonlyRootFilesystem", Must::BeTrue)
        .told(
            "the container can write to its root file system",
            "set `ReadonlyRootFilesystem: true` where the image allows it",
        )]),
};

pub(super) static ROOT_USER: Policy = Policy {
    rule: Rule {
        code: Code("P093"),
        severity: PRACTICE.others,
        title: "containers don't run as root",
        what: "The `User` of a container isn't `root` or `0`. Without one it is the image's, which the template doesn't show.",
        why: "A hole in the container's isolation gives the rights of root outside.",
        source: "AWS Security Hub User Guide, \"Amazon ECS controls\"",
        same_as: &["FSBP ECS.20"],
    },
    grade: PRACTICE,
    look: Look::Values(&[Value::each(
        TASK,
        "ContainerDefinitions",
        "User",
        Must::NotBeOneOf(&["root", "0", "0:0", "root:root"]),
    )
    .told("the container runs as root", "name another user")]),
};

pub(super) static PLATFORM: Policy = Policy {
    rule: Rule {
        code: Code("P095"),
        severity: PRACTICE.others,
        title: "Fargate's platform is the latest",
        what: "The `PlatformVersion` of a service is `LATEST`, the default, or 1.4.0.",
        why: "Older platforms get no fixes of the kernel and the container runtime.",
        source: "AWS Security Hub User Guide, \"Amazon ECS controls\"",
        same_as: &["FSBP ECS.10"],
    },
    grade: PRACTICE,
    look: Look::Values(&[Value::at(
        "AWS::ECS::Service",
        "PlatformVersion",
        Must::NotBeOneOf(&["1.0.0", "1.1.0", "1.2.0", "1.3.0"]),
    )
    .told("the service runs on an old platform", "use `LATEST`")]),
};

pub(super) static SCANNING: Policy = Policy {
    rule: Rule {
        code: Code("P096"),
        severity: PRACTICE.others,
        title: "images are scanned",
        what: "An ECR repository has `ImageScanningConfiguration: {ScanOnPush: true}`, unless the registry scans everything.",
        why: "Known holes in an image stay unknown.",
        source: "AWS Security Hub User Guide, \"Amazon ECR controls\"",
        same_as: &["FSBP ECR.1", "checkov CKV_AWS_163"],
    },
    grade: PRACTICE,
    look: Look::Values(&[Value::at(
        "AWS::ECR::Repository",
        "ImageScanningConfiguration.ScanOnPush",
        Must::BeTrue,
    )
    .unless(|view, _| view.of("AWS::ECR::RegistryScanningConfiguration").next().is_some())
    .told(
        "images aren't scanned when they are pushed",
        "set `ImageScanningConfiguration: {ScanOnPush: true}`",
    )]),
};

pub(super) static FIXED_TAGS: Policy = Policy {
    rule: Rule {
        code: Code("P097"),
        severity: PRACTICE.others,
        title: "a tag stays with its image",
        what: "An ECR repository has `ImageTagMutability: IMMUTABLE`, or with exceptions.",
        why: "What a task definition runs can change without anyone deploying it.",
        source: "AWS Security Hub User Guide, \"Amazon ECR controls\"",
        same_as: &["FSBP ECR.2", "checkov CKV_AWS_51"],
    },
    grade: PRACTICE,
    look: Look::Values(&[Value::at(
        "AWS::ECR::Repository",
        "ImageTagMutability",
        Must::BeOneOf(&["IMMUTABLE", "IMMUTABLE_WITH_EXCLUSION"]),
    )
    .told("a tag can be moved to another image", "set `ImageTagMutability: IMMUTABLE`")]),
};

pub(super) static DEFAULT_NETWORK: Policy = Policy {
    rule: Rule {
        code: Code("P100"),
        severity: PROTECTION.others,
        title: "databases and caches are in a network that was chosen",
        what: "A database has a `DBSubnetGroupName`, a cache a `CacheSubnetGroupName` other than `default`.",
        why: "Otherwise they are in the default VPC, whose subnets are all public.",
        source: "AWS Security Hub User Guide, \"Amazon ElastiCache controls\"",
        same_as: &["FSBP ElastiCache.7", "cdk-nag AwsSolutions-AEC1"],
    },
    grade: PROTECTION,
    look: Look::Values(&[
        Value::at("AWS::ElastiCache::ReplicationGroup", "CacheSubnetGroupName", Must::BeThere)
            .told("the cache is in the default VPC", "make an `AWS::ElastiCache::SubnetGroup`, and name it"),
        Value::at(
            "AWS::ElastiCache::ReplicationGroup",
            "CacheSubnetGroupName",
            Must::NotBeOneOf(&["default"]),
        )
        .told("the cache is in the default VPC", "make an `AWS::ElastiCache::SubnetGroup`, and name it"),
        Value::at("AWS::RDS::DBCluster", "DBSubnetGroupName", Must::BeThere)
            .unless(|_, item| item.get("SourceDBClusterIdentifier").is_some())
            .told("the database is in the default VPC", "make an `AWS::RDS::DBSubnetGroup`, and name it"),
        Value::at("AWS::RDS::DBInstance", "DBSubnetGroupName", Must::BeThere)
            .unless(|_, item| {
                item.get("DBClusterIdentifier").or_else(|| item.get("SourceDBInstanceIdentifier")).is_some()
            })
            .told("the database is in the default VPC", "make an `AWS::RDS::DBSubnetGroup`, and name it"),
    ]),
};

pub(super) static ADMIN_NAME: Policy = Policy {
    rule: Rule {
        code: Code("P101"),
        severity: HARDENING.others,
        title: "the database's first user has a name of its own",
        what: "`MasterUsername` is neither `admin` nor `postgres`.",
        why: "Half of what is needed to log in is known to everyone.",
        source: "AWS Security Hub User Guide, \"Amazon RDS controls\"",
        same_as: &["FSBP RDS.24", "FSBP RDS.25"],
    },
    grade: HARDENING,
    look: Look::Values(&[
        Value::at("AWS::RDS::DBCluster", "MasterUsername", Must::NotBeOneOf(&["admin", "postgres"])).told(
            "the database's first user has the usual name",
            "choose another; this replaces the database",
        ),
        Value::at("AWS::RDS::DBInstance", "MasterUsername", Must::NotBeOneOf(&["admin", "postgres"])).told(
            "the database's first user has the usual name",
            "choose another; this replaces the database",
        ),
    ]),
};

pub(super) static IAM_LOGIN: Policy = Policy {
    rule: Rule {
        code: Code("P102"),
        severity: HARDENING.others,
        title: "people can log in to databases without a password",
        what: "A database cluster, or an instance that belongs to none, has IAM authentication on.",
        why: "Whoever administers the database needs its one password, which is then in many hands.",
        source: "AWS Security Hub User Guide, \"Amazon RDS controls\"",
        same_as: &[
            "FSBP RDS.10",
            "FSBP RDS.12",
            "checkov CKV_AWS_161",
            "checkov CKV_AWS_162",
            "cdk-nag AwsSolutions-RDS6",
        ],
    },
    grade: HARDENING,
    look: Look::Values(&[
        Value::at("AWS::RDS::DBCluster", "EnableIAMDatabaseAuthentication", Must::BeTrue)
            .told("the database takes passwords only", "set `EnableIAMDatabaseAuthentication: true`"),
        Value::at("AWS::RDS::DBInstance", "EnableIAMDatabaseAuthentication", Must::BeTrue)
            .unless(|_, item| item.get("DBClusterIdentifier").is_some())
            .told("the database takes passwords only", "set `EnableIAMDatabaseAuthentication: true`"),
    ]),
};

pub(super) static MINOR_VERSIONS: Policy = Policy {
    rule: Rule {
        code: Code("P103"),
        severity: HARDENING.others,
        title: "databases and caches get fixes by themselves",
        what: "`AutoMinorVersionUpgrade` isn't false. Our own stacks move by a key of the configuration instead, so that nothing changes by surprise.",
        why: "Fixes of security arrive only when someone thinks of them.",
        source: "AWS Security Hub User Guide, \"Amazon RDS controls\" and \"Amazon ElastiCache controls\"",
        same_as: &["FSBP RDS.13", "FSBP RDS.35", "FSBP ElastiCache.2"],
    },
    grade: HARDENING,
    look: Look::Code(|view, found| {
        for type_name in ["AWS::RDS::DBInstance", "AWS::RDS::DBCluster", "AWS::ElastiCache::ReplicationGroup"]
        {
            for item in view.of(type_name) {
                let upgrade = item.get("AutoMinorVersionUpgrade");
                if upgrade.and_then(Evaluated::boolean) == Some(false) {
                    let help = "take `AutoMinorVersionUpgrade` away, or have a way to move versions";
                    found.tell(item, upgrade, "fixes of the engine aren't installed by themselves", help);
                }
            }
        }
    }),
};

pub(super) static ACL: Policy = Policy {
    rule: Rule {
        code: Code("P104"),
        severity: HARDENING.others,
        title: "buckets have no ACLs",
        what: "A bucket has no `AccessControl`, and its `ObjectOwnership` is `BucketOwnerEnforced`, the default.",
        why: "Who may read a file is then said in two places.",
        source: "AWS Security Hub User Guide, \"Amazon S3 controls\"",
        same_as: &["FSBP S3.12"],
    },
    grade: HARDENING,
    look: Look::Values(&[Value::each(
        "AWS::S3::Bucket",
        "OwnershipControls.Rules",
        "ObjectOwnership",
        Must::NotBeOneOf(&["ObjectWriter", "BucketOwnerPreferred"]),
    )
    .unless(|view, bucket| {
        view.of(BALANCER).any(|balancer| {
            attribute(balancer, "access_logs.s3.bucket").and_then(Evaluated::resource) == Some(bucket.id)
        })
    })
    .told("ACLs of objects count", "use `BucketOwnerEnforced`")]),
};

pub(super) static ACCESS_POINT: Policy = Policy {
    rule: Rule {
        code: Code("P105"),
        severity: PRACTICE.others,
        title: "access points have a folder and a user",
        what: "An EFS access point has a `RootDirectory` other than `/`, and a `PosixUser`.",
        why: "Whoever mounts it sees every file, as any user.",
        source: "AWS Security Hub User Guide, \"Amazon EFS controls\"",
        same_as: &["FSBP EFS.3", "FSBP EFS.4"],
    },
    grade: PRACTICE,
    look: Look::Values(&[
        Value::at("AWS::EFS::AccessPoint", "PosixUser", Must::BeThere)
            .told("the access point lets any user in", "set `PosixUser`"),
        Value::at("AWS::EFS::AccessPoint", "RootDirectory.Path", Must::BeThere)
            .told("the access point shows the whole file system", "set `RootDirectory.Path`"),
        Value::at("AWS::EFS::AccessPoint", "RootDirectory.Path", Must::NotBeOneOf(&["/"]))
            .told("the access point shows the whole file system", "set `RootDirectory.Path`"),
    ]),
};

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::{BALANCER, TASK};
    use crate::validate::policy::testing::{silent_of, tells_of};

    fn attribute(key: &str, value: &str) -> Json {
        json!({"LoadBalancerAttributes": [{"Key": key, "Value": value}]})
    }

    #[test]
    fn load_balancers() {
        tells_of("P080", BALANCER, json!({}));
        silent_of("P080", BALANCER, attribute("routing.http.drop_invalid_header_fields.enabled", "true"));
        tells_of("P081", BALANCER, attribute("routing.http.desync_mitigation_mode", "monitor"));
        silent_of("P081", BALANCER, json!({}));
        silent_of(
            "P080",
            BALANCER,
            json!({"LoadBalancerAttributes": [{"Key": {"Ref": "AWS::StackName"}, "Value": "true"}]}),
        );
    }

    #[test]
    fn containers() {
        let of = |container: Json| json!({"ContainerDefinitions": [container]});
        tells_of("P090", TASK, of(json!({"Privileged": true})));
        silent_of("P090", TASK, of(json!({})));
        tells_of("P091", TASK, json!({"PidMode": "host"}));
        silent_of("P091", TASK, json!({"NetworkMode": "awsvpc"}));
        tells_of("P092", TASK, of(json!({})));
        silent_of("P092", TASK, of(json!({"ReadonlyRootFilesystem": true})));
        tells_of("P093", TASK, of(json!({"User": "0"})));
        silent_of("P093", TASK, of(json!({})));
        tells_of("P095", "AWS::ECS::Service", json!({"PlatformVersion": "1.3.0"}));
        silent_of("P095", "AWS::ECS::Service", json!({"PlatformVersion": "LATEST"}));
    }

    #[test]
    fn repositories() {
        let repository = "AWS::ECR::Repository";
        tells_of("P096", repository, json!({}));
        silent_of("P096", repository, json!({"ImageScanningConfiguration": {"ScanOnPush": true}}));
        tells_of("P097", repository, json!({"ImageTagMutability": "MUTABLE"}));
        silent_of("P097", repository, json!({"ImageTagMutability": "IMMUTABLE"}));
    }

    #[test]
    fn databases_and_caches() {
        let (cluster, cache) = ("AWS::RDS::DBCluster", "AWS::ElastiCache::ReplicationGroup");
        tells_of("P100", cluster, json!({}));
        tells_of("P100", cache, json!({"CacheSubnetGroupName": "default"}));
        silent_of("P100", cache, json!({"CacheSubnetGroupName": "own"}));
        tells_of("P101", cluster, json!({"MasterUsername": "postgres"}));
        silent_of("P101", cluster, json!({"MasterUsername": "dify"}));
        tells_of("P102", cluster, json!({}));
        silent_of("P102", cluster, json!({"EnableIAMDatabaseAuthentication": true}));
        tells_of("P103", cache, json!({"AutoMinorVersionUpgrade": false}));
        silent_of("P103", cache, json!({}));
    }

    #[test]
    fn files() {
        let owned = |by: &str| json!({"OwnershipControls": {"Rules": [{"ObjectOwnership": by}]}});
        tells_of("P104", "AWS::S3::Bucket", owned("ObjectWriter"));
        silent_of("P104", "AWS::S3::Bucket", owned("BucketOwnerEnforced"));
        tells_of(
            "P105",
            "AWS::EFS::AccessPoint",
            json!({"PosixUser": {"Uid": "1"}, "RootDirectory": {"Path": "/"}}),
        );
        silent_of(
            "P105",
            "AWS::EFS::AccessPoint",
            json!({"PosixUser": {"Uid": "1"}, "RootDirectory": {"Path": "/a"}}),
        );
    }
}
