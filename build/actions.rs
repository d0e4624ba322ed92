//! Where each service stands in `schemas/iam-actions.txt`, so that the program needn't read all of it for one.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// The services as Rust: `SERVICES`, each with where its lines begin and end, sorted by prefix.
///
/// # Errors
/// The file can't be read.
pub(crate) fn table(path: &Path) -> Result<String, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut services: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut current = "";
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let end = start + line.len();
        if line.starts_with('\t') {
            services.entry(current).or_default().1 = end;
        } else {
            current = line.trim_end_matches('\n');
            services.insert(current, (end, end));
        }
        start = end;
    }
    let mut out = format!(
        "#[allow(clippy::unreadable_literal)]\nstatic SERVICES: [(&str, usize, usize); {}] = [\n",
        services.len()
    );
    for (prefix, (start, end)) in services {
        let _ = writeln!(out, "    ({prefix:?}, {start}, {end}),");
    }
    out.push_str("];\n");
    Ok(out)
}
