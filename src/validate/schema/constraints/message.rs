//! The messages of rows: texts with places for values.

use crate::cfn::Json;
use crate::cfn::evaluate::{Data, Evaluated};
use crate::validate::schema::path::reach;
use crate::validate::schema::walk::{Found, shown};

/// Fills a template: `{value}` is the value that the finding is about, `{reason}` what its keyword says of it, `{PATH}`
/// what a path from the checked value leads to, `{/PATH}` from the properties as a whole.
pub(super) fn fill(template: &str, found: &Found<'_>, value: &Evaluated<'_>, root: &Evaluated<'_>) -> String {
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        match name {
            "value" => text.push_str(&search(root, found.source).map_or_else(|| "it".to_owned(), shown)),
            "reason" => text.push_str(&found.message),
            _ => {
                let (from, path) = name.strip_prefix('/').map_or((value, name), |path| (root, path));
                let values: Vec<_> = reach(from, path).values.into_iter().map(shown).collect();
                text.push_str(&if values.is_empty() { "nothing".to_owned() } else { values.join(", ") });
            }
        }
        rest = after;
    }
    text.push_str(rest);
    text
}

/// The value that the source gives.
fn search<'v, 't>(value: &'v Evaluated<'t>, source: &Json) -> Option<&'v Evaluated<'t>> {
    if std::ptr::eq(value.source, source) && !matches!(value.data, Data::Object(_)) {
        return Some(value);
    }
    match &value.data {
        Data::List(items) => items.iter().find_map(|item| search(item, source)),
        Data::Object(members) => members.iter().find_map(|(_, member)| search(member, source)),
        _ => None,
    }
}
