//! The tree, its places, and what is told of mistakes.

use serde_json::json;

use super::*;

fn yaml(text: &str) -> Document {
    Document::parse(Source::new("t.yaml", text), Format::Yaml, &Limits::default()).unwrap()
}

fn parse_json(text: &str) -> Result<Document, Vec<Diagnostic>> {
    Document::parse(Source::new("t.json", text), Format::Json, &Limits::default())
}

/// `line:column code message` of each mistake.
fn mistakes(format: Format, text: &str) -> Vec<String> {
    let Err(diagnostics) = Document::parse(Source::new("t", text), format, &Limits::default()) else {
        return Vec::new();
    };
    let place = |d: &Diagnostic| {
        let span = d.location.as_ref().unwrap().span;
        format!("{}:{} {} {}", span.line, span.column, d.code, d.message)
    };
    diagnostics.iter().map(place).collect()
}

#[test]
fn values_keep_type_order_and_place() {
    let document = yaml("b: [1, two, 1.5]\na:\n  é: {x: null, y: \"3\"}\n  z: true # end\n");
    assert_eq!(
        document.to_json().to_string(),
        r#"{"b":[1,"two",1.5],"a":{"é":{"x":null,"y":"3"},"z":true}}"#
    );
    let span = document.at("/a/é/y").unwrap().span;
    assert_eq!((span.line, span.column, document.text(span)), (3, 19, "\"3\""));
    let span = document.at("/a").unwrap().span;
    assert_eq!(document.text(span), "é: {x: null, y: \"3\"}\n  z: true");
    assert_eq!(document.text(document.at("/b").unwrap().span), "[1, two, 1.5]");
}

#[test]
fn a_byte_order_mark_and_other_line_ends_move_nothing() {
    let document = yaml("\u{feff}a: b\r\nc: d\r\n");
    assert_eq!(document.to_json(), json!({"a": "b", "c": "d"}));
    let place = |span: Span| (span.line, span.column, span.start);
    assert_eq!(place(document.locate_key("/a")), (1, 1, 3));
    assert_eq!(place(document.locate("/c")), (2, 4, 12));
}

#[test]
fn keys_that_stand_twice_needn_t_end_the_reading() {
    let read = |text: &str| {
        Document::parse_keeping_first(Source::new("x.yaml", text), Format::Yaml, &Limits::default())
    };
    let (document, told) = read("a: [0, { b/c: 1, b/c: 2, d: 3 }]\na: 4\ne: 5\n").unwrap();
    assert_eq!(document.to_json(), serde_json::json!({ "a": [0, { "b/c": 1, "d": 3 }], "e": 5 }));
    let pointers: Vec<_> = told.iter().map(|one| one.pointer.as_deref()).collect();
    assert_eq!(pointers, [Some("/a/1/b~1c"), Some("/a")]);
    // With another mistake nothing is read.
    let codes: Vec<_> = read("a: 1\na: 2\nb: !\n  - *c\n").unwrap_err().iter().map(|one| one.code).collect();
    assert!(codes.len() > 1 && codes.contains(&code::DUPLICATE_KEY), "{codes:?}");
    assert!(read("a: 1\nb: 2\n").unwrap().1.is_empty());
}

#[test]
fn a_json_pointer_leads_to_values_keys_and_the_nearest_place() {
    let document = yaml("a/b:\n  - ~x: 1\n");
    assert_eq!(document.at("/a~1b/0/~0x").unwrap().as_number(), Some(&1.into()));
    assert_eq!(document.at("").unwrap().entries().len(), 1);
    for nothing in ["/a", "/a~1b/1", "/a~1b/00", "/a~1b/0/~0x/y", "a"] {
        assert_eq!(document.at(nothing), None, "{nothing}");
    }
    assert_eq!(document.text(document.locate("/a~1b/0/~0x/deeper")), "1");
    assert_eq!(document.text(document.locate_key("/a~1b/0/~0x/deeper")), "~x");
    assert_eq!(document.text(document.locate_key("/a~1b/7")), "a/b");
    assert_eq!(document.locate_key("/nothing").start, 0);
    assert_eq!(pointer_to("/a", "b/~c"), "/a/b~1~0c");
}

