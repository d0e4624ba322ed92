//! Where each service's calls go.

use aws_config::SdkConfig;
use aws_types::service_config::ServiceConfigKey;

/// A service that is called without the SDK.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Service {
    Sts,
    Acm,
    Ssm,
    Ecs,
    S3,
    Ec2,
    CloudWatch,
}

impl Service {
    /// The name that signatures carry.
    pub(super) fn signing_name(self) -> &'static str {
        match self {
            Self::Sts => "sts",
            Self::Acm => "acm",
            Self::Ssm => "ssm",
            Self::Ecs => "ecs",
            Self::S3 => "s3",
            Self::Ec2 => "ec2",
            Self::CloudWatch => "monitoring",
        }
    }

    /// The id that settings are looked up by: `AWS_ENDPOINT_URL_CLOUDWATCH`.
    fn id(self) -> &'static str {
        match self {
            Self::CloudWatch => "CloudWatch",
            other => other.signing_name(),
        }
    }
}

/// The address of a service, and whether a setting names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Endpoint {
    /// `https://…` without a path's end.
    pub(super) url: String,
    /// Whether a setting overrides AWS's own address; buckets then stand in the path.
    pub(super) overridden: bool,
}

/// All of them.
const SERVICES: [Service; 7] =
    [Service::Sts, Service::Acm, Service::Ssm, Service::Ecs, Service::S3, Service::Ec2, Service::CloudWatch];

/// Refuses a setting that is no address: nothing could be sent, and what can't be sent would be tried again and again.
pub(super) fn check(config: &SdkConfig) -> Result<(), String> {
    let ids = SERVICES.iter().map(|service| service.id()).chain(["CloudFormation"]);
    let settings = ids.filter_map(|id| setting(config, id)).chain(config.endpoint_url().map(str::to_owned));
    for url in settings {
        let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        let is_address = rest.is_some_and(|rest| {
            !rest.is_empty() && !rest.starts_with(['/', ':']) && !rest.contains(char::is_whitespace)
        });
        if !is_address {
            return Err(format!(
                "`{}` can't be called: set AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_<SERVICE> or the profile's endpoint_url to \
                 an address such as http://localhost:4566, or take it away",
                url.escape_debug()
            ));
        }
    }
    Ok(())
}

/// The address that a setting gives for a service alone.
fn setting(config: &SdkConfig, id: &str) -> Option<String> {
    let key =
        ServiceConfigKey::builder().service_id(id).env("AWS_ENDPOINT_URL").profile("endpoint_url").build();
    config.service_config()?.load_config(key.ok()?)
}

/// Where calls of `service` go: `AWS_ENDPOINT_URL_<SERVICE>` or the profile's setting, `AWS_ENDPOINT_URL`, or AWS's own address.
///
/// Source: AWS SDKs and Tools Reference Guide, "Service-specific endpoints"; AWS General Reference, "Service endpoints".
pub(super) fn endpoint(config: &SdkConfig, region: &str, service: Service) -> Endpoint {
    match setting(config, service.id()).or_else(|| config.endpoint_url().map(str::to_owned)) {
        Some(url) => Endpoint { url: url.trim_end_matches('/').to_owned(), overridden: true },
        None => Endpoint {
            url: format!("https://{}.{region}.{}", service.signing_name(), domain(region)),
            overridden: false,
        },
    }
}

/// The domain of a region's partition.
pub(super) fn domain(region: &str) -> &'static str {
    if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_service_has_its_address() {
        let config = SdkConfig::builder().build();
        let url = |region, service| endpoint(&config, region, service).url;
        assert_eq!(url("ap-northeast-1", Service::Ssm), "https://ssm.ap-northeast-1.amazonaws.com");
        assert_eq!(url("us-east-1", Service::CloudWatch), "https://monitoring.us-east-1.amazonaws.com");
        assert_eq!(url("cn-north-1", Service::Sts), "https://sts.cn-north-1.amazonaws.com.cn");
        let local = SdkConfig::builder().endpoint_url("http://127.0.0.1:1/").build();
        let overridden = endpoint(&local, "us-east-1", Service::S3);
        assert_eq!(check(&local), Ok(()));
        for bad in ["foo", "http://", "localhost:4566", "ftp://a", "http:///a", "http://a b"] {
            let config = SdkConfig::builder().endpoint_url(bad).build();
            assert!(check(&config).is_err_and(|why| why.contains(bad)), "{bad}");
        }
        assert_eq!(overridden, Endpoint { url: "http://127.0.0.1:1".into(), overridden: true });
    }
}
