//! Tests of task definitions: properties, permissions, what is reported.

use serde_json::json;

use super::*;
use crate::constructs::testing::{assert_contains, misuses, synth};
use crate::constructs::{
    ContainerCondition, ContainerHealthCheck, ContainerImage, ContainerLogs, GeneratedSecret, LogGroup,
    LogGroupProps, MountPoint, RoleProps, Secret, SecretProps, SecretValue, Stack,
};

fn container(name: &str) -> Container {
    Container::new(name, ContainerImage::new("nginx", "1.29"))
}

fn role(stack: &mut Stack) -> Role {
    Role::new(&mut stack.scope().child("ExecutionRole"), RoleProps::for_tasks())
}

/// What is reported of a task of these containers.
fn reported(change: impl FnOnce(&mut TaskDefinitionProps)) -> Vec<String> {
    let mut stack = Stack::new();
    let role = role(&mut stack);
    let mut props = TaskDefinitionProps::new(1024, 2048, &role, vec![container("app")]);
    change(&mut props);
    TaskDefinition::new(&mut stack.scope().child("Task"), props);
    misuses(stack)
}

#[test]
fn a_small_task_says_little() {
    let mut stack = Stack::new();
    let role = role(&mut stack);
    let props = TaskDefinitionProps::new(256, 512, &role, vec![container("app")]);
    TaskDefinition::new(&mut stack.scope().child("Task"), props);
    let resources = synth(stack);
    assert_eq!(
        resources["Task"],
        json!({ "Type": "AWS::ECS::TaskDefinition", "Properties": {
            "ContainerDefinitions": [{ "Image": "nginx:1.29", "Name": "app" }],
            "Cpu": "256",
            "ExecutionRoleArn": { "Fn::GetAtt": ["ExecutionRole", "Arn"] },
            "Memory": "512",
            "NetworkMode": "awsvpc",
            "RequiresCompatibilities": ["FARGATE"],
            "RuntimePlatform": { "CpuArchitecture": "ARM64", "OperatingSystemFamily": "LINUX" },
        } })
    );
    assert!(resources["ExecutionRole"]["Properties"].get("Policies").is_none());
}

/// A container with everything, and the stack's parts that it uses.
fn full_container(scope: &mut Scope<'_>) -> Container {
    let group = LogGroup::new(&mut scope.child("Logs"), LogGroupProps::default());
    let token = Secret::new(&mut scope.child("Token"), SecretProps::generated(GeneratedSecret::text(64)));
    Container {
        ports: vec![5001],
        environment: [("MODE", "api"), ("LEVEL", "INFO")]
            .map(|(name, value)| (name.to_owned(), value.into()))
            .into(),
        secrets: [
            ("TOKEN".to_owned(), SecretValue::of(&token)),
            ("MAIL".to_owned(), SecretValue::parameter("/app/mail")),
        ]
        .into(),
        health_check: Some(ContainerHealthCheck {
            retries: 5,
            ..ContainerHealthCheck::shell("curl -f http://localhost:5001/health")
        }),
        depends_on: vec![("setup".to_owned(), ContainerCondition::Success)],
        logs: Some(ContainerLogs { group, stream_prefix: "app".to_owned() }),
        entry_point: Some(vec!["/bin/sh".to_owned()]),
        command: Some(vec!["-c".to_owned(), "exec app".to_owned()]),
        working_directory: Some("/app".to_owned()),
        user: Some("1001".to_owned()),
        stop_timeout_seconds: Some(120),
        start_timeout_seconds: Some(60),
        init_process: true,
        read_only_root: true,
        cpu: Some(512),
        memory: Some(1024),
        memory_reservation: Some(768),
        mount_points: vec![MountPoint {
            volume: "shared".to_owned(),
            path: "/shared".to_owned(),
            read_only: true,
        }],
        ..container("app")
    }
}

/// The resources of a stack with a task of the full container and one that it waits for.
fn full_task() -> serde_json::Value {
    let mut stack = Stack::new();
    let execution_role = role(&mut stack);
    let mut scope = stack.scope();
    let task_role = Role::new(&mut scope.child("TaskRole"), RoleProps::for_tasks());
    let setup = Container { essential: false, ..container("setup") };
    let containers = vec![full_container(&mut scope), setup];
    let props = TaskDefinitionProps {
        family: Some("app-dev".into()),
        architecture: CpuArchitecture::X86_64,
        task_role: Some(task_role),
        volumes: vec!["shared".to_owned()],
        ephemeral_storage_gib: Some(40),
        ..TaskDefinitionProps::new(1024, 2048, &execution_role, containers)
    };
    TaskDefinition::new(&mut scope.child("Task"), props);
    synth(stack)
}

