//! Findings about a template of ours that a key of the configuration answers: rules name what CloudFormation has, which nobody
//! who writes a `dify.yaml` sets.

use crate::diagnostic::{Code, Diagnostic};

/// What to set in `dify.yaml`, by the rule's code.
const ANSWERS: [(Code, &str); 3] = [
    (Code("P061"), "name a bucket in `ingress.access_logs.bucket`"),
    (Code("P063"), "set `network.create.flow_logs` to true; it costs money by volume"),
    (Code("P072"), "name an SNS topic in `alarms.topic_arn`"),
];

/// The finding with a help in terms of `dify.yaml`, if it is about a construct of ours and a key answers it.
pub fn answered(finding: Diagnostic) -> Diagnostic {
    let answer = ANSWERS.iter().find(|(code, _)| *code == finding.code && finding.construct.is_some());
    match answer {
        Some((_, answer)) => finding.help(*answer),
        None => finding,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_of_others_keep_the_help_of_the_rule() {
        let of_rule = Diagnostic::note(Code("P072"), "nobody is told").help("name a topic in `AlarmActions`");
        assert_eq!(answered(of_rule.clone()), of_rule);
        let ours = Diagnostic { construct: Some("Web/Alarm".to_owned()), ..of_rule };
        assert!(answered(ours).help.unwrap().contains("alarms.topic_arn"));
    }
}
