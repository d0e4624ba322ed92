//! Whether the conditions of a policy's statement hold for a request, as far as IAM's documentation and the template say.
//!
//! Source: AWS Identity and Access Management User Guide, "AWS global condition context keys" (when each key is in a request)
//! and "IAM JSON policy elements: Condition operators" (what an operator makes of a key that isn't there).

use crate::cfn::evaluate::{Data, Evaluated, Origin};

use super::permission::{Token, matches, tokens, wildcards};
use super::{Answer, many, pieces};

/// What a request has under a condition key.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Fact<'t> {
    /// The key isn't in the request.
    Absent,
    /// Texts that stand for the value: what is known, and unknown values by their origin.
    Is(Vec<Token<'t>>),
    /// The value depends on what isn't in the template.
    Unknown,
}

impl<'t> Fact<'t> {
    pub(super) fn text(text: &str) -> Self {
        Self::Is(text.chars().map(Token::Char).collect())
    }

    pub(super) fn of_value(value: &Evaluated<'t>) -> Self {
        if value.data.pieces().is_some() { Self::Is(tokens(&pieces(value))) } else { Self::Unknown }
    }

    /// What is known of the value.
    pub(super) fn tokens(self) -> Vec<Token<'t>> {
        if let Self::Is(tokens) = self { tokens } else { vec![Token::Any] }
    }

    pub(super) fn pseudo(name: &'static str, known: Option<&str>) -> Self {
        known.map_or_else(|| Self::Is(vec![Token::Value(Origin::Pseudo(name))]), Self::text)
    }
}

/// Whether each condition of a statement holds. `fact` tells what the request has under a key in lower case.
pub(super) fn holds<'t>(condition: &Evaluated<'t>, fact: impl Fn(&str) -> Fact<'t>) -> Answer {
    let Data::Object(operators) = &condition.data else { return Answer::Unknown };
    let answers = operators.iter().flat_map(|(operator, keys)| match &keys.data {
        Data::Object(keys) => {
            let each = keys.iter().map(|(key, values)| operate(operator, &fact(&key.to_lowercase()), values));
            each.collect::<Vec<_>>()
        }
        _ => vec![Answer::Unknown],
    });
    answers.min().unwrap_or(Answer::Yes)
}

/// One operator on one key.
fn operate<'t>(operator: &str, fact: &Fact<'t>, values: &Evaluated<'t>) -> Answer {
    let name = operator.to_lowercase();
    let (of_all, name) = match name.split_once(':') {
        Some(("forallvalues", name)) => (true, name),
        Some(("foranyvalue", name)) => (false, name),
        Some(_) => return Answer::Unknown,
        None => (false, name.as_str()),
    };
    let (if_exists, name) = name.strip_suffix("ifexists").map_or((false, name), |name| (true, name));
    if name == "null" {
        let wanted = many(Some(values)).iter().map(Evaluated::boolean);
        let is = |absent: bool| {
            let each =
                wanted.clone().map(|wanted| wanted.map_or(Answer::Unknown, |it| Answer::of(it == absent)));
            each.max().unwrap_or(Answer::Unknown)
        };
        return match fact {
            Fact::Absent => is(true),
            Fact::Is(_) => is(false),
            Fact::Unknown => Answer::Unknown,
        };
    }
    let is_negated = name.contains("not");
    match fact {
        Fact::Unknown => Answer::Unknown,
        // What isn't there equals nothing.
        Fact::Absent => Answer::of(if_exists || of_all || is_negated),
        Fact::Is(value) => {
            let each = many(Some(values)).iter().map(|pattern| compare(name, value, pattern));
            let any = each.max().unwrap_or(Answer::Unknown);
            if is_negated { not(any) } else { any }
        }
    }
}

fn not(answer: Answer) -> Answer {
    match answer {
        Answer::No => Answer::Yes,
        Answer::Unknown => Answer::Unknown,
        Answer::Yes => Answer::No,
    }
}

/// Whether a value is what one pattern says, a negation aside.
fn compare<'t>(operator: &str, value: &[Token<'t>], pattern: &Evaluated<'t>) -> Answer {
    if pattern.data.pieces().is_none() {
        return Answer::Unknown;
    }
    let pattern = tokens(&pieces(pattern));
    // A policy variable.
    if pattern.windows(2).any(|pair| *pair == [Token::Char('$'), Token::Char('{')]) {
        return Answer::Unknown;
    }
    match operator {
        "stringequals" | "stringnotequals" => matched(&pattern, value),
        "stringequalsignorecase" | "stringnotequalsignorecase" | "bool" => {
            matched(&lower(&pattern), &lower(value))
        }
        "stringlike" | "stringnotlike" => matched(&wildcards(pattern), value),
        "arnequals" | "arnlike" | "arnnotequals" | "arnnotlike" => arn_matched(&wildcards(pattern), value),
        _ => Answer::Unknown,
    }
}

fn matched(pattern: &[Token<'_>], value: &[Token<'_>]) -> Answer {
    if matches(pattern, value, true) {
        return Answer::Yes;
    }
    Answer::of(matches(pattern, value, false)).min(Answer::Unknown)
}

/// The six parts of an ARN are compared one by one. What has fewer may be one by an unknown value.
fn arn_matched(pattern: &[Token<'_>], value: &[Token<'_>]) -> Answer {
    let parts = |tokens: &[Token<'_>]| tokens.iter().filter(|token| **token == Token::Char(':')).count();
    let whole = matched(pattern, value);
    if parts(pattern) < 5 || parts(value) < 5 {
        return if pattern == value { Answer::Yes } else { whole.min(Answer::Unknown) };
    }
    let is_colon = |token: &Token<'_>| *token == Token::Char(':');
    let each = pattern.splitn(6, is_colon).zip(value.splitn(6, is_colon));
    each.map(|(pattern, value)| matched(pattern, value)).min().unwrap_or(Answer::Unknown)
}

fn lower<'t>(tokens: &[Token<'t>]) -> Vec<Token<'t>> {
    let lower = |token: &Token<'t>| match token {
        Token::Char(one) => Token::Char(one.to_ascii_lowercase()),
        other => other.clone(),
    };
    tokens.iter().map(lower).collect()
}
