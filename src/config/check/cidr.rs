//! Address ranges.

use std::net::IpAddr;

/// An address range: an address and how many bits of it are the network's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cidr {
    address: u128,
    pub(super) prefix: u32,
    pub(super) is_v6: bool,
}

/// Why a text is no range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NoCidr {
    /// What is wrong with it.
    pub(super) message: String,
    /// What to write, where a single address may be meant.
    pub(super) help: String,
    /// The range that is meant, if one has bits set behind its length.
    pub(super) meant: Option<Cidr>,
}

impl Cidr {
    /// Reads `10.0.0.0/16` or `2001:db8::/32`.
    ///
    /// # Errors
    /// What is wrong with it, and what to write.
    pub(super) fn parse(text: &str) -> Result<Self, NoCidr> {
        let no = |message: String, help: String| NoCidr { message, help, meant: None };
        let Some((address, prefix)) = text.split_once('/') else {
            let help = match text.parse::<IpAddr>() {
                Ok(IpAddr::V4(_)) => format!("write {text}/32 for this one address"),
                Ok(IpAddr::V6(_)) => format!("write {text}/128 for this one address"),
                Err(_) => "write an address and a length, such as 203.0.113.0/24".to_owned(),
            };
            return Err(no(format!("`{text}` has no length"), help));
        };
        let Ok(address) = address.parse::<IpAddr>() else {
            let help = "write an address and a length, such as 203.0.113.0/24 or 2001:db8::/32";
            return Err(no(format!("`{address}` isn't an IP address"), help.to_owned()));
        };
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let is_number =
            !prefix.is_empty() && prefix.len() <= 3 && prefix.bytes().all(|byte| byte.is_ascii_digit());
        let Some(prefix) = prefix.parse::<u32>().ok().filter(|prefix| is_number && *prefix <= bits) else {
            let message = format!("`{text}` has a length that isn't 0 to {bits}");
            return Err(no(message, format!("write {address}/{bits} for this one address")));
        };
        let value = match address {
            IpAddr::V4(address) => u128::from(u32::from(address)),
            IpAddr::V6(address) => u128::from(address),
        };
        let cidr = Self { address: value, prefix, is_v6: address.is_ipv6() };
        let network = value & !cidr.host_mask();
        if network != value {
            let network = Self { address: network, ..cidr };
            let message = format!("`{text}` has bits set behind its length");
            let help = format!("write {network} for the range, or {address}/{bits} for the one address");
            return Err(NoCidr { message, help, meant: Some(network) });
        }
        Ok(cidr)
    }

    /// The bits that tell the addresses of the range apart.
    fn host_mask(self) -> u128 {
        let bits = if self.is_v6 { 128 } else { 32 };
        match bits - self.prefix {
            128 => u128::MAX,
            host => (1 << host) - 1,
        }
    }

    /// Whether all of it is for private use.
    ///
    /// Source: RFC 1918, RFC 6598.
    pub(super) fn is_private(self) -> bool {
        let inside = |address: [u8; 4], prefix: u32| {
            let range = Self { address: u128::from(u32::from_be_bytes(address)), prefix, is_v6: false };
            self.prefix >= prefix && self.address & !range.host_mask() == range.address
        };
        !self.is_v6
            && (inside([10, 0, 0, 0], 8)
                || inside([172, 16, 0, 0], 12)
                || inside([192, 168, 0, 0], 16)
                || inside([100, 64, 0, 0], 10))
    }
}

impl std::fmt::Display for Cidr {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.is_v6 {
            write!(f, "{}/{}", std::net::Ipv6Addr::from(self.address), self.prefix)
        } else {
            let address = u32::try_from(self.address).unwrap_or_default();
            write!(f, "{}/{}", std::net::Ipv4Addr::from(address), self.prefix)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_and_written() {
        for text in ["0.0.0.0/0", "10.0.0.0/16", "203.0.113.1/32", "::/0", "2001:db8::/32", "2001:db8::1/128"]
        {
            assert_eq!(Cidr::parse(text).map(|cidr| cidr.to_string()), Ok(text.to_owned()));
        }
    }

    #[test]
    fn mistakes_are_told_with_what_to_write() {
        for (text, message, help) in [
            (
                "10.0.0.1/16",
                "`10.0.0.1/16` has bits set behind its length",
                "write 10.0.0.0/16 for the range, or 10.0.0.1/32 for the one address",
            ),
            (
                "2001:db8::1/64",
                "`2001:db8::1/64` has bits set behind its length",
                "write 2001:db8::/64 for the range, or 2001:db8::1/128 for the one address",
            ),
            ("10.0.0.1", "`10.0.0.1` has no length", "write 10.0.0.1/32 for this one address"),
            ("office", "`office` has no length", "write an address and a length, such as 203.0.113.0/24"),
            (
                "10.0.0/16",
                "`10.0.0` isn't an IP address",
                "write an address and a length, such as 203.0.113.0/24 or 2001:db8::/32",
            ),
            (
                "10.0.0.0/33",
                "`10.0.0.0/33` has a length that isn't 0 to 32",
                "write 10.0.0.0/32 for this one address",
            ),
            (
                "10.0.0.0/+8",
                "`10.0.0.0/+8` has a length that isn't 0 to 32",
                "write 10.0.0.0/32 for this one address",
            ),
            (
                "10.0.0.0/",
                "`10.0.0.0/` has a length that isn't 0 to 32",
                "write 10.0.0.0/32 for this one address",
            ),
        ] {
            let no = Cidr::parse(text).unwrap_err();
            assert_eq!((no.message.as_str(), no.help.as_str()), (message, help));
        }
    }

    #[test]
    fn private_ranges_are_known() {
        let is_private = |text| Cidr::parse(text).unwrap().is_private();
        for text in
            ["10.0.0.0/8", "10.1.0.0/16", "172.16.0.0/12", "172.31.0.0/16", "192.168.1.0/24", "100.64.0.0/10"]
        {
            assert!(is_private(text), "{text}");
        }
        for text in ["10.0.0.0/7", "172.32.0.0/16", "8.8.8.0/24", "0.0.0.0/0", "fd00::/8"] {
            assert!(Cidr::parse(text).is_err() || !is_private(text), "{text}");
        }
    }
}
