//! Task definitions of ECS for Fargate.

use crate::cfn::{Handle, Value};
use crate::resources::ecs::{CfnTaskDefinition, task_definition as l1};

use super::policy::PolicyStatement;
use super::{Container, ContainerCondition, Grantable, MAIN, Role, Scope};

/// The kind of processor that tasks run on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CpuArchitecture {
    /// Graviton, a fifth cheaper.
    Arm64,
    /// Intel and AMD.
    X86_64,
}

/// What a [`TaskDefinition`] is.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskDefinitionProps {
    /// What its revisions have in common as a name. `None`: `CloudFormation` makes one up.
    pub family: Option<Value<String>>,
    /// CPU units of a task, 1024 to a vCPU: 256, 512, 1024, 2048, 4096, 8192 or 16384.
    pub cpu: u32,
    /// Memory of a task in MiB, as Fargate offers it for the CPU; see [`fargate_memory`].
    pub memory: u32,
    /// The processor. ARM64: the images have to be built for it.
    pub architecture: CpuArchitecture,
    /// Who pulls the images, reads the secrets and writes the logs. It is granted what the containers need.
    pub execution_role: Role,
    /// Who the containers are to AWS. `None`: nobody.
    pub task_role: Option<Role>,
    /// The containers, at most 10, one at least essential.
    pub containers: Vec<Container>,
    /// Names of volumes that containers share; they end with the task.
    pub volumes: Vec<String>,
    /// Disk of a task in GiB, 21 to 200; 20 without it, which cost nothing.
    pub ephemeral_storage_gib: Option<u32>,
}

impl TaskDefinitionProps {
    /// Containers on ARM64, without permissions of their own.
    pub fn new(cpu: u32, memory: u32, execution_role: &Role, containers: Vec<Container>) -> Self {
        Self {
            family: None,
            cpu,
            memory,
            architecture: CpuArchitecture::Arm64,
            execution_role: execution_role.clone(),
            task_role: None,
            containers,
            volumes: Vec::new(),
            ephemeral_storage_gib: None,
        }
    }
}

/// A task definition for Fargate.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskDefinition {
    handle: Handle<CfnTaskDefinition>,
    task_role: Option<Role>,
    ports: Vec<(String, Vec<u16>)>,
}

impl TaskDefinition {
    /// The task definition at this place of the tree. The execution role is granted what the containers need: their
    /// secrets, log groups, and images of private registries.
    pub fn new(scope: &mut Scope<'_>, props: TaskDefinitionProps) -> Self {
        check(scope, &props);
        for container in &props.containers {
            grant(scope, &props.execution_role, container);
        }
        let containers: Vec<_> = props.containers.iter().map(Container::to_property).collect();
        let mut resource = CfnTaskDefinition::new(containers);
        resource.family = props.family;
        resource.cpu = Some(props.cpu.to_string().into());
        resource.memory = Some(props.memory.to_string().into());
        resource.network_mode = Some(l1::NetworkMode::Awsvpc.into());
        resource.requires_compatibilities = Some([l1::RequiresCompatibilities::Fargate].into());
        resource.runtime_platform = Some(
            l1::RuntimePlatform {
                cpu_architecture: Some(
                    match props.architecture {
                        CpuArchitecture::Arm64 => l1::CpuArchitecture::Arm64,
                        CpuArchitecture::X86_64 => l1::CpuArchitecture::X8664,
                    }
                    .into(),
                ),
                operating_system_family: Some(l1::OperatingSystemFamily::Linux.into()),
            }
            .into(),
        );
        resource.execution_role_arn = Some(props.execution_role.arn());
        resource.task_role_arn = props.task_role.as_ref().map(Role::arn);
        if !props.volumes.is_empty() {
            let volumes = props.volumes.into_iter();
            let volumes: Vec<_> =
                volumes.map(|name| l1::Volume { name: Some(name.into()), ..Default::default() }).collect();
            resource.volumes = Some(volumes.into());
        }
        resource.ephemeral_storage =
            props.ephemeral_storage_gib.map(|gib| l1::EphemeralStorage::new(gib).into());
        Self {
            handle: scope.add(MAIN, resource),
            task_role: props.task_role,
            ports: props.containers.into_iter().map(|container| (container.name, container.ports)).collect(),
        }
    }

