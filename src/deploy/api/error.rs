//! Why there is no answer, in the few kinds that make a difference.

use std::fmt;

use serde::Serialize;

/// What makes a difference to who called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// Too many calls: wait and ask again.
    Throttled,
    /// No answer, a broken one, or an error on AWS's side: ask again.
    Connection,
    /// Credentials that were good are no longer.
    CredentialsExpired,
    /// There are no credentials, or AWS doesn't know them.
    Credentials,
    /// The credentials are good but don't allow it.
    AccessDenied,
    /// What it is about isn't there.
    NotFound,
    /// What should be made is there.
    AlreadyExists,
    /// It can't be done in the state that the stack or the set is in.
    InvalidState,
    /// Nothing would change.
    NoChange,
    /// A capability is missing.
    InsufficientCapabilities,
    /// A quota is used up.
    Limit,
    /// The API doesn't have this call here.
    Unsupported,
    /// The request is wrong.
    Validation,
    /// Anything else.
    Other,
}

impl ErrorKind {
    /// Whether the same call may succeed later without anybody doing anything.
    pub fn is_passing(self) -> bool {
        matches!(self, Self::Throttled | Self::Connection)
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ApiError {
    /// What makes a difference.
    pub kind: ErrorKind,
    /// The API's code, if it answered.
    pub code: Option<String>,
    /// What the API, or the way there, said.
    pub message: String,
    /// The API call.
    pub operation: &'static str,
}

impl ApiError {
    /// An error that the API answered with.
    pub fn answered(
        operation: &'static str,
        http_status: u16,
        code: &str,
        message: impl Into<String>,
    ) -> Self {
        let message = message.into();
        let kind = kind_of(http_status, code, &message);
        Self { kind, code: Some(code.to_owned()), message, operation }
    }

    /// No answer, or none that can be read.
    pub fn connection(operation: &'static str, message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Connection, code: None, message: message.into(), operation }
    }

    /// No such call here.
    pub fn unsupported(operation: &'static str) -> Self {
        let message = "this client doesn't have the call".to_owned();
        Self { kind: ErrorKind::Unsupported, code: None, message, operation }
    }

    /// No credentials to call with.
    pub fn credentials(operation: &'static str, message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Credentials, code: None, message: message.into(), operation }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.code {
            Some(code) => write!(f, "{}: {} ({code})", self.operation, self.message),
            None => write!(f, "{}: {}", self.operation, self.message),
        }
    }
}

impl std::error::Error for ApiError {}

/// The kind of an answered error.
///
/// Source: AWS CloudFormation API Reference, "Common errors" and the errors of each operation; `ValidationError` covers
/// many cases, which only its message tells apart (facts: "Stack with id X does not exist").
fn kind_of(http_status: u16, code: &str, message: &str) -> ErrorKind {
    // `…Exception` and `…Fault` are the same code in other protocols.
    match code.trim_end_matches("Exception").trim_end_matches("Fault") {
        "Throttling"
        | "Throttled"
        | "TooManyRequests"
        | "RequestLimitExceeded"
        | "RequestThrottled"
        | "SlowDown"
        | "PriorRequestNotComplete"
        | "BandwidthLimitExceeded"
        | "ThrottledException" => ErrorKind::Throttled,
        "ExpiredToken" | "RequestExpired" | "ExpiredTokenException" | "TokenRefreshRequired" => {
            ErrorKind::CredentialsExpired
        }
        "InvalidClientTokenId"
        | "UnrecognizedClient"
        | "SignatureDoesNotMatch"
        | "IncompleteSignature"
        | "MissingAuthenticationToken"
        | "InvalidAccessKeyId"
        | "AuthFailure"
        | "InvalidToken"
        | "NotAuthorized" => ErrorKind::Credentials,
        "AccessDenied" | "UnauthorizedOperation" | "OptInRequired" | "Forbidden" => ErrorKind::AccessDenied,
        "ChangeSetNotFound"
        | "StackNotFound"
        | "ParameterNotFound"
        | "ResourceNotFound"
        | "NoSuchKey"
        | "NoSuchBucket"
        | "NotFound"
        | "HookResultNotFound"
        | "ClusterNotFound"
        | "ServiceNotFound"
        | "InvalidVpcID.NotFound"
        | "InvalidSubnetID.NotFound" => ErrorKind::NotFound,
        "AlreadyExists" | "ParameterAlreadyExists" => ErrorKind::AlreadyExists,
        "InvalidChangeSetStatus"
        | "OperationInProgress"
        | "OperationStatusCheckFailed"
        | "InvalidStateTransition"
        | "TokenAlreadyExists" => ErrorKind::InvalidState,
        "InsufficientCapabilities" => ErrorKind::InsufficientCapabilities,
        "LimitExceeded" => ErrorKind::Limit,
        "InvalidAction" | "UnknownOperation" | "NotImplemented" | "UnsupportedOperation" => {
            ErrorKind::Unsupported
        }
        "ValidationError" | "Validation" => of_validation(message),
        "InternalFailure"
        | "InternalError"
        | "InternalServerError"
        | "ServiceUnavailable"
        | "RequestTimeout" => ErrorKind::Connection,
        _ if http_status == 429 => ErrorKind::Throttled,
        _ if http_status == 501 => ErrorKind::Unsupported,
        _ if http_status >= 500 => ErrorKind::Connection,
        _ if http_status == 403 => ErrorKind::AccessDenied,
        _ if http_status == 404 => ErrorKind::NotFound,
        _ => ErrorKind::Other,
    }
}

fn of_validation(message: &str) -> ErrorKind {
    if message.contains("Rate exceeded") {
        ErrorKind::Throttled
    } else if message.contains("No updates are to be performed") {
        ErrorKind::NoChange
    } else if message.contains("does not exist") {
        ErrorKind::NotFound
    } else if message.contains("already exists") {
        ErrorKind::AlreadyExists
    } else if message.contains("state and can not be") || message.contains("state and cannot") {
        ErrorKind::InvalidState
    } else {
        ErrorKind::Validation
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_api_says_has_a_kind() {
        let cases = [
            (400, "Throttling", "Rate exceeded", ErrorKind::Throttled),
            (400, "ThrottlingException", "Rate exceeded", ErrorKind::Throttled),
            (
                403,
                "ExpiredToken",
                "The security token included in the request is expired",
                ErrorKind::CredentialsExpired,
            ),
            (403, "InvalidClientTokenId", "The security token is invalid", ErrorKind::Credentials),
            (403, "AccessDenied", "User: x is not authorized to perform: y", ErrorKind::AccessDenied),
            (400, "AccessDeniedException", "not authorized", ErrorKind::AccessDenied),
            (400, "ValidationError", "Stack with id dify-prd does not exist", ErrorKind::NotFound),
            (404, "ChangeSetNotFound", "ChangeSet [x] does not exist", ErrorKind::NotFound),
            (400, "ValidationError", "No updates are to be performed.", ErrorKind::NoChange),
            (
                400,
                "ValidationError",
                "Stack:arn is in UPDATE_IN_PROGRESS state and can not be updated.",
                ErrorKind::InvalidState,
            ),
            (400, "InvalidChangeSetStatus", "cannot be executed", ErrorKind::InvalidState),
            (400, "InsufficientCapabilitiesException", "Requires", ErrorKind::InsufficientCapabilities),
            (400, "AlreadyExistsException", "Stack [x] already exists", ErrorKind::AlreadyExists),
            (400, "ValidationError", "Template format error", ErrorKind::Validation),
            (400, "InvalidAction", "Could not find operation", ErrorKind::Unsupported),
            (503, "ServiceUnavailable", "", ErrorKind::Connection),
            (500, "Whatever", "", ErrorKind::Connection),
            (418, "Teapot", "", ErrorKind::Other),
        ];
        for (http_status, code, message, kind) in cases {
            assert_eq!(ApiError::answered("Op", http_status, code, message).kind, kind, "{code}: {message}");
        }
    }
}
