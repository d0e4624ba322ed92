//! Whether a resource of a statement can be one of those that an action is about.

use crate::cfn::evaluate::{Evaluated, Origin, Piece, Unknown};
use crate::validate::wiring::model::{View, pieces};

/// A part of the pattern that a `Resource` is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Token {
    Char(u8),
    /// Any text.
    Any,
    /// A text without a colon and a slash.
    Name,
}

/// Types whose attribute `Arn`, or whose `Ref`, is an ARN: what stands in it before and after the name.
const FORMS: &[(&str, &str)] = &[
    ("AWS::S3::Bucket", "arn:$:s3:::$"),
    ("AWS::SecretsManager::Secret", "arn:$:secretsmanager:$:$:secret:*"),
    ("AWS::SSM::Parameter", "arn:$:ssm:$:$:parameter/*"),
    ("AWS::Logs::LogGroup", "arn:$:logs:$:$:log-group:*:*"),
    ("AWS::KMS::Key", "arn:$:kms:$:$:key/$"),
    ("AWS::ECR::Repository", "arn:$:ecr:$:$:repository/*"),
    ("AWS::IAM::Role", "arn:$:iam::$:role/*"),
    ("AWS::SNS::Topic", "arn:$:sns:$:$:$"),
    ("AWS::SQS::Queue", "arn:$:sqs:$:$:$"),
    ("AWS::ECS::Cluster", "arn:$:ecs:$:$:cluster/$"),
    ("AWS::ECS::Service", "arn:$:ecs:$:$:service/*"),
    ("AWS::ECS::TaskDefinition", "arn:$:ecs:$:$:task-definition/*"),
    ("AWS::RDS::DBCluster", "arn:$:rds:$:$:cluster:$"),
    ("AWS::EFS::FileSystem", "arn:$:elasticfilesystem:$:$:file-system/$"),
    ("AWS::EFS::AccessPoint", "arn:$:elasticfilesystem:$:$:access-point/$"),
];

/// Types whose `Ref` is their ARN.
const REF_IS_ARN: [&str; 4] =
    ["AWS::SecretsManager::Secret", "AWS::SNS::Topic", "AWS::ECS::Service", "AWS::ECS::TaskDefinition"];

/// The form of an unknown part: of an attribute the form of its ARN, of a name a name.
fn form(view: &View<'_, '_>, unknown: &Unknown<'_>) -> Vec<Token> {
    let (id, is_arn) = match &unknown.origin {
        Origin::Attribute(id, attribute) => (*id, attribute == "Arn"),
        Origin::Resource(id) => {
            let is_arn = view.get(id).is_some_and(|item| REF_IS_ARN.iter().any(|name| item.is(name)));
            if !is_arn && view.get(id).is_some_and(|item| item.is("AWS::S3::Bucket")) {
                return vec![Token::Name];
            }
            (*id, is_arn)
        }
        Origin::Pseudo(_) => return vec![Token::Name],
        _ => return vec![Token::Any],
    };
    let known = view.get(id).and_then(|item| FORMS.iter().find(|(name, _)| item.is(name)));
    match known {
        Some((_, form)) if is_arn => tokens(form, |byte| byte == b'$'),
        _ => vec![Token::Any],
    }
}

fn tokens(text: &str, is_name: impl Fn(u8) -> bool) -> Vec<Token> {
    let token = |byte| match byte {
        b'*' | b'?' => Token::Any,
        byte if is_name(byte) => Token::Name,
        byte => Token::Char(byte),
    };
    text.bytes().map(token).collect()
}

/// No ARN is longer: AWS allows 2,048 characters.
const LONGEST: usize = 2048;

/// The pattern that a `Resource` of a statement is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Pattern(Vec<Token>);

impl Pattern {
    pub(super) fn of(view: &View<'_, '_>, resource: &Evaluated<'_>) -> Self {
        let mut pattern = Vec::new();
        for piece in pieces(resource) {
            match piece {
                Piece::Text(text) => pattern.extend(tokens(&text, |_| false)),
                Piece::Unknown(unknown) => pattern.extend(form(view, &unknown)),
            }
        }
        Self(pattern)
    }

    /// Whether it may match an ARN of one of the forms.
    pub(super) fn may_match(&self, forms: &str) -> bool {
        self.0.len() > LONGEST
            || self.0.is_empty()
            || forms.split(' ').any(|form| have_common(&self.0, &tokens(form, |_| false)))
    }
}

/// Whether some text fits both.
fn have_common(one: &[Token], other: &[Token]) -> bool {
    // Most differ in the name of the service, soon after the beginning.
    let equal = |(one, other): &(&Token, &Token)| matches!(one, Token::Char(_)) && one == other;
    let begin = one.iter().zip(other).take_while(equal).count();
    let (one, other) = (&one[begin..], &other[begin..]);
    if let ([Token::Char(_), ..], [Token::Char(_), ..]) = (one, other) {
        return false;
    }
    // reached[j]: what was read of the first and the first j tokens of the second have a common text.
    let skip = |reached: &mut Vec<bool>| {
        for (index, token) in other.iter().enumerate() {
            reached[index + 1] |= reached[index] && !matches!(token, Token::Char(_));
        }
    };
    let mut reached = vec![false; other.len() + 1];
    reached[0] = true;
    skip(&mut reached);
    let mut next = vec![false; other.len() + 1];
    for token in one {
        let Some(first) = reached.iter().position(|one| *one) else { return false };
        let last = reached.iter().rposition(|one| *one).unwrap_or(first);
        next.fill(false);
        match token {
            Token::Char(byte) => {
                for index in first..other.len().min(last + 1) {
                    if reached[index] {
                        match other[index] {
                            Token::Char(own) => next[index + 1] |= own == *byte,
                            // The open part takes the character and may go on.
                            Token::Any => next[index] = true,
                            Token::Name => next[index] |= !matches!(byte, b':' | b'/'),
                        }
                    }
                }
            }
            Token::Any | Token::Name => {
                let mut open = false;
                for index in first..=other.len() {
                    open |= reached[index];
                    if !open && index > last {
                        break;
                    }
                    next[index] = open;
                    if *token == Token::Name && matches!(other.get(index), Some(Token::Char(b':' | b'/'))) {
                        open = false;
                    }
                }
            }
        }
        skip(&mut next);
        std::mem::swap(&mut reached, &mut next);
    }
    reached[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn common(one: &str, other: &str) -> bool {
        have_common(&tokens(one, |byte| byte == b'$'), &tokens(other, |byte| byte == b'$'))
    }

    #[test]
    fn patterns_with_a_common_text_are_told() {
        assert!(common("arn:aws:s3:::bucket/*", "arn:*:s3:::*/*"));
        assert!(common("arn:aws:s3:::b*", "arn:*:s3:::*/*"));
        assert!(common("*", "arn:*:s3:::*/*"));
        assert!(common("arn:*", "arn:*:ecr:*:*:repository/*"));
        assert!(!common("arn:aws:s3:::bucket", "arn:*:s3:::*/*"));
        assert!(!common("arn:$:s3:::$", "arn:*:s3:::*/*"));
        assert!(common("arn:$:s3:::$/files/*", "arn:*:s3:::*/*"));
        assert!(!common("arn:aws:sqs:us-east-1:1:q", "arn:*:sns:*:*:*"));
        assert!(common("", "*") && !common("", "a") && !common("a", ""));
    }
}