    /// The ARN of the newest revision.
    pub fn arn(&self) -> Value<String> {
        self.handle.reference()
    }

    /// Who its containers are to AWS.
    pub fn task_role(&self) -> Option<&Role> {
        self.task_role.as_ref()
    }

    /// Whether the container is in it and listens on the port.
    pub(super) fn listens(&self, container: &str, port: u16) -> bool {
        self.ports.iter().any(|(name, ports)| name == container && ports.contains(&port))
    }

    /// The resource, for what this part doesn't offer.
    pub fn handle(&self) -> &Handle<CfnTaskDefinition> {
        &self.handle
    }
}

/// The memory in MiB that Fargate offers for the CPU units: least, most and the step between; `None` if it doesn't offer
/// the CPU. For 256 units there are 512, 1024 and 2048.
///
/// Source: Amazon ECS Developer Guide, "Amazon ECS task definition parameters for Fargate", "Task size".
pub fn fargate_memory(cpu: u32) -> Option<(u32, u32, u32)> {
    match cpu {
        256 => Some((512, 2048, 512)),
        512 => Some((1024, 4096, 1024)),
        1024 => Some((2048, 8192, 1024)),
        2048 => Some((4096, 16384, 1024)),
        4096 => Some((8192, 30720, 1024)),
        8192 => Some((16384, 61440, 4096)),
        16384 => Some((32768, 122_880, 8192)),
        _ => None,
    }
}

/// Lets the execution role do what the container needs before it starts.
fn grant(scope: &mut Scope<'_>, role: &Role, container: &Container) {
    for secret in container.secrets.values().chain(container.image.credentials()) {
        secret.grant_read(scope, role);
    }
    if let Some(logs) = &container.logs {
        logs.group.grant_write(scope, role);
    }
    if let Some(repository) = container.image.repository_arn() {
        // Source: Amazon ECR User Guide, "Amazon ECR repository policy examples"; the token isn't bound to a repository.
        role.grant(scope, &PolicyStatement::allow(["ecr:GetAuthorizationToken"], ["*".into()]));
        let pull = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"];
        role.grant(scope, &PolicyStatement::allow(pull, [repository.clone()]));
    }
}

/// Reports what ECS would refuse.
fn check(scope: &mut Scope<'_>, props: &TaskDefinitionProps) {
    check_size(scope, props);
    let containers = &props.containers;
    if containers.is_empty() || containers.len() > 10 {
        scope.misuse(format!("a task can't have {} containers", containers.len()), "give it 1 to 10");
    } else if containers.iter().all(|container| !container.essential) {
        scope.misuse("no container of the task is essential", "make the one essential that the task is for");
    }
    for (index, container) in containers.iter().enumerate() {
        let name = &container.name;
        let earlier = &containers[..index];
        if earlier.iter().any(|other| other.name == *name) {
            scope.misuse(format!("two containers of the task are called `{name}`"), "rename one");
        }
        let taken = |port: &&u16| earlier.iter().any(|other| other.ports.contains(port));
        if let Some(port) = container.ports.iter().find(taken) {
            scope.misuse(
                format!("two containers of the task listen on port {port}"),
                "the containers of a task share one address: let them listen on different ports",
            );
        }
        let unknown = |volume: &&String| !props.volumes.contains(*volume);
        if let Some(volume) = container.mount_points.iter().map(|mount| &mount.volume).find(unknown) {
            scope
                .misuse(format!("`{name}` mounts `{volume}`, which the task doesn't have"), "add the volume");
        }
        container.check(scope);
        check_dependencies(scope, container, containers);
    }
}

