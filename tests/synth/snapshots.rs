//! Whole templates of the shipped configurations, as YAML. Whoever changes one reads the difference as a reviewer of
//! infrastructure would.

use dify_cfn::cfn::write;

use crate::shipped::one;

/// The stacks whose templates are kept: the default, and one for each way in which the others differ from it.
const KEPT: [&str; 8] = [
    "default/dev",
    "production/prd",
    "production/full",
    "layouts/sidecar",
    "layouts/single",
    "closed/dev",
    "ssm/dev",
    "restored/again",
];

#[test]
fn templates_are_as_they_were_read() {
    for name in KEPT {
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path("snapshots");
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        // A release by itself changes the template's description only.
        let made_by = concat!("made by dify-cfn ", env!("CARGO_PKG_VERSION"));
        let text = write::yaml(one(name).template()).replace(made_by, "made by dify-cfn [version]");
        settings.bind(|| insta::assert_snapshot!(name.replace('/', "-"), text));
    }
}
