//! The profile that is named on the command line: it is there, and its credentials win over all others.
//!
//! AWS's command line does the same (AWS CLI User Guide, "Configuration settings and precedence"): `--profile` wins over
//! credentials in the environment, which win over the profile that `AWS_PROFILE` names.

use std::borrow::Cow;

use aws_config::SdkConfig;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_types::os_shim_internal::{Env, Fs};

use crate::deploy::api::ApiError;

/// Where profiles stand, unless the environment says otherwise.
const FILES: &str = "~/.aws/config and ~/.aws/credentials";

/// Fails if there is no profile of that name.
#[allow(clippy::default_trait_access, reason = "the type is in a crate that the SDK doesn't pass on")]
pub(super) async fn check(name: &str) -> Result<(), ApiError> {
    let wanted = Cow::Owned(name.to_owned());
    let loaded =
        aws_config::profile::load(&Fs::real(), &Env::real(), &Default::default(), Some(wanted)).await;
    let message = match loaded {
        Ok(profiles) if profiles.get_profile(name).is_some() => return Ok(()),
        Ok(profiles) => {
            let mut known: Vec<&str> = profiles.profiles().collect();
            known.sort_unstable();
            let known = if known.is_empty() {
                format!("{FILES} have none")
            } else {
                format!("{FILES} have {}", known.join(", "))
            };
            format!("there is no profile `{name}`: {known}")
        }
        Err(error) => format!("the profile `{name}` can't be read: {error}"),
    };
    Err(ApiError::credentials("configuration", message))
}

/// Takes the credentials of that profile and no others. The SDK's own chain looks at the environment first, so that a forgotten
/// `AWS_ACCESS_KEY_ID` would deploy to another account than the one that is named.
pub(super) fn with_its_credentials(name: &str, config: SdkConfig, client: SharedHttpClient) -> SdkConfig {
    let settings = ProviderConfig::default().with_http_client(client).with_region(config.region().cloned());
    let credentials =
        ProfileFileCredentialsProvider::builder().profile_name(name).configure(&settings).build();
    config.into_builder().credentials_provider(SharedCredentialsProvider::new(credentials)).build()
}
