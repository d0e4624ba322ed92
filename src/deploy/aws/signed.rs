//! A request to a service without the SDK: signed, sent, repeated where that helps, its errors sorted.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_types::body::SdkBody;
use serde_json::Value;

use super::endpoint::{Endpoint, Service, endpoint};
use super::{connection, error, xml};
use crate::deploy::api::{ApiError, ErrorKind};

/// Credentials are fetched anew when they end within this time.
const RENEWAL_WINDOW: Duration = Duration::from_secs(300);

/// Signs and sends.
pub(super) struct Signed {
    config: SdkConfig,
    region: String,
    connector: SharedHttpConnector,
    provider: Option<SharedCredentialsProvider>,
    cached: Mutex<Option<Credentials>>,
    back_off: Duration,
}

/// A request.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) service: Service,
    /// The API call, for messages.
    pub(super) operation: &'static str,
    pub(super) method: &'static str,
    /// Scheme, host, path and query, everything percent-encoded.
    pub(super) url: String,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
}

/// An answer.
#[derive(Debug, Clone)]
pub(super) struct Response {
    pub(super) body: Vec<u8>,
}

impl Signed {
    pub(super) fn new(
        config: &SdkConfig,
        region: String,
        connector: SharedHttpConnector,
        back_off: Duration,
    ) -> Self {
        let provider = connection::credentials(config);
        Self { config: config.clone(), region, connector, provider, cached: Mutex::new(None), back_off }
    }

    pub(super) fn region(&self) -> &str {
        &self.region
    }

    pub(super) fn endpoint(&self, service: Service) -> Endpoint {
        endpoint(&self.config, &self.region, service)
    }

    /// A call of a service that speaks AWS's JSON protocol.
    pub(super) async fn json(
        &self,
        service: Service,
        operation: &'static str,
        target: &str,
        input: &Value,
    ) -> Result<Value, ApiError> {
        let request = Request {
            service,
            operation,
            method: "POST",
            url: format!("{}/", self.endpoint(service).url),
            headers: vec![
                ("content-type", "application/x-amz-json-1.1".to_owned()),
                ("x-amz-target", format!("{target}.{operation}")),
            ],
            body: input.to_string().into_bytes(),
        };
        let response = self.send(request).await?;
        serde_json::from_slice(&response.body)
            .map_err(|_| ApiError::connection(operation, "an answer that is no JSON"))
    }

    /// A call of a service that speaks the Query protocol. The answer is XML.
    pub(super) async fn query(
        &self,
        service: Service,
        operation: &'static str,
        version: &str,
        parameters: &[(String, String)],
    ) -> Result<Vec<u8>, ApiError> {
        let mut pairs = vec![("Action".to_owned(), operation.to_owned()), ("Version".into(), version.into())];
        pairs.extend_from_slice(parameters);
        let request = Request {
            service,
            operation,
            method: "POST",
            url: format!("{}/", self.endpoint(service).url),
            headers: vec![("content-type", "application/x-www-form-urlencoded".to_owned())],
            body: form(&pairs).into_bytes(),
        };
        let response = self.send(request).await?;
        if xml::parse(&response.body).is_none() {
            return Err(ApiError::connection(operation, "an answer that is no XML"));
        }
        Ok(response.body)
    }

    /// Sends, and once again after a moment if the answer says that it may help. Every request here can be repeated safely.
    pub(super) async fn send(&self, request: Request) -> Result<Response, ApiError> {
        let mut attempt = 1;
        loop {
            match self.send_once(&request).await {
                Err(error) if error.kind.is_passing() && attempt < connection::ATTEMPTS => {
                    tokio::time::sleep(self.back_off).await;
                    attempt += 1;
                }
                other => return other,
            }
        }
    }

    async fn send_once(&self, request: &Request) -> Result<Response, ApiError> {
        let operation = request.operation;
        let credentials = self.credentials(operation).await?;
        let signed = self.sign(request, credentials)?;
        let request = signed
            .try_into()
            .map_err(|_| ApiError::connection(operation, "the request's address can't be read"))?;
        let mut response =
            self.connector.call(request).await.map_err(|error| error::of_chain(operation, &error))?;
        let status = response.status().as_u16();
        let body = std::mem::replace(response.body_mut(), SdkBody::taken());
        let body = aws_smithy_types::byte_stream::ByteStream::new(body)
            .collect()
            .await
            .map_err(|error| error::of_chain(operation, &error))?
            .to_vec();
        if (200..300).contains(&status) {
            return Ok(Response { body });
        }
        let (code, message) = described(&body);
        let message = message.unwrap_or_else(|| format!("HTTP status {status}"));
        Err(ApiError::answered(operation, status, &code.unwrap_or_default(), message))
    }

