//! Connecting: profile, region, credentials, retries, and one HTTP client for everything.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::config::retry::RetryConfig;
use aws_sdk_cloudformation::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::{
    HttpConnectorSettings, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use super::endpoint;
use super::error;
use super::profile;
use super::signed::Signed;
use crate::deploy::api::{ApiError, ErrorKind};

/// How often a call is made before its error is passed on: a blip is passed over in silence. The engine repeats what fails for
/// longer, and tells it, which attempts in here would hide.
pub(super) const ATTEMPTS: u32 = 2;

/// The wait between two attempts; random up to that.
const BACK_OFF: Duration = Duration::from_secs(1);

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const READ_TIMEOUT: Duration = Duration::from_secs(60);

/// Why there is no connection without a region.
pub const NO_REGION: &str =
    "no region is set: give --region, `region` in dify.yaml, AWS_REGION or the profile's region";

/// What a connection is made with; what isn't given comes from the environment and `~/.aws/config`.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// A profile of `~/.aws/config`.
    pub profile: Option<String>,
    /// The region.
    pub region: Option<String>,
    /// The wait before a call is repeated; none: a second.
    pub back_off: Option<Duration>,
}

/// A connection to AWS: [`CloudFormation`](crate::deploy::api::CloudFormation) and
/// [`Services`](crate::deploy::services::Services).
///
/// Credentials that expire are renewed by their provider where it can; where it can't, profile and environment are read anew,
/// once for each call that AWS refuses as expired, so that a login in another terminal is enough.
pub struct Aws {
    options: Options,
    region: String,
    connector: SharedHttpConnector,
    connected: Mutex<Arc<Connected>>,
    /// Whether any call was answered: credentials that can't be had later have expired.
    was_answered: AtomicBool,
}

/// What credentials are baked into.
pub(super) struct Connected {
    pub(super) client: Client,
    pub(super) signed: Signed,
}

impl fmt::Debug for Aws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Aws").field("region", &self.region).finish_non_exhaustive()
    }
}

impl Aws {
    /// Reads settings and credentials' sources; makes no call to AWS.
    ///
    /// # Errors
    /// No region is set anywhere, or the profile isn't there.
    pub async fn connect(options: Options) -> Result<Self, ApiError> {
        if let Some(name) = &options.profile {
            profile::check(name).await?;
        }
        let connector = connector();
        let config = load(&options, &connector).await;
        Self::over(options, connector, &config)
    }

    /// A connection over a configuration that was loaded.
    pub(super) fn over(
        options: Options,
        connector: SharedHttpConnector,
        config: &SdkConfig,
    ) -> Result<Self, ApiError> {
        let Some(region) = config.region().map(ToString::to_string) else {
            return Err(ApiError::credentials("configuration", NO_REGION));
        };
        endpoint::check(config).map_err(|why| ApiError::credentials("configuration", why))?;
        let connected = Connected::new(config, &region, &connector, &options);
        Ok(Self {
            options,
            region,
            connector,
            connected: Mutex::new(Arc::new(connected)),
            was_answered: AtomicBool::new(false),
        })
    }

    /// The region that calls go to.
    pub(super) fn region_name(&self) -> &str {
        &self.region
    }

