//! W180: statements of WAF are ones.

use std::collections::BTreeSet;

use crate::cfn::evaluate::{Data, Evaluated};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;
use crate::validate::wiring::model::{Item, View};

use super::statement::{MATCHES, REFERENCES, Statement, containers, members, statements};

pub(in crate::validate::wiring) static RULE: Rule = Rule {
    code: Code("W180"),
    severity: Severity::Error,
    title: "a statement of a web ACL names one thing to match, and stands where it may",
    what: "A statement, a `FieldToMatch`, a `MatchPattern` and a custom key have exactly one member; `AndStatement` and `OrStatement` hold two statements or more; groups of rules and rate limits stand at the top of a rule; a byte match has one search string, not blank, of at most 200 bytes, for `CONTAINS_WORD` of letters, digits and `_`; transformations have unique priorities and are at most 10, and those before parsing are of query arguments and of their own types; an expression has no look-around, back reference, atomic group, condition, recursion, control verb, possessive quantifier, `\\K` or `\\R`; the names of headers and cookies are unique, that of an argument has at most 30 characters; a statement has at most 50 countries, and a web ACL or a rule group at most 50 references to sets and groups.",
    why: "WAF refuses the web ACL: \"EXACTLY_ONE_CONDITION_REQUIRED\", \"A reference in your rule statement is not valid\", \"Priorities must be unique\".",
    source: "AWS WAF API Reference, \"Statement\"; AWS WAF Developer Guide, \"AWS WAF quotas\"",
    same_as: &[
        "cdk-preflight pf-wafv2-statement-exactly-one",
        "cdk-preflight pf-wafv2-statement-nesting",
        "cdk-preflight pf-wafv2-statement-limits",
        "cdk-preflight pf-wafv2-byte-match",
        "cdk-preflight pf-wafv2-text-transformations",
        "cdk-preflight pf-wafv2-regex-syntax",
    ],
};

/// Statements only right under a rule.
const TOP: [&str; 3] = ["ManagedRuleGroupStatement", "RuleGroupReferenceStatement", "RateBasedStatement"];
/// Types of `PreParseTextTransformations`.
const BEFORE_PARSING: [&str; 5] = [
    "NONE",
    "URL_DECODE",
    "URL_DECODE_UNI",
    "COMBINE_DUPLICATE_QUERY_ARGS_BY_COMMA",
    "REPLACE_SEMICOLONS_WITH_AMPERSANDS",
];
/// References to IP sets, pattern sets and groups in one web ACL.
const MOST_REFERENCES: usize = 50;

/// Collects the findings of one container.
struct Finder<'v, 't, 'f> {
    item: &'v Item<'t>,
    findings: &'f mut Vec<Diagnostic>,
}

impl<'t> Finder<'_, 't, '_> {
    fn refuse(&mut self, value: &Evaluated<'t>, message: &str, help: &str) {
        let message = format!("{message}: WAF refuses the web ACL");
        self.findings.push(self.item.finding_at(&RULE, value, message).help(help));
    }

    /// Whether the object has one member; told if not.
    fn exactly_one(&mut self, what: &str, value: &Evaluated<'t>) {
        let Data::Object(members) = &value.data else { return };
        if members.len() != 1 {
            let message = format!("{what} has {} members, and one is needed", members.len());
            self.refuse(value, &message, "keep one of them");
        }
    }
}

pub(in crate::validate::wiring) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for item in containers(view) {
        let all = statements(item);
        let mut finder = Finder { item, findings };
        for statement in &all {
            finder.exactly_one("the statement", statement.value);
            for (kind, body) in statement.kinds() {
                nesting(&mut finder, statement, kind, body);
                limits(&mut finder, kind, body);
                if MATCHES.contains(kind) {
                    part(&mut finder, kind, body);
                }
            }
        }
        let is_reference = |statement: &&Statement<'_, '_>| {
            REFERENCES.iter().any(|(kind, ..)| statement.body(kind).is_some())
        };
        let references = all.iter().filter(is_reference).count();
        if references > MOST_REFERENCES {
            let message = format!(
                "{references} references to sets and groups, {MOST_REFERENCES} are the most: WAF refuses the web ACL"
            );
            findings.push(item.finding_of(&RULE, "Rules", message).help("take several sets into one"));
        }
    }
}

fn nesting<'t>(
    finder: &mut Finder<'_, 't, '_>,
    statement: &Statement<'_, 't>,
    kind: &str,
    body: &Evaluated<'t>,
) {
    if statement.is_nested && TOP.contains(&kind) {
        finder.refuse(body, &format!("`{kind}` stands in another statement"), "give it a rule of its own");
    }
    let inner = body.get("Statements");
    if matches!(kind, "AndStatement" | "OrStatement") && inner.is_some_and(|inner| inner.unknown().is_none())
    {
        let count = inner.map_or(0, |inner| inner.items().len());
        if count < 2 {
            finder.refuse(
                body,
                &format!("`{kind}` holds {count} statements, two are the least"),
                "write the statement without it",
            );
        }
    }
}

