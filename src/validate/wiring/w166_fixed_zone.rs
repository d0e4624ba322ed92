//! W166: availability zones aren't written out.

use crate::cfn::evaluate::Evaluated;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::model::{View, many};

pub(super) static RULE: Rule = Rule {
    code: Code("W166"),
    severity: Severity::Warning,
    title: "availability zones are taken from the region",
    what: "`AvailabilityZone` and `AvailabilityZones` don't hold the name of a zone in so many words.",
    why: "The template works in one region only, and in some accounts the zone isn't offered.",
    source: "AWS CloudFormation Template Reference, \"Fn::GetAZs\"",
    same_as: &["cfn-lint W3010"],
};

/// Whether a text is the name of a zone, such as `eu-central-1a`.
fn is_zone(text: &str) -> bool {
    let Some(region) = text.strip_suffix(|c: char| c.is_ascii_lowercase()) else { return false };
    let parts: Vec<&str> = region.split('-').collect();
    parts.len() >= 3
        && parts.last().is_some_and(|last| last.len() == 1 && last.bytes().all(|byte| byte.is_ascii_digit()))
}

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for item in view.items() {
        for property in ["AvailabilityZone", "AvailabilityZones"] {
            for value in many(item.properties.get(property)) {
                // What a parameter or a mapping gives is chosen by whoever deploys.
                let Some(zone) = value.is_literal().then(|| Evaluated::text(value)).flatten() else {
                    continue;
                };
                if is_zone(&zone) {
                    let message = format!("{zone} is a zone of one region: the template works nowhere else");
                    findings.push(
                        item.finding_at(&RULE, value, message)
                            .help("write `!Select [0, !GetAZs \"\"]`, or a parameter"),
                    );
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::wiring::testing::{none, only};

    const ZONE: &str = "/PrivateSubnet1/Properties/AvailabilityZone";

    #[test]
    fn a_zone_in_so_many_words_is_found() {
        let (message, _) = only("W166", &[(ZONE, json!("us-east-1a"))]);
        assert_eq!(message, "us-east-1a is a zone of one region: the template works nowhere else");
    }

    #[test]
    fn one_that_is_chosen_elsewhere_is_good() {
        none(&[(ZONE, json!({"Fn::ImportValue": "Zone"}))]);
    }
}
