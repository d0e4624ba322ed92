//! Text of Rust in the making.

/// Lines, indented by the blocks that are open.
#[derive(Debug, Default)]
pub(crate) struct Code {
    text: String,
    depth: usize,
}

impl Code {
    /// Adds a line; an empty one without blanks.
    pub(crate) fn line(&mut self, line: &str) {
        if !line.is_empty() {
            self.text.push_str(&"    ".repeat(self.depth));
            self.text.push_str(line);
        }
        self.text.push('\n');
    }

    /// Adds a line that opens a block.
    pub(crate) fn open(&mut self, line: &str) {
        self.line(line);
        self.depth += 1;
    }

    /// Adds a line that closes the innermost block.
    pub(crate) fn close(&mut self, line: &str) {
        self.depth = self.depth.saturating_sub(1);
        self.line(line);
    }

    /// Adds a line that closes the innermost block and opens another.
    pub(crate) fn reopen(&mut self, line: &str) {
        self.close(line);
        self.depth += 1;
    }

    /// Sets what follows apart, unless it is the first of its block.
    pub(crate) fn gap(&mut self) {
        let begins_block = self.text.is_empty() || self.text.ends_with("{\n");
        if !begins_block {
            self.line("");
        }
    }

    /// All of it.
    pub(crate) fn into_text(self) -> String {
        self.text
    }
}
