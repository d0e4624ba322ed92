//! Buckets of S3.

use serde_json::json;

use crate::cfn::{Handle, Value};
use crate::concat_values;
use crate::resources::s3::{CfnBucket, CfnBucketPolicy, bucket};

use super::arn::bucket_arn;
use super::kms_key::grant_encrypt_decrypt;
use super::policy::{PolicyDocument, PolicyStatement, Principal};
use super::{Grantable, MAIN, Removal, Scope};

/// Days until the parts of an upload that was never finished are deleted. They cost money and nobody sees them.
const UNFINISHED_UPLOAD_DAYS: u32 = 7;

/// What a [`Bucket`] is.
///
/// Current versions of objects never expire and never move to an archive: not on offer here.
#[derive(Debug, Clone, PartialEq)]
pub struct BucketProps {
    /// A physical name, taken once in the world. `None`: `CloudFormation` makes one up from the stack's.
    pub name: Option<Value<String>>,
    /// ARN of the KMS key that encrypts it. `None`: S3's own keys, at no cost; requests under a customer key cost.
    pub kms_key_arn: Option<Value<String>>,
    /// Whether overwritten and deleted objects can be had back. On; the old versions cost like the new ones.
    pub versioning: bool,
    /// Days until an old version is deleted; never with `None`. 30.
    pub noncurrent_expiration_days: Option<u32>,
    /// Days, at least 30, until an object moves to Standard-IA, which is cheaper to keep and dearer to read; never with
    /// `None`, the default.
    pub standard_ia_after_days: Option<u32>,
    /// What becomes of it. Kept. A deleted one has to be empty first.
    pub removal: Removal,
}

impl Default for BucketProps {
    fn default() -> Self {
        Self {
            name: None,
            kms_key_arn: None,
            versioning: true,
            noncurrent_expiration_days: Some(30),
            standard_ia_after_days: None,
            removal: Removal::Kept,
        }
    }
}

/// A bucket: closed to the public, its objects all the owner's, encrypted, reached by TLS only.
#[derive(Debug, Clone, PartialEq)]
pub struct Bucket {
    handle: Option<Handle<CfnBucket>>,
    name: Value<String>,
    arn: Value<String>,
    kms_key_arn: Option<Value<String>>,
}

impl Bucket {
    /// The bucket at this place of the tree, its policy below it at `Policy`.
    pub fn new(scope: &mut Scope<'_>, props: BucketProps) -> Self {
        if let Some(days) = props.standard_ia_after_days.filter(|days| *days < 30) {
            scope.misuse(
                format!("objects can't move to Standard-IA after {days} days"),
                "choose 30 days or more",
            );
        }
        let resource = CfnBucket {
            bucket_name: props.name.clone(),
            bucket_encryption: Some(encryption(props.kms_key_arn.as_ref()).into()),
            lifecycle_configuration: Some(lifecycle(&props).into()),
            ownership_controls: Some(
                bucket::OwnershipControls::new(vec![bucket::OwnershipControlsRule {
                    object_ownership: Some(bucket::ObjectOwnership::BucketOwnerEnforced.into()),
                }])
                .into(),
            ),
            public_access_block_configuration: Some(
                bucket::PublicAccessBlockConfiguration {
                    block_public_acls: Some(true.into()),
                    block_public_policy: Some(true.into()),
                    ignore_public_acls: Some(true.into()),
                    restrict_public_buckets: Some(true.into()),
                }
                .into(),
            ),
            versioning_configuration: props.versioning.then(|| {
                bucket::VersioningConfiguration::new(bucket::VersioningConfigurationStatus::Enabled).into()
            }),
            ..Default::default()
        };
        let handle = scope.add(MAIN, resource);
        props.removal.apply(scope, &handle);
        let own = Self {
            name: handle.reference(),
            arn: handle.arn(),
            handle: Some(handle),
            kms_key_arn: props.kms_key_arn,
        };
        let policy = scope.add("Policy", CfnBucketPolicy::new(own.name(), own.tls_only()));
        // A kept bucket stays as closed as it was.
        props.removal.apply(scope, &policy);
        own
    }

    /// A bucket that exists, by its name, in the stack's partition. Its settings are left alone.
    pub fn existing(name: impl Into<Value<String>>) -> Self {
        let name = name.into();
        Self { handle: None, arn: bucket_arn(name.clone()), name, kms_key_arn: None }
    }

    /// Its name.
    pub fn name(&self) -> Value<String> {
        self.name.clone()
    }

    /// Its ARN.
    pub fn arn(&self) -> Value<String> {
        self.arn.clone()
    }

