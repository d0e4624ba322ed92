//! What files that mean harm, or none at all, may do: give an error, soon.

use std::fmt::Write;

use super::mutation::{Numbers, mutate};
use super::*;

fn parse(format: Format, text: &str) -> Result<Document, Vec<Diagnostic>> {
    Document::parse(Source::new("hostile", text), format, &Limits::default())
}

fn codes(format: Format, text: &str) -> Vec<&'static str> {
    parse(format, text).map_or_else(|found| found.iter().map(|d| d.code.0).collect(), |_| Vec::new())
}

#[test]
fn depth_has_a_limit_in_every_form() {
    let lines =
        |line: &dyn Fn(usize) -> String| (0..2000).map(|depth| " ".repeat(depth) + &line(depth)).collect();
    let forms: Vec<(Format, String)> = vec![
        (Format::Json, "[".repeat(100_000)),
        (Format::Json, "{\"a\":".repeat(100_000)),
        (Format::Json, "[{\"a\":".repeat(100_000)),
        (Format::Yaml, "[".repeat(100_000)),
        (Format::Yaml, "{a: ".repeat(100_000)),
        (Format::Yaml, "[{".repeat(100_000)),
        (Format::Yaml, "- ".repeat(100_000)),
        (Format::Yaml, "? ".repeat(100_000)),
        (Format::Yaml, "!Not [".repeat(100_000)),
        (Format::Yaml, lines(&|_| "a:\n".to_owned())),
        (Format::Yaml, lines(&|_| "-\n".to_owned())),
    ];
    for (format, text) in forms {
        assert_eq!(codes(format, &text), ["D009"], "{}", &text[..20]);
    }
}

#[test]
fn the_limit_on_depth_is_exact() {
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    let tagged = |depth: usize| "!Not [".repeat(depth) + &"]".repeat(depth);
    for format in [Format::Json, Format::Yaml] {
        assert!(parse(format, &nested(100)).is_ok());
        assert_eq!(codes(format, &nested(101)), ["D009"]);
    }
    assert!(parse(Format::Yaml, &tagged(50)).is_ok());
    assert_eq!(codes(Format::Yaml, &tagged(51)), ["D009"]);
    let unlimited = Limits { max_depth: usize::MAX, ..Limits::default() };
    let deepest =
        Document::parse(Source::new("t", nested(Limits::DEEPEST)), Format::Yaml, &unlimited).unwrap();
    assert!(deepest.to_json().is_array());
    assert!(
        Document::parse(Source::new("t", nested(Limits::DEEPEST + 1)), Format::Json, &unlimited).is_err()
    );
}

#[test]
fn aliases_that_explode_are_refused() {
    let mut lists = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    let mut texts = format!("a0: &a0 {}\n", "x".repeat(100_000));
    let mut depth = "a0: &a0 [x]\n".to_owned();
    for level in 1..200 {
        let below = level - 1;
        let nine = vec![format!("*a{below}"); 9].join(", ");
        writeln!(lists, "a{level}: &a{level} [{nine}]").unwrap();
        writeln!(texts, "a{level}: [{}]", vec!["*a0"; 100].join(", ")).unwrap();
        writeln!(depth, "a{level}: &a{level} [*a{below}]").unwrap();
    }
    assert_eq!(codes(Format::Yaml, &lists), ["D009"]);
    assert_eq!(codes(Format::Yaml, &texts), ["D009"]);
    assert_eq!(codes(Format::Yaml, &depth), ["D009"]);
}

#[test]
fn anchors_inside_anchors_are_counted() {
    let mut nested = String::new();
    for depth in 0..90 {
        write!(nested, "&a{depth} [").unwrap();
    }
    nested += &("x,".repeat(50_000) + &"]".repeat(90));
    assert_eq!(codes(Format::Yaml, &nested), ["D009"]);
}

#[test]
fn size_has_a_limit() {
    let limits = Limits::default();
    assert_eq!(codes(Format::Yaml, &"x".repeat(limits.max_bytes + 1)), ["D009"]);
    assert!(parse(Format::Yaml, &"x".repeat(1 << 20)).is_ok());
    assert!(parse(Format::Json, &format!("\"{}\"", "x".repeat(1 << 20))).is_ok());
    assert_eq!(codes(Format::Json, &format!("[{}]", vec!["1"; limits.max_nodes].join(","))), ["D009"]);
    assert_eq!(codes(Format::Yaml, &format!("[{}]", vec!["1"; limits.max_nodes].join(","))), ["D009"]);
}