#[test]
fn tags_stay_with_their_nodes_and_make_scalars_text() {
    let document = yaml(
        "a: !Ref 5\nb: !If [X, !GetAtt B.Arn, !Sub {c: d}]\nc: !<!Ref> x\nd: !Rain::Embed f\ne: !GetAZs\n",
    );
    let tag = |pointer: &str| document.at(pointer).unwrap().tag.clone().unwrap();
    assert_eq!([tag("/a"), tag("/b"), tag("/b/1"), tag("/b/2")], ["!Ref", "!If", "!GetAtt", "!Sub"]);
    assert_eq!([tag("/c"), tag("/d"), tag("/e")], ["!Ref", "!Rain::Embed", "!GetAZs"]);
    assert_eq!(
        document.to_json(),
        json!({"a": "5", "b": ["X", "B.Arn", {"c": "d"}], "c": "x", "d": "f", "e": ""})
    );
    assert_eq!(document.text(document.locate("/b/1")), "B.Arn");
}

#[test]
fn yamls_own_tags_are_applied() {
    let document = yaml(
        "!!map\na: !!str 5\nb: !!int \"5\"\nc: !!float 5\nd: !!bool \"true\"\ne: !!null \"\"\nf: ! 5\ng: !!seq []\n!!str 7: 8\n",
    );
    assert_eq!(
        document.to_json(),
        json!({"a": "5", "b": 5, "c": 5, "d": true, "e": null, "f": "5", "g": [], "7": 8})
    );
    assert_eq!(
        mistakes(Format::Yaml, "a: !!int x\nb: !!binary aGk=\nc: !!set {}\nd: !!int 1.5\n!Ref e: f\n"),
        [
            "1:10 D008 the tag `!!int` doesn't fit `x`",
            "2:13 D008 YAML's tag `!!binary` isn't supported here",
            "3:10 D008 YAML's tag `!!set` isn't supported here",
            "4:10 D008 the tag `!!int` doesn't fit `1.5`",
            "5:6 D004 a key can't have a tag, found `!Ref`",
        ]
    );
}

#[test]
fn scalars_in_every_style() {
    let document = yaml(
        "a: |\n  x\n   y\n\nb: >-\n  x\n  y\nc: 'it''s'\nd: \"\\ud83d\\ude00\\/\\x41\\e\"\ne: x\n  y\nf: |-\n  end",
    );
    assert_eq!(
        document.to_json(),
        json!({"a": "x\n y\n", "b": "x y", "c": "it's", "d": "😀/A\u{1b}", "e": "x y", "f": "end"})
    );
    assert_eq!(document.text(document.locate("/a")), "x\n   y");
}

#[test]
fn nothing_is_null() {
    for text in ["", "\n", "# only a comment\n", "---\n", "\u{feff}", "~"] {
        assert!(yaml(text).root.is_null(), "{text:?}");
    }
    assert!(parse_json("").unwrap().root.is_null());
    assert!(parse_json(" \n").unwrap().root.is_null());
    let document = yaml("a:\nb:\n");
    assert_eq!(document.to_json(), json!({"a": null, "b": null}));
    assert_eq!((document.locate("/a").line, document.locate("/a").column), (1, 2));
}

#[test]
fn keys_are_texts() {
    let document = yaml("80: a\ntrue: b\n0.50: c\n'': d\n\"x\": e\n");
    let keys: Vec<_> = document.root.entries().iter().map(|entry| entry.key.as_str()).collect();
    assert_eq!(keys, ["80", "true", "0.50", "", "x"]);
    assert_eq!(
        mistakes(Format::Yaml, "? [a]\n: b\n? {c: d}\n: e\n: f\n<<: g\n\"<<\": h\n"),
        [
            "1:3 D004 a key has to be a text, found a list",
            "3:3 D004 a key has to be a text, found a map",
            "5:1 D004 a colon without a key before it",
            "6:1 D007 merge keys (`<<`) aren't supported",
        ]
    );
}

#[test]
fn a_key_that_stands_twice_is_told_with_both_places() {
    assert_eq!(
        mistakes(Format::Yaml, "a: 1\nb: {c: 1, d: 2, c: 3}\na: 2\n\"a\": 3\n"),
        [
            "2:17 D003 key `c` stands twice in the same map, first in line 2, column 5",
            "3:1 D003 key `a` stands twice in the same map, first in line 1, column 1",
            "4:1 D003 key `a` stands twice in the same map, first in line 1, column 1",
        ]
    );
    assert_eq!(
        mistakes(Format::Json, "{\"a\": 1,\n \"\\u0061\": 2}"),
        ["2:2 D003 key `a` stands twice in the same map, first in line 1, column 2"]
    );
}

#[test]
fn aliases_unfold() {
    let document = yaml("a: &x {k: [1, 2]}\nb: *x\n&key c: {d: *x}\ne: {*key : f}\n").to_json();
    assert_eq!(document["b"], json!({"k": [1, 2]}));
    assert_eq!(document["c"]["d"], json!({"k": [1, 2]}));
    assert_eq!(document["e"], json!({"c": "f"}));
}

