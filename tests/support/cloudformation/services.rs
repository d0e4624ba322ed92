//! The other services, as far as the engine uses them.

use dify_cfn::deploy::api::{Answer, ApiError, Page};
use dify_cfn::deploy::services::{
    Alarm, CallerIdentity, Certificate, ObjectVersion, Secret, Services, SsmParameter, StoppedTask, Subnet,
    SubnetFilter, Vpc,
};

use super::model::World;

impl Services for World {
    fn region(&self) -> &'static str {
        "ap-northeast-1"
    }

    fn caller_identity(&self) -> Answer<'_, CallerIdentity> {
        self.call("GetCallerIdentity", |state| Ok(state.identity.clone()))
    }

    fn certificate<'a>(&'a self, arn: &'a str) -> Answer<'a, Certificate> {
        self.call("DescribeCertificate", move |state| match state.certificates.get(arn) {
            Some(status) => Ok(Certificate { status: status.clone(), ..Certificate::default() }),
            None => Err(ApiError::answered("DescribeCertificate", 400, "ResourceNotFoundException", "none")),
        })
    }

    fn parameter<'a>(&'a self, name: &'a str) -> Answer<'a, SsmParameter> {
        self.call("GetParameter", move |state| match state.ssm.get(name) {
            Some((kind, _)) => Ok(SsmParameter { name: name.into(), kind: kind.clone(), value: None }),
            None => Err(ApiError::answered("GetParameter", 400, "ParameterNotFound", "none")),
        })
    }

    fn create_secure_parameter<'a>(
        &'a self,
        name: &'a str,
        value: &'a Secret,
        _: Option<&'a str>,
    ) -> Answer<'a, ()> {
        self.call("PutParameter", move |state| {
            if state.ssm.contains_key(name) {
                return Err(ApiError::answered("PutParameter", 400, "ParameterAlreadyExists", "there"));
            }
            state.ssm.insert(name.into(), ("SecureString".into(), value.reveal().into()));
            Ok(())
        })
    }

    fn stopped_tasks<'a>(&'a self, _: &'a str, _: &'a str) -> Answer<'a, Vec<StoppedTask>> {
        self.call("DescribeTasks", |state| Ok(state.stopped_tasks.clone()))
    }

    fn has_object<'a>(&'a self, bucket: &'a str, key: &'a str) -> Answer<'a, bool> {
        self.call("HeadObject", move |state| {
            Ok(state.objects.get(bucket).is_some_and(|keys| keys.iter().any(|other| other == key)))
        })
    }

    fn put_object<'a>(&'a self, bucket: &'a str, key: &'a str, body: &'a [u8]) -> Answer<'a, String> {
        self.call("PutObject", move |state| {
            let keys = state.objects.entry(bucket.into()).or_default();
            if !keys.iter().any(|other| other == key) {
                keys.push(key.into());
            }
            // The address carries the body, so that the model needs no store.
            Ok(format!("https://{bucket}/{key}#{}", String::from_utf8_lossy(body)))
        })
    }

    fn object_versions<'a>(&'a self, bucket: &'a str, _: Option<&'a str>) -> Answer<'a, Page<ObjectVersion>> {
        self.call("ListObjectVersions", move |state| {
            let keys = state.objects.get(bucket).cloned().unwrap_or_default();
            let versions = keys.into_iter().take(2).map(|key| ObjectVersion { key, version_id: "1".into() });
            Ok(Page { items: versions.collect(), next_token: None })
        })
    }

    fn delete_objects<'a>(&'a self, bucket: &'a str, versions: &'a [ObjectVersion]) -> Answer<'a, ()> {
        self.call("DeleteObjects", move |state| {
            if let Some(keys) = state.objects.get_mut(bucket) {
                keys.retain(|key| versions.iter().all(|version| version.key != *key));
            }
            Ok(())
        })
    }

    fn vpcs<'a>(&'a self, name: &'a str) -> Answer<'a, Vec<Vpc>> {
        self.call("DescribeVpcs", move |state| {
            let fitting = state.vpcs.iter().filter(|(_, given, _)| name == "*" || given == name);
            Ok(fitting
                .map(|(id, name, cidr)| Vpc { id: id.clone(), name: Some(name.clone()), cidr: cidr.clone() })
                .collect())
        })
    }

    fn subnets<'a>(&'a self, filter: SubnetFilter<'a>) -> Answer<'a, Vec<Subnet>> {
        self.call("DescribeSubnets", move |state| {
            let passes = |(_, name, vpc, _): &&(String, String, String, String)| match filter {
                SubnetFilter::Vpc(id) => vpc == id,
                SubnetFilter::Named(wanted) => name == wanted,
            };
            let found = state.subnets.iter().filter(passes);
            Ok(found
                .map(|(id, name, vpc, zone)| Subnet {
                    id: id.clone(),
                    name: Some(name.clone()),
                    vpc_id: vpc.clone(),
                    availability_zone: zone.clone(),
                    cidr: String::new(),
                })
                .collect())
        })
    }

    fn alarms<'a>(&'a self, names: &'a [String]) -> Answer<'a, Vec<Alarm>> {
        self.call("DescribeAlarms", move |state| {
            let known = names.iter().filter_map(|name| Some((name, state.alarms.get(name)?)));
            Ok(known
                .map(|(name, alarm_state)| Alarm {
                    name: name.clone(),
                    arn: format!("arn:alarm:{name}"),
                    state: alarm_state.clone(),
                })
                .collect())
        })
    }
}
