//! From where a key is taken: networks as they are written everywhere, such as 203.0.113.0/24 or
//! 2001:db8::/32, or one address alone.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use gradus_model::{Finding, Findings, Place, Text};

use crate::WorkspaceError;

/// Most networks of one key.
const MOST: usize = 50;

/// Addresses that begin alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Network {
    first: IpAddr,
    prefix: u8,
}

impl Network {
    /// Reads one.
    ///
    /// # Errors
    /// What is wrong with it, and what would be right.
    fn read(text: &str) -> Result<Network, (Text, Text)> {
        let such_as = || {
            Text::new(
                "例如 203.0.113.0/24、2001:db8::/32 或单个地址 203.0.113.7",
                "such as 203.0.113.0/24, 2001:db8::/32 or one address, 203.0.113.7",
            )
        };
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let Ok(address) = address.parse::<IpAddr>() else {
            let what = Text::new(
                format!("“{text}”不是网络或地址"),
                format!("“{text}” is no network and no address"),
            );
            return Err((what, such_as()));
        };
        let whole = if address.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            None => Some(whole),
            // No sign, no blank, no zero before it.
            Some(bits)
                if bits.bytes().all(|byte| byte.is_ascii_digit())
                    && (bits == "0" || !bits.starts_with('0')) =>
            {
                bits.parse().ok().filter(|bits| *bits <= whole)
            }
            Some(_) => None,
        };
        let Some(prefix) = bits else {
            let what = Text::new(
                format!("“{text}”的前缀长度不对，应为 0 至 {whole}"),
                format!("the prefix of “{text}” is none: 0 to {whole} bits"),
            );
            return Err((what, such_as()));
        };
        // What came in by IPv4 is compared as IPv4, however it is written.
        let (address, prefix) = match address {
            IpAddr::V6(six) => match six.to_ipv4_mapped() {
                Some(four) if prefix >= 96 => (IpAddr::V4(four), prefix - 96),
                _ => (address, prefix),
            },
            four => (four, prefix),
        };
        let network = Network { first: masked(address, prefix), prefix };
        if network.first != address {
            let what = Text::new(
                format!("“{text}”在前缀之后还有位"),
                format!("“{text}” has bits behind its prefix"),
            );
            let right = Text::new(
                format!("网络是 {}", network.written()),
                format!("the network is {}", network.written()),
            );
            return Err((what, right));
        }
        Ok(network)
    }

    /// The one way to write it.
    pub(super) fn written(&self) -> String {
        format!("{}/{}", self.first, self.prefix)
    }

    fn holds(&self, address: IpAddr) -> bool {
        address.is_ipv4() == self.first.is_ipv4() && masked(address, self.prefix) == self.first
    }
}

/// The first address of the network of so many bits.
fn masked(address: IpAddr, prefix: u8) -> IpAddr {
    match address {
        IpAddr::V4(four) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(prefix.min(32))).unwrap_or(0);
            IpAddr::V4(Ipv4Addr::from_bits(four.to_bits() & mask))
        }
        IpAddr::V6(six) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(prefix.min(128))).unwrap_or(0);
            IpAddr::V6(Ipv6Addr::from_bits(six.to_bits() & mask))
        }
    }
}

/// The networks of a key as they are kept.
///
/// # Errors
/// A finding for each that is none, and if there are too many.
pub(super) fn networks_of(written: &[String]) -> Result<Vec<String>, WorkspaceError> {
    let mut found = Vec::new();
    let mut findings = Vec::new();
    for (at, text) in written.iter().enumerate() {
        match Network::read(text.trim()) {
            Ok(network) if found.contains(&network.written()) => {}
            Ok(network) => found.push(network.written()),
            Err((what, right)) => {
                let place = Place::default().at(format!("networks[{at}]"));
                findings.push(Finding::error("network-form", place, what, right));
            }
        }
    }
    if findings.is_empty() && found.len() > MOST {
        findings.push(Finding::error(
            "network-form",
            Place::default().at("networks"),
            Text::new(
                format!("网络过多：{} 个", found.len()),
                format!("{} networks are too many", found.len()),
            ),
            Text::new(
                format!("至多 {MOST} 个；合并相邻的网络"),
                format!("{MOST} at most: join those that lie side by side"),
            ),
        ));
    }
    if findings.is_empty() { Ok(found) } else { Err(Findings(findings).into()) }
}