#[test]
fn a_full_container_has_all_that_it_was_given() {
    assert_eq!(
        full_task()["Task"]["Properties"]["ContainerDefinitions"][0],
        json!({
            "Command": ["-c", "exec app"],
            "Cpu": 512,
            "DependsOn": [{ "Condition": "SUCCESS", "ContainerName": "setup" }],
            "EntryPoint": ["/bin/sh"],
            "Environment": [{ "Name": "LEVEL", "Value": "INFO" }, { "Name": "MODE", "Value": "api" }],
            "HealthCheck": {
                "Command": ["CMD-SHELL", "curl -f http://localhost:5001/health"],
                "Interval": 30, "Retries": 5, "StartPeriod": 60,
            },
            "Image": "nginx:1.29",
            "LinuxParameters": { "InitProcessEnabled": true },
            "LogConfiguration": { "LogDriver": "awslogs", "Options": {
                "awslogs-group": { "Ref": "Logs" },
                "awslogs-region": { "Ref": "AWS::Region" },
                "awslogs-stream-prefix": "app",
            } },
            "Memory": 1024,
            "MemoryReservation": 768,
            "MountPoints": [{ "ContainerPath": "/shared", "ReadOnly": true, "SourceVolume": "shared" }],
            "Name": "app",
            "PortMappings": [{ "ContainerPort": 5001 }],
            "ReadonlyRootFilesystem": true,
            "Secrets": [
                { "Name": "MAIL", "ValueFrom": {
                    "Fn::Sub": "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter/app/mail"
                } },
                { "Name": "TOKEN", "ValueFrom": { "Ref": "Token" } },
            ],
            "StartTimeout": 60,
            "StopTimeout": 120,
            "User": "1001",
            "WorkingDirectory": "/app",
        })
    );
}

#[test]
fn only_a_container_that_may_end_says_whether_the_task_ends_with_it() {
    let task = full_task();
    let containers = &task["Task"]["Properties"]["ContainerDefinitions"];
    assert_eq!((&containers[0]["Essential"], &containers[1]["Essential"]), (&json!(null), &json!(false)));
}

#[test]
fn a_task_has_its_size_its_role_and_its_volumes() {
    assert_contains(
        &full_task()["Task"]["Properties"],
        &json!({
            "Cpu": "1024",
            "EphemeralStorage": { "SizeInGiB": 40 },
            "Family": "app-dev",
            "Memory": "2048",
            "RuntimePlatform": { "CpuArchitecture": "X86_64" },
            "TaskRoleArn": { "Fn::GetAtt": ["TaskRole", "Arn"] },
            "Volumes": [{ "Name": "shared" }],
        }),
    );
}

#[test]
fn the_execution_role_may_do_what_the_containers_need_and_the_task_role_nothing() {
    let resources = full_task();
    assert_contains(
        &resources["ExecutionRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"],
        &json!([
            { "Action": "ssm:GetParameters" },
            { "Action": "secretsmanager:GetSecretValue", "Resource": { "Ref": "Token" } },
            { "Action": ["logs:CreateLogStream", "logs:PutLogEvents"] },
        ]),
    );
    assert!(resources["TaskRole"]["Properties"].get("Policies").is_none());
}

#[test]
fn images_of_private_registries_come_with_the_right_to_pull_them() {
    let mut stack = Stack::new();
    let role = role(&mut stack);
    let ecr = ContainerImage::new("123456789012.dkr.ecr.eu-west-1.amazonaws.com/app/web", "sha256:abc");
    let private =
        ContainerImage::new("registry.example.com/app", "1").with_credentials(SecretValue::ExistingSecret {
            secret_id: "registry".into(),
            field: None,
            kms_key_arn: None,
        });
    let containers = vec![Container::new("web", ecr), Container::new("app", private)];
    let props = TaskDefinitionProps::new(256, 512, &role, containers);
    TaskDefinition::new(&mut stack.scope().child("Task"), props);
    let resources = synth(stack);
    let containers = &resources["Task"]["Properties"]["ContainerDefinitions"];
    assert_eq!(containers[0]["Image"], "123456789012.dkr.ecr.eu-west-1.amazonaws.com/app/web@sha256:abc");
    let secret = "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:registry";
    assert_eq!(
        containers[1]["RepositoryCredentials"],
        json!({ "CredentialsParameter": { "Fn::Sub": secret } })
    );
    assert_contains(
        &resources["ExecutionRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"],
        &json!([
            { "Action": "ecr:GetAuthorizationToken", "Resource": "*" },
            {
                "Action": [
                    "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"
                ],
                "Resource": "arn:aws:ecr:eu-west-1:123456789012:repository/app/web",
            },
            { "Resource": { "Fn::Sub": format!("{secret}-??????") } },
        ]),
    );
}

