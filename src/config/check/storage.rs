//! The bucket for files.

use super::Findings;
use super::format::is_bucket;

pub(super) fn check(findings: &mut Findings<'_>) {
    if let Some(bucket) = &findings.config.storage.bucket
        && !is_bucket(bucket)
    {
        let help = "write the name alone, without s3:// or arn:";
        findings.format("/storage/bucket", bucket, "the name of a bucket", help);
    }
}