fn check_size(scope: &mut Scope<'_>, props: &TaskDefinitionProps) {
    let (cpu, memory) = (props.cpu, props.memory);
    match fargate_memory(cpu) {
        None => scope.misuse(
            format!("Fargate has no tasks of {cpu} CPU units"),
            "choose 256, 512, 1024, 2048, 4096, 8192 or 16384",
        ),
        Some((least, most, step)) => {
            let offered = (least..=most).contains(&memory)
                && (memory - least) % step == 0
                && (cpu, memory) != (256, 1536);
            if !offered {
                scope.misuse(
                    format!("Fargate has no tasks of {cpu} CPU units with {memory} MiB"),
                    format!("choose {least} to {most} MiB in steps of {step}"),
                );
            }
        }
    }
    if let Some(gib) = props.ephemeral_storage_gib.filter(|gib| !(21..=200).contains(gib)) {
        scope.misuse(format!("a task can't have {gib} GiB of disk"), "choose 21 to 200, or leave it at 20");
    }
    let sum = |share: fn(&Container) -> Option<u32>| {
        props.containers.iter().filter_map(share).map(u64::from).sum::<u64>()
    };
    for (what, sum, total) in [
        ("CPU units", sum(|container| container.cpu), cpu),
        ("MiB", sum(|container| container.memory_reservation.or(container.memory)), memory),
    ] {
        if sum > u64::from(total) {
            scope.misuse(
                format!("the containers want {sum} {what}, the task has {total}"),
                "give the task more or the containers less",
            );
        }
    }
}

