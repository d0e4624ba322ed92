//! Whole templates of the shipped configurations, as YAML. Whoever changes one reads the difference as a reviewer of
//! infrastructure would.

use dify_cfn::cfn::write;

use crate::shipped::all;

#[test]
fn templates_are_as_they_were_read() {
    for shipped in all() {
        let name = &shipped.name;
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path("snapshots");
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        // A release by itself changes the template's description only.
        let made_by = concat!("made by dify-cfn ", env!("CARGO_PKG_VERSION"));
        let text = write::yaml(shipped.template()).replace(made_by, "made by dify-cfn [version]");
        settings.bind(|| insta::assert_snapshot!(name.replace('/', "-"), text));
    }
}
