//! What texts of AWS look like: account numbers, ids, ARNs, names. Nothing here knows what they are for.

/// An ARN, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Arn<'a> {
    pub(crate) service: &'a str,
    pub(crate) region: &'a str,
    pub(crate) account: &'a str,
    pub(crate) resource: &'a str,
}

impl<'a> Arn<'a> {
    /// Takes `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE` apart. `None` if it isn't one.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        let is_partition = |text: &str| text == "aws" || text.starts_with("aws-");
        (parts.next()? == "arn").then_some(())?;
        parts.next().filter(|text| is_partition(text))?;
        let (service, region, account, resource) =
            (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let is_account = account.is_empty() || account == "aws" || is_account(account);
        let is_clean = !text.contains(char::is_whitespace) && !service.is_empty() && !resource.is_empty();
        (is_account && is_clean).then_some(Self { service, region, account, resource })
    }
}

/// Whether a text is an account number.
pub(in crate::config) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a text looks like a region: `us-east-1`, `us-gov-west-1`, `eusc-de-east-1`.
pub(super) fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [first, middle @ .., number] = parts.as_slice() else { return false };
    let is_word = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    (2..=4).contains(&first.len())
        && is_word(first)
        && (1..=2).contains(&middle.len())
        && middle.iter().all(|part| is_word(part))
        && matches!(number.as_bytes(), [b'1'..=b'9'])
}

/// Whether a text is the prefix and 8 to 17 hexadecimal digits: `vpc-0a1b2c3d4e5f60001`.
pub(super) fn is_id(text: &str, prefix: &str) -> bool {
    text.strip_prefix(prefix).is_some_and(|digits| {
        (8..=17).contains(&digits.len())
            && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    })
}

/// Whether a text is the id of a hosted zone.
pub(super) fn is_zone_id(text: &str) -> bool {
    text.starts_with('Z')
        && (2..=32).contains(&text.len())
        && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'Z'))
}

/// Whether a text is lowercase letters and digits with single hyphens between.
pub(super) fn is_kebab(text: &str) -> bool {
    let is_word = |word: &str| {
        !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    text.split('-').all(is_word)
}

/// Whether a text is a domain name of two labels or more, in lowercase.
pub(super) fn is_domain(text: &str) -> bool {
    text.len() <= 253 && text.contains('.') && text.split('.').all(is_label)
}

/// Whether a text is one label of a domain name.
fn is_label(text: &str) -> bool {
    text.len() <= 63
        && !text.starts_with('-')
        && !text.ends_with('-')
        && !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// Whether a text is a sender: `a@b.example`, or `Name <a@b.example>`.
pub(super) fn is_sender(text: &str) -> bool {
    let address = match text.split_once('<') {
        Some((_, rest)) => match rest.strip_suffix('>') {
            Some(address) => address,
            None => return false,
        },
        None => text,
    };
    let is_local = |local: &str| {
        !local.is_empty()
            && !local.contains(|c: char| c.is_whitespace() || c.is_control() || "<>@,;".contains(c))
    };
    address
        .rsplit_once('@')
        .is_some_and(|(local, domain)| is_local(local) && is_domain(&domain.to_lowercase()))
}

/// What the name of a bucket may be, for who wrote something else.
pub(super) const BUCKET_NAMES: &str = "write 3 to 63 lowercase letters, digits, dots and hyphens, a letter or digit first and last, without s3:// or arn:";

/// Whether a text is the name of a bucket.
///
/// Source: Amazon S3 User Guide, "General purpose bucket naming rules".
pub(crate) fn is_bucket(text: &str) -> bool {
    (3..=63).contains(&text.len())
        && text.split('.').all(is_label)
        && !text.starts_with("xn--")
        && text.parse::<std::net::Ipv4Addr>().is_err()
}

/// Whether a text is the tag of an image.
///
/// Source: Open Container Initiative, Distribution Specification, "Pulling manifests".
pub(super) fn is_image_tag(text: &str) -> bool {
    let is_first = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.len() <= 128
        && text.starts_with(is_first)
        && text.chars().all(|c| is_first(c) || c == '.' || c == '-')
}

/// Whether a text is the name of a parameter in Parameter Store, from `/` on.
pub(super) fn is_parameter_name(text: &str) -> bool {
    text.starts_with('/')
        && text.len() <= 1011
        && !text.ends_with('/')
        && !text.contains("//")
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "_.-/".contains(c))
}

/// Whether a text is the name of a secret.
pub(super) fn is_secret_name(text: &str) -> bool {
    (1..=512).contains(&text.len())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "/_+=.@-".contains(c))
}

