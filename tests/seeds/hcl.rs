//! A reader of the part of Terraform's language that the seed documents use.
//!
//! Blocks, attributes, texts with `${…}`, lists, objects, calls, conditionals, comparisons and `for`. Source: Terraform
//! language specification (HCL native syntax).

use std::fmt;

/// What a body holds, in the order of the text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Item {
    /// `name = value`
    Attribute(String, Expression),
    /// `type "label" { … }`
    Block(String, Vec<String>, Vec<Item>),
}

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Expression {
    /// A text; parts in `${…}` are expressions.
    Text(Vec<Part>),
    /// A number as it is written.
    Number(String),
    /// A name or a path of names, `aws_lb.dify.arn`, `true` and `null` among them.
    Name(String),
    /// `[a, b]`
    List(Vec<Expression>),
    /// `{ a = b }`
    Object(Vec<(Expression, Expression)>),
    /// `name(a, b)`
    Call(String, Vec<Expression>),
    /// `a ? b : c`
    Conditional(Box<[Expression; 3]>),
    /// `a == b` or `a != b`
    Comparison(Box<[Expression; 2]>, bool),
    /// `[for names in collection : body]`
    For(Vec<String>, Box<[Expression; 2]>),
}

/// A part of a text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Part {
    /// Plain characters.
    Plain(String),
    /// `${…}`
    Interpolated(Expression),
}

impl fmt::Display for Expression {
    /// One canonical form: no comments, no line breaks, one space where the language asks for any.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, items: &[Self]| {
            for (index, item) in items.iter().enumerate() {
                write!(f, "{}{item}", if index == 0 { "" } else { ", " })?;
            }
            Ok(())
        };
        match self {
            Self::Text(parts) => {
                write!(f, "\"")?;
                for part in parts {
                    match part {
                        Part::Plain(text) => {
                            write!(f, "{}", text.replace('\\', "\\\\").replace('"', "\\\""))?;
                        }
                        Part::Interpolated(inner) => write!(f, "${{{inner}}}")?,
                    }
                }
                write!(f, "\"")
            }
            Self::Number(text) | Self::Name(text) => write!(f, "{text}"),
            Self::List(items) => {
                write!(f, "[")?;
                list(f, items)?;
                write!(f, "]")
            }
            Self::Object(pairs) => {
                write!(f, "{{")?;
                for (index, (key, value)) in pairs.iter().enumerate() {
                    write!(f, "{}{key} = {value}", if index == 0 { " " } else { ", " })?;
                }
                write!(f, " }}")
            }
            Self::Call(name, arguments) => {
                write!(f, "{name}(")?;
                list(f, arguments)?;
                write!(f, ")")
            }
            Self::Conditional(parts) => write!(f, "{} ? {} : {}", parts[0], parts[1], parts[2]),
            Self::Comparison(sides, equal) => {
                write!(f, "{} {} {}", sides[0], if *equal { "==" } else { "!=" }, sides[1])
            }
            Self::For(names, parts) => write!(f, "[for {} in {} : {}]", names.join(", "), parts[0], parts[1]),
        }
    }
}

/// Reads one expression.
pub(crate) fn expression(text: &str) -> Result<Expression, String> {
    let mut reader = Reader { text, at: 0 };
    let expression = reader.expression()?;
    reader.skip(true);
    if reader.rest().is_empty() { Ok(expression) } else { Err(reader.unexpected("nothing more")) }
}

