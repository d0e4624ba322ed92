//! Roles: who has one, and that it allows what is needed and nothing else.

use std::collections::BTreeSet;

use dify_cfn::catalog::Component::{Api, Beat, PluginDaemon, Websocket, Worker};
use serde_json::{Value as Json, json};

use crate::shipped::each;
use crate::view::{View, id_of, texts};

/// A service that needs an identity of its own at run time.
fn needs_identity(components: &[dify_cfn::catalog::Component]) -> bool {
    components.iter().any(|component| matches!(component, Api | Worker | Beat | Websocket | PluginDaemon))
}

#[test]
fn web_sandbox_and_proxy_are_nobody_to_aws() {
    each(|shipped| {
        let view = View::new(shipped, &[]);
        let mut complaints = Vec::new();
        for (service, components) in shipped.placement() {
            let has_role = view.part(&service, "TaskDefinition").get("TaskRoleArn").is_some();
            let has_exec = view.part(&service, "Service")["EnableExecuteCommand"] == true;
            if has_role != needs_identity(&components) {
                complaints.push(format!("{service}: task role {has_role}"));
            }
            if has_exec && !has_role {
                complaints.push(format!("{service}: exec without a role"));
            }
            let wanted = shipped.config().services.get(&service).is_some_and(|settings| settings.exec);
            if has_exec != wanted {
                complaints.push(format!("{service}: exec {has_exec}, wanted {wanted}"));
            }
        }
        complaints
    });
}

/// What a statement allows or denies, as lines `Allow s3:GetObject ${Bucket.Arn}/*`.
fn lines(statements: &[&Json]) -> BTreeSet<String> {
    let mut lines = BTreeSet::new();
    for statement in statements {
        for action in texts(&statement["Action"]) {
            for resource in texts(&statement["Resource"]) {
                lines.insert(format!("{} {action} {resource}", statement["Effect"].as_str().unwrap()));
            }
        }
    }
    lines
}

#[test]
fn task_roles_reach_the_bucket_but_never_the_templates_in_it_and_nothing_else() {
    each(|shipped| {
        let view = View::new(shipped, &[]);
        let bucket = match &shipped.config().storage.bucket {
            Some(name) => format!("arn:${{AWS::Partition}}:s3:::{name}"),
            None => "${Bucket.Arn}".to_owned(),
        };
        let mut complaints = Vec::new();
        for (service, components) in shipped.placement() {
            if !needs_identity(&components) {
                continue;
            }
            let is_plugin_daemon_alone =
                !components.iter().any(|one| matches!(one, Api | Worker | Beat | Websocket));
            let prefixes: &[&str] = if is_plugin_daemon_alone {
                &["plugin/", "plugin_packages/", "assets/", "persistence/"]
            } else {
                &[""]
            };
            let mut expected = BTreeSet::from([
                format!("Allow s3:ListBucket {bucket}"),
                format!("Deny s3:* {bucket}/.cfn/*"),
            ]);
            for prefix in prefixes {
                for action in ["GetObject", "PutObject", "DeleteObject"] {
                    expected.insert(format!("Allow s3:{action} {bucket}/{prefix}*"));
                }
            }
            if view.part(&service, "Service")["EnableExecuteCommand"] == true {
                for action in
                    ["CreateControlChannel", "CreateDataChannel", "OpenControlChannel", "OpenDataChannel"]
                {
                    expected.insert(format!("Allow ssmmessages:{action} *"));
                }
            }
            let found = lines(&view.statements(&format!("{}TaskRole", id_of(&service))));
            complaints.extend(found.symmetric_difference(&expected).map(|line| format!("{service}: {line}")));
        }
        complaints
    });
}

/// The secret or parameter that a container's `ValueFrom` names, without the field of a secret.
fn source(value_from: &str) -> String {
    let is_secret = !value_from.contains(":ssm:");
    let field = value_from.strip_suffix("::").and_then(|text| text.rsplit_once(':'));
    match field {
        Some((secret, _)) if is_secret => secret.to_owned(),
        _ => value_from.to_owned(),
    }
}