fn limits<'t>(finder: &mut Finder<'_, 't, '_>, kind: &str, body: &Evaluated<'t>) {
    if kind == "GeoMatchStatement" && body.get("CountryCodes").is_some_and(|codes| codes.items().len() > 50) {
        finder.refuse(body, "more than 50 countries in one statement", "divide them between two statements");
    }
    if kind == "RateBasedStatement" {
        for key in body.get("CustomKeys").map(Evaluated::items).unwrap_or_default() {
            finder.exactly_one("the key", key);
            argument(finder, key.at(&["QueryArgument", "Name"]));
            for (_, inner) in members(key) {
                transformations(finder, inner.get("TextTransformations"));
            }
        }
    }
}

fn argument<'t>(finder: &mut Finder<'_, 't, '_>, name: Option<&Evaluated<'t>>) {
    let Some(name) = name else { return };
    if name.text().is_some_and(|text| text.chars().count() > 30) {
        finder.refuse(
            name,
            "the name of the argument has more than 30 characters",
            "match all arguments instead",
        );
    }
}

/// What a statement looks at, and how.
fn part<'t>(finder: &mut Finder<'_, 't, '_>, kind: &str, body: &Evaluated<'t>) {
    if let Some(field) = body.get("FieldToMatch") {
        finder.exactly_one("`FieldToMatch`", field);
        argument(finder, field.at(&["SingleQueryArgument", "Name"]));
        for (component, lists) in [
            ("JsonBody", [""; 2]),
            ("Headers", ["IncludedHeaders", "ExcludedHeaders"]),
            ("Cookies", ["IncludedCookies", "ExcludedCookies"]),
        ] {
            let Some(pattern) = field.at(&[component, "MatchPattern"]) else { continue };
            finder.exactly_one("`MatchPattern`", pattern);
            for list in lists.iter().filter_map(|list| pattern.get(list)) {
                let mut seen = BTreeSet::new();
                for name in list.items() {
                    if name.text().is_some_and(|text| !seen.insert(text.to_lowercase())) {
                        finder.refuse(name, "the name is there twice", "keep one");
                    }
                }
            }
        }
    }
    transformations(finder, body.get("TextTransformations"));
    if let Some(list) = body.get("PreParseTextTransformations") {
        transformations(finder, Some(list));
        let field = body.get("FieldToMatch").map(members).unwrap_or_default();
        if field.iter().any(|(name, _)| !matches!(*name, "SingleQueryArgument" | "AllQueryArguments")) {
            finder.refuse(
                list,
                "only query arguments are transformed before parsing",
                "write `TextTransformations`",
            );
        }
        for kind in list.items().iter().filter_map(|item| item.get("Type")) {
            if kind.text().is_some_and(|text| !BEFORE_PARSING.contains(&text.as_ref())) {
                finder.refuse(
                    kind,
                    "no transformation before parsing is called so",
                    &format!("write one of {}", BEFORE_PARSING.join(", ")),
                );
            }
        }
    }
    match kind {
        "ByteMatchStatement" => search(finder, body),
        "RegexMatchStatement" => {
            let Some(expression) = body.get("RegexString") else { return };
            if let Some(what) = expression.text().and_then(|text| unsupported(&text)) {
                finder.refuse(expression, &format!("the expression has {what}"), "write it without");
            }
        }
        _ => {}
    }
}

fn transformations<'t>(finder: &mut Finder<'_, 't, '_>, list: Option<&Evaluated<'t>>) {
    let Some(list) = list else { return };
    if list.items().len() > 10 {
        finder.refuse(list, "more than 10 transformations", "leave some out");
    }
    let mut seen = BTreeSet::new();
    for priority in list.items().iter().filter_map(|item| item.get("Priority")) {
        if priority.integer().is_some_and(|number| !seen.insert(number)) {
            finder.refuse(priority, "the priority is there twice", "number the transformations");
        }
    }
}

fn search<'t>(finder: &mut Finder<'_, 't, '_>, body: &Evaluated<'t>) {
    let (plain, encoded) = (body.get("SearchString"), body.get("SearchStringBase64"));
    match (plain, encoded) {
        (Some(_), Some(both)) => finder.refuse(both, "both search strings are there", "keep one of the two"),
        (None, None) => finder.refuse(body, "there is no search string", "write `SearchString`"),
        _ => {}
    }
    let Some((value, text)) = plain.and_then(|value| Some((value, value.text()?))) else { return };
    if text.len() > 200 {
        finder.refuse(
            value,
            &format!("the search string has {} bytes, 200 are the most", text.len()),
            "shorten it",
        );
    }
    if text.trim().is_empty() {
        finder.refuse(value, "the search string is blank", "write what to look for");
    }
    let is_word =
        body.get("PositionalConstraint").and_then(Evaluated::text).as_deref() == Some("CONTAINS_WORD");
    if is_word && !text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        finder.refuse(value, "a word has letters, digits and `_` only", "write `CONTAINS`");
    }
}