#[test]
fn numbers_without_end_are_text() {
    let digits = "9".repeat(100_000);
    for format in [Format::Json, Format::Yaml] {
        for text in [digits.clone(), format!("0.{digits}"), format!("1e{digits}"), format!("-{digits}")] {
            let document = parse(format, &format!("[{text}]")).unwrap();
            assert_eq!(document.root.items()[0].as_str(), Some(text.as_str()), "{}", &text[..9]);
        }
    }
}

#[test]
fn many_mistakes_are_cut_off() {
    let many = Limits::default().max_diagnostics;
    assert_eq!(codes(Format::Yaml, &"a: 1\n".repeat(10_000)).len(), many);
    assert_eq!(codes(Format::Yaml, &"\u{1}".repeat(10_000)).len(), many);
    assert_eq!(codes(Format::Yaml, &"a: b: c\n".repeat(10_000)).len(), many);
    assert_eq!(codes(Format::Json, &format!("[{}]", "x,".repeat(10_000))).len(), many);
}

#[test]
fn long_texts_take_time_in_proportion() {
    // Each was quadratic in some reader.
    let long = 200_000;
    for text in [
        "a: b: c\n - x\n  k: v\n".to_owned() + &"- x\n  k: v\n".repeat(long / 10),
        "- a: b: c\n".to_owned() + &"  k: v\n".repeat(long / 10),
        "[".to_owned() + &"a,".repeat(long) + "]",
        "a: \"".to_owned() + &"\\n".repeat(long) + "\"",
        "#".repeat(long),
        "# c\n".repeat(long),
        "\n".repeat(long),
        " ".repeat(long),
        "a: |\n".to_owned() + &"  x\n".repeat(long),
        "\"".to_owned() + &"a".repeat(long) + "\": b",
        "{".to_owned() + &"\"a\":1,".repeat(1000) + "}",
        "? a\n".repeat(1000),
        "&a ".repeat(1000),
        "!a ".repeat(1000),
        "'".repeat(long),
        "*a ".repeat(long / 10),
    ] {
        let started = std::time::Instant::now();
        for format in [Format::Yaml, Format::Json] {
            let _ = parse(format, &text);
        }
        assert!(started.elapsed().as_secs() < 20, "{}", &text[..20]);
    }
}

#[test]
fn mutated_files_never_panic() {
    let corpus = [
        "a: &x [1, two, 'three', \"f\\u00e9\"]\nb: {c: *x, d: !Ref e}\nf: |\n  text\n\ng: >-\n  more\n  text\n",
        "Resources:\n  A:\n    Type: AWS::S3::Bucket\n    Properties: # c\n      Name: !Sub \"${A}-b\"\n      T: !If [X, !GetAtt B.C, 0x1F]\n",
        "%YAML 1.1\n---\n? [a, b]\n: - c\n  - ? d\n    : e\n...\n",
        "{\"a\": [1, -2.5e3, true, null, \"x\\ud83d\\ude00\\n\"], \"b\": {\"c\": {}}}",
    ];
    let mut numbers = Numbers::new(0x9e37_79b9_7f4a_7c15);
    let mut outcomes = [0, 0, 0];
    for round in 0..4000 {
        let bytes = mutate(corpus[round % corpus.len()], &mut numbers);
        let Ok(source) = decode("mutated", &bytes) else {
            outcomes[0] += 1;
            continue;
        };
        for format in [Format::Yaml, Format::Json] {
            match Document::parse(source.clone(), format, &Limits::default()) {
                Ok(document) => {
                    outcomes[1] += 1;
                    document.root.walk(&mut |node| {
                        assert!(
                            source.text.get(node.span.start..node.span.end).is_some(),
                            "{:?} in {:?}",
                            node,
                            source.text
                        );
                    });
                    let _ = (document.to_json(), document.strict_findings());
                }
                Err(found) => {
                    outcomes[2] += 1;
                    assert!(!found.is_empty());
                    for diagnostic in found {
                        let span = diagnostic.location.unwrap().span;
                        assert!(
                            source.text.get(span.start..span.end).is_some()
                                && span.line > 0
                                && span.column > 0
                        );
                    }
                }
            }
        }
    }
    assert!(outcomes.iter().all(|count| *count > 100), "the mutations are all alike: {outcomes:?}");
}
