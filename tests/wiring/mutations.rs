//! Mutations of a good template, each with the only rule that finds it.

use serde_json::{Value as Json, json};

use crate::Change::{self, Add, Free, Remove, Set};

/// The code, what is done, and how.
#[allow(clippy::too_many_lines, reason = "a table")]
pub(crate) fn all() -> Vec<(&'static str, &'static str, Vec<Change>)> {
    let elsewhere = || json!([{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}]);
    vec![
        (
            "W001",
            "the rules of the websocket's group go elsewhere",
            vec![Set("ListenerPluginDaemonRule1", "Actions", elsewhere())],
        ),
        (
            "W002",
            "the plugin daemon doesn't wait for its rule",
            vec![Free("PluginDaemonService", "ListenerPluginDaemonRule1")],
        ),
        (
            "W003",
            "another container's name",
            vec![Set("ApiService", "LoadBalancers/0/ContainerName", json!("api"))],
        ),
        (
            "W003",
            "another port",
            vec![Set(
                "ApiTaskDefinition",
                "ContainerDefinitions/0/PortMappings/0/ContainerPort",
                json!(5000),
            )],
        ),
        ("W004", "targets by instance", vec![Set("WebTargetGroup", "TargetType", Json::Null)]),
        ("W005", "no way in from the load balancer", vec![Remove("WebSecurityGroupFromLoadBalancer3000")]),
        ("W006", "no way into the cache", vec![Remove("CacheSecurityGroupFromBeat6379")]),
        (
            "W006",
            "another port of the database at one end",
            vec![
                Set("DatabaseSecurityGroupFromApi5432", "FromPort", json!(5433)),
                Set("DatabaseSecurityGroupFromApi5432", "ToPort", json!(5433)),
            ],
        ),
        (
            "W007",
            "one secret less in the policy",
            vec![Set("ApiExecutionRole", "Policies/0/PolicyDocument/Statement/0/Resource/0", Json::Null)],
        ),
        (
            "W007",
            "the actions of another service",
            vec![Set(
                "ApiExecutionRole",
                "Policies/0/PolicyDocument/Statement/0/Action",
                json!(["ssm:GetParameters"]),
            )],
        ),
        (
            "W008",
            "a field that the secret doesn't have",
            vec![Set("DatabaseSecret", "GenerateSecretString/GenerateStringKey", json!("secret"))],
        ),
        (
            "W010",
            "a secret's value in the environment",
            vec![Set(
                "ApiTaskDefinition",
                "ContainerDefinitions/0/Environment/DB_DATABASE/Value",
                json!({"Fn::Sub": "{{resolve:secretsmanager:${SecretKey}}}"}),
            )],
        ),
        (
            "W011",
            "a route that doesn't wait",
            vec![
                Free("NetworkPublicDefaultRoute", "Attachment"),
                Add("W", "AWS::CloudFormation::WaitConditionHandle", json!({})),
            ],
        ),
        (
            "W012",
            "an ARN in place of a name",
            vec![Set("ApiScaling", "ResourceId", json!({"Fn::Sub": "service/${Cluster}/${ApiService}"}))],
        ),
        ("W013", "a desired count", vec![Set("ApiService", "DesiredCount", json!(2))]),
        ("W014", "equal priorities", vec![Set("ListenerApiRule2", "Priority", json!(100))]),
        ("W016", "no time to start", vec![Set("ApiService", "HealthCheckGracePeriodSeconds", Json::Null)]),
        (
            "W016",
            "a timeout as long as the interval",
            vec![Set("ApiTargetGroup", "HealthCheckTimeoutSeconds", json!(30))],
        ),
        (
            "W017",
            "no room to deploy",
            vec![Set("ApiService", "DeploymentConfiguration/MaximumPercent", json!(100))],
        ),
        (
            "W018",
            "a container too large",
            vec![
                Set("BeatTaskDefinition", "Cpu", json!("256")),
                Set("BeatTaskDefinition", "ContainerDefinitions/0/Cpu", json!(512)),
            ],
        ),
        (
            "W019",
            "an order that can't be kept",
            vec![Set("BeatTaskDefinition", "ContainerDefinitions/0/Essential", json!(true))],
        ),
        (
            "W020",
            "a token with punctuation",
            vec![
                Set("CacheSecret", "GenerateSecretString/ExcludePunctuation", json!(false)),
                Set("BrokerSecret", "SecretString", json!("x")),
            ],
        ),
        (
            "W021",
            "a password with punctuation",
            vec![Set("DatabaseSecret", "GenerateSecretString/ExcludePunctuation", json!(false))],
        ),
        (
            "W023",
            "another family",
            vec![
                Set("DatabaseParameters", "Family", json!("aurora-postgresql13")),
                Set("DatabaseCluster", "EngineVersion", json!("16.8")),
            ],
        ),
        ("W024", "a beat that doesn't wait for the writer", vec![Free("BeatService", "DatabaseWriter")]),
        ("W025", "failover of one node", vec![Set("Cache", "NumCacheClusters", json!(1))]),
        (
            "W026",
            "plain text to an encrypted cache",
            vec![Set(
                "ApiTaskDefinition",
                "ContainerDefinitions/0/Environment/REDIS_USE_SSL/Value",
                json!("false"),
            )],
        ),
        (
            "W033",
            "a region in so many words",
            vec![Set(
                "ApiTaskDefinition",
                "ContainerDefinitions/0/LogConfiguration/Options/awslogs-region",
                json!("us-east-1"),
            )],
        ),
        ("W034", "a log that never forgets", vec![Set("ApiLogGroup", "RetentionInDays", Json::Null)]),
        (
            "W037",
            "tasks in a public subnet without address",
            vec![Set(
                "BeatService",
                "NetworkConfiguration/AwsvpcConfiguration/Subnets",
                json!([{"Ref": "NetworkPublicSubnet1"}]),
            )],
        ),
        ("W038", "the web's first page", vec![Set("WebTargetGroup", "HealthCheckPath", json!("/"))]),
        (
            "W039",
            "too long a stop",
            vec![Set("ApiTaskDefinition", "ContainerDefinitions/0/StopTimeout", json!(300))],
        ),
        (
            "W041",
            "a name of the compose file",
            vec![Set(
                "ApiTaskDefinition",
                "ContainerDefinitions/0/Environment/-",
                json!({"Name": "PLUGIN_DIFY_INNER_API_KEY", "Value": "x"}),
            )],
        ),
        (
            "W042",
            "two keys of the sandbox",
            vec![
                Set(
                    "SandboxTaskDefinition",
                    "ContainerDefinitions/0/Secrets/API_KEY/ValueFrom",
                    json!({"Ref": "SecretKey"}),
                ),
                Set(
                    "SandboxExecutionRole",
                    "Policies/0/PolicyDocument/Statement/0/Resource",
                    json!([{"Ref": "SecretKey"}]),
                ),
            ],
        ),
        (
            "W043",
            "a private route",
            vec![Set("ListenerApiRule1", "Conditions/0/PathPatternConfig/Values/0", json!("/inner/api/*"))],
        ),
        (
            "W042",
            "a sandbox that doesn't have the api's key",
            vec![Set("SandboxTaskDefinition", "ContainerDefinitions/0/Secrets/API_KEY", Json::Null)],
        ),
        ("W044", "two beats", vec![Set("BeatService", "DesiredCount", json!(2))]),
        ("W044", "no beat", vec![Set("BeatService", "DesiredCount", json!(0))]),
        (
            "W045",
            "a target group of another network",
            vec![
                Add("Other", "AWS::EC2::VPC", json!({"CidrBlock": "10.9.0.0/16"})),
                Set("WebTargetGroup", "VpcId", json!({"Ref": "Other"})),
            ],
        ),
        ("W047", "no version", vec![Set("Cache", "EngineVersion", Json::Null)]),
        (
            "W048",
            "a serverless instance without capacity",
            vec![Set("DatabaseWriter", "DBInstanceClass", json!("db.serverless"))],
        ),
        (
            "W049",
            "the address of cluster mode",
            vec![Set(
                "ParametersCacheHost",
                "Value",
                json!({"Fn::GetAtt": ["Cache", "ConfigurationEndPoint.Address"]}),
            )],
        ),
        (
            "W050",
            "protection in so many words",
            vec![Set("DatabaseCluster", "DeletionProtection", json!(true))],
        ),
        (
            "W052",
            "an ARN in an alarm",
            vec![Set("WebUnhealthyAlarm", "Dimensions/TargetGroup/Value", json!({"Ref": "WebTargetGroup"}))],
        ),
        (
            "W053",
            "the zone of the record",
            vec![
                Add("Zone", "AWS::Route53::HostedZone", json!({"Name": "x.example.com"})),
                Set("DnsRecord", "AliasTarget/HostedZoneId", json!({"Ref": "Zone"})),
            ],
        ),
        (
            "W056",
            "a rotation",
            vec![Add(
                "Rotation",
                "AWS::SecretsManager::RotationSchedule",
                json!({"SecretId": {"Ref": "SecretKey"}}),
            )],
        ),
        (
            "W058",
            "the fifth zone",
            vec![Set(
                "NetworkPublicSubnet1",
                "AvailabilityZone",
                json!({"Fn::Select": [4, {"Fn::GetAZs": ""}]}),
            )],
        ),
        (
            "W059",
            "another system",
            vec![Set(
                "WebTaskDefinition",
                "RuntimePlatform",
                json!({"OperatingSystemFamily": "WINDOWS_SERVER_2022_CORE"}),
            )],
        ),
        (
            "W060",
            "a database that nobody creates",
            vec![Set("DatabaseCluster", "DatabaseName", json!("other"))],
        ),
        (
            "W061",
            "a certificate without a zone",
            vec![Add(
                "Another",
                "AWS::CertificateManager::Certificate",
                json!({"DomainName": "a.example.com", "ValidationMethod": "DNS"}),
            )],
        ),
        (
            "W062",
            "the core rule set before Dify",
            vec![Add(
                "Acl",
                "AWS::WAFv2::WebACL",
                json!({
                    "Scope": "REGIONAL",
                    "DefaultAction": {"Allow": {}},
                    "VisibilityConfig": {"CloudWatchMetricsEnabled": true, "MetricName": "a", "SampledRequestsEnabled": true},
                    "Rules": [{
                        "Name": "core",
                        "Priority": 1,
                        "OverrideAction": {"None": {}},
                        "VisibilityConfig": {"CloudWatchMetricsEnabled": true, "MetricName": "a", "SampledRequestsEnabled": true},
                        "Statement": {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": "AWSManagedRulesCommonRuleSet"}},
                    }],
                }),
            )],
        ),
        (
            "W063",
            "webhooks go to the web",
            vec![Set(
                "ListenerApiRule3",
                "Conditions/0/PathPatternConfig/Values",
                json!(["/mcp", "/mcp/*"]),
            )],
        ),
        (
            "W063",
            "a pattern that takes the web's pages",
            vec![Set(
                "ListenerPluginDaemonRule1",
                "Conditions/0/PathPatternConfig/Values",
                json!(["/e*"]),
            )],
        ),
        (
            "W064",
            "a plugin daemon without TLS",
            vec![Set(
                "PluginDaemonTaskDefinition",
                "ContainerDefinitions/0/Environment/DB_SSL_MODE",
                Json::Null,
            )],
        ),
        (
            "W065",
            "a role for another service",
            vec![Set(
                "ApiTaskRole",
                "AssumeRolePolicyDocument/Statement/0/Principal/Service",
                json!("ec2.amazonaws.com"),
            )],
        ),
        (
            "W066",
            "a role that may only list",
            vec![Set("ApiTaskRole", "Policies/0/PolicyDocument/Statement/1", Json::Null)],
        ),
        (
            "W067",
            "another port of the cache in the environment",
            vec![Set("ApiTaskDefinition", "ContainerDefinitions/0/Environment/REDIS_PORT/Value", json!("6380"))],
        ),
        (
            "W100",
            "a second subnet of the first zone",
            vec![
                Add(
                    "Third",
                    "AWS::EC2::Subnet",
                    json!({"VpcId": {"Ref": "NetworkVpc"}, "CidrBlock": "10.0.250.0/24", "AvailabilityZone": {"Fn::Select": [0, {"Fn::GetAZs": ""}]}}),
                ),
                Set("LoadBalancer", "Subnets/-", json!({"Ref": "Third"})),
            ],
        ),
        (
            "W101",
            "a target group of two load balancers",
            vec![
                Add("Group", "AWS::ElasticLoadBalancingV2::TargetGroup", json!({"TargetType": "lambda"})),
                Add(
                    "Second",
                    "AWS::ElasticLoadBalancingV2::LoadBalancer",
                    json!({"Scheme": "internal", "Subnets": [{"Ref": "NetworkPrivateSubnet1"}, {"Ref": "NetworkPrivateSubnet2"}]}),
                ),
                Add("First", LISTENER, listener("LoadBalancer", 8080, &to("Group"))),
                Add("Other", LISTENER, listener("Second", 8080, &to("Group"))),
            ],
        ),
        (
            "W102",
            "a range of ports that falls",
            vec![Set(
                "ApiTaskDefinition",
                "ContainerDefinitions/0/PortMappings/-",
                json!({"ContainerPortRange": "9010-9000"}),
            )],
        ),
        ("W103", "a third listener that verifies", ["A", "B", "C"].map(verifying).into()),
        (
            "W104",
            "two mount targets in a zone",
            ["A", "B"]
                .map(|id| {
                    let of_system = json!({"FileSystemId": "fs-0123456789abcdef0", "SubnetId": {"Ref": "NetworkPrivateSubnet1"}, "SecurityGroups": [{"Fn::GetAtt": ["ApiSecurityGroup", "GroupId"]}]});
                    Add(id, "AWS::EFS::MountTarget", of_system)
                })
                .into(),
        ),
        (
            "W105",
            "two policies on the processor",
            vec![Set(
                "ApiScalingMemory",
                "TargetTrackingScalingPolicyConfiguration/PredefinedMetricSpecification/PredefinedMetricType",
                json!("ECSServiceAverageCPUUtilization"),
            )],
        ),
        (
            "W158",
            "a list in a list of actions",
            vec![Add(
                "Extra",
                "AWS::IAM::ManagedPolicy",
                json!({"PolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": [["s3:GetObject"]], "Resource": "*"}]}}),
            )],
        ),
    ]
}

const LISTENER: &str = "AWS::ElasticLoadBalancingV2::Listener";

/// A listener of a load balancer with that default action.
fn listener(balancer: &str, port: u16, action: &Json) -> Json {
    json!({"LoadBalancerArn": {"Ref": balancer}, "Port": port, "Protocol": "HTTP", "DefaultActions": [action]})
}

/// The action that sends requests to a target group.
fn to(group: &str) -> Json {
    json!({"Type": "forward", "TargetGroupArn": {"Ref": group}})
}

/// A listener that verifies certificates of clients.
fn verifying(id: &'static str) -> Change {
    let answer = json!({"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}});
    let port = 8443 + u16::from(id.as_bytes()[0]);
    let mut listener = listener("LoadBalancer", port, &answer);
    listener["MutualAuthentication"] = json!({"Mode": "verify"});
    Add(id, LISTENER, listener)
}