/// Reads what begins at `start`: a block, an attribute, or a bare object. Gives it with the place after it.
pub(crate) fn piece(text: &str, start: usize) -> Result<(Vec<Item>, usize), String> {
    let mut reader = Reader { text, at: start };
    reader.skip(true);
    let items = if reader.rest().starts_with('{') {
        // An object of a list, shown alone.
        match reader.expression()? {
            object @ Expression::Object(_) => vec![Item::Attribute(String::new(), object)],
            other => return Err(format!("an object expected, found {other}")),
        }
    } else {
        vec![reader.item()?]
    };
    Ok((items, reader.at))
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn unexpected(&self, wanted: &str) -> String {
        let line = self.text[..self.at].matches('\n').count() + 1;
        let found: String = self.rest().chars().take(30).collect();
        format!("line {line}: {wanted} expected, found {found:?}")
    }

    /// Skips spaces and comments, and line breaks where they mean nothing.
    fn skip(&mut self, lines_too: bool) {
        loop {
            let rest = self.rest();
            let blank =
                |c: char| if lines_too { c.is_whitespace() } else { c == ' ' || c == '\t' || c == '\u{a0}' };
            let trimmed = rest.trim_start_matches(blank);
            self.at += rest.len() - trimmed.len();
            if !(trimmed.starts_with('#') || trimmed.starts_with("//")) {
                return;
            }
            self.at += trimmed.find('\n').unwrap_or(trimmed.len());
        }
    }

    fn eat(&mut self, token: &str) -> bool {
        let eaten = self.rest().starts_with(token);
        self.at += if eaten { token.len() } else { 0 };
        eaten
    }

    fn expect(&mut self, token: &str) -> Result<(), String> {
        self.skip(true);
        if self.eat(token) { Ok(()) } else { Err(self.unexpected(token)) }
    }

    fn word(&mut self) -> Result<String, String> {
        let rest = self.rest();
        let end =
            rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-')).unwrap_or(rest.len());
        if end == 0 {
            return Err(self.unexpected("a name"));
        }
        self.at += end;
        Ok(rest[..end].to_owned())
    }

    fn item(&mut self) -> Result<Item, String> {
        let name = self.word()?;
        self.skip(false);
        if self.rest().starts_with('=') && !self.rest().starts_with("==") {
            self.at += 1;
            return Ok(Item::Attribute(name, self.expression()?));
        }
        let mut labels = Vec::new();
        while self.rest().starts_with('"') {
            match self.quoted()?.as_slice() {
                [Part::Plain(label)] => labels.push(label.clone()),
                _ => return Err(self.unexpected("a plain label")),
            }
            self.skip(false);
        }
        if !self.eat("{") {
            return Err(self.unexpected("`=` or `{`"));
        }
        let mut items = Vec::new();
        loop {
            self.skip(true);
            if self.eat("}") {
                return Ok(Item::Block(name, labels, items));
            }
            items.push(self.item()?);
        }
    }

    fn expression(&mut self) -> Result<Expression, String> {
        self.skip(true);
        let mut condition = self.operand()?;
        self.skip(false);
        for (operator, equal) in [("==", true), ("!=", false)] {
            if self.eat(operator) {
                self.skip(true);
                condition = Expression::Comparison(Box::new([condition, self.operand()?]), equal);
                self.skip(false);
                break;
            }
        }
        if !self.eat("?") {
            return Ok(condition);
        }
        let then = self.expression()?;
        self.expect(":")?;
        Ok(Expression::Conditional(Box::new([condition, then, self.expression()?])))
    }

    fn operand(&mut self) -> Result<Expression, String> {
        let rest = self.rest();
        match rest.chars().next() {
            Some('"') => Ok(Expression::Text(self.quoted()?)),
            Some('[') => self.list(),
            Some('{') => self.object(),
            Some('(') => {
                self.at += 1;
                let inner = self.expression()?;
                self.expect(")")?;
                Ok(inner)
            }
            Some(c) if c.is_ascii_digit() || c == '-' => {
                let end = rest[1..]
                    .find(|c: char| !(c.is_ascii_digit() || c == '.'))
                    .map_or(rest.len(), |end| end + 1);
                self.at += end;
                Ok(Expression::Number(rest[..end].to_owned()))
            }
            _ => self.name_or_call(),
        }
    }

    fn name_or_call(&mut self) -> Result<Expression, String> {
        let mut name = self.word()?;
        if self.eat("(") {
            return Ok(Expression::Call(name, self.expressions(")")?));
        }
        loop {
            if self.rest().starts_with('[') {
                self.at += 1;
                let index = self.expression()?;
                self.expect("]")?;
                name = format!("{name}[{index}]");
            } else if self.eat(".") {
                name = format!("{name}.{}", self.word()?);
            } else {
                return Ok(Expression::Name(name));
            }
        }
    }

    fn expressions(&mut self, close: &str) -> Result<Vec<Expression>, String> {
        let mut found = Vec::new();
        loop {
            self.skip(true);
            if self.eat(close) {
                return Ok(found);
            }
            found.push(self.expression()?);
            self.skip(true);
            if !self.eat(",") && !self.rest().starts_with(close) {
                return Err(self.unexpected(close));
            }
        }
    }

    fn list(&mut self) -> Result<Expression, String> {
        self.at += 1;
        self.skip(true);
        let after = self.rest().strip_prefix("for");
        if !after.is_some_and(|after| after.starts_with(char::is_whitespace)) {
            return Ok(Expression::List(self.expressions("]")?));
        }
        self.at += "for".len();
        let mut names = Vec::new();
        loop {
            self.skip(true);
            match self.word()? {
                word if word == "in" => break,
                word => names.push(word),
            }
            self.skip(true);
            self.eat(",");
        }
        let collection = self.expression()?;
        self.expect(":")?;
        let body = self.expression()?;
        self.expect("]")?;
        Ok(Expression::For(names, Box::new([collection, body])))
    }

    fn object(&mut self) -> Result<Expression, String> {
        self.at += 1;
        let mut pairs = Vec::new();
        loop {
            self.skip(true);
            if self.eat("}") {
                return Ok(Expression::Object(pairs));
            }
            let key = self.operand()?;
            self.expect("=")?;
            pairs.push((key, self.expression()?));
            self.skip(true);
            self.eat(",");
        }
    }

    fn quoted(&mut self) -> Result<Vec<Part>, String> {
        self.at += 1;
        let mut parts = Vec::new();
        let mut plain = String::new();
        loop {
            if self.eat("${") {
                if !plain.is_empty() {
                    parts.push(Part::Plain(std::mem::take(&mut plain)));
                }
                parts.push(Part::Interpolated(self.expression()?));
                self.expect("}")?;
                continue;
            }
            let Some(c) = self.rest().chars().next() else { return Err(self.unexpected("`\"`")) };
            self.at += c.len_utf8();
            match c {
                '"' => break,
                '\n' => return Err(self.unexpected("`\"` on this line")),
                '\\' => {
                    let Some(escaped) = self.rest().chars().next() else {
                        return Err(self.unexpected("`\"`"));
                    };
                    self.at += escaped.len_utf8();
                    plain.push(if escaped == 'n' { '\n' } else { escaped });
                }
                c => plain.push(c),
            }
        }
        if !plain.is_empty() || parts.is_empty() {
            parts.push(Part::Plain(plain));
        }
        Ok(parts)
    }
}

