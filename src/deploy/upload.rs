//! How a template goes to CloudFormation: in the request, or through a bucket where it is too large for that.

use super::api::{ApiError, Stack, TemplateSource};
use super::digest::Digest;
use super::event::Event;
use super::outcome::{Ending, Outcome};
use super::request::Upload;
use super::run::{Patience, Run};
use super::stopping::{Stop, api_failure, ended};
use crate::assembly::{INLINE_LIMIT_BYTES, minified};
use crate::cfn::Template;

/// Largest template that CloudFormation takes from a bucket, in bytes.
///
/// Source: AWS CloudFormation User Guide, "CloudFormation quotas": template body size in an S3 object.
const UPLOAD_LIMIT_BYTES: usize = 1_048_576;

/// Where templates lie in the stack's own bucket; no task may read or write there.
const FOLDER: &str = ".cfn/";

impl Run<'_> {
    /// The template as it is sent.
    pub(super) async fn template_source(
        &mut self,
        template: &Template,
        upload: &Upload,
        stack: Option<&Stack>,
    ) -> Result<TemplateSource, Stop> {
        let body = template_text(template);
        if body.len() <= INLINE_LIMIT_BYTES {
            return Ok(TemplateSource::Body(body));
        }
        if body.len() > UPLOAD_LIMIT_BYTES {
            return ended(
                Ending::Failed,
                format!(
                    "the template has {} bytes; CloudFormation takes {UPLOAD_LIMIT_BYTES} at most",
                    body.len()
                ),
            );
        }
        let (bucket, prefix) = match upload {
            Upload::Bucket { name, prefix } => (name.clone(), prefix.as_str()),
            Upload::OwnBucket(logical_id) => (self.own_bucket(logical_id, stack, body.len()).await?, FOLDER),
        };
        let key = format!("{prefix}{}.template", Digest::default().with(&body).hex(32));
        let services = self.services();
        // The key is the content's digest: uploading it again changes nothing, and gives the address.
        self.check_interrupt().await?;
        let answer = self.call(Patience::Short, || services.put_object(&bucket, &key, body.as_bytes())).await;
        let address = answer.map_err(|stop| match stop {
            Stop::Api(error) => refused(&error, &bucket, prefix, upload),
            other => other,
        })?;
        self.tell(Event::Uploaded { bucket, key, bytes: body.len() });
        Ok(TemplateSource::Url(address))
    }

    async fn own_bucket(
        &mut self,
        logical_id: &str,
        stack: Option<&Stack>,
        bytes: usize,
    ) -> Result<String, Stop> {
        if let Some(stack) = stack {
            let resources = self.resources(&stack.id).await?;
            let bucket = resources.into_iter().find(|resource| {
                resource.logical_id == logical_id && resource.resource_type == "AWS::S3::Bucket"
            });
            if let Some(name) = bucket.and_then(|bucket| bucket.physical_id) {
                return Ok(name);
            }
        }
        let message = format!(
            "the template has {bytes} bytes, more than the {INLINE_LIMIT_BYTES} that a request takes, and the stack has no bucket {logical_id}"
        );
        Err(Outcome::new(Ending::Usage, message)
            .next("name a bucket for templates with `--upload-to BUCKET`")
            .into())
    }
}

fn refused(error: &ApiError, bucket: &str, prefix: &str, upload: &Upload) -> Stop {
    let mut outcome = api_failure(error);
    outcome.message =
        format!("the template can't be uploaded to s3://{bucket}/{prefix}: {}", outcome.message);
    let what = match upload {
        Upload::Bucket { .. } => {
            "name a bucket of the stack's region that you may write to with `--upload-to BUCKET`"
        }
        Upload::OwnBucket(_) => "name another bucket for templates with `--upload-to BUCKET`",
    };
    outcome.next(what).into()
}

/// The text of a template that counts for digests.
pub(super) fn template_text(template: &Template) -> String {
    minified(template)
}
