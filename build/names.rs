//! How names of CloudFormation become names of Rust.

use std::collections::BTreeSet;

/// Words whose spelling hides where they end.
const WHOLE_WORDS: &[&str] = &["WAFv2", "FSx", "IoT", "OAuth", "IPv4", "IPv6", "MySQL", "PostgreSQL", "GiB"];

/// The keywords of Rust, of all editions, and `self` and its like.
const KEYWORDS: &[&str] = &[
    "Self", "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do",
    "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop",
    "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static",
    "struct", "super", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual",
    "where", "while", "yield",
];

/// `db_cluster_identifier` of `DBClusterIdentifier`; keywords get a `_` behind.
pub(crate) fn snake(name: &str) -> String {
    identifier(words(name).join("_"), "n")
}

/// `DbCluster` of `DBCluster`; keywords get a `_` behind.
pub(crate) fn camel(name: &str) -> String {
    let name: String = words(name).iter().map(|word| capitalized(word)).collect();
    identifier(name, "N")
}

/// The text as an identifier: not empty, not beginning with a digit, no keyword.
fn identifier(mut text: String, before_digit: &str) -> String {
    if text.starts_with(|first: char| first.is_ascii_digit()) {
        text.insert_str(0, before_digit);
    }
    if text.is_empty() || KEYWORDS.contains(&text.as_str()) {
        text.push('_');
    }
    text
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

/// The words of a name in lower case: runs of capitals are one word, whose last capital begins the next if a small
/// letter follows (`DBCluster`: `db`, `cluster`), a plural `s` excepted (`VPCs`: `vpcs`).
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let letters: Vec<char> = name.chars().collect();
    let mut at = 0;
    let mut begin = true;
    while at < letters.len() {
        let rest: String = letters[at..].iter().collect();
        let in_capitals = at > 0 && letters[at - 1].is_ascii_uppercase();
        if let Some(whole) = WHOLE_WORDS.iter().find(|whole| !in_capitals && is_word_at(&rest, whole)) {
            words.push(whole.to_ascii_lowercase());
            at += whole.chars().count();
            begin = true;
            continue;
        }
        let letter = letters[at];
        if !letter.is_ascii_alphanumeric() {
            begin = true;
            at += 1;
            continue;
        }
        if begin || begins_word(&letters, at) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.push(letter.to_ascii_lowercase());
        }
        begin = false;
        at += 1;
    }
    words
}

/// Whether the text begins with the word and goes on with another.
fn is_word_at(rest: &str, word: &str) -> bool {
    rest.strip_prefix(word).is_some_and(|after| !after.starts_with(|next: char| next.is_ascii_lowercase()))
}

fn begins_word(letters: &[char], at: usize) -> bool {
    if !letters[at].is_ascii_uppercase() {
        return false;
    }
    let after_capital = letters[at - 1].is_ascii_uppercase();
    let next_is_small = letters.get(at + 1).is_some_and(char::is_ascii_lowercase);
    !after_capital || (next_is_small && !is_plural(letters, at + 1))
}

/// Whether the letter there is the `s` of a plural like `ARNs`: an `s` with a word's end behind.
fn is_plural(letters: &[char], at: usize) -> bool {
    letters[at] == 's' && letters.get(at + 1).is_none_or(|next| !next.is_ascii_lowercase())
}

/// The name, or with a number behind if it is taken; taken from now on.
pub(crate) fn distinct(name: &str, taken: &mut BTreeSet<String>) -> String {
    let mut free = name.to_owned();
    let mut number = 2;
    while !taken.insert(free.clone()) {
        free = format!("{name}_{number}");
        number += 1;
    }
    free
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acronyms_are_one_word() {
        let names = [
            ("DBClusterIdentifier", "db_cluster_identifier", "DbClusterIdentifier"),
            ("KMSKeyId", "kms_key_id", "KmsKeyId"),
            ("KMSMasterKeyID", "kms_master_key_id", "KmsMasterKeyId"),
            (
                "EnableIAMDatabaseAuthentication",
                "enable_iam_database_authentication",
                "EnableIamDatabaseAuthentication",
            ),
            ("VpcSecurityGroupIds", "vpc_security_group_ids", "VpcSecurityGroupIds"),
            ("VPCs", "vpcs", "Vpcs"),
            ("ELBTargetARNs", "elb_target_arns", "ElbTargetArns"),
            ("S3BucketName", "s3_bucket_name", "S3BucketName"),
            ("EnableDns64", "enable_dns64", "EnableDns64"),
            ("AssignIpv6AddressOnCreation", "assign_ipv6_address_on_creation", "AssignIpv6AddressOnCreation"),
            ("IPv6Only", "ipv6_only", "Ipv6Only"),
            ("FSxWindowsFileServer", "fsx_windows_file_server", "FsxWindowsFileServer"),
            ("SizeInGiB", "size_in_gib", "SizeInGib"),
            ("ElasticLoadBalancingV2", "elastic_load_balancing_v2", "ElasticLoadBalancingV2"),
            ("WAFv2", "wafv2", "Wafv2"),
            ("Route53", "route53", "Route53"),
            ("Endpoint.Address", "endpoint_address", "EndpointAddress"),
        ];
        for (name, snake_case, camel_case) in names {
            assert_eq!((snake(name).as_str(), camel(name).as_str()), (snake_case, camel_case));
        }
    }

    #[test]
    fn every_name_is_an_identifier() {
        assert_eq!((snake("Type"), camel("type")), ("type_".to_owned(), "Type".to_owned()));
        assert_eq!(camel("Self"), "Self_");
        assert_eq!(camel("s3:ObjectCreated:*"), "S3ObjectCreated");
        assert_eq!(camel("4xx"), "N4xx");
        assert_eq!((snake("42"), snake("")), ("n42".to_owned(), "_".to_owned()));
    }

    #[test]
    fn taken_names_get_a_number() {
        let mut taken = BTreeSet::new();
        let names: Vec<_> = ["a", "a", "b", "a"].map(|name| distinct(name, &mut taken)).into();
        assert_eq!(names, ["a", "a_2", "b", "a_3"]);
    }
}