/// What WAF's expressions don't have.
fn unsupported(text: &str) -> Option<&'static str> {
    let bytes = text.as_bytes();
    let mut index = 0;
    while index < bytes.len() {
        let rest = &text.get(index..).unwrap_or_default();
        if bytes[index] == b'\\' {
            match bytes.get(index + 1) {
                Some(b'1'..=b'9') => return Some("a back reference"),
                Some(b'K') => return Some("`\\K`"),
                Some(b'R') => return Some("`\\R`"),
                _ => index += 2,
            }
            continue;
        }
        for (start, what) in [
            ("(?=", "a look-ahead"),
            ("(?!", "a look-ahead"),
            ("(?<=", "a look-behind"),
            ("(?<!", "a look-behind"),
            ("(?>", "an atomic group"),
            ("(?(", "a condition"),
            ("(?R", "a recursion"),
            ("(*", "a control verb"),
            ("++", "a possessive quantifier"),
            ("*+", "a possessive quantifier"),
            ("?+", "a possessive quantifier"),
        ] {
            if rest.starts_with(start) {
                return Some(what);
            }
        }
        index += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::super::statement::testing::of;
    use super::unsupported;

    fn byte(more: &Json) -> Json {
        let mut body = json!({"SearchString": "x", "FieldToMatch": {"UriPath": {}}, "PositionalConstraint": "CONTAINS", "TextTransformations": [{"Priority": 0, "Type": "NONE"}]});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        json!({"ByteMatchStatement": body})
    }

    #[test]
    fn good_statements_are_good() {
        let geo = json!({"GeoMatchStatement": {"CountryCodes": ["JP"]}});
        for statement in [
            byte(&json!({})),
            byte(&json!({"SearchString": null, "SearchStringBase64": "eA=="})),
            byte(
                &json!({"FieldToMatch": {"AllQueryArguments": {}}, "PreParseTextTransformations": [{"Priority": 0, "Type": "URL_DECODE"}]}),
            ),
            json!({"AndStatement": {"Statements": [geo, {"NotStatement": {"Statement": geo}}]}}),
            json!({"RateBasedStatement": {"Limit": 100, "AggregateKeyType": "IP", "ScopeDownStatement": geo}}),
        ] {
            assert_eq!(of("W180", &statement), [""; 0], "{statement}");
        }
    }

    #[test]
    fn bad_ones_are_found() {
        let geo = json!({"GeoMatchStatement": {"CountryCodes": ["JP"]}});
        let rate = json!({"RateBasedStatement": {"Limit": 100, "AggregateKeyType": "IP"}});
        for statement in [
            json!({}),
            json!({"GeoMatchStatement": {}, "LabelMatchStatement": {"Key": "a", "Scope": "LABEL"}}),
            json!({"OrStatement": {"Statements": [geo]}}),
            json!({"AndStatement": {"Statements": [geo, rate]}}),
            json!({"GeoMatchStatement": {"CountryCodes": vec!["JP"; 51]}}),
            byte(&json!({"SearchStringBase64": "eA=="})),
            byte(&json!({"SearchString": null})),
            byte(&json!({"SearchString": "x".repeat(201)})),
            byte(&json!({"SearchString": " "})),
            byte(&json!({"SearchString": "a-b", "PositionalConstraint": "CONTAINS_WORD"})),
            byte(&json!({"FieldToMatch": {"UriPath": {}, "Method": {}}})),
            byte(&json!({"FieldToMatch": {"SingleQueryArgument": {"Name": "a".repeat(31)}}})),
            byte(
                &json!({"FieldToMatch": {"Headers": {"MatchPattern": {"All": {}, "IncludedHeaders": ["a"]}}}}),
            ),
            byte(&json!({"FieldToMatch": {"Headers": {"MatchPattern": {"IncludedHeaders": ["a", "A"]}}}})),
            byte(
                &json!({"TextTransformations": [{"Priority": 0, "Type": "NONE"}, {"Priority": 0, "Type": "LOWERCASE"}]}),
            ),
            byte(
                &json!({"TextTransformations": (0..11).map(|number| json!({"Priority": number, "Type": "NONE"})).collect::<Vec<_>>()}),
            ),
            byte(&json!({"PreParseTextTransformations": [{"Priority": 0, "Type": "NONE"}]})),
            byte(
                &json!({"FieldToMatch": {"AllQueryArguments": {}}, "PreParseTextTransformations": [{"Priority": 0, "Type": "LOWERCASE"}]}),
            ),
        ] {
            assert_eq!(of("W180", &statement).len(), 1, "{statement}");
        }
    }

    #[test]
    fn expressions_are_plain() {
        assert_eq!(unsupported("^/api/[a-z]+\\+(x|y)*$"), None);
        assert_eq!(unsupported("a\\(?=b"), None);
        for text in ["(a)\\1", "a(?=b)", "(?<!a)b", "a++", "(?>a)", "(?R)", "\\K"] {
            assert!(unsupported(text).is_some(), "{text}");
        }
    }
}