    pub(super) fn connected(&self) -> Arc<Connected> {
        Arc::clone(&self.connected.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Makes a call through the SDK, twice if the credentials had expired.
    pub(super) async fn call<T, E, F, R>(&self, operation: &'static str, send: F) -> Result<T, ApiError>
    where
        F: Fn(Client) -> R + Send + Sync,
        R: Future<Output = Result<T, SdkError<E, HttpResponse>>> + Send,
        T: Send,
        E: ProvideErrorMetadata + std::error::Error + Send + 'static,
    {
        let send = &send;
        self.renewing(move |connected| async move {
            let answer = send(connected.client.clone()).await;
            answer.map_err(|error| error::of_sdk(operation, &error))
        })
        .await
    }

    /// Makes a call with what is connected, twice if the credentials had expired.
    pub(super) async fn renewing<T, F, R>(&self, send: F) -> Result<T, ApiError>
    where
        F: Fn(Arc<Connected>) -> R + Send,
        R: Future<Output = Result<T, ApiError>> + Send,
        T: Send,
    {
        let answer = send(self.connected()).await;
        let answer = match answer {
            Err(error) if self.is_expired(&error) => {
                self.reconnect().await;
                send(self.connected()).await
            }
            other => other,
        };
        match answer {
            Err(mut error) => {
                if self.is_expired(&error) {
                    error.kind = ErrorKind::CredentialsExpired;
                }
                let has_none = error.code.is_none()
                    && matches!(error.kind, ErrorKind::Credentials | ErrorKind::CredentialsExpired);
                if has_none {
                    error.message = self.without_credentials(&error.message).await;
                }
                Err(error)
            }
            Ok(answer) => {
                self.was_answered.store(true, Ordering::Relaxed);
                Ok(answer)
            }
        }
    }

    /// Where credentials were looked for, in vain.
    async fn without_credentials(&self, why: &str) -> String {
        if let Some(name) = &self.options.profile {
            return format!("no credentials from the profile `{name}`: {why}");
        }
        let named = std::env::var("AWS_PROFILE").ok().filter(|name| !name.is_empty());
        if let Some(name) = named {
            return match profile::check(&name).await {
                Ok(()) => format!("no credentials from the profile `{name}`, which AWS_PROFILE names: {why}"),
                Err(missing) => format!("{}; AWS_PROFILE names it", missing.message),
            };
        }
        why.to_owned()
    }

    /// Whether credentials that were good are no longer, or can no longer be had.
    fn is_expired(&self, error: &ApiError) -> bool {
        match error.kind {
            ErrorKind::CredentialsExpired => true,
            ErrorKind::Credentials => error.code.is_none() && self.was_answered.load(Ordering::Relaxed),
            _ => false,
        }
    }

    /// Reads profile, environment and credentials anew.
    async fn reconnect(&self) {
        let config = load(&self.options, &self.connector).await;
        let connected = Connected::new(&config, &self.region, &self.connector, &self.options);
        *self.connected.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(connected);
    }
}

impl Connected {
    fn new(config: &SdkConfig, region: &str, connector: &SharedHttpConnector, options: &Options) -> Self {
        let back_off = options.back_off.unwrap_or(BACK_OFF);
        Self {
            client: Client::new(config),
            signed: Signed::new(config, region.to_owned(), connector.clone(), back_off),
        }
    }
}

async fn load(options: &Options, connector: &SharedHttpConnector) -> SdkConfig {
    let retries = RetryConfig::standard()
        .with_max_attempts(ATTEMPTS)
        .with_initial_backoff(options.back_off.unwrap_or(BACK_OFF))
        .with_max_backoff(BACK_OFF);
    let timeouts =
        TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT).read_timeout(READ_TIMEOUT).build();
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(client(connector))
        .retry_config(retries)
        .timeout_config(timeouts);
    if let Some(profile) = &options.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(region) = &options.region {
        loader = loader.region(Region::new(region.clone()));
    }
    let config = loader.load().await;
    match &options.profile {
        Some(name) => profile::with_its_credentials(name, config, client(connector)),
        None => config,
    }
}

/// The credentials' source of a configuration.
pub(super) fn credentials(config: &SdkConfig) -> Option<SharedCredentialsProvider> {
    config.credentials_provider()
}

/// One connector for all calls, so that connections are shared. Proxies come from `HTTPS_PROXY` and its like.
fn connector() -> SharedHttpConnector {
    let settings =
        HttpConnectorSettings::builder().connect_timeout(CONNECT_TIMEOUT).read_timeout(READ_TIMEOUT).build();
    let connector = aws_smithy_http_client::Connector::builder()
        .connector_settings(settings)
        .proxy_config(ProxyConfig::from_env())
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build();
    SharedHttpConnector::new(connector)
}

fn client(connector: &SharedHttpConnector) -> SharedHttpClient {
    let connector = connector.clone();
    http_client_fn(move |_, _| connector.clone())
}
