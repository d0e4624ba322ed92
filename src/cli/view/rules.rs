//! Rules and codes: the text of one, the table of all, `docs/rules.md`.

use std::fmt::Write;

use serde_json::{Value as Json, json};

use crate::cli::documentation::{self, Documentation};
use crate::validate::coverage::{FAILURES, UNBUILT};
use crate::validate::{self, Purpose, Rule};

/// What is known of a code, for people.
pub(in crate::cli) fn explanation(documentation: &Documentation) -> String {
    let code = documentation.code();
    let severity = documentation.severity().map(|severity| format!(" ({severity})")).unwrap_or_default();
    let mut text = format!("{code}{severity}: {}\n", documentation.title());
    // Writing to a String can't fail.
    let _ = writeln!(text, "  layer    {}", documentation.layer());
    if let Documentation::Rule(rule) = documentation {
        if let Some(own) = own_stacks(rule) {
            let _ = writeln!(text, "  synth    {own}");
        }
        for (name, paragraph) in [("what", rule.what), ("why", rule.why), ("source", rule.source)] {
            let _ = writeln!(text, "  {name:8} {}", fill(paragraph));
        }
        if !rule.same_as.is_empty() {
            let _ = writeln!(text, "  same as  {}", fill(&same_as(rule)));
        }
    }
    text
}

/// How bad a rule's findings are for the program's own stacks, if they are judged otherwise than those of others.
fn own_stacks(rule: &Rule) -> Option<String> {
    let [others, development, production] =
        [Purpose::Unknown, Purpose::Development, Purpose::Production].map(|purpose| told(rule, purpose));
    let differs = development != others || production != others;
    differs.then(|| format!("{development} in development, {production} in production"))
}

fn told(rule: &Rule, purpose: Purpose) -> String {
    validate::severity_for(rule, purpose).map_or("not told".to_owned(), |severity| severity.to_string())
}

/// What is known of a code, for programs; the README lists the keys.
pub(in crate::cli) fn json(documentation: &Documentation) -> Json {
    let rule = match documentation {
        Documentation::Rule(rule) => Some(rule),
        Documentation::Code(..) => None,
    };
    json!({
        "code": documentation.code(),
        "severity": documentation.severity(),
        "title": documentation.title(),
        "layer": documentation.layer(),
        "what": rule.map(|rule| rule.what),
        "why": rule.map(|rule| rule.why),
        "source": rule.map(|rule| rule.source),
        "same_as": rule.map_or(&[][..], |rule| rule.same_as),
    })
}

/// All rules, a line each.
pub(in crate::cli) fn table() -> String {
    let mut text = String::new();
    for rule in sorted() {
        let same_as = same_as(rule);
        let same_as = if same_as.is_empty() { same_as } else { format!("  [{same_as}]") };
        // A severity doesn't heed a width, its text does.
        let _ = writeln!(text, "{}  {:7}  {}{same_as}", rule.code, rule.severity.to_string(), rule.title);
    }
    text
}

/// All rules and other codes as `docs/rules.md` has them.
pub(in crate::cli) fn markdown() -> String {
    let mut text = "# Rules\n\n\
        Written by `dify-cfn rules --markdown`; a test keeps it fresh. `dify-cfn explain CODE` prints one rule.\n\
        An error keeps a template from being written or deployed; a warning and a note are told. Of the policy rules some are \
        judged otherwise for the stacks that `synth` writes, by their profile: what is good practice elsewhere is decided there \
        by the design and the configuration. What rules on policy and wiring find with parameters at their defaults only is a \
        warning at most, and says so.\n\
        What cdk-preflight knows, and which rule covers it, is in [preflight.md](preflight.md).\n"
        .to_owned();
    for (letter, layer) in documentation::layers() {
        let is_of_layer = |code: &str| code.starts_with(letter);
        let rules: Vec<&Rule> = sorted().filter(|rule| is_of_layer(rule.code.0)).collect();
        let others: Vec<Documentation> =
            documentation::others().filter(|other| is_of_layer(other.code().0)).collect();
        if rules.is_empty() && others.is_empty() {
            continue;
        }
        let _ = writeln!(text, "\n## {letter}: {layer}");
        if !rules.is_empty() {
            text.push_str(
                "\n| code | severity | what holds | what is checked | otherwise | source | same as |\n",
            );
            text.push_str("|---|---|---|---|---|---|---|\n");
        }
        for rule in rules {
            let cells = [rule.title, rule.what, rule.why, rule.source, &same_as(rule)].map(cell);
            let own = own_stacks(rule).map(|own| format!("; own stacks: {own}")).unwrap_or_default();
            let _ = writeln!(text, "| {} | {}{own} | {} |", rule.code, rule.severity, cells.join(" | "));
        }
        if !others.is_empty() {
            text.push_str("\n| code | what is wrong |\n|---|---|\n");
        }
        for other in others {
            let _ = writeln!(text, "| {} | {} |", other.code(), cell(other.title()));
        }
    }
    text.push_str(&coverage());
    text
}

