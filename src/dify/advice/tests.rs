//! Each piece of advice where it is meant, and nowhere else.

use super::*;
use crate::config::{LoadOptions, load};
use crate::diagnostic::Code;
use crate::diagnostic::Source;

/// What is told of a configuration: code and place.
fn told(yaml: &str) -> Vec<(String, String)> {
    let file = Some(Source::new("dify.yaml", yaml));
    let loaded = load(&LoadOptions { file, ..LoadOptions::default() }).unwrap();
    let built = crate::dify::build(&loaded.environments[0].config).unwrap();
    let findings = built.findings.into_iter();
    findings.map(|found| (found.code.to_string(), found.pointer.unwrap_or_default())).collect()
}

fn places_of(code: Code, yaml: &str) -> Vec<String> {
    let told = told(yaml).into_iter().filter(|(found, _)| *found == code.to_string());
    told.map(|(_, place)| place).collect()
}

#[test]
fn a_sandbox_beside_a_role_is_told_unless_its_code_has_no_network() {
    let exposed = |yaml: &str| places_of(EXPOSED_SANDBOX, yaml);
    assert_eq!(exposed("layout: distributed"), [""; 0]);
    assert_eq!(exposed("layout: sidecar"), ["/layout"]);
    assert_eq!(exposed("layout: single-task"), ["/layout"]);
    assert_eq!(
        exposed("layout: { front: [web, sandbox], back: [api, worker, plugin_daemon, beat] }"),
        [""; 0]
    );
    assert_eq!(
        exposed("layout: { all: [web, api, worker, beat], plugins: [plugin_daemon, sandbox] }"),
        ["/layout"]
    );
    // Users' code goes round the proxy if it likes.
    let proxy = "components: { ssrf_proxy: { enabled: true, image: { repository: a/squid } } }";
    assert_eq!(exposed(&format!("layout: sidecar\n{proxy}")), ["/layout"]);
    let closed = "layout: sidecar\ncomponents: { sandbox: { environment: { ENABLE_NETWORK: false } } }";
    assert_eq!(exposed(closed), [""; 0]);
    let closed =
        "layout: sidecar\nenvironment: { ENABLE_NETWORK: { value: \"false\", components: [sandbox] } }";
    assert_eq!(exposed(closed), [""; 0]);
}

#[test]
fn what_stops_with_beat_is_told() {
    let stopped = |yaml: &str| places_of(STOPPED_WITH_BEAT, yaml);
    assert_eq!(stopped("layout: distributed"), [""; 0]);
    assert_eq!(stopped("layout: single-task"), [""; 0]);
    assert_eq!(stopped("layout: { all: [web, api, worker, plugin_daemon, sandbox, beat] }"), ["/layout/all"]);
}

#[test]
fn a_certificate_for_an_internal_name_may_never_come() {
    let internal =
        "ingress: { scheme: internal, domain_name: dify.example.com, hosted_zone_id: Z0123456789ABC";
    assert_eq!(places_of(UNISSUED_CERTIFICATE, &format!("{internal} }}")), ["/ingress/hosted_zone_id"]);
    let arn = "arn:aws:acm:us-east-1:123456789012:certificate/0a1b2c3d-0000-4000-8000-000000000001";
    let given = format!("region: us-east-1\n{internal}, certificate_arn: \"{arn}\" }}");
    assert_eq!(places_of(UNISSUED_CERTIFICATE, &given), [""; 0]);
    let public = internal.replace("scheme: internal, ", "");
    assert_eq!(places_of(UNISSUED_CERTIFICATE, &format!("{public} }}")), [""; 0]);
}

#[test]
fn a_component_is_judged_by_its_own_tag() {
    let old = |yaml: &str| places_of(OLD_VERSION, yaml);
    let tag = |tag: &str| format!("{{ image: {{ tag: {tag} }} }}");
    assert_eq!(old(""), [""; 0]);
    // Old itself, and another one than the others.
    let worker = "/components/worker/image/tag";
    assert_eq!(old(&format!("components: {{ worker: {} }}", tag("1.4.3"))), [worker, worker]);
    let web = "/components/web/image/tag";
    assert_eq!(old(&format!("components: {{ web: {} }}", tag("1.4.3"))), [web]);
    let daemon = "/components/plugin_daemon/image/tag";
    assert_eq!(old(&format!("components: {{ plugin_daemon: {} }}", tag("0.0.1"))), [daemon]);
    // Nobody runs the version of Dify.
    let new = tag("1.17.1");
    let all = format!("components: {{ web: {new}, api: {new}, worker: {new}, beat: {new} }}");
    assert_eq!(old(&format!("dify: {{ version: 1.4.3 }}\n{all}")), [""; 0]);
}

#[test]
fn files_on_a_tasks_own_disk_are_told() {
    let risky = |yaml: &str| places_of(RISKY_VARIABLE, yaml);
    assert_eq!(risky("environment: { STORAGE_TYPE: local }"), ["/environment/STORAGE_TYPE"]);
    let daemon = "components: { plugin_daemon: { environment: { PLUGIN_STORAGE_TYPE: local } } }";
    assert_eq!(risky(daemon), ["/components/plugin_daemon/environment/PLUGIN_STORAGE_TYPE"]);
    assert_eq!(risky("environment: { STORAGE_TYPE: s3 }"), [""; 0]);
}

