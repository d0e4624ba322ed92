//! Tests of the database: what it is made of, what it waits for, what is reported.

use serde_json::json;

use super::*;
use crate::cfn::DynamicReference;
use crate::constructs::testing::{assert_contains, misuses, synth};
use crate::constructs::{Output, Parameter, ParameterType, Removal, Stack};

fn props() -> AuroraProps {
    AuroraProps::new(
        "16.8",
        AuroraOrigin::New {
            database_name: "app".into(),
            username: "app".into(),
            password: DynamicReference::secure_parameter("/app/password"),
        },
        AuroraCapacity::Provisioned("db.t4g.medium".into()),
        vec!["subnet-0a1b2c3d4e5f60021", "subnet-0a1b2c3d4e5f60022"],
        vec!["sg-0a1b2c3d4e5f60031".into()],
    )
}

#[test]
fn is_encrypted_pinned_kept_and_logs() {
    let mut stack = Stack::new();
    AuroraCluster::new(&mut stack.scope().child("Database"), props());
    let resources = synth(stack);
    assert_eq!(
        resources.as_object().unwrap().keys().collect::<Vec<_>>(),
        [
            "DatabaseSubnetGroup",
            "DatabaseParameters",
            "DatabaseCluster",
            "DatabaseMonitoringRole",
            "DatabaseWriter"
        ]
    );
    assert_eq!(
        resources["DatabaseCluster"],
        json!({
            "Type": "AWS::RDS::DBCluster",
            "DeletionPolicy": "RetainExceptOnCreate",
            "UpdateReplacePolicy": "Retain",
            "Properties": {
                "BackupRetentionPeriod": 7,
                "CopyTagsToSnapshot": true,
                "DBClusterParameterGroupName": { "Ref": "DatabaseParameters" },
                "DBSubnetGroupName": { "Ref": "DatabaseSubnetGroup" },
                "DatabaseName": "app",
                "DeletionProtection": false,
                "EnableCloudwatchLogsExports": ["postgresql"],
                "Engine": "aurora-postgresql",
                "EngineVersion": "16.8",
                "MasterUserPassword": "{{resolve:ssm-secure:/app/password}}",
                "MasterUsername": "app",
                "Port": 5432,
                "StorageEncrypted": true,
                "VpcSecurityGroupIds": ["sg-0a1b2c3d4e5f60031"],
            },
        })
    );
    assert_eq!(
        resources["DatabaseWriter"],
        json!({
            "Type": "AWS::RDS::DBInstance",
            "Properties": {
                "AutoMinorVersionUpgrade": false,
                "DBClusterIdentifier": { "Ref": "DatabaseCluster" },
                "DBInstanceClass": "db.t4g.medium",
                "Engine": "aurora-postgresql",
                "MonitoringInterval": 60,
                "MonitoringRoleArn": { "Fn::GetAtt": ["DatabaseMonitoringRole", "Arn"] },
                "PubliclyAccessible": false,
            },
        })
    );
    assert_contains(
        &resources["DatabaseParameters"],
        &json!({ "DeletionPolicy": "RetainExceptOnCreate", "Properties": { "Family": "aurora-postgresql16" } }),
    );
}

#[test]
fn readers_wait_for_the_writer() {
    let mut stack = Stack::new();
    let database =
        AuroraCluster::new(&mut stack.scope().child("Database"), AuroraProps { instances: 3, ..props() });
    assert_eq!(database.writer().logical_id().as_str(), "DatabaseWriter");
    assert_eq!(database.readers().len(), 2);
    assert_eq!(
        database.kept_together().map(LogicalId::as_str),
        ["DatabaseCluster", "DatabaseSubnetGroup", "DatabaseParameters"]
    );
    let resources = synth(stack);
    assert_eq!(resources["DatabaseReader1"]["DependsOn"], json!(["DatabaseWriter"]));
    assert_eq!(resources["DatabaseReader2"]["DependsOn"], json!(["DatabaseWriter"]));
    assert!(resources["DatabaseWriter"].get("DependsOn").is_none());
}