    /// The resource, for what this part doesn't offer; `None` for a bucket that exists.
    pub fn handle(&self) -> Option<&Handle<CfnBucket>> {
        self.handle.as_ref()
    }

    /// ARN of the objects whose keys begin with the prefix.
    fn objects(&self, prefix: &str) -> Value<String> {
        concat_values![self.arn(), "/", prefix, "*"]
    }

    /// Lets someone list the bucket's keys, and read, write and delete the objects whose keys begin with one of the
    /// prefixes, or all objects without any.
    ///
    /// The list isn't bound to the prefixes: without the permission to list, S3 answers 403 in place of 404 for what
    /// isn't there, and checks of the bucket itself fail (Amazon S3 API Reference, "`GetObject`", "`HeadBucket`").
    pub fn grant_list_read_write(&self, scope: &mut Scope<'_>, to: &impl Grantable, prefixes: &[&str]) {
        to.grant(scope, &PolicyStatement::allow(["s3:ListBucket"], [self.arn()]));
        let prefixes = if prefixes.is_empty() { &[""] } else { prefixes };
        let objects = prefixes.iter().map(|prefix| self.objects(prefix));
        let actions = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"];
        to.grant(scope, &PolicyStatement::allow(actions, objects));
        if let Some(key) = &self.kms_key_arn {
            grant_encrypt_decrypt(scope, key, to);
        }
    }

    /// Keeps someone from the objects whose keys begin with the prefix, whatever else permits it.
    pub fn deny(&self, scope: &mut Scope<'_>, to: &impl Grantable, prefix: &str) {
        to.grant(scope, &PolicyStatement::deny(["s3:*"], [self.objects(prefix)]));
    }

    /// The policy that refuses plain HTTP.
    ///
    /// Source: Amazon S3 User Guide, "Security best practices for Amazon S3", "Enforce encryption of data in transit".
    fn tls_only(&self) -> PolicyDocument {
        PolicyDocument::new([PolicyStatement::deny(["s3:*"], [self.arn(), self.objects("")])
            .sid("TlsOnly")
            .principal(Principal::Anyone)
            .when(json!({ "Bool": { "aws:SecureTransport": "false" } }))])
    }
}

fn encryption(kms_key_arn: Option<&Value<String>>) -> bucket::BucketEncryption {
    use bucket::ServerSideEncryptionByDefaultSseAlgorithm as Algorithm;
    let mut default = bucket::ServerSideEncryptionByDefault::new(match kms_key_arn {
        Some(_) => Algorithm::AwsKms,
        None => Algorithm::Aes256,
    });
    default.kms_master_key_id = kms_key_arn.cloned();
    bucket::BucketEncryption::new(vec![bucket::ServerSideEncryptionRule {
        server_side_encryption_by_default: Some(default.into()),
        // Asks KMS once for many objects, which costs far less.
        bucket_key_enabled: kms_key_arn.map(|_| true.into()),
        ..Default::default()
    }])
}

