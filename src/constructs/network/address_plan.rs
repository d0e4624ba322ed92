//! How a VPC's addresses are divided among its subnets.

use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

/// A block of IPv4 addresses, such as `10.0.0.0/16`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ipv4Block {
    first: u32,
    prefix: u32,
}

impl Ipv4Block {
    /// The part number `index` of those that have the prefix length `prefix`, counted from 0; `None` where there are
    /// fewer.
    fn part(self, prefix: u32, index: u32) -> Option<Self> {
        let parts = 1_u32.checked_shl(prefix.checked_sub(self.prefix)?)?;
        let size = 1_u32.checked_shl(32_u32.checked_sub(prefix)?)?;
        (index < parts).then(|| Self { first: self.first + index * size, prefix })
    }
}

impl FromStr for Ipv4Block {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || format!("`{text}` isn't a block of IPv4 addresses such as `10.0.0.0/16`");
        let (address, prefix) = text.split_once('/').ok_or_else(bad)?;
        let address: Ipv4Addr = address.parse().map_err(|_| bad())?;
        let prefix: u32 = prefix.parse().ok().filter(|prefix| *prefix <= 32).ok_or_else(bad)?;
        let block = Self { first: address.to_bits(), prefix };
        let hosts = u32::MAX.checked_shr(prefix).unwrap_or(0);
        if block.first & hosts != 0 {
            let start = Self { first: block.first & !hosts, prefix };
            return Err(format!("`{text}` begins inside the block `{start}`"));
        }
        Ok(block)
    }
}

impl fmt::Display for Ipv4Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", Ipv4Addr::from_bits(self.first), self.prefix)
    }
}

/// The blocks of a VPC's subnets, one public and one private for each zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AddressPlan {
    pub(super) private: Vec<Ipv4Block>,
    pub(super) public: Vec<Ipv4Block>,
}

impl AddressPlan {
    /// Divides a VPC's block: a quarter of it for each private subnet, and of the last quarter a part for each public
    /// one: a sixteenth of the VPC, at least a /27.
    ///
    /// Tasks, databases and endpoints need most addresses; a load balancer's subnet needs a /27 and 8 free addresses
    /// ("Application Load Balancers", "Subnets for your load balancer"). A zone's blocks don't depend on the number of
    /// zones, so that one can be added later.
    ///
    /// # Errors
    /// What is wrong with the block or the number of zones.
    pub(super) fn new(cidr: &str, zones: u32) -> Result<Self, String> {
        let vpc: Ipv4Block = cidr.parse()?;
        if !(16..=24).contains(&vpc.prefix) {
            return Err(format!("`{cidr}` isn't between /16 and /24"));
        }
        if !(2..=3).contains(&zones) {
            return Err(format!("{zones} availability zones, but a network has 2 or 3"));
        }
        let (private, public) = (vpc.prefix + 2, (vpc.prefix + 4).min(27));
        let private: Option<Vec<_>> = (0..zones).map(|zone| vpc.part(private, zone)).collect();
        let public: Option<Vec<_>> = vpc
            .part(vpc.prefix + 2, 3)
            .and_then(|last| (0..zones).map(|zone| last.part(public, zone)).collect());
        match (private, public) {
            (Some(private), Some(public)) => Ok(Self { private, public }),
            _ => Err(format!("`{cidr}` is too small for {zones} availability zones")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(blocks: &[Ipv4Block]) -> Vec<String> {
        blocks.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_large_block_is_divided_in_quarters_and_sixteenths() {
        let plan = AddressPlan::new("10.0.0.0/16", 3).unwrap();
        assert_eq!(texts(&plan.private), ["10.0.0.0/18", "10.0.64.0/18", "10.0.128.0/18"]);
        assert_eq!(texts(&plan.public), ["10.0.192.0/20", "10.0.208.0/20", "10.0.224.0/20"]);
    }

    #[test]
    fn public_subnets_are_never_smaller_than_27() {
        let plan = AddressPlan::new("10.1.2.0/24", 2).unwrap();
        assert_eq!(texts(&plan.private), ["10.1.2.0/26", "10.1.2.64/26"]);
        assert_eq!(texts(&plan.public), ["10.1.2.192/27", "10.1.2.224/27"]);
        assert_eq!(
            AddressPlan::new("10.1.2.0/24", 3).unwrap_err(),
            "`10.1.2.0/24` is too small for 3 availability zones"
        );
    }

    #[test]
    fn a_further_zone_moves_no_block_and_blocks_lie_apart_inside_the_vpc() {
        for prefix in 16..=24 {
            let cidr = format!("172.16.0.0/{prefix}");
            let vpc: Ipv4Block = cidr.parse().unwrap();
            let two = AddressPlan::new(&cidr, 2).unwrap();
            if let Ok(three) = AddressPlan::new(&cidr, 3) {
                assert_eq!(three.private[..2], two.private);
                assert_eq!(three.public[..2], two.public);
            }
            let plan = AddressPlan::new(&cidr, 3).unwrap_or(two);
            let end = |block: &Ipv4Block| u64::from(block.first) + (1_u64 << (32 - block.prefix));
            let mut blocks: Vec<Ipv4Block> = plan.private.into_iter().chain(plan.public).collect();
            blocks.sort_by_key(|block| block.first);
            assert!(blocks.windows(2).all(|pair| end(&pair[0]) <= u64::from(pair[1].first)), "{blocks:?}");
            assert!(blocks.iter().all(|block| block.first >= vpc.first && end(block) <= end(&vpc)));
        }
    }

    #[test]
    fn what_is_no_block_is_told() {
        let message = |cidr| AddressPlan::new(cidr, 2).unwrap_err();
        assert!(message("10.0.0.0").contains("isn't a block"));
        assert!(message("10.0.0.0/33").contains("isn't a block"));
        assert!(message("10.0.0.256/16").contains("isn't a block"));
        assert_eq!(message("10.0.1.0/16"), "`10.0.1.0/16` begins inside the block `10.0.0.0/16`");
        assert_eq!(message("10.0.0.0/8"), "`10.0.0.0/8` isn't between /16 and /24");
        assert_eq!(message("0.0.0.0/0"), "`0.0.0.0/0` isn't between /16 and /24");
        assert!(AddressPlan::new("10.0.0.0/16", 1).unwrap_err().contains("2 or 3"));
    }
}
