//! Certificates.

use crate::cfn::{ConditionHandle, Handle, Value};
use crate::resources::certificate_manager::CfnCertificate;
use crate::resources::certificate_manager::certificate::DomainValidationOption;

use super::{MAIN, Scope};

/// A public certificate that ACM issues and renews.
#[derive(Debug, Clone, PartialEq)]
pub struct Certificate {
    handle: Handle<CfnCertificate>,
}

impl Certificate {
    /// A certificate for `domain_name`, validated by a record that ACM's own resource makes in the hosted zone.
    ///
    /// The zone must be public, hold the domain, and belong to the stack's account: else the create waits until it times
    /// out. The validation record stays when the stack goes. `only_if` decides whether the certificate exists.
    /// Source: AWS CloudFormation Template Reference, "`AWS::CertificateManager::Certificate`".
    pub fn dns_validated(
        scope: &mut Scope<'_>,
        domain_name: &Value<String>,
        hosted_zone_id: &Value<String>,
        only_if: Option<&ConditionHandle>,
    ) -> Self {
        let mut certificate = CfnCertificate::new(domain_name.clone());
        certificate.validation_method = Some("DNS".into());
        certificate.domain_validation_options = Some(
            [DomainValidationOption {
                domain_name: Some(domain_name.clone()),
                hosted_zone_id: Some(hosted_zone_id.clone()),
                ..Default::default()
            }]
            .into(),
        );
        let handle = scope.add(MAIN, certificate);
        if let Some(condition) = only_if {
            scope.only_if(&handle, condition);
        }
        Self { handle }
    }

    /// The certificate's ARN.
    pub fn arn(&self) -> Value<String> {
        self.handle.reference()
    }

    /// The resource.
    pub fn handle(&self) -> &Handle<CfnCertificate> {
        &self.handle
    }
}