#[test]
fn an_alias_is_where_it_is_used_and_its_inside_where_it_is_defined() {
    let document = yaml("a: &x {k: 1}\nb: *x\n");
    assert_eq!(document.text(document.locate("/b")), "*x");
    assert_eq!(document.locate("/b/k"), document.locate("/a/k"));
    assert_eq!(document.aliases.len(), 1);
}

#[test]
fn aliases_that_cannot_unfold_are_told() {
    assert_eq!(
        mistakes(Format::Yaml, "a: &x [*x]\nb: *nothing\nc: &l []\n? *l\n: d\n"),
        [
            "1:8 D006 an alias stands inside the value that it stands for",
            "2:4 D006 alias `*nothing` has no anchor `&nothing` before it",
            "4:3 D004 a key has to be a text, found a list",
        ]
    );
}

#[test]
fn a_file_holds_one_document() {
    assert_eq!(
        mistakes(Format::Yaml, "a: 1\n---\nb: 2\n"),
        ["2:1 D005 a second document starts here, but a file holds only one"]
    );
    let refused = Document::parse(Source::new("t", "a: 1\n---\nb: 2\n"), Format::Yaml, &Limits::default());
    assert!(refused.unwrap_err()[0].help.as_deref().is_some_and(|help| help.contains("a file of its own")));
    assert_eq!(yaml("%YAML 1.1\n---\na: 1\n...\n").to_json(), json!({"a": 1}));
}

#[test]
fn what_yaml_versions_read_differently_is_listed() {
    let document =
        yaml("a: yes\non: 0777\nb: \"no\"\nc: 2012-10-17\nd: !Ref off\ne: 123456789012345678901\nf: .nan\n");
    let listed: Vec<_> = document.ambiguous.iter().map(|a| (a.text.as_str(), a.is_key)).collect();
    assert_eq!(
        listed,
        [
            ("yes", false),
            ("on", true),
            ("0777", false),
            ("2012-10-17", false),
            ("123456789012345678901", false),
            (".nan", false)
        ]
    );
    assert_eq!(document.at("/e").unwrap().as_str(), Some("123456789012345678901"));
    let findings = document.strict_findings();
    assert_eq!(findings.len(), 7);
    assert_eq!(
        findings[0].message,
        "`yes` is a text in YAML 1.2, but the boolean true in YAML 1.1, which many tools still read"
    );
    assert_eq!(findings[0].help.as_deref(), Some("write \"yes\" in quotes, or true"));
    assert_eq!(findings[6].message, "tags have no meaning here, found `!Ref`");
    assert!(findings[6].help.as_deref().unwrap().contains("`{ Ref: … }`"), "{:?}", findings[6].help);
}

#[test]
fn mistakes_in_yaml_are_told_with_their_place() {
    for (text, mistake) in [
        ("a: b: c\n", "1:5 D001 a `:` isn't allowed here"),
        ("a:\n\tb: c\n", "2:2 D001 a tab stands where YAML wants spaces"),
        ("a: b\n\tc: d\n", "2:1 D001 a tab stands where YAML wants spaces"),
        ("a: [1, 2\n", "1:4 D001 `[` is never closed"),
        ("a: [1, 2}\n", "1:4 D001 `[` is closed by `}`"),
        ("a: \"x\n", "1:4 D001 a quote is never closed"),
        ("a: @x\n", "1:4 D001 no text starts with `@`"),
        ("a: \"\\d\"\n", "1:4 D001 unknown escape in a text"),
        ("a: 1\n b: 2\n", "2:3 D001 a `:` isn't allowed here"),
        ("a: !Base64 !Sub x\n", "1:12 D001 a value can't have two tags, found `!Base64` and `!Sub`"),
        ("a: !Base64\n  !Sub x\n", "2:3 D001 a value can't have two tags, found `!Base64` and `!Sub`"),
        ("- a\nb: c\n", "2:1 D001 expected the next `- ` of the list"),
        ("a: \"x\u{1}\"\n", "1:6 D010 the character U+0001 has to be escaped in YAML"),
    ] {
        assert_eq!(mistakes(Format::Yaml, text), [mistake], "{text}");
    }
}

#[test]
fn reading_goes_on_after_a_mistake_in_yaml() {
    let text = "\
a:
  b: [1
    2: 3}
  c: skipped, as far in as the mistake
d:
  e: 1
  e: 2
f:
  g:
     h: i: j
  k: l
  m: !Base64 !Sub n
o: *defined_before_the_mistake
p: \"
";
    assert_eq!(
        mistakes(Format::Yaml, text),
        [
            "3:6 D001 illegal placement of ':' indicator",
            "7:3 D003 key `e` stands twice in the same map, first in line 6, column 3",
            "10:10 D001 a `:` isn't allowed here",
            "12:14 D001 a value can't have two tags, found `!Base64` and `!Sub`",
            "14:4 D001 a quote is never closed",
        ]
    );
}

