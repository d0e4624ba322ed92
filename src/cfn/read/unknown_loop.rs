//! A loop that stays as it is, and the names of what it may make.

/// A loop that isn't written out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownLoop {
    /// Where it stands, as a JSON pointer.
    pub pointer: String,
    /// The keys of what it makes, with placeholders such as `Topic${Name}`.
    pub makes: Vec<String>,
}

impl UnknownLoop {
    /// Whether it may make something of that name.
    pub fn may_make(&self, name: &str) -> bool {
        self.makes.iter().any(|key| may_become(key, name))
    }
}

/// Whether a key with placeholders can become that name.
fn may_become(key: &str, name: &str) -> bool {
    let mut literals = Vec::new();
    let mut rest = key;
    while let Some(start) = [rest.find("${"), rest.find("&{")].into_iter().flatten().min() {
        let Some(end) = rest[start..].find('}') else { break };
        literals.push(&rest[..start]);
        rest = &rest[start + end + 1..];
    }
    let Some((first, middle)) = literals.split_first() else { return key == name };
    let ends = name.strip_prefix(first).and_then(|name| name.strip_suffix(rest));
    let Some(mut between) = ends else { return false };
    middle.iter().all(|literal| {
        let found = between.find(literal).map(|at| &between[at + literal.len()..]);
        between = found.unwrap_or_default();
        found.is_some()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_become_anything() {
        for (key, name, may) in [
            ("A${I}B&{J}C", "AxByC", true),
            ("A${I}B&{J}C", "ABC", true),
            ("A${I}B&{J}C", "AxC", false),
            ("${I}", "anything", true),
            ("A", "A", true),
            ("A", "B", false),
            ("A${I}A", "A", false),
        ] {
            assert_eq!(may_become(key, name), may, "{key} {name}");
        }
    }
}
