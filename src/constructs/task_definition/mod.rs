//! Task definitions of ECS for Fargate.

mod checks;
#[cfg(test)]
mod tests;

use crate::cfn::{Handle, Value};
use crate::resources::ecs::{CfnTaskDefinition, task_definition as l1};

use super::policy::PolicyStatement;
use super::{Container, Grantable, MAIN, Role, Scope};

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
    /// What its revisions have in common as a name, up to 255 letters, digits, `-` and `_`. `None`: `CloudFormation` makes up
    /// a new one at each change, so that there are no revisions. The name may be taken: then a revision is added to it.
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
        checks::check(scope, &props);
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