#[test]
fn execution_roles_read_exactly_the_secrets_of_their_task_and_write_its_logs() {
    each(|shipped| {
        let view = View::new(shipped, &[]);
        let config = shipped.config();
        let mut complaints = Vec::new();
        for (service, _) in shipped.placement() {
            let mut expected = BTreeSet::new();
            let containers = view.containers();
            for container in containers.iter().filter(|container| container.service == service) {
                for value_from in container.secrets().into_values() {
                    let source = source(&value_from);
                    let action = if source.contains(":ssm:") {
                        "ssm:GetParameters"
                    } else {
                        "secretsmanager:GetSecretValue"
                    };
                    expected.insert(format!("Allow {action} {source}"));
                }
                let options = &container.json["LogConfiguration"]["Options"];
                let group = options["awslogs-group"]["Ref"].as_str().unwrap();
                for action in ["CreateLogStream", "PutLogEvents"] {
                    expected.insert(format!("Allow logs:{action} ${{{group}.Arn}}"));
                }
                let image = crate::resolve::reference_text(&container.json["Image"]);
                if let Some((registry, rest)) = image.split_once(".dkr.ecr.") {
                    let (host, path) = rest.split_once('/').unwrap();
                    let (region, repository) =
                        (host.split('.').next().unwrap(), path.rsplit_once(':').unwrap().0);
                    expected.insert("Allow ecr:GetAuthorizationToken *".to_owned());
                    for action in ["BatchCheckLayerAvailability", "BatchGetImage", "GetDownloadUrlForLayer"] {
                        expected.insert(format!(
                            "Allow ecr:{action} arn:aws:ecr:{region}:{registry}:repository/{repository}"
                        ));
                    }
                }
                if let Some(credentials) = config.image_credentials(container.component.unwrap_or(Beat)) {
                    expected.insert(format!("Allow secretsmanager:GetSecretValue {credentials}"));
                    assert_eq!(container.json["RepositoryCredentials"]["CredentialsParameter"], credentials);
                }
            }
            let found = lines(&view.statements(&format!("{}ExecutionRole", id_of(&service))));
            complaints.extend(found.symmetric_difference(&expected).map(|line| format!("{service}: {line}")));
        }
        complaints
    });
}

/// Actions that know no resource.
const WITHOUT_RESOURCE: [&str; 6] = [
    "ecr:GetAuthorizationToken",
    "logs:DescribeLogGroups",
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
];

#[test]
fn nothing_is_allowed_on_everything_and_roles_are_for_one_service_of_this_account() {
    each(|shipped| {
        let view = View::new(shipped, &[]);
        let mut complaints = Vec::new();
        for (id, role) in view.of_type("AWS::IAM::Role") {
            let properties = &role["Properties"];
            let trust = &properties["AssumeRolePolicyDocument"]["Statement"];
            let principal = trust[0]["Principal"]["Service"].as_str().unwrap_or_default();
            let known =
                ["ecs-tasks.amazonaws.com", "monitoring.rds.amazonaws.com", "vpc-flow-logs.amazonaws.com"];
            if trust.as_array().map(Vec::len) != Some(1)
                || !known.contains(&principal)
                || trust[0]["Condition"]
                    != json!({ "StringEquals": { "aws:SourceAccount": { "Ref": "AWS::AccountId" } } })
            {
                complaints.push(format!("{id}: trusts {trust}"));
            }
            if properties.get("RoleName").is_some() && !shipped.config().resources.contains_key(id) {
                complaints.push(format!("{id} has a name, which asks for CAPABILITY_NAMED_IAM"));
            }
            for statement in view.statements(id) {
                let is_everything = texts(&statement["Resource"]).iter().any(|resource| resource == "*");
                for action in texts(&statement["Action"]) {
                    let is_known = WITHOUT_RESOURCE.contains(&action.as_str());
                    if statement["Effect"] == "Allow" && (action.contains('*') || is_everything != is_known) {
                        complaints.push(format!("{id}: {statement}"));
                    }
                }
            }
        }
        // One that a role names is there before the role is; one that names the role comes after it.
        let separate = ["AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"];
        let separate = separate.iter().flat_map(|kind| view.of_type(kind));
        let late = separate.filter(|(_, policy)| policy["Properties"].get("Roles").is_some());
        complaints
            .extend(late.map(|(id, _)| format!("{id}: a policy of its own, which tasks may start without")));
        complaints
    });
}
