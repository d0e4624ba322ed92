//! A connection whose requests are kept and answered from a list.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_config::{Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_cloudformation::config::retry::RetryConfig;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;

use super::connection::{Aws, Options};

/// A request as it went out.
#[derive(Debug, Clone)]
pub(super) struct Sent {
    pub(super) method: String,
    pub(super) url: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
}

impl Sent {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The body of a form, a line for each pair, but for the API's version.
    pub(super) fn form(&self) -> String {
        let pairs = self.body.split('&').filter(|pair| !pair.starts_with("Version="));
        pairs.collect::<Vec<_>>().join("\n")
    }
}

/// Keeps requests; answers with status and body.
#[derive(Debug, Clone, Default)]
pub(super) struct Wire {
    pub(super) sent: Arc<Mutex<Vec<Sent>>>,
    answers: Arc<Mutex<VecDeque<(u16, String)>>>,
}

impl Wire {
    pub(super) fn answering<const N: usize>(answers: [(u16, &str); N]) -> Self {
        let answers = answers.into_iter().map(|(status, body)| (status, body.to_owned())).collect();
        Self { sent: Arc::default(), answers: Arc::new(Mutex::new(answers)) }
    }

    pub(super) fn only(&self) -> Sent {
        let sent = self.sent.lock().unwrap();
        assert_eq!(sent.len(), 1, "{sent:#?}");
        sent[0].clone()
    }

    pub(super) fn aws(&self) -> Aws {
        let connector = SharedHttpConnector::new(self.clone());
        let shared = connector.clone();
        let credentials = Credentials::new("AKIDEXAMPLE", "planted-secret-key", None, None, "test");
        let config = SdkConfig::builder()
            .behavior_version(aws_config::BehaviorVersion::latest())
            .region(Region::new("ap-northeast-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .retry_config(RetryConfig::disabled())
            .http_client(http_client_fn(move |_, _| shared.clone()))
            .build();
        let options = Options { back_off: Some(Duration::from_millis(1)), ..Options::default() };
        Aws::over(options, connector, &config).unwrap()
    }
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let headers = request.headers().iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        self.sent.lock().unwrap().push(Sent {
            method: request.method().to_owned(),
            url: request.uri().to_owned(),
            headers: headers.collect(),
            body: String::from_utf8(request.body().bytes().unwrap_or_default().to_vec()).unwrap(),
        });
        let (status, body) = self.answers.lock().unwrap().pop_front().expect("one answer for each request");
        let response = http::Response::builder().status(status).body(SdkBody::from(body)).unwrap();
        HttpConnectorFuture::ready(Ok(HttpResponse::try_from(response).unwrap()))
    }
}
