//! The calls to S3: requests and what is read from the answers.
//!
//! Source: Amazon S3 API Reference: `HeadObject`, `PutObject`, `ListObjectVersions`, `DeleteObjects`.

use std::fmt::Write as _;

use aws_smithy_types::base64;
use sha2::{Digest, Sha256};

use super::endpoint::{Endpoint, Service, domain};
use super::signed::{Request, Signed, encoded};
use super::xml;
use crate::deploy::api::{ApiError, ErrorKind, Page};
use crate::deploy::services::ObjectVersion;

pub(super) fn head_object(signed: &Signed, bucket: &str, key: &str) -> Request {
    request("HeadObject", "HEAD", object_url(signed, bucket, key), Vec::new())
}

pub(super) fn put_object(signed: &Signed, bucket: &str, key: &str, body: &[u8]) -> Request {
    let mut request = request("PutObject", "PUT", object_url(signed, bucket, key), body.to_vec());
    request.headers.push(("content-type", "application/octet-stream".into()));
    request
}

/// A page of versions and delete markers. The token is the API's two markers joined by a line break, which no version id has.
pub(super) fn list_versions(signed: &Signed, bucket: &str, next_token: Option<&str>) -> Request {
    let mut url = format!("{}/?versions&encoding-type=url", bucket_url(signed, bucket));
    if let Some((key, version)) = next_token.and_then(|token| token.rsplit_once('\n')) {
        let _ = write!(url, "&key-marker={}&version-id-marker={}", encoded(key, ""), encoded(version, ""));
    }
    request("ListObjectVersions", "GET", url, Vec::new())
}

pub(super) fn read_versions(body: &[u8]) -> Option<Page<ObjectVersion>> {
    let document = xml::parse(body)?;
    let root = document.root_element();
    let items = root
        .children()
        .filter(|node| matches!(node.tag_name().name(), "Version" | "DeleteMarker"))
        .map(|node| ObjectVersion {
            key: decoded(&xml::child(node, "Key").unwrap_or_default()),
            version_id: xml::child(node, "VersionId").unwrap_or_default(),
        })
        .collect();
    let is_truncated = xml::child(root, "IsTruncated").as_deref() == Some("true");
    let next_token = is_truncated.then(|| {
        let key = decoded(&xml::child(root, "NextKeyMarker").unwrap_or_default());
        format!("{key}\n{}", xml::child(root, "NextVersionIdMarker").unwrap_or_default())
    });
    Some(Page { items, next_token })
}

pub(super) fn delete_objects(signed: &Signed, bucket: &str, versions: &[ObjectVersion]) -> Request {
    let mut body =
        String::from(r#"<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Quiet>true</Quiet>"#);
    for version in versions {
        let key = escaped(&version.key);
        let id = escaped(&version.version_id);
        let _ = write!(body, "<Object><Key>{key}</Key><VersionId>{id}</VersionId></Object>");
    }
    body.push_str("</Delete>");
    let url = format!("{}/?delete", bucket_url(signed, bucket));
    let digest = base64::encode(Sha256::digest(body.as_bytes()));
    let mut request = request("DeleteObjects", "POST", url, body.into_bytes());
    request.headers.push(("content-type", "application/xml".into()));
    request.headers.push(("x-amz-checksum-sha256", digest));
    request
}

/// Success is in the body: in quiet mode it names what was not deleted.
pub(super) fn read_deleted(body: &[u8]) -> Result<(), ApiError> {
    const OPERATION: &str = "DeleteObjects";
    let Some(document) = xml::parse(body) else { return Err(super::services::unread(OPERATION)) };
    let Some(failed) = xml::find(document.root(), "Error") else { return Ok(()) };
    let code = xml::child(failed, "Code").unwrap_or_default();
    let message = format!(
        "{} ({})",
        xml::child(failed, "Message").unwrap_or_default(),
        xml::child(failed, "Key").unwrap_or_default()
    );
    let mut error = ApiError::answered(OPERATION, 200, &code, message);
    if error.kind == ErrorKind::Other && code == "InternalError" {
        error.kind = ErrorKind::Connection;
    }
    Err(error)
}

/// The address of an object, which CloudFormation takes as `TemplateURL` too.
pub(super) fn object_url(signed: &Signed, bucket: &str, key: &str) -> String {
    format!("{}/{}", bucket_url(signed, bucket), encoded(key, "/"))
}

/// A bucket's own host; in the path where a setting names the host, or where a dot in the name would not fit the certificate.
fn bucket_url(signed: &Signed, bucket: &str) -> String {
    let Endpoint { url, overridden } = signed.endpoint(Service::S3);
    if overridden || bucket.contains('.') {
        return format!("{url}/{bucket}");
    }
    let region = signed.region();
    format!("https://{bucket}.s3.{region}.{}", domain(region))
}

fn request(operation: &'static str, method: &'static str, url: String, body: Vec<u8>) -> Request {
    Request { service: Service::S3, operation, method, url, headers: Vec::new(), body }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Undoes `encoding-type=url`, in which a space may be `+`.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = tail.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let byte = hex.filter(|_| *first == b'%').and_then(|digits| u8::from_str_radix(digits, 16).ok());
        rest = if byte.is_some() { &tail[2..] } else { tail };
        bytes.push(byte.unwrap_or(if *first == b'+' { b' ' } else { *first }));
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_and_markers_are_read_with_the_next_page() {
        let body = br#"<ListVersionsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
            <IsTruncated>true</IsTruncated><NextKeyMarker>b%2Fc+d</NextKeyMarker><NextVersionIdMarker>v9</NextVersionIdMarker>
            <Version><Key>a%26b</Key><VersionId>v1</VersionId></Version>
            <DeleteMarker><Key>b</Key><VersionId>null</VersionId></DeleteMarker></ListVersionsResult>"#;
        let page = read_versions(body).unwrap();
        let version = |key: &str, id: &str| ObjectVersion { key: key.into(), version_id: id.into() };
        assert_eq!(page.items, [version("a&b", "v1"), version("b", "null")]);
        assert_eq!(page.next_token.as_deref(), Some("b/c d\nv9"));
        assert!(read_versions(b"<ListVersionsResult>").is_none());
    }

    #[test]
    fn what_was_not_deleted_is_an_error() {
        assert_eq!(read_deleted(b"<DeleteResult/>"), Ok(()));
        let body = b"<DeleteResult><Error><Key>a</Key><Code>AccessDenied</Code><Message>Denied</Message></Error></DeleteResult>";
        let error = read_deleted(body).unwrap_err();
        assert_eq!((error.kind, error.message.as_str()), (ErrorKind::AccessDenied, "Denied (a)"));
    }
}