/// Whether an address lies in one of the networks; without networks every address does. What cannot be
/// read lies in none.
pub(super) fn is_allowed(networks: &serde_json::Value, address: &str) -> bool {
    let Some(networks) = networks.as_array() else { return false };
    if networks.is_empty() {
        return true;
    }
    let Ok(address) = address.parse::<IpAddr>() else { return false };
    let address = address.to_canonical();
    networks
        .iter()
        .filter_map(|text| text.as_str())
        .filter_map(|text| Network::read(text).ok())
        .any(|network| network.holds(address))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_address_is_in_its_networks_and_in_no_other() {
        for (network, inside, outside) in [
            ("203.0.113.0/24", "203.0.113.255", "203.0.114.0"),
            ("203.0.113.7", "203.0.113.7", "203.0.113.8"),
            ("203.0.113.7", "::ffff:203.0.113.7", "::203.0.113.7"),
            ("::ffff:203.0.113.0/120", "203.0.113.9", "203.0.112.9"),
            ("0.0.0.0/0", "8.8.8.8", "::1"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::1"),
            ("2001:db8::8000/113", "2001:db8::ffff", "2001:db8::7fff"),
            ("::/0", "2001:db8::1", "10.0.0.1"),
            ("10.0.0.0/31", "10.0.0.1", "10.0.0.2"),
        ] {
            let networks = json!(networks_of(&[network.to_string()]).unwrap());
            assert!(is_allowed(&networks, inside), "{network} {inside}");
            assert!(!is_allowed(&networks, outside), "{network} {outside}");
            assert!(!is_allowed(&networks, "") && !is_allowed(&networks, "localhost"), "{network}");
        }
        assert!(is_allowed(&json!([]), "") && is_allowed(&json!([]), "203.0.113.7"));
        // A row that somebody broke opens nothing.
        assert!(!is_allowed(&json!("everywhere"), "203.0.113.7") && !is_allowed(&json!([7]), "203.0.113.7"));
    }

    #[test]
    fn what_is_no_network_is_said_with_what_would_be_right() {
        let wrong = [
            "",
            "localhost",
            "203.0.113.0/33",
            "203.0.113.0/-1",
            "203.0.113.0/+8",
            "203.0.113.0/",
            "203.0.113.0/08",
            "203.0.113/24",
            "203.0.113.007",
            "2001:db8::/129",
            "2001:db8::/64/64",
            "fe80::1%eth0",
            "10.0.0.0/8 ,",
            "10.0.0.0/99999999999999999999",
        ];
        for text in wrong {
            let Err(WorkspaceError::Findings(findings)) = networks_of(&["10.0.0.0/8".into(), text.into()])
            else {
                panic!("{text:?} was taken");
            };
            assert_eq!(findings.0.len(), 1);
            assert_eq!(findings.0[0].place.path.as_deref(), Some("networks[1]"));
        }
        let Err(WorkspaceError::Findings(findings)) = networks_of(&["10.1.2.3/8".into()]) else { panic!() };
        assert!(findings.0[0].right.en.contains("10.0.0.0/8"), "{:?}", findings.0[0].right);
        let many: Vec<String> = (0..=MOST).map(|n| format!("10.0.0.{n}")).collect();
        assert!(networks_of(&many).is_err() && networks_of(&many[1..]).is_ok());
        let twice = networks_of(&["10.0.0.7/32".into(), " 10.0.0.7 ".into()]).unwrap();
        assert_eq!(twice, ["10.0.0.7/32"]);
    }
}
