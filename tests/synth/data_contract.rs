//! What must never change once it is shipped: the logical ids of what holds data, and how each secret is generated.
//!
//! CloudFormation knows a resource by its logical id. If `DatabaseCluster` were called otherwise in the next release, an update
//! would make a second, empty database and delete the first; so it is with every id in `tests/fixtures/data-contract.json`.
//! `GenerateSecretString` makes a new value whenever any part of it changes: the database would keep its old password and the
//! tasks get a new one, and with another `SECRET_KEY` all that it encrypted is lost. Never correct the list to make a test
//! pass; add to it when something that holds data is new.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json};

use crate::root;
use crate::shipped::{Shipped, all};

/// Types that hold data, or without which data can't be read.
const HOLDS_DATA: [&str; 12] = [
    "AWS::EC2::Subnet",
    "AWS::EC2::VPC",
    "AWS::EFS::FileSystem",
    "AWS::ElastiCache::ReplicationGroup",
    "AWS::KMS::Key",
    "AWS::Logs::LogGroup",
    "AWS::RDS::DBCluster",
    "AWS::RDS::DBClusterParameterGroup",
    "AWS::RDS::DBInstance",
    "AWS::RDS::DBSubnetGroup",
    "AWS::S3::Bucket",
    "AWS::SecretsManager::Secret",
];

/// The list: what holds data by logical id, and how its value is generated where it is a secret.
#[derive(serde::Deserialize)]
struct Contract {
    resources: BTreeMap<String, String>,
    generated: BTreeMap<String, Json>,
}

fn contract() -> Contract {
    let text = std::fs::read_to_string(root().join("tests/fixtures/data-contract.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// The resources of a stack that hold data.
fn holding_data(shipped: &Shipped) -> impl Iterator<Item = (&String, &str, &Map<String, Json>)> {
    let resources = shipped.template().resources.iter();
    let all = resources.map(|(id, resource)| (id, resource.type_name.as_str(), &resource.properties));
    all.filter(|(_, type_name, _)| HOLDS_DATA.contains(type_name))
}

#[test]
fn what_holds_data_is_called_as_it_was_shipped() {
    let contract = contract();
    let mut seen = BTreeSet::new();
    for shipped in all() {
        for (id, type_name, _) in holding_data(shipped) {
            let listed = contract.resources.get(id).map(String::as_str);
            assert_eq!(
                listed,
                Some(type_name),
                "{}: {id} is new, or was called otherwise before",
                shipped.name
            );
            seen.insert(id.clone());
        }
    }
    let listed: BTreeSet<String> = contract.resources.into_keys().collect();
    assert_eq!(seen, listed, "something that held data is gone from every shipped configuration");
}

#[test]
fn secrets_are_generated_as_they_were_shipped() {
    let contract = contract();
    let mut seen = BTreeSet::new();
    for shipped in all() {
        for (id, _, properties) in holding_data(shipped) {
            let Some(generated) = properties.get("GenerateSecretString") else { continue };
            assert_eq!(
                contract.generated.get(id),
                Some(generated),
                "{}: {id} would get a new value",
                shipped.name
            );
            seen.insert(id.clone());
        }
    }
    let listed: BTreeSet<String> = contract.generated.into_keys().collect();
    assert_eq!(seen, listed);
}

/// A property whose change replaces what holds data, as it was shipped for the default configuration: a new database or cache
/// is an empty one.
#[test]
fn what_replaces_data_when_it_changes_is_as_it_was_shipped() {
    let template = crate::shipped::one("default/dev").template();
    let property =
        |id: &str, name: &str| template.resources[id].properties.get(name).cloned().unwrap_or(Json::Null);
    let secret = |id: &str| serde_json::json!({ "Fn::Sub": format!("{{{{resolve:secretsmanager:${{{id}}}:SecretString}}}}") });
    for (id, name, expected) in [
        ("DatabaseCluster", "DatabaseName", "dify".into()),
        ("DatabaseCluster", "MasterUsername", "dify".into()),
        ("DatabaseCluster", "Engine", "aurora-postgresql".into()),
        ("DatabaseCluster", "StorageEncrypted", true.into()),
        ("DatabaseCluster", "KmsKeyId", Json::Null),
        ("DatabaseCluster", "SnapshotIdentifier", Json::Null),
        ("DatabaseCluster", "DBClusterIdentifier", Json::Null),
        ("DatabaseCluster", "DBSubnetGroupName", serde_json::json!({ "Ref": "DatabaseSubnetGroup" })),
        ("DatabaseWriter", "DBInstanceIdentifier", Json::Null),
        ("Cache", "AtRestEncryptionEnabled", true.into()),
        ("Cache", "TransitEncryptionEnabled", true.into()),
        ("Cache", "Port", 6379.into()),
        ("Cache", "AuthToken", secret("CacheSecret")),
        ("Cache", "CacheSubnetGroupName", serde_json::json!({ "Ref": "CacheSubnetGroup" })),
        ("Cache", "ReplicationGroupId", Json::Null),
        ("Bucket", "BucketName", Json::Null),
        ("SecretKey", "Name", "/dify/dev/secret-key".into()),
        ("DatabaseSecret", "Name", "/dify/dev/database".into()),
    ] {
        assert_eq!(property(id, name), expected, "{id}.{name}");
    }
}

/// A subnet with another range is another subnet, and the database can't move there.
#[test]
fn subnets_of_a_created_network_have_the_ranges_that_were_shipped() {
    let range = |stack: &str, id: &str| {
        let template = crate::shipped::one(stack).template();
        template.resources[id].properties["CidrBlock"].as_str().unwrap().to_owned()
    };
    for (stack, id, expected) in [
        ("production/prd", "NetworkVpc", "10.20.0.0/16"),
        ("production/prd", "NetworkPrivateSubnet1", "10.20.0.0/18"),
        ("production/prd", "NetworkPrivateSubnet2", "10.20.64.0/18"),
        ("production/prd", "NetworkPrivateSubnet3", "10.20.128.0/18"),
        ("production/prd", "NetworkPublicSubnet1", "10.20.192.0/20"),
        // A third zone can be added later: the first two are where they would be with it.
        ("restored/again", "NetworkPrivateSubnet1", "10.0.0.0/18"),
        ("restored/again", "NetworkPrivateSubnet2", "10.0.64.0/18"),
        ("closed/dev", "NetworkPrivateSubnet1", "10.40.0.0/22"),
    ] {
        assert_eq!(range(stack, id), expected, "{stack}: {id}");
    }
}
