//! The calls to STS, ACM, Systems Manager, ECS, EC2 and CloudWatch.
//!
//! Source for names and fields: each service's API Reference.

use serde_json::{Value, json};

use super::endpoint::Service;
use super::storage;
use super::xml;
use super::{connection::Aws, time};
use crate::deploy::api::{Answer, ApiError, ErrorKind, Page};
use crate::deploy::services::{
    Alarm, CallerIdentity, Certificate, ObjectVersion, Secret, Services, SsmParameter, StoppedContainer,
    StoppedTask, Subnet, SubnetFilter, Vpc,
};

const STS_VERSION: &str = "2011-06-15";
const EC2_VERSION: &str = "2016-11-15";
const CLOUDWATCH_VERSION: &str = "2010-08-01";

/// `DescribeTasks` takes at most 100; the latest few tell why a service doesn't start.
const STOPPED_TASKS: usize = 10;

impl Services for Aws {
    fn region(&self) -> &str {
        self.region_name()
    }

    fn caller_identity(&self) -> Answer<'_, CallerIdentity> {
        const OPERATION: &str = "GetCallerIdentity";
        Box::pin(self.renewing(|connected| async move {
            let signed = &connected.signed;
            let body = signed.query(Service::Sts, OPERATION, STS_VERSION, &[]).await?;
            let document = xml::parse(&body).ok_or_else(|| unread(OPERATION))?;
            let text =
                |name| xml::find(document.root(), name).and_then(|node| node.text()).map(str::to_owned);
            let expires_at = signed.credentials(OPERATION).await?.expiry().map(time::of_system_time);
            Ok(CallerIdentity {
                account: text("Account").unwrap_or_default(),
                arn: text("Arn").unwrap_or_default(),
                expires_at,
            })
        }))
    }

    fn certificate<'a>(&'a self, arn: &'a str) -> Answer<'a, Certificate> {
        Box::pin(self.renewing(move |connected| async move {
            let input = json!({ "CertificateArn": arn });
            let answer = connected
                .signed
                .json(Service::Acm, "DescribeCertificate", "CertificateManager", &input)
                .await?;
            let certificate = &answer["Certificate"];
            let mut domain_names: Vec<String> = text(certificate, "DomainName").into_iter().collect();
            for name in texts(certificate, "SubjectAlternativeNames") {
                if !domain_names.contains(&name) {
                    domain_names.push(name);
                }
            }
            Ok(Certificate {
                status: text(certificate, "Status").unwrap_or_default(),
                domain_names,
                not_after: certificate["NotAfter"].as_f64().map(time::of_epoch_seconds),
            })
        }))
    }

    fn parameter<'a>(&'a self, name: &'a str) -> Answer<'a, SsmParameter> {
        Box::pin(self.renewing(move |connected| async move {
            let input = json!({ "Name": name, "WithDecryption": false });
            let answer = connected.signed.json(Service::Ssm, "GetParameter", "AmazonSSM", &input).await?;
            let parameter = &answer["Parameter"];
            let kind = text(parameter, "Type").unwrap_or_default();
            // Without decryption the value of a SecureString is its ciphertext.
            let value = text(parameter, "Value").filter(|_| kind != "SecureString");
            Ok(SsmParameter { name: text(parameter, "Name").unwrap_or_default(), kind, value })
        }))
    }

    fn create_secure_parameter<'a>(
        &'a self,
        name: &'a str,
        value: &'a Secret,
        key_id: Option<&'a str>,
    ) -> Answer<'a, ()> {
        Box::pin(self.renewing(move |connected| async move {
            let mut input = json!({
                "Name": name, "Value": value.reveal(), "Type": "SecureString", "Overwrite": false,
            });
            if let Some(key_id) = key_id {
                input["KeyId"] = key_id.into();
            }
            connected.signed.json(Service::Ssm, "PutParameter", "AmazonSSM", &input).await.map(|_| ())
        }))
    }

    fn stopped_tasks<'a>(&'a self, cluster: &'a str, service: &'a str) -> Answer<'a, Vec<StoppedTask>> {
        const TARGET: &str = "AmazonEC2ContainerServiceV20141113";
        Box::pin(self.renewing(move |connected| async move {
            let input = json!({ "cluster": cluster, "serviceName": service, "desiredStatus": "STOPPED" });
            let listed = connected.signed.json(Service::Ecs, "ListTasks", TARGET, &input).await?;
            let mut arns = texts(&listed, "taskArns");
            if arns.is_empty() {
                return Ok(Vec::new());
            }
            arns.truncate(100);
            let input = json!({ "cluster": cluster, "tasks": arns });
            let described = connected.signed.json(Service::Ecs, "DescribeTasks", TARGET, &input).await?;
            let mut tasks: Vec<StoppedTask> = list(&described, "tasks").iter().map(stopped_task).collect();
            tasks.sort_by_key(|task| std::cmp::Reverse(task.stopped_at));
            tasks.truncate(STOPPED_TASKS);
            Ok(tasks)
        }))
    }

    fn has_object<'a>(&'a self, bucket: &'a str, key: &'a str) -> Answer<'a, bool> {
        Box::pin(self.renewing(move |connected| async move {
            match connected.signed.send(storage::head_object(&connected.signed, bucket, key)).await {
                Ok(_) => Ok(true),
                Err(error) if error.kind == ErrorKind::NotFound => Ok(false),
                Err(error) => Err(error),
            }
        }))
    }

    fn put_object<'a>(&'a self, bucket: &'a str, key: &'a str, body: &'a [u8]) -> Answer<'a, String> {
        Box::pin(self.renewing(move |connected| async move {
            let signed = &connected.signed;
            signed.send(storage::put_object(signed, bucket, key, body)).await?;
            Ok(storage::object_url(signed, bucket, key))
        }))
    }

    fn object_versions<'a>(
        &'a self,
        bucket: &'a str,
        next_token: Option<&'a str>,
    ) -> Answer<'a, Page<ObjectVersion>> {
        Box::pin(self.renewing(move |connected| async move {
            let request = storage::list_versions(&connected.signed, bucket, next_token);
            let response = connected.signed.send(request).await?;
            storage::read_versions(&response.body).ok_or_else(|| unread("ListObjectVersions"))
        }))
    }

    fn delete_objects<'a>(&'a self, bucket: &'a str, versions: &'a [ObjectVersion]) -> Answer<'a, ()> {
        Box::pin(self.renewing(move |connected| async move {
            let request = storage::delete_objects(&connected.signed, bucket, versions);
            let response = connected.signed.send(request).await?;
            storage::read_deleted(&response.body)
        }))
    }

    fn vpcs<'a>(&'a self, name: &'a str) -> Answer<'a, Vec<Vpc>> {
        Box::pin(self.renewing(move |connected| async move {
            let filters = filtered("tag:Name", name);
            let found = ec2(&connected.signed, "DescribeVpcs", filters, "vpcSet", |item| Vpc {
                id: xml::child(item, "vpcId").unwrap_or_default(),
                name: name_tag(item),
                cidr: xml::child(item, "cidrBlock").unwrap_or_default(),
            });
            found.await
        }))
    }

    fn subnets<'a>(&'a self, filter: SubnetFilter<'a>) -> Answer<'a, Vec<Subnet>> {
        Box::pin(self.renewing(move |connected| async move {
            let filters = match filter {
                SubnetFilter::Vpc(id) => filtered("vpc-id", id),
                SubnetFilter::Named(name) => filtered("tag:Name", name),
            };
            let found = ec2(&connected.signed, "DescribeSubnets", filters, "subnetSet", |item| Subnet {
                id: xml::child(item, "subnetId").unwrap_or_default(),
                name: name_tag(item),
                vpc_id: xml::child(item, "vpcId").unwrap_or_default(),
                availability_zone: xml::child(item, "availabilityZone").unwrap_or_default(),
                cidr: xml::child(item, "cidrBlock").unwrap_or_default(),
            });
            found.await
        }))
    }

    fn alarms<'a>(&'a self, names: &'a [String]) -> Answer<'a, Vec<Alarm>> {
        const OPERATION: &str = "DescribeAlarms";
        Box::pin(self.renewing(move |connected| async move {
            let numbered = names.iter().zip(1..);
            let parameters: Vec<(String, String)> =
                numbered.map(|(name, n)| (format!("AlarmNames.member.{n}"), name.clone())).collect();
            let signed = &connected.signed;
            let body = signed.query(Service::CloudWatch, OPERATION, CLOUDWATCH_VERSION, &parameters).await?;
            let document = xml::parse(&body).ok_or_else(|| unread(OPERATION))?;
            let alarm = |item| Alarm {
                name: xml::child(item, "AlarmName").unwrap_or_default(),
                arn: xml::child(item, "AlarmArn").unwrap_or_default(),
                state: xml::child(item, "StateValue").unwrap_or_default(),
            };
            Ok(xml::items(document.root(), "MetricAlarms", "member").into_iter().map(alarm).collect())
        }))
    }
}

