//! Files that somebody or something broke, the same ones on every run, for tests; `tests/fuzz` uses them too.

/// A generator of the same numbers on every run (xorshift64).
pub(crate) struct Numbers(u64);

impl Numbers {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).unwrap()
    }
}

/// Changes some bytes of `seed`: flips, removes, repeats, or inserts what has a meaning.
pub(crate) fn mutate(seed: &str, numbers: &mut Numbers) -> Vec<u8> {
    const PIECES: [&str; 32] = [
        "\n", "  ", "\t", "- ", ": ", "? ", "|\n", ">-\n", "&a ", "*a", "!Sub ", "!<", "%YAML", "---\n",
        "...", "{", "}", "[", "]", ",", "\"", "'", "\\u", "\\ud83d", "#", "<<", "\u{feff}", "\u{85}", "é",
        "\0", "1e9", "//",
    ];
    let mut bytes = seed.as_bytes().to_vec();
    for _ in 0..=numbers.below(6) {
        let at = numbers.below(bytes.len() + 1);
        match numbers.below(5) {
            0 if at < bytes.len() => bytes[at] = u8::try_from(numbers.below(256)).unwrap(),
            1 if at < bytes.len() => drop(bytes.remove(at)),
            2 => {
                let end = (at + numbers.below(30)).min(bytes.len());
                let copy = bytes[at..end].to_vec();
                let to = numbers.below(bytes.len() + 1);
                bytes.splice(to..to, copy);
            }
            3 => bytes.truncate(at),
            _ => drop(bytes.splice(at..at, PIECES[numbers.below(PIECES.len())].bytes())),
        }
    }
    bytes
}