#[test]
fn different_tags_of_what_shares_the_database_are_told() {
    let mixed = |yaml: &str| places_of(OLD_VERSION, yaml);
    let own = |component: &str| format!("components: {{ {component}: {{ image: {{ tag: acme-1 }} }} }}");
    for component in ["api", "worker", "beat"] {
        assert_eq!(mixed(&own(component)), [format!("/components/{component}/image/tag")]);
    }
    assert_eq!(mixed(&own("sandbox")), [""; 0]);
    assert_eq!(mixed(&own("web")), [""; 0]);
    let same = "dify: { version: acme-1 }";
    assert_eq!(mixed(&format!("{same}\n{}", own("api"))), [""; 0]);
}

/// What is told with a code: place and help.
fn helps_of(code: Code, yaml: &str) -> Vec<(String, String)> {
    let file = Some(Source::new("dify.yaml", yaml));
    let loaded = load(&LoadOptions { file, ..LoadOptions::default() }).unwrap();
    let built = crate::dify::build(&loaded.environments[0].config).unwrap();
    let findings = built.findings.into_iter().filter(|found| found.code == code);
    findings.map(|found| (found.pointer.unwrap_or_default(), found.help.unwrap_or_default())).collect()
}

#[test]
fn a_component_that_does_not_run_is_told_at_the_key_that_keeps_it_from_it() {
    let off = |component: &str| format!("components: {{ {component}: {{ enabled: false }} }}");
    let told = |place: &str, help: &str| vec![(place.to_owned(), help.to_owned())];
    for layout in ["distributed", "sidecar", "single-task"] {
        for component in ["web", "worker", "beat", "plugin_daemon", "sandbox"] {
            let yaml = format!("layout: {layout}\n{}", off(component));
            let place = format!("/components/{component}/enabled");
            let help = format!("take `components.{component}.enabled` away");
            assert_eq!(helps_of(MISSING_COMPONENT, &yaml), told(&place, &help), "{yaml}");
        }
    }
    let own = "layout: { all: [web, api, worker, plugin_daemon], code: [sandbox] }";
    assert_eq!(helps_of(MISSING_COMPONENT, own), told("/layout", "add `beat` to the layout"));
    let help = "add `beat` to the layout, and take `components.beat.enabled` away";
    let both = format!("{own}\n{}", off("beat"));
    assert_eq!(helps_of(MISSING_COMPONENT, &both), told("/components/beat/enabled", help));
}

#[test]
fn a_component_that_the_version_does_not_know_is_told_with_a_way_out_of_the_layout() {
    let on = "or move `dify.version` on";
    let told = |place: &str, out: &str| vec![(place.to_owned(), format!("{out}, {on}"))];
    let old = "dify: { version: 0.15.3 }";
    let out = "set `components.plugin_daemon.enabled` to false";
    assert_eq!(helps_of(MISSING_COMPONENT, old), told("/dify/version", out));
    let off = format!("{old}\ncomponents: {{ plugin_daemon: {{ enabled: false }} }}");
    assert_eq!(helps_of(MISSING_COMPONENT, &off), []);
    let own = format!(
        "{old}\nlayout: {{ front: [web], back: [api, worker, sandbox], plugins: [plugin_daemon], clock: [beat] }}"
    );
    assert_eq!(helps_of(MISSING_COMPONENT, &own), told("/layout", "take `plugin_daemon` out of the layout"));
}

#[test]
fn who_migrates_instead_of_beat_is_told_where_beat_is_switched_off() {
    let migrates = |yaml: &str| helps_of(MIGRATION_AT_START, yaml);
    assert_eq!(migrates(""), []);
    let off = "components: { beat: { enabled: false } }";
    let found = migrates(&format!("layout: sidecar\n{off}"));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].0, "/components/beat/enabled");
    assert!(found[0].1.starts_with("take `components.beat.enabled` away; until then"), "{found:?}");
    let found = migrates("layout: { all: [web, api, worker, plugin_daemon], code: [sandbox] }");
    assert_eq!(found[0].0, "/layout");
    assert!(found[0].1.starts_with("add `beat` to the layout; until then"), "{found:?}");
}

#[test]
fn a_variable_for_what_does_not_run_is_told() {
    let variable = |components: &str| {
        places_of(
            RISKY_VARIABLE,
            &format!("environment: {{ LOG_TZ: {{ value: UTC, components: [{components}] }} }}"),
        )
    };
    let place = |index: usize| format!("/environment/LOG_TZ/components/{index}");
    assert_eq!(variable("api"), [""; 0]);
    assert_eq!(variable("websocket"), [place(0)]);
    assert_eq!(variable("api, websocket"), [place(1)]);
    let off = "components: { worker: { enabled: false } }\nenvironment: { LOG_TZ: { value: UTC, components: ";
    assert_eq!(places_of(RISKY_VARIABLE, &format!("{off}[worker] }} }}")), [place(0)]);
    // Switched off in one environment, and meant in others.
    assert_eq!(places_of(RISKY_VARIABLE, &format!("{off}[api, worker] }} }}")), [""; 0]);
}

#[test]
fn a_container_that_others_find_without_a_health_check_is_told() {
    let unchecked = |component: &str| {
        places_of(RISKY_CONTAINER, &format!("components: {{ {component}: {{ health_check: null }} }}"))
    };
    for component in ["api", "plugin_daemon", "sandbox"] {
        assert_eq!(unchecked(component), [format!("/components/{component}/health_check")]);
    }
    // The load balancer looks at web; nobody looks for a worker.
    assert_eq!(unchecked("web"), [""; 0]);
    assert_eq!(unchecked("worker"), [""; 0]);
    let local = "layout: { all: [web, api, worker, plugin_daemon, sandbox], beat: [beat] }";
    let api = "components: { api: { health_check: null } }";
    assert_eq!(places_of(RISKY_CONTAINER, &format!("{local}\n{api}")), [""; 0]);
}
