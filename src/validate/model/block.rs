//! Blocks of IPv4 addresses.

use std::net::Ipv4Addr;

use crate::cfn::evaluate::Evaluated;

/// A block of IPv4 addresses, such as `10.0.0.0/16`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::validate) struct Block {
    first: u32,
    bits: u32,
}

impl Block {
    /// The block that a text names; `None` of anything else.
    pub(in crate::validate) fn parse(text: &str) -> Option<Self> {
        let (address, bits) = text.split_once('/')?;
        let (address, bits): (Ipv4Addr, u32) = (address.parse().ok()?, bits.parse().ok()?);
        (bits <= 32).then(|| Self { first: address.to_bits() & Self::mask(bits), bits })
    }

    /// The block that a value names, if that is known.
    pub(in crate::validate) fn of(value: Option<&Evaluated<'_>>) -> Option<Self> {
        Self::parse(&value?.text()?)
    }

    fn mask(bits: u32) -> u32 {
        u32::MAX.checked_shl(32 - bits).unwrap_or(0)
    }

    /// Whether all of the other lies in this one.
    pub(in crate::validate) fn contains(self, other: Self) -> bool {
        self.bits <= other.bits && other.first & Self::mask(self.bits) == self.first
    }

    /// Whether the two have an address in common.
    pub(in crate::validate) fn overlaps(self, other: Self) -> bool {
        self.contains(other) || other.contains(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_contain_and_overlap() {
        let block = |text| Block::parse(text).unwrap();
        let (wide, narrow) = (block("10.0.0.0/16"), block("10.0.255.0/24"));
        assert!(wide.contains(narrow) && !narrow.contains(wide) && narrow.overlaps(wide));
        assert!(!wide.overlaps(block("10.1.0.0/16")) && block("0.0.0.0/0").contains(wide));
        assert_eq!(Block::parse("10.0.0.0/33"), None);
        assert_eq!(Block::parse("10.0.0/8"), None);
    }
}
