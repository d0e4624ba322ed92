//! Versions and instance classes of the engines of RDS.

use std::sync::OnceLock;

/// Lines of five columns: `cluster` or `instance`, `versions`, `classes` or `regions`, an engine, the regions that
/// don't have the classes, and the versions (`!` behind a deprecated one), classes or regions.
///
/// Source: cfn-lint 1.58.0, `data/schemas/extensions/aws_rds_dbcluster` and `aws_rds_dbinstance`.
const ENGINES: &str = include_str!("../../../schemas/rds-engines.txt");

/// When the list was taken.
pub(super) const DATE: &str = "October 2026";

/// A kind of resource that has an engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Cluster,
    Instance,
}

/// A line of the list.
struct Line {
    kind: &'static str,
    holds: &'static str,
    engine: &'static str,
    regions: &'static str,
    names: &'static str,
}

/// The lines of a kind: what they hold, the engine, regions and names. The list is divided once.
fn lines(
    kind: Kind,
    holds: &'static str,
) -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    static LINES: OnceLock<Vec<Line>> = OnceLock::new();
    let lines = LINES.get_or_init(|| {
        let line = |line: &'static str| {
            let mut columns = line.splitn(5, '\t');
            let mut next = || columns.next();
            Some(Line { kind: next()?, holds: next()?, engine: next()?, regions: next()?, names: next()? })
        };
        ENGINES.lines().filter_map(line).collect()
    });
    let kind = if kind == Kind::Cluster { "cluster" } else { "instance" };
    let wanted = lines.iter().filter(move |line| line.kind == kind && line.holds == holds);
    wanted.map(|line| (line.engine, line.regions, line.names))
}

/// What is known of a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    /// It is made.
    Known,
    /// It isn't made any more.
    Deprecated,
    /// It isn't on the list, and older than some that are.
    Missing,
    /// It is newer than all on the list.
    Newer,
}

/// What is known of an engine's version; `None` if the engine isn't known.
pub(super) fn version(kind: Kind, engine: &str, version: &str) -> Option<Version> {
    let (_, _, known) = lines(kind, "versions").find(|(name, ..)| *name == engine)?;
    let mut rest = names(known).filter_map(|name| name.strip_prefix(version.as_bytes()));
    match rest.find(|rest| matches!(*rest, b"" | b"!")) {
        Some(b"") => return Some(Version::Known),
        Some(_) => return Some(Version::Deprecated),
        None => {}
    }
    let newest = known.split(' ').map(|name| numbers(name.trim_end_matches('!'))).max().unwrap_or_default();
    Some(if numbers(version) > newest || is_newer_minor(version, known) {
        Version::Newer
    } else {
        Version::Missing
    })
}

/// Whether a version is newer than all of its major version.
fn is_newer_minor(version: &str, known: &str) -> bool {
    let own = numbers(version);
    let same = known
        .split(' ')
        .map(|name| numbers(name.trim_end_matches('!')))
        .filter(|other| other.first() == own.first());
    same.max().is_some_and(|newest| own > newest)
}

fn numbers(version: &str) -> Vec<u64> {
    version.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect()
}

/// Whether an engine's instance class is offered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Class {
    Offered,
    /// In no region on the list.
    Nowhere,
    /// Not in that region, but in others.
    Elsewhere,
}

/// Whether a class is offered for an engine, in a region if one is known; `None` if the engine or region isn't known.
pub(super) fn class(kind: Kind, engine: &str, class: &str, region: Option<&str>) -> Option<Class> {
    let regions = lines(kind, "regions").next()?.2;
    let mut engines = lines(kind, "classes").filter(|(name, ..)| *name == engine).peekable();
    engines.peek()?;
    let found = engines.find(|(.., classes)| has(classes, class));
    let Some((_, absent, _)) = found else { return Some(Class::Nowhere) };
    let Some(region) = region else { return Some(Class::Offered) };
    has(regions, region).then_some(())?;
    Some(if has(absent, region) { Class::Elsewhere } else { Class::Offered })
}

/// Whether a name is among names with blanks between.
fn has(all: &str, wanted: &str) -> bool {
    names(all).any(|name| name == wanted.as_bytes())
}

/// The names that stand with blanks between, of which there are many: byte by byte they are cut fastest.
fn names(all: &str) -> impl Iterator<Item = &[u8]> {
    all.as_bytes().split(|byte| *byte == b' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_known_or_not() {
        let of = |text: &str| version(Kind::Cluster, "aurora-postgresql", text);
        assert_eq!(of("16.8"), Some(Version::Known));
        assert_eq!(of("10.7"), Some(Version::Deprecated));
        assert_eq!(of("12.99"), Some(Version::Newer));
        assert_eq!(of("99.1"), Some(Version::Newer));
        assert_eq!(of("13.1"), Some(Version::Missing));
        assert_eq!(version(Kind::Cluster, "oracle", "1"), None);
    }

    #[test]
    fn classes_are_offered_or_not() {
        let of = |text: &str, region| class(Kind::Instance, "aurora-postgresql", text, region);
        assert_eq!(of("db.r6g.large", Some("us-east-1")), Some(Class::Offered));
        assert_eq!(of("db.r6g.lage", None), Some(Class::Nowhere));
        assert_eq!(of("db.r6g.large", Some("moon-1")), None);
        assert_eq!(class(Kind::Instance, "own", "db.r6g.large", None), None);
    }
}