/// Whether a text is an identifier of PostgreSQL that RDS takes: a letter, then letters, digits and underscores.
pub(super) fn is_identifier(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// The word under which constructs are filed: `plugin_daemon` and `plugin-daemon` are both `plugindaemon`.
pub(super) fn folded(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(is: fn(&str) -> bool, good: &[&str], bad: &[&str]) {
        for text in good {
            assert!(is(text), "{text} should fit");
        }
        for text in bad {
            assert!(!is(text), "{text} should not fit");
        }
    }

    #[test]
    fn arns() {
        let arn = Arn::parse("arn:aws:rds:us-east-1:123456789012:cluster-snapshot:rds:a-2024").unwrap();
        assert_eq!((arn.service, arn.region, arn.account), ("rds", "us-east-1", "123456789012"));
        assert_eq!(arn.resource, "cluster-snapshot:rds:a-2024");
        assert!(Arn::parse("arn:aws-cn:s3:::bucket").is_some());
        for bad in [
            "",
            "arn",
            "arn:aws:s3",
            "arn:aws:acm:us-east-1:12:certificate/x",
            "arn:awsx:a:b::c",
            "arn:aws:a:b:: c",
        ] {
            assert_eq!(Arn::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn ids_and_numbers() {
        check(
            is_account,
            &["123456789012", "012345678901"],
            &["", "12345678901", "1234567890123", "12345678901a"],
        );
        check(
            is_region,
            &["us-east-1", "ap-northeast-1", "us-gov-west-1", "eusc-de-east-1", "mx-central-1"],
            &[
                "",
                "us-east",
                "us-east-0",
                "us-east-11",
                "US-EAST-1",
                "us--1",
                "tokyo",
                "us-east-1a",
                "a-b-c-d-1",
            ],
        );
        check(
            |text| is_id(text, "vpc-"),
            &["vpc-0a1b2c3d4e5f60001", "vpc-12345678"],
            &["vpc-", "vpc-1234567", "vpc-0A1B2C3D", "subnet-12345678", "vpc-0a1b2c3d4e5f600011"],
        );
        check(is_zone_id, &["Z0A1B2C3D4E5F6", "Z2"], &["Z", "0Z1", "Z0a", "/hostedzone/Z1"]);
    }

    #[test]
    fn names() {
        check(is_kebab, &["dify", "a-1", "1a"], &["", "-a", "a-", "a--b", "A", "a_b", "é"]);
        check(
            is_domain,
            &["dify.example.com", "a-b.c", "xn--bcher-kva.example"],
            &[
                "localhost",
                "",
                ".a",
                "a.",
                "-a.b",
                "Dify.example.com",
                "*.example.com",
                "https://a.b",
                "a_b.c",
            ],
        );
        check(
            is_sender,
            &["no-reply@example.com", "Dify <no-reply@example.com>", "a+b@x.y"],
            &["", "example.com", "@x.y", "a@b", "a b@x.y", "Dify <a@x.y", "a@b@x.y"],
        );
        check(
            is_bucket,
            &["abc", "a.b-c"],
            &["ab", "Abc", "a_b", "-ab", "ab.", "a..b", "192.168.0.1", "xn--abc"],
        );
        check(is_image_tag, &["1.17.1", "latest", "0.6.10-local"], &["", "-a", ".a", "a b", "a:b", "a/b"]);
        check(is_parameter_name, &["/a", "/a/b.c-d_e"], &["a", "/", "/a/", "/a//b", "/a b", ""]);
        check(is_secret_name, &["dify/prd", "a+b=c@d"], &["", "a b", "a:b"]);
        check(is_identifier, &["dify", "dify_plugin", "D1"], &["", "1a", "_a", "a-b", "a.b", "a b"]);
    }
}
