//! What is told about files that are wrong, and about some that are right.
//!
//! `cargo insta review`, or `INSTA_UPDATE=always cargo test --test config`, takes new texts over.

use dify_cfn::config::load;
use dify_cfn::diagnostic::Diagnostic;

use crate::fixtures::{fixtures, options, render};

#[test]
fn every_bad_file_is_refused_with_places() {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let _guard = settings.bind_to_scope();
    for file in fixtures("bad") {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let findings = load(&options(&file)).map(|loaded| loaded.environments.len()).expect_err(&name);
        assert!(findings.iter().any(Diagnostic::is_error), "{name}");
        assert!(findings.iter().all(|finding| finding.location.is_some()), "{name}: {findings:#?}");
        insta::assert_snapshot!(name, render(&findings));
    }
}

#[test]
fn good_files_load_with_their_warnings() {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let _guard = settings.bind_to_scope();
    for file in fixtures("good") {
        let name = format!("good-{}", file.file_stem().unwrap().to_string_lossy());
        let loaded =
            load(&options(&file)).unwrap_or_else(|findings| panic!("{name}:\n{}", render(&findings)));
        insta::assert_snapshot!(name, render(&loaded.diagnostics));
    }
}

#[test]
fn shipped_files_load() {
    for file in fixtures("") {
        if let Err(findings) = load(&options(&file)) {
            panic!("{}:\n{}", file.display(), render(&findings));
        }
    }
}