#[test]
fn sizes_that_fargate_does_not_have_are_reported() {
    assert_eq!(
        reported(|props| props.memory = 1024),
        ["Fargate has no tasks of 1024 CPU units with 1024 MiB"]
    );
    assert_eq!(
        reported(|props| props.memory = 2500),
        ["Fargate has no tasks of 1024 CPU units with 2500 MiB"]
    );
    assert_eq!(
        reported(|props| (props.cpu, props.memory) = (256, 1536)),
        ["Fargate has no tasks of 256 CPU units with 1536 MiB"]
    );
    assert_eq!(reported(|props| props.cpu = 100), ["Fargate has no tasks of 100 CPU units"]);
    assert_eq!(
        reported(|props| props.ephemeral_storage_gib = Some(20)),
        ["a task can't have 20 GiB of disk"]
    );
    assert_eq!(
        reported(|props| (props.containers[0].cpu, props.containers[0].memory) = (Some(2048), Some(4096))),
        [
            "the containers want 2048 CPU units, the task has 1024",
            "the containers want 4096 MiB, the task has 2048"
        ]
    );
    assert!(reported(|props| (props.cpu, props.memory) = (16384, 122_880)).is_empty());
}

#[test]
fn containers_that_do_not_fit_together_are_reported() {
    let with = |containers: Vec<Container>| reported(|props| props.containers = containers);
    assert_eq!(with(Vec::new()), ["a task can't have 0 containers"]);
    assert_eq!(
        with(vec![Container { essential: false, ..container("app") }]),
        ["no container of the task is essential"]
    );
    let web = || Container { ports: vec![80], ..container("web") };
    assert_eq!(
        with(vec![web(), web()]),
        ["two containers of the task are called `web`", "two containers of the task listen on port 80"]
    );
    let waits = |on: &str, condition| {
        vec![container("app"), Container { depends_on: vec![(on.to_owned(), condition)], ..container("web") }]
    };
    assert_eq!(
        with(waits("api", ContainerCondition::Start)),
        ["`web` waits for `api`, which isn't another container of its task"]
    );
    assert_eq!(
        with(waits("app", ContainerCondition::Success)),
        ["`web` waits for the end of `app`, which ends the task"]
    );
    assert_eq!(
        with(waits("app", ContainerCondition::Healthy)),
        ["`web` waits for `app` to be healthy, which has no health check"]
    );
    assert!(with(waits("app", ContainerCondition::Start)).is_empty());
}

#[test]
fn containers_that_ecs_refuses_are_reported() {
    let with = |change: fn(&mut Container)| reported(|props| change(&mut props.containers[0]));
    assert_eq!(
        with(|app| {
            app.environment.insert("KEY".into(), "plain".into());
            app.secrets.insert("KEY".into(), SecretValue::parameter("/key"));
        }),
        ["`KEY` of `app` is both a variable and a secret"]
    );
    assert_eq!(
        with(|app| {
            let command = vec!["true".to_owned()];
            app.health_check = Some(ContainerHealthCheck { command, ..ContainerHealthCheck::shell("") });
        }),
        ["the health check of `app` doesn't begin with CMD or CMD-SHELL"]
    );
    assert_eq!(
        with(|app| app.stop_timeout_seconds = Some(300)),
        ["`app` can't have a stop timeout of 300 seconds"]
    );
    assert_eq!(
        with(|app| app.image = app.image.clone().with_credentials(SecretValue::parameter("/password"))),
        ["the registry's password for `app` is a parameter"]
    );
    assert_eq!(
        with(|app| {
            app.health_check =
                Some(ContainerHealthCheck { timeout_seconds: 90, ..ContainerHealthCheck::shell("true") });
        }),
        ["the health check of `app` can't have a timeout of 90"]
    );
    let mount = |app: &mut Container| {
        app.mount_points = vec![MountPoint { volume: "none".into(), path: "/x".into(), read_only: false }];
    };
    assert_eq!(with(mount), ["`app` mounts `none`, which the task doesn't have"]);
}
