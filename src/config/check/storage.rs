//! The bucket for files.

use super::Findings;
use super::format::{BUCKET_NAMES, is_bucket};

pub(super) fn check(findings: &mut Findings<'_>) {
    if let Some(bucket) = &findings.config.storage.bucket
        && !is_bucket(bucket)
    {
        findings.format("/storage/bucket", bucket, "the name of a bucket", BUCKET_NAMES);
    }
}