fn lifecycle(props: &BucketProps) -> bucket::LifecycleConfiguration {
    let enabled = || bucket::Rule::new(bucket::RuleStatus::Enabled);
    let mut rules = vec![bucket::Rule {
        id: Some("unfinished-uploads".into()),
        abort_incomplete_multipart_upload: Some(
            bucket::AbortIncompleteMultipartUpload::new(UNFINISHED_UPLOAD_DAYS).into(),
        ),
        ..enabled()
    }];
    if let Some(days) = props.noncurrent_expiration_days.filter(|_| props.versioning) {
        rules.push(bucket::Rule {
            id: Some("old-versions".into()),
            noncurrent_version_expiration: Some(bucket::NoncurrentVersionExpiration::new(days).into()),
            ..enabled()
        });
    }
    if let Some(days) = props.standard_ia_after_days {
        let mut transition = bucket::Transition::new("STANDARD_IA");
        transition.transition_in_days = Some(days.into());
        rules.push(bucket::Rule {
            id: Some("standard-ia".into()),
            transitions: Some(vec![transition].into()),
            ..enabled()
        });
    }
    bucket::LifecycleConfiguration::new(rules)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::constructs::testing::{assert_contains, misuses, synth};
    use crate::constructs::{Role, RoleProps, Stack};

    #[test]
    fn is_closed_encrypted_versioned_and_kept() {
        let mut stack = Stack::new();
        Bucket::new(&mut stack.scope().child("Files"), BucketProps::default());
        let resources = synth(stack);
        assert_eq!(
            resources["Files"],
            json!({
                "Type": "AWS::S3::Bucket",
                "DeletionPolicy": "RetainExceptOnCreate",
                "UpdateReplacePolicy": "Retain",
                "Properties": {
                    "BucketEncryption": { "ServerSideEncryptionConfiguration": [
                        { "ServerSideEncryptionByDefault": { "SSEAlgorithm": "AES256" } }
                    ] },
                    "LifecycleConfiguration": { "Rules": [
                        {
                            "Id": "unfinished-uploads",
                            "Status": "Enabled",
                            "AbortIncompleteMultipartUpload": { "DaysAfterInitiation": 7 },
                        },
                        {
                            "Id": "old-versions",
                            "Status": "Enabled",
                            "NoncurrentVersionExpiration": { "NoncurrentDays": 30 },
                        },
                    ] },
                    "OwnershipControls": { "Rules": [{ "ObjectOwnership": "BucketOwnerEnforced" }] },
                    "PublicAccessBlockConfiguration": {
                        "BlockPublicAcls": true, "BlockPublicPolicy": true,
                        "IgnorePublicAcls": true, "RestrictPublicBuckets": true,
                    },
                    "VersioningConfiguration": { "Status": "Enabled" },
                },
            })
        );
        assert_contains(
            &resources["FilesPolicy"],
            &json!({ "DeletionPolicy": "RetainExceptOnCreate", "Properties": {
                "Bucket": { "Ref": "Files" },
                "PolicyDocument": { "Statement": [{
                    "Effect": "Deny", "Principal": "*", "Action": "s3:*",
                    "Resource": [{ "Fn::GetAtt": ["Files", "Arn"] }, { "Fn::Sub": "${Files.Arn}/*" }],
                    "Condition": { "Bool": { "aws:SecureTransport": "false" } },
                }] },
            } }),
        );
    }

    #[test]
    fn a_customer_key_and_its_use_go_together() {
        let mut stack = Stack::new();
        let mut scope = stack.scope();
        let props = BucketProps { kms_key_arn: Some("arn:key".into()), ..Default::default() };
        let bucket = Bucket::new(&mut scope.child("Files"), props);
        let role = Role::new(&mut scope.child("Role"), RoleProps::for_tasks());
        bucket.grant_list_read_write(&mut scope, &role, &[]);
        let resources = synth(stack);
        assert_eq!(
            resources["Files"]["Properties"]["BucketEncryption"]["ServerSideEncryptionConfiguration"],
            json!([{
                "BucketKeyEnabled": true,
                "ServerSideEncryptionByDefault": { "KMSMasterKeyID": "arn:key", "SSEAlgorithm": "aws:kms" },
            }])
        );
        let statements = &resources["Role"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"];
        assert_contains(
            statements,
            &json!([
                { "Action": "s3:ListBucket", "Resource": { "Fn::GetAtt": ["Files", "Arn"] } },
                {
                    "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
                    "Resource": { "Fn::Sub": "${Files.Arn}/*" },
                },
                { "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": "arn:key" },
            ]),
        );
    }

    #[test]
    fn an_existing_bucket_is_granted_by_prefix_and_denied() {
        let mut stack = Stack::new();
        let mut scope = stack.scope();
        let role = Role::new(&mut scope.child("Role"), RoleProps::for_tasks());
        let bucket = Bucket::existing("files-of-old");
        bucket.grant_list_read_write(&mut scope, &role, &["plugins/", "assets/"]);
        bucket.deny(&mut scope, &role, "private/");
        let object = |key| json!({ "Fn::Sub": format!("arn:${{AWS::Partition}}:s3:::files-of-old/{key}") });
        assert_contains(
            &synth(stack)["Role"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"],
            &json!([
                { "Resource": { "Fn::Sub": "arn:${AWS::Partition}:s3:::files-of-old" } },
                { "Effect": "Allow", "Resource": [object("plugins/*"), object("assets/*")] },
                { "Effect": "Deny", "Action": "s3:*", "Resource": object("private/*") },
            ]),
        );
    }

    #[test]
    fn old_objects_move_but_not_too_early() {
        let mut stack = Stack::new();
        let props = |days| BucketProps {
            standard_ia_after_days: Some(days),
            versioning: false,
            ..Default::default()
        };
        Bucket::new(&mut stack.scope().child("Files"), props(60));
        let properties = &synth(stack)["Files"]["Properties"];
        assert!(properties.get("VersioningConfiguration").is_none());
        assert_eq!(
            properties["LifecycleConfiguration"]["Rules"][1]["Transitions"],
            json!([{ "StorageClass": "STANDARD_IA", "TransitionInDays": 60 }])
        );
        let mut stack = Stack::new();
        Bucket::new(&mut stack.scope().child("Files"), props(7));
        assert_eq!(misuses(stack), ["objects can't move to Standard-IA after 7 days"]);
    }
}