pub(super) fn unread(operation: &'static str) -> ApiError {
    ApiError::connection(operation, "an answer that can't be read")
}

/// A list call of EC2, all pages.
async fn ec2<T>(
    signed: &super::signed::Signed,
    operation: &'static str,
    filters: Vec<(String, String)>,
    set: &'static str,
    read: impl Fn(roxmltree::Node<'_, '_>) -> T + Send + Sync,
) -> Result<Vec<T>, ApiError> {
    let mut found = Vec::new();
    let mut parameters = filters.clone();
    loop {
        let body = signed.query(Service::Ec2, operation, EC2_VERSION, &parameters).await?;
        let document = xml::parse(&body).ok_or_else(|| unread(operation))?;
        found.extend(xml::items(document.root(), set, "item").into_iter().map(&read));
        let next = xml::find(document.root(), "nextToken").and_then(|node| node.text()).map(str::to_owned);
        let Some(token) = next.filter(|token| !token.is_empty()) else { return Ok(found) };
        parameters.clone_from(&filters);
        parameters.push(("NextToken".into(), token));
    }
}

/// The one filter of a call to EC2.
fn filtered(name: &str, value: &str) -> Vec<(String, String)> {
    vec![("Filter.1.Name".to_owned(), name.to_owned()), ("Filter.1.Value.1".to_owned(), value.to_owned())]
}

fn name_tag(item: roxmltree::Node<'_, '_>) -> Option<String> {
    let tags = xml::items(item, "tagSet", "item");
    let name = tags.into_iter().find(|tag| xml::child(*tag, "key").as_deref() == Some("Name"))?;
    xml::child(name, "value")
}

fn stopped_task(task: &Value) -> StoppedTask {
    let container = |container: &Value| StoppedContainer {
        name: text(container, "name").unwrap_or_default(),
        exit_code: container["exitCode"].as_i64().and_then(|code| i32::try_from(code).ok()),
        reason: text(container, "reason"),
    };
    StoppedTask {
        arn: text(task, "taskArn").unwrap_or_default(),
        stop_code: text(task, "stopCode"),
        reason: text(task, "stoppedReason"),
        stopped_at: task["stoppedAt"].as_f64().map(time::of_epoch_seconds),
        containers: list(task, "containers").iter().map(container).collect(),
    }
}

fn text(value: &Value, name: &str) -> Option<String> {
    value[name].as_str().map(str::to_owned)
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().map_or(&[], Vec::as_slice)
}

fn texts(value: &Value, name: &str) -> Vec<String> {
    list(value, name).iter().filter_map(Value::as_str).map(str::to_owned).collect()
}