#[test]
fn json_is_read_strictly() {
    let document =
        parse_json("\u{feff}{\"a\": [1, -2.5e3, true, null, \"\\ud83d\\ude00\\/\\u0041\\n\"], \"é\":\t{}}")
            .unwrap();
    assert_eq!(document.to_json(), json!({"a": [1, -2500.0, true, null, "😀/A\n"], "é": {}}));
    assert_eq!(document.text(document.locate("/a/4")), "\"\\ud83d\\ude00\\/\\u0041\\n\"");
    assert_eq!(document.locate("/é").column, 63);
    assert_eq!(parse_json("\"yes\"").unwrap().to_json(), json!("yes"));
    let long = parse_json("[123456789012345678901]").unwrap();
    assert_eq!((long.to_json(), long.ambiguous.len()), (json!(["123456789012345678901"]), 1));
}

#[test]
fn mistakes_in_json_are_told_with_their_place() {
    for (text, mistake) in [
        ("{\"a\": 1,\n}", "1:8 D002 a comma before `}`, with nothing after it"),
        ("[1, 2,]", "1:6 D002 a comma before `]`, with nothing after it"),
        ("[1 \"b\"]", "1:4 D002 expected `,` or `]`, found `\"`"),
        ("{a: 1}", "1:2 D002 the key `a` isn't in quotes"),
        ("{'a': 1}", "1:2 D002 JSON wants double quotes, found `'`"),
        ("{\"a\" 1}", "1:6 D002 expected `:` after the key, found `1`"),
        ("[1, 2", "1:6 D002 expected `,` or `]`, but the text ends"),
        ("[01]", "1:2 D002 `01` isn't a number as JSON writes it"),
        ("[.5]", "1:2 D002 `.5` isn't a number as JSON writes it"),
        ("[+1]", "1:2 D002 `+1` isn't a number as JSON writes it"),
        ("[NaN]", "1:2 D002 `NaN` is no value, JSON wants texts in double quotes"),
        ("[True]", "1:2 D002 `True` is no value, JSON wants texts in double quotes"),
        ("[\"\\x\"]", "1:3 D002 unknown escape in a text"),
        ("[\"a\tb\"]", "1:4 D002 the character U+0009 has to be escaped in JSON"),
        ("[\"a\nb\"]", "1:2 D002 a quote is never closed"),
        (
            "[\"\\ud83d\"]",
            "1:3 D002 `\\u` wants four hexadecimal digits, and a character above U+FFFF a pair of surrogates",
        ),
        ("[1] // c", "1:5 D002 JSON has no comments"),
        ("[1] [2]", "1:5 D002 expected nothing more after the value"),
        ("[!Ref a]", "1:2 D002 expected a value, found `!`"),
        ("{]", "1:2 D002 expected a key in double quotes or `}`, found `]`"),
        ("[,]", "1:2 D002 expected a value, found `,`"),
        ("[}", "1:2 D002 expected a value, found `}`"),
    ] {
        assert_eq!(mistakes(Format::Json, text), [mistake], "{text}");
    }
    let several = "{\"a\": [1,],\n 'b': tru,\n \"c\": 1 \"a\": 2}";
    assert_eq!(mistakes(Format::Json, several).len(), 5);
}

#[test]
fn bytes_that_are_not_utf8_are_told() {
    assert_eq!(&*decode("f", "é".as_bytes()).unwrap().text, "é");
    let error = decode("f", b"a\n\xc3\xa9 \xff").unwrap_err();
    let location = error.location.clone().unwrap();
    assert_eq!((location.span.line, location.span.column), (2, 3));
    assert_eq!(error.message, "the byte 0xff at offset 5 isn't UTF-8");
    assert_eq!(decode("f", b"\xff\xfea\0").unwrap_err().message, "the file is UTF-16, not UTF-8");
}

#[test]
fn the_format_is_told_by_name_or_text() {
    for (name, text, format) in [
        ("a.json", "a: 1", Format::Json),
        ("a.YML", "{}", Format::Yaml),
        ("a.template", " {\"a\": 1}", Format::Json),
        ("a.template", "a: 1", Format::Yaml),
        ("-", "\u{feff}[]", Format::Json),
    ] {
        assert_eq!(Format::detect(name, text), format, "{name}");
    }
}