#[test]
fn form_values_and_what_production_wants() {
    let mut stack = Stack::new();
    let class = stack.parameter("Class", Parameter::new(ParameterType::String, "class"));
    let protect = stack.parameter("Protect", Parameter::new(ParameterType::String, "protection"));
    AuroraCluster::new(
        &mut stack.scope().child("Database"),
        AuroraProps {
            capacity: AuroraCapacity::Provisioned(class.reference()),
            deletion_protection: protect.reference(),
            parameters: pgvector_parameters(),
            kms_key_arn: Some("arn:key".into()),
            backup_retention_days: 14,
            backup_window: Some("03:00-04:00".into()),
            maintenance_window: Some("sun:04:00-sun:05:00".into()),
            performance_insights: true,
            monitoring_interval_seconds: 0,
            id: Some("app-db".into()),
            log_group: Some(LogGroupProps { retention_days: 14, ..Default::default() }),
            ..props()
        },
    );
    let resources = synth(stack);
    assert!(resources.get("DatabaseMonitoringRole").is_none());
    assert_contains(
        &resources["DatabaseCluster"],
        &json!({ "DependsOn": ["DatabaseLogs"], "Properties": {
            "DBClusterIdentifier": "app-db",
            "DeletionProtection": { "Ref": "Protect" },
            "KmsKeyId": "arn:key",
            "PreferredBackupWindow": "03:00-04:00",
            "PreferredMaintenanceWindow": "sun:04:00-sun:05:00",
        } }),
    );
    assert_contains(
        &resources["DatabaseWriter"]["Properties"],
        &json!({
            "DBInstanceClass": { "Ref": "Class" },
            "EnablePerformanceInsights": true,
            "PerformanceInsightsRetentionPeriod": 7,
            "PerformanceInsightsKMSKeyId": "arn:key",
        }),
    );
    assert!(resources["DatabaseWriter"]["Properties"].get("MonitoringInterval").is_none());
    assert_contains(
        &resources["DatabaseParameters"]["Properties"]["Parameters"],
        &json!({ "rds.force_ssl": "1", "maintenance_work_mem": "GREATEST({DBInstanceClassMemory/16384},65536)" }),
    );
    assert_contains(
        &resources["DatabaseLogs"]["Properties"],
        &json!({ "LogGroupName": "/aws/rds/cluster/app-db/postgresql", "RetentionInDays": 14 }),
    );
}

#[test]
fn serverless_instances_take_their_size_from_the_cluster() {
    let mut stack = Stack::new();
    let capacity = ServerlessCapacity { min: 0.0, max: 4.0, seconds_until_auto_pause: Some(300) };
    let database = AuroraCluster::new(
        &mut stack.scope().child("Database"),
        AuroraProps { capacity: AuroraCapacity::Serverless(capacity), removal: Removal::Deleted, ..props() },
    );
    let mut scope = stack.scope();
    scope.output("Host", Output::new("", database.endpoint_address()));
    scope.output("Readers", Output::new("", database.read_endpoint_address()));
    let template = stack.synth().unwrap().to_json();
    let resources = &template["Resources"];
    assert_eq!(resources["DatabaseWriter"]["Properties"]["DBInstanceClass"], "db.serverless");
    assert_contains(
        &resources["DatabaseCluster"],
        &json!({ "DeletionPolicy": "Delete", "Properties": { "ServerlessV2ScalingConfiguration": {
            "MinCapacity": 0, "MaxCapacity": 4, "SecondsUntilAutoPause": 300,
        } } }),
    );
    assert_eq!(
        template["Outputs"]["Host"]["Value"],
        json!({ "Fn::GetAtt": ["DatabaseCluster", "Endpoint.Address"] })
    );
    assert_eq!(
        template["Outputs"]["Readers"]["Value"],
        json!({ "Fn::GetAtt": ["DatabaseCluster", "ReadEndpoint.Address"] })
    );
}

#[test]
fn a_restored_cluster_brings_its_user_name_and_encryption_along() {
    let mut stack = Stack::new();
    AuroraCluster::new(
        &mut stack.scope().child("Database"),
        AuroraProps { origin: AuroraOrigin::Snapshot("arn:snapshot".into()), ..props() },
    );
    let properties = &synth(stack)["DatabaseCluster"]["Properties"];
    assert_eq!(properties["SnapshotIdentifier"], "arn:snapshot");
    for absent in ["MasterUsername", "MasterUserPassword", "DatabaseName", "StorageEncrypted"] {
        assert!(properties.get(absent).is_none(), "{absent}");
    }
}

#[test]
fn what_rds_refuses_is_reported() {
    let mut stack = Stack::new();
    let capacity = ServerlessCapacity { min: 0.7, max: 2.0, seconds_until_auto_pause: Some(300) };
    AuroraCluster::new(
        &mut stack.scope().child("Database"),
        AuroraProps {
            engine_version: "16".into(),
            instances: 0,
            backup_retention_days: 0,
            monitoring_interval_seconds: 20,
            log_group: Some(LogGroupProps::default()),
            capacity: AuroraCapacity::Serverless(capacity),
            ..props()
        },
    );
    assert_eq!(
        misuses(stack),
        [
            "`16` is no version of Aurora PostgreSQL",
            "a cluster can't have 0 instances",
            "backups can't be kept for 0 days",
            "Enhanced Monitoring can't run every 20 seconds",
            "the log group's name isn't known before the cluster is made",
            "0.7 to 2 ACUs isn't in steps of 0.5",
            "an instance of at least 0.7 ACUs can't pause after 300 seconds",
        ]
    );
}

#[test]
fn parameters_have_one_value_and_a_reason_each() {
    assert_eq!(pgvector_parameters().len(), PGVECTOR_PARAMETERS.len());
    assert!(PGVECTOR_PARAMETERS.iter().all(|setting| !setting.reason.is_empty()));
}
