//! Why there is no answer, out of the SDK's errors.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_cloudformation::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use crate::deploy::api::ApiError;

/// An error of a call through the SDK.
///
/// Unmodelled codes (`Throttling`, `ValidationError`) show as "service error" only: code and message stand in the metadata.
pub(super) fn of_sdk<E>(operation: &'static str, error: &SdkError<E, HttpResponse>) -> ApiError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match error {
        SdkError::ServiceError(answered) => {
            let meta = answered.err();
            let status = answered.raw().status().as_u16();
            if meta.code().is_none() && (200..300).contains(&status) {
                return unreadable(operation, status);
            }
            let code = meta.code().unwrap_or_default();
            let message = meta.message().map_or_else(|| format!("HTTP status {status}"), str::to_owned);
            ApiError::answered(operation, status, code, message)
        }
        SdkError::ResponseError(unread) => unreadable(operation, unread.raw().status().as_u16()),
        _ => of_chain(operation, error),
    }
}

/// Cut short, or not what the service answers.
fn unreadable(operation: &'static str, status: u16) -> ApiError {
    ApiError::connection(operation, format!("an answer with HTTP status {status} that can't be read"))
}

/// An error on the way: no credentials if something in the chain says so, else no connection.
pub(super) fn of_chain(operation: &'static str, error: &(dyn Error + 'static)) -> ApiError {
    let mut sentences: Vec<String> = Vec::new();
    let mut next = Some(error);
    let mut credentials = false;
    while let Some(cause) = next {
        // What is around it ("dispatch failure: other") is how the SDK is built.
        if !credentials && cause.downcast_ref::<CredentialsError>().is_some() {
            credentials = true;
            sentences.clear();
        }
        let sentence = cause.to_string();
        // The SDK's own layers say no more than that there is a cause.
        let is_empty = ["dispatch failure", "other"].contains(&sentence.as_str()) && cause.source().is_some();
        if is_empty {
            next = cause.source();
            continue;
        }
        if sentences.last() != Some(&sentence) {
            sentences.push(sentence);
        }
        next = cause.source();
    }
    let message = sentences.join(": ");
    // The orchestrator passes on a missing provider as text only.
    if message.contains("no providers in chain provided credentials") {
        ApiError::credentials(operation, "no credentials in the environment, in ~/.aws, or from a role")
    } else if credentials {
        ApiError::credentials(operation, message)
    } else {
        ApiError::connection(operation, message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deploy::api::ErrorKind;

    #[test]
    fn a_chain_is_told_in_one_line_and_credentials_are_recognised() {
        let error = of_chain("DescribeStacks", &CredentialsError::not_loaded("profile x is not there"));
        assert_eq!(error.kind, ErrorKind::Credentials);
        assert!(error.message.contains("profile x is not there"), "{}", error.message);
        let error = of_chain("DescribeStacks", &std::io::Error::other("connection reset"));
        assert_eq!((error.kind, error.message.as_str()), (ErrorKind::Connection, "connection reset"));
    }
}
