//! Free loopback ports.

use std::net::{Ipv4Addr, TcpListener};
use std::ops::Range;

use crate::error::ServerError;

/// Below the range that Linux gives to outgoing connections (from 32768): a server that is down for a moment finds its
/// port free again, and no client's connection sits on it.
const RANGE: Range<u16> = 12_000..32_000;

/// `count` ports that were free a moment ago. Another process may take one before the server binds it, so a start that
/// fails on a clash is to be tried again with other ports.
pub(crate) fn free_ports(count: usize) -> Result<Vec<u16>, ServerError> {
    let mut held = Vec::with_capacity(count);
    for _ in 0..1_000 {
        if held.len() == count {
            break;
        }
        // Held until all are found, so that none is given twice.
        if let Ok(listener) = TcpListener::bind((Ipv4Addr::LOCALHOST, rand::random_range(RANGE))) {
            held.push(listener);
        }
    }
    if held.len() < count {
        let full =
            std::io::Error::new(std::io::ErrorKind::AddrInUse, "no free loopback port found in 1,000 tries");
        return Err(ServerError::io("looking for ports")(full));
    }
    held.iter()
        .map(|listener| listener.local_addr().map(|a| a.port()).map_err(ServerError::io("reading a port")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_distinct_and_free() {
        let ports = free_ports(20).unwrap();
        let distinct: std::collections::BTreeSet<_> = ports.iter().collect();
        assert_eq!(distinct.len(), 20);
        assert!(ports.iter().all(|port| RANGE.contains(port)));
    }
}
