//! `Fn::Cidr`: cuts a block of addresses into smaller ones.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The first `count` blocks of `bits` host bits in the block.
///
/// Source: AWS CloudFormation User Guide, "`Fn::Cidr`".
///
/// # Errors
/// In words, what keeps the block from being cut so.
pub(super) fn cut(block: &str, count: u32, bits: u32) -> Result<Vec<String>, String> {
    let parsed = block
        .split_once('/')
        .and_then(|(address, prefix)| Some((address.parse::<IpAddr>().ok()?, prefix.parse::<u32>().ok()?)));
    let Some((address, prefix)) = parsed else { return Err(format!("`{block}` is no block of addresses")) };
    let (width, number) = match address {
        IpAddr::V4(address) => (32, u128::from(u32::from(address))),
        IpAddr::V6(address) => (128, u128::from(address)),
    };
    if prefix > width {
        return Err(format!("`{block}` is no block of addresses"));
    }
    if !(1..=256).contains(&count) {
        return Err(format!("the count is {count}, allowed are 1 to 256"));
    }
    if bits == 0 || bits > width {
        return Err(format!("{bits} bits are not possible, allowed are 1 to {width}"));
    }
    let host_bits = width - prefix;
    let fits = bits <= host_bits && (host_bits - bits >= 32 || u64::from(count) <= 1 << (host_bits - bits));
    if !fits {
        return Err(format!("`{block}` has no room for {count} blocks of {bits} bits"));
    }
    // A prefix of 0 would shift by the whole width.
    let start = if host_bits >= 128 { 0 } else { number >> host_bits << host_bits };
    let blocks = (0..u128::from(count)).map(|index| {
        let step = if bits >= 128 { 0 } else { index << bits };
        let address = start + step;
        let text = if width == 32 {
            Ipv4Addr::from(u32::try_from(address).unwrap_or(u32::MAX)).to_string()
        } else {
            Ipv6Addr::from(address).to_string()
        };
        format!("{text}/{}", width - bits)
    });
    Ok(blocks.collect())
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn blocks_follow_each_other() {
        assert_eq!(cut("10.0.0.0/16", 3, 8).unwrap(), ["10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/24"]);
        assert_eq!(cut("10.1.2.3/30", 2, 1).unwrap(), ["10.1.2.0/31", "10.1.2.2/31"]);
        assert_eq!(cut("2001:db8::/56", 2, 64).unwrap(), ["2001:db8::/64", "2001:db8:0:1::/64"]);
        assert_eq!(cut("0.0.0.0/0", 2, 31).unwrap(), ["0.0.0.0/1", "128.0.0.0/1"]);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert!(cut("10.0.0.0/24", 2, 8).unwrap_err().contains("no room"));
        assert!(cut("10.0.0.0/24", 1, 9).is_err());
        assert!(cut("10.0.0.0/33", 1, 8).is_err());
        assert!(cut("10.0.0.0/16", 257, 8).is_err());
        assert!(cut("::/0", 256, 128).is_err());
        assert!(cut("x", 1, 8).is_err());
    }
}