/// What the rules cover of known failures and of other tools' checks, and why the rest has no rule.
fn coverage() -> String {
    let mut text = "\n## Failures that linters of templates don't see\n\n\
        | # | what goes wrong | rules | what has none, and why |\n|---|---|---|---|\n"
        .to_owned();
    for failure in FAILURES {
        let cells = [failure.what, &failure.rules.join(", "), failure.rest].map(cell);
        let _ = writeln!(text, "| {} | {} |", failure.number, cells.join(" | "));
    }
    text.push_str(
        "\n## Checks of other tools that have no rule\n\n\
        Of cfn-lint's rules by service, AWS Foundational Security Best Practices (FSBP), checkov and cdk-nag, as far as they are \
        about the services here; the others stand in the tables above. Some have a rule that is stricter or wider.\n\n| ids | why |\n|---|---|\n",
    );
    for unbuilt in UNBUILT {
        let _ = writeln!(text, "| {} | {} |", grouped(unbuilt.ids), cell(unbuilt.reason));
    }
    text.push_str(
        "\nNames of policies that AWS keeps (`arn:aws:iam::aws:policy/…`) are compared with no list: none of the tools that the \
        tests ask has one as data. A name that doesn't exist is found by IAM: \"Policy … does not exist or is not attachable\".\n",
    );
    text
}

/// All rules in the order of the layers and of codes.
pub(in crate::cli) fn sorted() -> impl Iterator<Item = &'static Rule> {
    let mut rules: Vec<&Rule> = validate::rules().collect();
    let layer = |rule: &Rule| documentation::layers().position(|(letter, _)| rule.code.0.starts_with(letter));
    rules.sort_by_key(|rule| (layer(rule), rule.code));
    rules.into_iter()
}

/// The ids in other tools, the tool's name once for its ids: `cfn-lint E1010, E1011; checkov CKV_AWS_1`.
fn same_as(rule: &Rule) -> String {
    grouped(rule.same_as)
}

fn grouped(ids: &[&str]) -> String {
    let mut text = String::new();
    let mut last = "";
    for id in ids {
        let (tool, number) = id.rsplit_once(' ').unwrap_or(("", id));
        let separator = match (text.is_empty(), tool == last) {
            (true, _) => "",
            (false, true) => ", ",
            (false, false) => "; ",
        };
        text.push_str(separator);
        text.push_str(if tool == last { number } else { id });
        last = tool;
    }
    text
}

/// A text inside a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ").replace('<', "&lt;").replace('*', "\\*")
}

/// A paragraph in lines of about 90 characters, further ones indented under the first.
fn fill(text: &str) -> String {
    let mut filled = String::new();
    let mut line = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if line + length > 90 && line > 0 {
            filled.push_str("\n           ");
            line = 0;
        } else if line > 0 {
            filled.push(' ');
        }
        filled.push_str(word);
        line += length + 1;
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_explained() {
        insta::assert_snapshot!(explanation(&documentation::find("R002").unwrap()), @r#"
        R002 (error): `Ref` and `${…}` name a parameter, a pseudo parameter or a resource
          layer    references: what is referred to exists and fits
          what     The name in `Ref` and in the placeholders of `Fn::Sub` is declared in the template.
          why      CloudFormation refuses the template: "Unresolved resource dependencies".
          source   AWS CloudFormation User Guide, "Ref" and "Fn::Sub"
          same as  cfn-lint E1020, E1019
        "#);
        insta::assert_snapshot!(explanation(&documentation::find("D003").unwrap()), @r"
        D003: A key stands twice in one map
          layer    documents: YAML, JSON and the form of a template
        ");
    }

    #[test]
    fn tables_hold_every_rule() {
        let (table, markdown) = (table(), markdown());
        for rule in validate::rules() {
            assert!(table.contains(rule.title), "{}", rule.code);
            assert!(markdown.contains(&format!("\n| {} | {}", rule.code, rule.severity)), "{}", rule.code);
        }
        for line in markdown.lines().filter(|line| line.starts_with("| R")) {
            assert_eq!(line.replace("\\|", "").matches('|').count(), 8, "{line}");
        }
    }

    #[test]
    fn long_texts_are_broken_into_lines() {
        assert_eq!(fill("one  two"), "one two");
        assert!(fill(&"word ".repeat(50)).lines().all(|line| line.chars().count() <= 102));
    }
}
