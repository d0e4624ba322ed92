//! `dify-cfn explain`: what a code of a finding means.

use serde_json::json;

use super::args::ExplainArgs;
use super::documentation::{self, Documentation};
use super::view::View;
use super::{Exit, view};

/// A code that nothing has.
#[derive(Debug, thiserror::Error)]
#[error("no finding has the code `{code}`; {help}")]
struct UnknownCode {
    code: String,
    help: String,
}

pub(super) fn run(args: &ExplainArgs, view: &mut View) -> Exit {
    let mut found: Vec<Documentation> = Vec::new();
    let mut all_known = true;
    for code in &args.codes {
        match documentation::find(code) {
            Ok(documentation) => found.push(documentation),
            Err(nearest) => {
                let help = match nearest {
                    Some(nearest) => {
                        format!("did you mean `{nearest}`? `dify-cfn rules` lists all of them")
                    }
                    None => "`dify-cfn rules` lists them".to_owned(),
                };
                view.failure(&UnknownCode { code: code.clone(), help });
                all_known = false;
            }
        }
    }
    if args.json {
        view.json(&json!({ "rules": found.iter().map(view::rules::json).collect::<Vec<_>>() }));
    } else if !found.is_empty() {
        view.text(&found.iter().map(view::rules::explanation).collect::<Vec<_>>().join("\n"));
    }
    if all_known { Exit::Success } else { Exit::Usage }
}