    fn sign(&self, request: &Request, credentials: Credentials) -> Result<http::Request<SdkBody>, ApiError> {
        let wrong = |error: &(dyn std::error::Error + 'static)| {
            ApiError::credentials(request.operation, format!("the request can't be signed: {error}"))
        };
        let mut settings = SigningSettings::default();
        if request.service == Service::S3 {
            // S3 takes paths as they are and wants the body's digest in a header.
            settings.percent_encoding_mode = PercentEncodingMode::Single;
            settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
            settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        }
        let identity = credentials.into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(request.service.signing_name())
            .time(SystemTime::now())
            .settings(settings)
            .build()
            .map_err(|error| wrong(&error))?
            .into();
        let headers = request.headers.iter().map(|(name, value)| (*name, value.as_str()));
        let body = SignableBody::Bytes(&request.body);
        let signable = SignableRequest::new(request.method, &request.url, headers, body)
            .map_err(|error| wrong(&error))?;
        let (instructions, _) = sign(signable, &parameters).map_err(|error| wrong(&error))?.into_parts();
        let mut built = http::Request::builder().method(request.method).uri(&request.url);
        for (name, value) in &request.headers {
            built = built.header(*name, value);
        }
        let mut built = built.body(SdkBody::from(request.body.clone())).map_err(|error| wrong(&error))?;
        instructions.apply_to_request_http1x(&mut built);
        Ok(built)
    }

    /// The credentials to sign with, kept until shortly before their end.
    pub(super) async fn credentials(&self, operation: &'static str) -> Result<Credentials, ApiError> {
        let cached = self.cached.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let soon = SystemTime::now() + RENEWAL_WINDOW;
        if let Some(credentials) = cached.filter(|kept| kept.expiry().is_none_or(|end| end > soon)) {
            return Ok(credentials);
        }
        let Some(provider) = &self.provider else {
            return Err(ApiError::credentials(operation, "no source of credentials is configured"));
        };
        let fresh = provider.provide_credentials().await.map_err(|error| ApiError {
            kind: ErrorKind::Credentials,
            ..error::of_chain(operation, &error)
        })?;
        *self.cached.lock().unwrap_or_else(PoisonError::into_inner) = Some(fresh.clone());
        Ok(fresh)
    }
}

/// Code and message of an error answer, JSON or XML.
fn described(body: &[u8]) -> (Option<String>, Option<String>) {
    if let Ok(json) = serde_json::from_slice::<Value>(body) {
        let text = |name: &str| json.get(name).and_then(Value::as_str).map(str::to_owned);
        // `com.amazon.coral.service#ThrottlingException`
        let code = text("__type").or_else(|| text("code"));
        let code = code.map(|code| code.rsplit('#').next().unwrap_or_default().to_owned());
        return (code, text("message").or_else(|| text("Message")));
    }
    let Some(document) = xml::parse(body) else { return (None, None) };
    let text = |name| xml::find(document.root(), name).and_then(|node| node.text()).map(str::to_owned);
    (text("Code"), text("Message"))
}

/// A form body.
fn form(pairs: &[(String, String)]) -> String {
    let pairs: Vec<String> =
        pairs.iter().map(|(key, value)| format!("{key}={}", encoded(value, ""))).collect();
    pairs.join("&")
}

/// Percent-encodes all but unreserved characters (RFC 3986) and those in `also`.
pub(super) fn encoded(text: &str, also: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::new();
    for byte in text.bytes() {
        let character = char::from(byte);
        if character.is_ascii_alphanumeric() || "-._~".contains(character) || also.contains(character) {
            out.push(character);
        } else {
            // Writing to a String can't fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_all_protocols_are_read() {
        let json = br#"{"__type":"com.amazon.coral#ThrottlingException","message":"Rate exceeded"}"#;
        assert_eq!(described(json), (Some("ThrottlingException".into()), Some("Rate exceeded".into())));
        let ec2 = b"<Response><Errors><Error><Code>AuthFailure</Code><Message>no</Message></Error></Errors></Response>";
        assert_eq!(described(ec2), (Some("AuthFailure".into()), Some("no".into())));
        assert_eq!(described(b"<html>"), (None, None));
    }

    #[test]
    fn text_is_encoded_as_signatures_need_it() {
        assert_eq!(encoded("a b/ü*~", ""), "a%20b%2F%C3%BC%2A~");
        assert_eq!(encoded(".cfn/a b", "/"), ".cfn/a%20b");
        assert_eq!(form(&[("A".into(), "1+1".into()), ("B".into(), "x".into())]), "A=1%2B1&B=x");
    }
}
