//! What is known of the stack that a template becomes.

use std::collections::BTreeMap;

/// What is known of the stack that a template becomes. Everything else is unknown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settings {
    /// Its region, such as `us-east-1`.
    pub region: Option<String>,
    /// The account's 12 digits.
    pub account: Option<String>,
    /// Its name.
    pub stack_name: Option<String>,
    /// Values that are given to parameters, lists with commas.
    pub parameters: BTreeMap<String, String>,
}

/// Prefixes of regions, their partitions and domains; other regions are those of the public partition.
///
/// Source: AWS General Reference, "Partitions"; botocore, `partitions.json`.
const PARTITIONS: [(&str, &str, &str); 8] = [
    ("cn-", "aws-cn", "amazonaws.com.cn"),
    ("us-gov-", "aws-us-gov", "amazonaws.com"),
    ("us-isob-", "aws-iso-b", "sc2s.sgov.gov"),
    ("us-isof-", "aws-iso-f", "csp.hci.ic.gov"),
    ("us-iso-", "aws-iso", "c2s.ic.gov"),
    ("eu-isoe-", "aws-iso-e", "cloud.adc-e.uk"),
    ("eusc-", "aws-eusc", "amazonaws.eu"),
    ("", "aws", "amazonaws.com"),
];

impl Settings {
    /// The partition that the region is in.
    pub fn partition(&self) -> Option<&'static str> {
        self.place().map(|(_, partition, _)| partition)
    }

    /// The domain of the partition's services.
    pub fn url_suffix(&self) -> Option<&'static str> {
        self.place().map(|(.., suffix)| suffix)
    }

    fn place(&self) -> Option<(&'static str, &'static str, &'static str)> {
        let region = self.region.as_deref()?;
        PARTITIONS.into_iter().find(|(prefix, ..)| region.starts_with(prefix))
    }

    /// The value of a pseudo parameter, if it is known.
    pub(super) fn pseudo_parameter(&self, name: &str) -> Option<&str> {
        match name {
            "AWS::Region" => self.region.as_deref(),
            "AWS::AccountId" => self.account.as_deref(),
            "AWS::StackName" => self.stack_name.as_deref(),
            "AWS::Partition" => self.partition(),
            "AWS::URLSuffix" => self.url_suffix(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_follow_from_regions() {
        let in_region = |region: &str| Settings { region: Some(region.to_owned()), ..Settings::default() };
        assert_eq!(in_region("ap-northeast-1").partition(), Some("aws"));
        assert_eq!(in_region("cn-north-1").url_suffix(), Some("amazonaws.com.cn"));
        assert_eq!(in_region("us-gov-west-1").partition(), Some("aws-us-gov"));
        assert_eq!(in_region("us-isob-east-1").partition(), Some("aws-iso-b"));
        assert_eq!(Settings::default().partition(), None);
    }
}
