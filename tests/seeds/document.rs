//! `docs/seeds.md` as data: its headings and the tables below them.

use std::ops::Index;

use indexmap::IndexMap;

/// A row of a table.
#[derive(Debug, Clone, Default)]
pub(crate) struct Row {
    cells: IndexMap<String, String>,
}

impl Index<&str> for Row {
    type Output = String;

    /// The cell in the column with this heading.
    fn index(&self, column: &str) -> &String {
        self.cells.get(column).unwrap_or_else(|| panic!("no column {column:?} in {:?}", self.cells))
    }
}

impl Row {
    /// The first code span of a cell.
    pub(crate) fn code(&self, column: &str) -> String {
        let span = code_spans(&self[column]).first().map(|span| (*span).to_owned());
        span.unwrap_or_else(|| panic!("no code in the column {column:?} of {:?}", self.cells))
    }

    /// The value in an environment's column; `None` for a dash. `=` is the value in the column before, `""` the empty text.
    pub(crate) fn value(&self, environment: &str) -> Option<String> {
        let place = self.cells.get_index_of(environment).unwrap_or_else(|| panic!("no column {environment}"));
        let cell = match self.cells[place].as_str() {
            "=" => &self.cells[place - 1],
            cell => cell,
        };
        code_spans(cell).first().map(|span| if *span == "\"\"" { String::new() } else { (*span).to_owned() })
    }

    /// The places in the template that a row names for an environment: those behind `dev:` or `prd:`, or all if neither
    /// stands there.
    pub(crate) fn places(&self, environment: &str) -> Vec<&str> {
        let parts = self["where"].split("; ");
        let meant = parts.filter(|part| match part.split_once(": `") {
            Some((name, _)) => name == environment,
            None => true,
        });
        meant.flat_map(code_spans).collect()
    }
}

/// A heading and what stands below it, up to the next one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Section {
    /// The headings above it, the outermost first, and its own.
    pub(crate) headings: Vec<String>,
    /// The rows of its tables.
    pub(crate) rows: Vec<Row>,
}

/// Reads the sections of a document in Markdown.
pub(crate) fn sections(text: &str) -> Vec<Section> {
    let mut sections = vec![Section::default()];
    let mut columns: Option<Vec<String>> = None;
    for line in text.lines() {
        if let Some((marks, title)) =
            line.split_once(' ').filter(|(marks, _)| !marks.is_empty() && marks.chars().all(|c| c == '#'))
        {
            let above = sections.last().map(|section| section.headings.clone()).unwrap_or_default();
            let mut headings: Vec<String> = above.into_iter().take(marks.len() - 1).collect();
            headings.resize(marks.len() - 1, String::new());
            headings.push(title.to_owned());
            sections.push(Section { headings, rows: Vec::new() });
            columns = None;
        } else if line.starts_with('|') {
            let cells = cells(line);
            match &columns {
                None => columns = Some(cells),
                Some(_) if cells.iter().all(|cell| cell.chars().all(|c| c == '-' || c == ':')) => {}
                Some(names) => {
                    assert_eq!(
                        names.len(),
                        cells.len(),
                        "a row has another number of cells than its table: {line}"
                    );
                    let row = Row { cells: names.iter().cloned().zip(cells).collect() };
                    sections.last_mut().unwrap().rows.push(row);
                }
            }
        } else {
            columns = None;
        }
    }
    sections
}

/// The cells of a row; `\|` is no border.
fn cells(line: &str) -> Vec<String> {
    let inner = line.trim().trim_start_matches('|');
    let inner = inner.strip_suffix('|').unwrap_or(inner);
    let marked = inner.replace("\\|", "\u{0}");
    marked.split('|').map(|cell| cell.trim().replace('\u{0}', "|")).collect()
}

/// The code spans of a text, without their marks.
pub(crate) fn code_spans(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

#[test]
fn headings_and_tables_are_read() {
    let text =
        "# A\n\n## B\ntext\n\n| one | two |\n|---|---|\n| `x \\| y` | 2 |\n| 3 | `a`, `b` |\n\n### C\n# D\n";
    let sections = sections(text);
    let headings: Vec<String> = sections.iter().map(|section| section.headings.join("/")).collect();
    assert_eq!(headings, ["", "A", "A/B", "A/B/C", "D"]);
    let rows = &sections[2].rows;
    assert_eq!(rows.len(), 2);
    assert_eq!(code_spans(&rows[0]["one"]), ["x | y"]);
    assert_eq!(code_spans(&rows[1]["two"]), ["a", "b"]);
    assert_eq!(rows[0].code("one"), "x | y");
}

#[test]
fn values_and_places_depend_on_the_environment() {
    let text =
        "| where | dev | prd |\n|---|---|---|\n| `A.B`, `C` | `1` | = |\n| dev: `A`; prd: `B` | — | `2` |\n";
    let rows = &sections(text)[0].rows;
    assert_eq!(rows[0].value("prd").as_deref(), Some("1"));
    assert_eq!(rows[0].places("prd"), ["A.B", "C"]);
    assert_eq!(rows[1].value("dev"), None);
    assert_eq!((rows[1].places("dev"), rows[1].places("prd")), (vec!["A"], vec!["B"]));
}
