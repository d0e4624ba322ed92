//! Three answers: it fits, it doesn't, it can't be known.

/// Whether a value fits a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It fits.
    Valid,
    /// It doesn't, whatever is unknown about it turns out to be.
    Invalid,
    /// That depends on something unknown.
    Unknown,
}

impl Verdict {
    /// Of something that is known.
    pub(super) fn of(fits: bool) -> Self {
        if fits { Self::Valid } else { Self::Invalid }
    }

    /// Both fit.
    pub(super) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Invalid, _) | (_, Self::Invalid) => Self::Invalid,
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            (Self::Valid, Self::Valid) => Self::Valid,
        }
    }

    /// Either fits.
    pub(super) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Valid, _) | (_, Self::Valid) => Self::Valid,
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            (Self::Invalid, Self::Invalid) => Self::Invalid,
        }
    }

    /// The other answer, unless it is unknown.
    pub(super) fn not(self) -> Self {
        match self {
            Self::Valid => Self::Invalid,
            Self::Invalid => Self::Valid,
            Self::Unknown => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Verdict::{self, Invalid, Unknown, Valid};

    #[test]
    fn unknown_gives_way_only_to_what_decides() {
        assert_eq!(Unknown.and(Invalid), Invalid);
        assert_eq!(Unknown.and(Valid), Unknown);
        assert_eq!(Unknown.or(Valid), Valid);
        assert_eq!(Unknown.or(Invalid), Unknown);
        assert_eq!(Unknown.not(), Unknown);
        assert_eq!(Verdict::of(true).not(), Invalid);
    }
}
