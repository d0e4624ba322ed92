//! Which traffic a rule lets through.

/// Protocol and ports of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ports {
    /// One TCP port.
    Tcp(u16),
    /// TCP ports from the first to the second.
    TcpRange(u16, u16),
    /// One UDP port.
    Udp(u16),
    /// Every protocol and port.
    All,
}

impl From<u16> for Ports {
    fn from(port: u16) -> Self {
        Self::Tcp(port)
    }
}

impl Ports {
    /// The protocol as rules name it.
    pub(super) fn protocol(self) -> &'static str {
        match self {
            Self::Tcp(_) | Self::TcpRange(..) => "tcp",
            Self::Udp(_) => "udp",
            Self::All => "-1",
        }
    }

    /// First and last port.
    pub(super) fn range(self) -> Option<(u16, u16)> {
        match self {
            Self::Tcp(port) | Self::Udp(port) => Some((port, port)),
            Self::TcpRange(first, last) => Some((first, last)),
            Self::All => None,
        }
    }

    /// The ports in a logical id.
    pub(super) fn id(self) -> String {
        match self {
            Self::Tcp(port) => port.to_string(),
            Self::TcpRange(first, last) => format!("{first}To{last}"),
            Self::Udp(port) => format!("Udp{port}"),
            Self::All => "All".to_owned(),
        }
    }
}
