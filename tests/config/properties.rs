//! What holds for every configuration, on generated ones.

use dify_cfn::config::model::{Config, Variable, VariableSource};
use dify_cfn::config::{LoadOptions, Loaded, load};
use dify_cfn::diagnostic::{Diagnostic, Source};
use proptest::collection::vec;
use proptest::prelude::{Strategy, any, prop};
use proptest::test_runner::{Config as Settings, TestRunner};
use serde_json::{Value as Json, json};

use crate::fixtures::render;
use crate::generate_config::{Choices, configuration, configurations, context, yaml};

fn options(file: &str) -> LoadOptions {
    LoadOptions {
        file: Some(Source::new("dify.yaml", file)),
        context: Some(Source::new("dify.context.json", context())),
        ..LoadOptions::default()
    }
}

#[track_caller]
fn accepted(options: &LoadOptions) -> Loaded {
    load(options).unwrap_or_else(|findings| {
        let text = options.file.as_ref().map_or("", |file| &file.text);
        panic!("{}\nin\n{text}", render(&findings))
    })
}

fn configs(loaded: &Loaded) -> Vec<Config> {
    loaded.environments.iter().map(|environment| environment.config.clone()).collect()
}

/// Runs a property, without a file of past failures: what failed becomes a test.
pub(crate) fn check<S: Strategy>(cases: u32, strategy: S, property: impl Fn(S::Value)) {
    let settings = Settings { cases, failure_persistence: None, ..Settings::default() };
    let result = TestRunner::new(settings).run(&strategy, |value| {
        property(value);
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

#[test]
fn generated_configurations_are_accepted_alike_each_time() {
    check(300, configurations(), |value| {
        let options = options(&yaml(&value));
        let (first, second) = (accepted(&options), accepted(&options));
        assert_eq!(configs(&first), configs(&second));
        assert_eq!(first.diagnostics, second.diagnostics);
        // The same as JSON.
        let json = LoadOptions { file: Some(Source::new("dify.json", value.to_string())), ..options };
        assert_eq!(configs(&accepted(&json)), configs(&first));
    });
}

#[test]
fn a_resolved_configuration_written_out_is_the_same_configuration() {
    check(150, configurations(), |value| {
        for config in configs(&accepted(&options(&yaml(&value)))) {
            let mut written = serde_json::to_value(&config).unwrap();
            written["environments"] = json!({ config.environment_name.as_str(): null });
            let again = accepted(&options(&yaml(&written)));
            assert_eq!(configs(&again), [config]);
        }
    });
}

#[test]
fn overrides_say_what_a_file_says() {
    check(150, configurations(), |mut value| {
        let entries = value.as_object_mut().unwrap();
        entries.shift_remove("environments");
        let from_file = configs(&accepted(&options(&yaml(&value))));
        let mut set = Vec::new();
        overrides(&value, "", &mut set);
        let from_arguments = configs(&accepted(&LoadOptions { file: None, set, ..options("") }));
        assert_eq!(
            from_arguments.into_iter().map(plain).collect::<Vec<_>>(),
            from_file.into_iter().map(plain).collect::<Vec<_>>()
        );
    });
}

/// The arguments that set every value of a configuration.
fn overrides(value: &Json, path: &str, into: &mut Vec<String>) {
    match value {
        Json::Object(entries) if !entries.is_empty() && path != "layout" => {
            for (key, value) in entries {
                let key = if key.contains('.') { format!("\"{key}\"") } else { key.clone() };
                overrides(value, &if path.is_empty() { key } else { format!("{path}.{key}") }, into);
            }
        }
        _ if path.is_empty() => {}
        other => into.push(format!("{path}={other}")),
    }
}

/// Variables as the text that reaches the container: `--set` takes numbers as text.
fn plain(mut config: Config) -> Config {
    let text = |source: &mut VariableSource| {
        if let Some(text) = source.text() {
            *source = VariableSource::Text(text);
        }
    };
    for variable in config.environment.values_mut() {
        if let Variable::Plain(source) = variable {
            text(source);
        }
    }
    for settings in config.components.values_mut() {
        settings.environment.values_mut().flatten().for_each(text);
    }
    config
}

#[test]
fn mistakes_are_refused_with_a_place() {
    let strategy = (vec(any::<u32>(), 0..600), vec(any::<u32>(), 8));
    check(400, strategy, |(numbers, mistake)| {
        let mut value = configuration(&mut Choices::new(&numbers));
        let Some(told) = spoil(&mut value, &mut Choices::new(&mistake)) else { return };
        let text = yaml(&value);
        let Err(findings) = load(&options(&text)) else { panic!("{told} is accepted in\n{text}") };
        let mut errors = findings.iter().filter(|finding| finding.is_error()).peekable();
        assert!(errors.peek().is_some(), "{told}: {}\nin\n{text}", render(&findings));
        let is_placed = |finding: &Diagnostic| finding.location.is_some();
        assert!(errors.all(is_placed), "{told}: {}\nin\n{text}", render(&findings));
    });
}

#[test]
fn a_mistake_of_form_makes_no_further_ones() {
    let strategy = (vec(any::<u32>(), 0..600), any::<u32>());
    check(300, strategy, |(numbers, choice)| {
        let mut value = configuration(&mut Choices::new(&numbers));
        let mut pointers = Vec::new();
        places(&value, "", &mut pointers);
        let sections: Vec<&String> = pointers.iter().filter(|at| !section_of(at).is_empty()).collect();
        if sections.is_empty() {
            return;
        }
        let at = sections[choice as usize % sections.len()].clone();
        *value.pointer_mut(&at).unwrap() = json!([[1]]);
        let text = yaml(&value);
        for finding in load(&options(&text)).unwrap_err() {
            let place = finding.pointer.as_deref().unwrap_or_default();
            let is_own = section_of(place) == section_of(&at);
            assert!(is_own || !finding.is_error(), "{at}: {}\nin\n{text}", render(&[finding]));
        }
    });
}

/// The section of the top level that a pointer leads into, also within an environment.
fn section_of(pointer: &str) -> &str {
    let mut tokens = pointer.split('/').skip(1);
    match tokens.next() {
        Some("environments") => tokens.nth(1).unwrap_or_default(),
        section => section.unwrap_or_default(),
    }
}

#[test]
fn no_text_makes_it_panic() {
    let file =
        (vec(any::<u32>(), 0..300), vec((any::<prop::sample::Index>(), any::<char>(), 0..4_usize), 0..6));
    check(300, (file, any::<String>(), any::<String>()), |((numbers, changes), text, argument)| {
        let mut file: Vec<char> = yaml(&configuration(&mut Choices::new(&numbers))).chars().collect();
        for (place, character, length) in changes {
            let at = place.index(file.len());
            let end = (at + length).min(file.len());
            file.splice(at..end, [character]);
        }
        let file: String = file.into_iter().collect();
        for (file, set) in [
            (file, vec![]),
            (text, vec![]),
            (String::new(), vec![argument.clone(), format!("tags.a={argument}")]),
        ] {
            let options = LoadOptions { set, ..options(&file) };
            if let Err(findings) = load(&options) {
                assert!(findings.iter().any(|finding| finding.is_error() && finding.location.is_some()));
                render(&findings); // every place is inside its text
            }
        }
    });
}

/// Makes one mistake, and says which. Nothing where the configuration has no room for it.
fn spoil(value: &mut Json, c: &mut Choices<'_>) -> Option<String> {
    let mut pointers = Vec::new();
    places(value, "", &mut pointers);
    match c.below(3) {
        0 => {
            let maps: Vec<&String> =
                pointers.iter().filter(|at| value.pointer(at).is_some_and(Json::is_object)).collect();
            let at = (*maps.get(c.below(maps.len()))?).clone();
            let is_free = ["/tags", "/services", "/layout", "/environment", "/parameters", "/resources"]
                .iter()
                .any(|end| at.ends_with(end));
            (!is_free && !at.ends_with("environments")).then_some(())?;
            value.pointer_mut(&at)?.as_object_mut()?.insert("nobody_knows".to_owned(), json!(1));
            Some(format!("an unknown key in `{at}`"))
        }
        1 => {
            let at = pointers.get(c.below(pointers.len()))?.clone();
            *value.pointer_mut(&at)? = json!([[1]]);
            Some(format!("a list of lists at `{at}`"))
        }
        _ => {
            let (key, wrong) = c.of(&[
                ("ingress", json!({"hosted_zone_id": "Z1", "domain_name": null})),
                ("ingress", json!({"allowed_cidrs": ["10.0.0.1/8"]})),
                ("database", json!({"serverless": {"min_capacity": 4, "max_capacity": 1}})),
                ("database", json!({"engine_version": "15.8"})),
                ("database", json!({"instance_class": "db.serverless"})),
                ("cache", json!({"nodes": 1, "automatic_failover": true})),
                ("services", json!({"nobody": {"cpu": 256}})),
                ("network", json!({"create": {"cidr": "10.0.0.0/8"}})),
                ("network", json!({"existing": {}})),
                ("layout", json!({"app": ["web", "web"]})),
                ("layout", json!({"app": []})),
                ("accept", json!([{}])),
                ("tags", json!({"aws:x": "1"})),
                ("account", json!("1")),
                ("name", json!("-")),
            ]);
            // At the top and in every environment, so that nothing puts it right.
            let mut sections = vec![String::new()];
            if key != "name" {
                let names = value.get("environments").and_then(Json::as_object);
                sections.extend(
                    names
                        .into_iter()
                        .flat_map(|names| names.keys().map(|name| format!("/environments/{name}"))),
                );
            }
            for section in sections {
                if value.pointer(&section).is_some_and(Json::is_null) {
                    *value.pointer_mut(&section)? = json!({});
                }
                value.pointer_mut(&section)?[key] = wrong.clone();
            }
            Some(format!("{key}: {wrong}"))
        }
    }
}

/// Pointers to every value whose place has a type of its own.
fn places(value: &Json, at: &str, into: &mut Vec<String>) {
    into.push(at.to_owned());
    if let Json::Object(entries) = value
        && !at.ends_with("/properties")
    {
        for (key, value) in entries {
            places(value, &format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), into);
        }
    }
    if at.ends_with("/properties") {
        into.pop(); // what is in there is CloudFormation's
    }
}