#[test]
fn blocks_and_expressions_are_read() {
    let text = r#"resource "aws_lb" "dify" {
  name = "dify-${var.env == "prd" ? "x" : "y"}" # a comment
  // another
  subnets = [data.a.b[0].id, # one
    f(1)]
  tags = { Name = null, "A" = true }
  block {
    values = [for path in local.paths : "${path}/*"]
  }
}"#;
    let (items, end) = piece(text, 0).unwrap();
    assert_eq!(end, text.len());
    let [Item::Block(kind, labels, body)] = items.as_slice() else { panic!("{items:?}") };
    assert_eq!((kind.as_str(), labels.join(".").as_str()), ("resource", "aws_lb.dify"));
    let written: Vec<String> = body
        .iter()
        .map(|item| match item {
            Item::Attribute(name, value) => format!("{name} = {value}"),
            Item::Block(name, _, body) => format!("{name} {}", body.len()),
        })
        .collect();
    assert_eq!(
        written,
        [
            r#"name = "dify-${var.env == "prd" ? "x" : "y"}""#,
            "subnets = [data.a.b[0].id, f(1)]",
            r#"tags = { Name = null, "A" = true }"#,
            "block 1",
        ]
    );
    for (_, value) in body.iter().filter_map(|item| match item {
        Item::Attribute(name, value) => Some((name, value)),
        Item::Block(..) => None,
    }) {
        assert_eq!(expression(&value.to_string()).as_ref(), Ok(value));
    }
}

#[test]
fn what_is_not_the_language_is_refused_with_its_line() {
    for wrong in ["a = ", "a = [1 2]", "a = \"open", "a \"b\" c", "a = { b }"] {
        assert!(piece(&format!("\n\n{wrong}"), 0).is_err_and(|error| error.contains("line 3")), "{wrong}");
    }
}