fn check_dependencies(scope: &mut Scope<'_>, container: &Container, containers: &[Container]) {
    for (on, condition) in &container.depends_on {
        let name = &container.name;
        let Some(other) = containers.iter().find(|other| other.name == *on && other.name != *name) else {
            scope.misuse(
                format!("`{name}` waits for `{on}`, which isn't another container of its task"),
                "name a container of the task",
            );
            continue;
        };
        match condition {
            ContainerCondition::Success | ContainerCondition::Complete if other.essential => scope.misuse(
                format!("`{name}` waits for the end of `{on}`, which ends the task"),
                format!("make `{on}` not essential"),
            ),
            ContainerCondition::Healthy if other.health_check.is_none() => scope.misuse(
                format!("`{name}` waits for `{on}` to be healthy, which has no health check"),
                format!("give `{on}` a health check"),
            ),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::constructs::testing::{assert_contains, misuses, synth};
    use crate::constructs::{
        ContainerHealthCheck, ContainerImage, ContainerLogs, GeneratedSecret, LogGroup, LogGroupProps,
        MountPoint, RoleProps, Secret, SecretProps, SecretValue, Stack,
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
                "ContainerDefinitions": [{ "Essential": true, "Image": "nginx:1.29", "Name": "app" }],
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

    #[test]
    fn a_full_container_has_all_that_it_was_given() {
        let mut stack = Stack::new();
        let execution_role = role(&mut stack);
        let mut scope = stack.scope();
        let task_role = Role::new(&mut scope.child("TaskRole"), RoleProps::for_tasks());
        let group = LogGroup::new(&mut scope.child("Logs"), LogGroupProps::default());
        let token = Secret::new(&mut scope.child("Token"), SecretProps::generated(GeneratedSecret::text(64)));
        let full = Container {
            ports: vec![5001],
            environment: [("MODE", "api"), ("LEVEL", "INFO")]
                .map(|(name, value)| (name.to_owned(), value.into()))
                .into(),
            secrets: [
                ("TOKEN".to_owned(), SecretValue::of(&token)),
                ("MAIL".to_owned(), SecretValue::parameter("/app/mail")),
            ]
            .into(),
            health_check: Some(ContainerHealthCheck::shell("curl -f http://localhost:5001/health")),
            depends_on: vec![("setup".to_owned(), ContainerCondition::Success)],
            logs: Some(ContainerLogs { group, stream_prefix: "app".to_owned() }),
            entry_point: Some(vec!["/bin/sh".to_owned()]),
            command: Some(vec!["-c".to_owned(), "exec app".to_owned()]),
            user: Some("1001".to_owned()),
            stop_timeout_seconds: Some(120),
            init_process: true,
            cpu: Some(512),
            memory: Some(1024),
            mount_points: vec![MountPoint {
                volume: "shared".to_owned(),
                path: "/shared".to_owned(),
                read_only: true,
            }],
            ..container("app")
        };
        let setup = Container { essential: false, ..container("setup") };
        TaskDefinition::new(
            &mut scope.child("Task"),
            TaskDefinitionProps {
                family: Some("app-dev".into()),
                architecture: CpuArchitecture::X86_64,
                task_role: Some(task_role),
                volumes: vec!["shared".to_owned()],
                ephemeral_storage_gib: Some(40),
                ..TaskDefinitionProps::new(1024, 2048, &execution_role, vec![full, setup])
            },
        );
        let resources = synth(stack);
        let properties = &resources["Task"]["Properties"];
        assert_eq!(
            properties["ContainerDefinitions"][0],
            json!({
                "Command": ["-c", "exec app"],
                "Cpu": 512,
                "DependsOn": [{ "Condition": "SUCCESS", "ContainerName": "setup" }],
                "EntryPoint": ["/bin/sh"],
                "Environment": [{ "Name": "LEVEL", "Value": "INFO" }, { "Name": "MODE", "Value": "api" }],
                "Essential": true,
                "HealthCheck": {
                    "Command": ["CMD-SHELL", "curl -f http://localhost:5001/health"],
                    "Interval": 30, "Retries": 3, "StartPeriod": 60, "Timeout": 5,
                },
                "Image": "nginx:1.29",
                "LinuxParameters": { "InitProcessEnabled": true },
                "LogConfiguration": { "LogDriver": "awslogs", "Options": {
                    "awslogs-group": { "Ref": "Logs" },
                    "awslogs-region": { "Ref": "AWS::Region" },
                    "awslogs-stream-prefix": "app",
                } },
                "Memory": 1024,
                "MountPoints": [{ "ContainerPath": "/shared", "ReadOnly": true, "SourceVolume": "shared" }],
                "Name": "app",
                "PortMappings": [{ "ContainerPort": 5001, "Protocol": "tcp" }],
                "Secrets": [
                    { "Name": "MAIL", "ValueFrom": {
                        "Fn::Sub":
                            "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter/app/mail" } },
                    { "Name": "TOKEN", "ValueFrom": { "Ref": "Token" } },
                ],
                "StopTimeout": 120,
                "User": "1001",
            })
        );
        assert_contains(
            properties,
            &json!({
                "Family": "app-dev",
                "EphemeralStorage": { "SizeInGiB": 40 },
                "RuntimePlatform": { "CpuArchitecture": "X86_64" },
                "TaskRoleArn": { "Fn::GetAtt": ["TaskRole", "Arn"] },
                "Volumes": [{ "Name": "shared" }],
            }),
        );
        let statements =
            &resources["ExecutionRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"];
        assert_contains(
            statements,
            &json!([
                { "Action": ["ssm:GetParameters"] },
                { "Action": ["secretsmanager:GetSecretValue"], "Resource": [{ "Ref": "Token" }] },
                { "Action": ["logs:CreateLogStream", "logs:PutLogEvents"] },
            ]),
        );
    }

    #[test]
    fn images_of_private_registries_come_with_the_right_to_pull_them() {
        let mut stack = Stack::new();
        let role = role(&mut stack);
        let ecr = ContainerImage::new("123456789012.dkr.ecr.eu-west-1.amazonaws.com/app/web", "sha256:abc");
        let private = ContainerImage::new("registry.example.com/app", "1").with_credentials(
            SecretValue::ExistingSecret { secret_id: "registry".into(), field: None, kms_key_arn: None },
        );
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
                { "Action": ["ecr:GetAuthorizationToken"], "Resource": ["*"] },
                {
                    "Action": [
                        "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"
                    ],
                    "Resource": [{
                        "Fn::Sub": "arn:${AWS::Partition}:ecr:eu-west-1:123456789012:repository/app/web"
                    }],
                },
                { "Resource": [{ "Fn::Sub": format!("{secret}-??????") }] },
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
            vec![
                container("app"),
                Container { depends_on: vec![(on.to_owned(), condition)], ..container("web") },
            ]
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
            app.mount_points =
                vec![MountPoint { volume: "none".into(), path: "/x".into(), read_only: false }];
        };
        assert_eq!(with(mount), ["`app` mounts `none`, which the task doesn't have"]);
    }
}
