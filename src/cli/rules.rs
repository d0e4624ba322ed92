//! `dify-cfn rules`: the rules that templates are checked by.

use serde_json::json;

use super::args::RulesArgs;
use super::documentation::Documentation;
use super::view::View;
use super::{Exit, view};

pub(super) fn run(args: &RulesArgs, view: &mut View) -> Exit {
    if args.json {
        let rules: Vec<_> =
            view::rules::sorted().map(|rule| view::rules::json(&Documentation::Rule(rule))).collect();
        view.json(&json!({ "rules": rules }));
    } else if args.markdown {
        view.text(&view::rules::markdown());
    } else {
        view.text(&view::rules::table());
    }
    Exit::Success
}
