//! A stack of one's own from the library's parts: a web service behind a load balancer, with a bucket and a secret.
//!
//! `cargo run --example own_stack` prints the template.

use dify_cfn::cfn::{Json, RawResource, Template, Value, write};
use dify_cfn::constructs::{
    ApplicationLoadBalancer, Bucket, BucketProps, Cluster, ClusterProps, Connections, Container,
    ContainerHealthCheck, ContainerImage, ContainerLogs, FargateService, FargateServiceProps,
    GeneratedSecret, Listener, LoadBalancerProps, LogGroup, LogGroupProps, Output, Parameter, ParameterType,
    Peer, ResourceOptions, Role, RoleProps, Scheme, Scope, Secret, SecretProps, SecretValue, SecurityGroup,
    ServiceTarget, Stack, TargetGroup, TargetGroupProps, TaskDefinition, TaskDefinitionProps,
};
use dify_cfn::diagnostic::Diagnostic;

/// The port on which the application answers.
const PORT: u16 = 8080;

/// Builds the stack.
///
/// # Errors
/// Everything that is wrong with it; while a stack is built nothing fails.
pub fn template() -> Result<Template, Vec<Diagnostic>> {
    let mut stack = Stack::new();
    stack.describe("A web service with a bucket and a secret");
    let mut root = stack.scope();
    let scope = &mut root;

    // What the console asks for. A reference has the type of where it stands: an id, or a list of ids.
    let vpc = Parameter::new(ParameterType::VpcId, "The VPC to run in").on_form("Network", "VPC");
    let vpc_id: Value<String> = scope.parameter("VpcId", vpc).reference();
    let mut subnets = |name: &str, text: &str| -> Value<Vec<Value<String>>> {
        let parameter = Parameter::new(ParameterType::SubnetIds, text).on_form("Network", text);
        scope.parameter(name, parameter).reference()
    };
    let public_subnets = subnets("PublicSubnetIds", "Subnets of the load balancer");
    let private_subnets = subnets("PrivateSubnetIds", "Subnets of the tasks");
    let tag = Parameter::new(ParameterType::String, "Tag of the image")
        .on_form("Application", "Version")
        .default("1.27");
    let tag: Value<String> = scope.parameter("ImageTag", tag).reference();

    // A place in the tree is a path, and the path is the logical id: `Files`, `SessionKey`, `App` + `Logs` = `AppLogs`.
    let files = Bucket::new(&mut scope.child("Files"), BucketProps::default());
    let session_key =
        Secret::new(&mut scope.child("SessionKey"), SecretProps::generated(GeneratedSecret::text(64)));
    let logs = LogGroup::new(&mut scope.child("App").child("Logs"), LogGroupProps::default());

    // Roles, and what they may do. Reading the secret and writing the log are granted by the task definition.
    let execution_role = Role::new(&mut scope.child("App").child("ExecutionRole"), RoleProps::for_tasks());
    let task_role = Role::new(&mut scope.child("App").child("TaskRole"), RoleProps::for_tasks());
    files.grant_list_read_write(scope, &task_role, &["uploads/"]);

    let mut container = Container::new("app", ContainerImage::new("public.ecr.aws/nginx/nginx", tag));
    container.ports = vec![PORT];
    container.environment.insert("FILES_BUCKET".into(), files.name());
    container.secrets.insert("SESSION_KEY".into(), SecretValue::of(&session_key));
    container.health_check =
        Some(ContainerHealthCheck::shell(format!("curl -fsS http://127.0.0.1:{PORT}/health || exit 1")));
    container.logs = Some(ContainerLogs { group: logs, stream_prefix: "app".into() });
    let mut props = TaskDefinitionProps::new(256, 512, &execution_role, vec![container]);
    props.task_role = Some(task_role);
    let task = TaskDefinition::new(&mut scope.child("App").child("TaskDefinition"), props);

    // Who may reach whom. A path is opened at both its ends, and nothing else is open.
    let balancer_group =
        SecurityGroup::new(&mut scope.child("LoadBalancer").child("SecurityGroup"), &vpc_id, "Load balancer");
    let app_group =
        SecurityGroup::new(&mut scope.child("App").child("SecurityGroup"), &vpc_id, "Application");
    let mut paths = Connections::new();
    paths.allow_in(&balancer_group, Peer::any_ipv4(), 80, "everybody");
    paths.allow(&balancer_group, &app_group, PORT, "load balancer", "application");
    paths.allow_out(&app_group, Peer::any_ipv4(), 443, "images, secrets, logs");
    let rules = paths.finish(scope);

    let balancer = ApplicationLoadBalancer::new(
        &mut scope.child("LoadBalancer"),
        &balancer_group,
        LoadBalancerProps::new(Scheme::InternetFacing, public_subnets),
    );
    let target = TargetGroup::new(
        &mut scope.child("App").child("TargetGroup"),
        &vpc_id,
        &TargetGroupProps::new(PORT, "/health"),
    );
    let listener = Listener::new(&mut scope.child("Listener"), &balancer, &target, None);

    let cluster = Cluster::new(&mut scope.child("Cluster"), ClusterProps::default());
    let mut props = FargateServiceProps::new(&cluster, &task, private_subnets, vec![app_group.id()]);
    props.targets.push(ServiceTarget { container: "app".into(), port: PORT, target_group_arn: target.arn() });
    props.desired_count = Some(2.into());
    // Longer than the container may take to start.
    props.health_check_grace_seconds = Some(120);
    let service = FargateService::new(&mut scope.child("App").child("Service"), props);
    // What no property refers to, but has to be there first: the paths, and the listener, since ECS refuses a target group
    // without a load balancer.
    let before: Vec<_> =
        rules.of(&app_group).into_iter().chain(listener.routes_to(&target).iter().cloned()).collect();
    scope.depends_on(service.handle(), &before);

    beyond_the_parts(scope, &files);

    scope.output("Url", Output::new("Where the application is", balancer.dns_name()));
    scope.output("FilesName", Output::new("Where files are kept", files.name()));
    stack.synth()
}

/// Ways out: any property of any part, of what is inside it, and any resource type.
fn beyond_the_parts(scope: &mut Scope<'_>, files: &Bucket) {
    use dify_cfn::resources::s3::CfnBucketPolicy;
    use dify_cfn::resources::s3::bucket::{AccelerateConfiguration, AccelerationStatus};

    if let Some(handle) = files.handle() {
        scope.edit(handle, |bucket| {
            bucket.accelerate_configuration =
                Some(AccelerateConfiguration::new(AccelerationStatus::Enabled).into());
        });
        scope.tag(handle, "purpose", "uploads");
    }
    // What is inside a part has a path.
    if let Some(policy) = scope.stack().find::<CfnBucketPolicy>("Files/Policy") {
        scope.options(&policy, ResourceOptions::retain);
    }
    // A type that the library doesn't generate, in CloudFormation's own words.
    let budget: Json = serde_json::json!({
        "BudgetType": "COST",
        "TimeUnit": "MONTHLY",
        "BudgetLimit": { "Amount": 100, "Unit": "USD" },
    });
    scope.add("Budget", RawResource::new("AWS::Budgets::Budget").with("Budget", budget));
}

#[allow(clippy::print_stdout, reason = "an example prints what it makes")]
#[allow(dead_code, reason = "the tests include this file for its template")]
fn main() -> Result<(), String> {
    let told = |found: Vec<Diagnostic>| {
        found.into_iter().map(|finding| finding.message).collect::<Vec<_>>().join("\n")
    };
    let template = template().map_err(told)?;
    print!("{}", write::yaml(&template));
    Ok(())
}
