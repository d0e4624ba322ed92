//! Values without echo, taken out of what services say of them: a reason may quote the value that it is about.

use super::changes::Change;
use super::event::{Cause, Event, Rejection, ResourceEvent};
use super::outcome::Outcome;
use super::request::DeployRequest;
use crate::cfn::evaluate::{Evaluator, Settings};

/// What stands in the place of a value, as CloudFormation itself has it.
const MASK: &str = "****";

/// Shorter values are part of too many words: they are masked only where they stand alone.
const SHORTEST_ANYWHERE: usize = 4;

/// Values that nothing may show.
#[derive(Clone, Default)]
pub(super) struct Hidden(Vec<String>);

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Hidden({} values)", self.0.len())
    }
}

impl Hidden {
    /// What a command gives to parameters without echo.
    pub(super) fn of(request: &DeployRequest) -> Self {
        let template = request.template.template();
        let evaluator = Evaluator::new(template, &Settings::default());
        let is_hidden = |name: &str| evaluator.parameter(name).is_some_and(|declared| declared.no_echo);
        let given = request.given.iter().filter(|(name, _)| is_hidden(name));
        let mut values: Vec<String> = given.map(|(_, value)| value.clone()).collect();
        values.retain(|value| !value.is_empty());
        // The longer one first: it may hold the other.
        values.sort_by_key(|value| std::cmp::Reverse(value.len()));
        Self(values)
    }

    /// Takes the values out of a text.
    fn text(&self, text: &mut String) {
        for value in &self.0 {
            if !text.contains(value.as_str()) {
                continue;
            }
            *text = if value.chars().count() < SHORTEST_ANYWHERE {
                masked_alone(text, value)
            } else {
                text.replace(value.as_str(), MASK)
            };
        }
    }

    fn texts<'t>(&self, texts: impl IntoIterator<Item = &'t mut String>) {
        texts.into_iter().for_each(|text| self.text(text));
    }

    /// Takes them out of an event.
    pub(super) fn event(&self, event: &mut Event) {
        if self.0.is_empty() {
            return;
        }
        match event {
            Event::Checked { detail: text, .. }
            | Event::Waiting { message: text, .. }
            | Event::Note { message: text }
            | Event::Warning { message: text } => self.text(text),
            Event::Changes { changes, widenings, .. } => {
                self.changes(changes);
                self.texts(widenings.iter_mut().map(|widening| &mut widening.words));
            }
            Event::Resource(event) => self.resource(event),
            Event::Rejected(rejection) => self.rejection(rejection),
            Event::Cause(cause) => self.cause(cause),
            Event::Outputs { outputs } => self.texts(outputs.iter_mut().map(|output| &mut output.value)),
            Event::Finished { message, next, .. } => self.texts(next.iter_mut().chain([message])),
            Event::Started { .. }
            | Event::Step { .. }
            | Event::Uploaded { .. }
            | Event::ChangeSet { .. }
            | Event::NoChanges { .. }
            | Event::Executing { .. }
            | Event::Progress(_)
            | Event::Reconnected { .. }
            | Event::StackPolicy { .. }
            | Event::ChangeSetDeleted { .. }
            | Event::StackDeleted { .. } => {}
        }
    }

    /// Takes them out of an ending.
    pub(super) fn outcome(&self, mut outcome: Outcome) -> Outcome {
        self.texts(outcome.next.iter_mut().chain([&mut outcome.message]));
        self.texts(outcome.outputs.iter_mut().map(|output| &mut output.value));
        if let Some(cause) = &mut outcome.cause {
            self.cause(cause);
        }
        outcome
    }

    fn changes(&self, changes: &mut [Change]) {
        for change in changes {
            for delta in &mut change.properties {
                let values = [&mut delta.before, &mut delta.after, &mut delta.actual];
                self.texts(values.into_iter().flatten());
            }
            self.changes(&mut change.nested);
        }
    }

    fn resource(&self, event: &mut ResourceEvent) {
        self.texts(&mut event.reason);
    }

    fn rejection(&self, rejection: &mut Rejection) {
        self.text(&mut rejection.reason);
        for annotation in &mut rejection.annotations {
            self.texts(annotation.status_message.iter_mut().chain(&mut annotation.remediation_message));
        }
    }

    fn cause(&self, cause: &mut Cause) {
        self.resource(&mut cause.event);
        cause.others.iter_mut().for_each(|other| self.resource(other));
        for annotation in &mut cause.annotations {
            self.texts(annotation.status_message.iter_mut().chain(&mut annotation.remediation_message));
        }
        for task in &mut cause.stopped_tasks {
            self.texts(&mut task.reason);
            self.texts(task.containers.iter_mut().filter_map(|container| container.reason.as_mut()));
        }
    }
}

/// The text with a value masked where it isn't a part of a word or number.
fn masked_alone(text: &str, value: &str) -> String {
    let is_word = |character: char| character.is_alphanumeric() || character == '_';
    let mut masked = String::new();
    let mut rest = text;
    let mut before = None;
    while let Some(at) = rest.find(value) {
        let (head, found) = rest.split_at(at);
        let tail = &found[value.len()..];
        let stands_alone = |beside: Option<char>, edge: Option<char>| {
            !(beside.is_some_and(is_word) && edge.is_some_and(is_word))
        };
        let is_alone = stands_alone(head.chars().next_back().or(before), value.chars().next())
            && stands_alone(tail.chars().next(), value.chars().next_back());
        masked.push_str(head);
        masked.push_str(if is_alone { MASK } else { value });
        before = value.chars().next_back();
        rest = tail;
    }
    masked + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deploy::outcome::Ending;

    #[test]
    fn values_are_masked_wherever_a_service_quotes_them() {
        let hidden = Hidden(vec!["secret-and-more".into(), "secret".into()]);
        let mut event = Event::Resource(ResourceEvent {
            reason: Some("secret-and-more isn't secret".into()),
            ..ResourceEvent::default()
        });
        hidden.event(&mut event);
        let Event::Resource(event) = event else { panic!("{event:?}") };
        assert_eq!(event.reason.as_deref(), Some("**** isn't ****"));
        let outcome = hidden.outcome(Outcome::new(Ending::Failed, "no secret").next("not secret"));
        assert_eq!(
            (outcome.message.as_str(), outcome.next.as_slice()),
            ("no ****", &["not ****".to_owned()][..])
        );
        assert_eq!(format!("{hidden:?}"), "Hidden(2 values)");
    }
    #[test]
    fn short_values_are_masked_where_they_stand_alone() {
        let hidden = Hidden(vec!["abc".into(), "7".into(), "-x".into(), "ü".into()]);
        for (text, expected) in [
            ("Value 'abc' isn't allowed", "Value '****' isn't allowed"),
            ("abc", "****"),
            ("abc=abc,abcd;xabc abc_ abcabc", "****=****,abcd;xabc abc_ abcabc"),
            ("7 of 17, 7.", "**** of 17, ****."),
            ("a-x-x b", "a******** b"),
            ("über ü", "über ****"),
        ] {
            let outcome = hidden.outcome(Outcome::new(Ending::Failed, text));
            assert_eq!(outcome.message, expected, "{text}");
        }
    }
}
