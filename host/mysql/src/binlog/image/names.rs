//! Texts: of addresses and UUIDs, and of dates and times where they stay text.

use std::io::Write as _;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::temporal::Clock;

/// Writing to a vector cannot fail.
macro_rules! push {
    ($out:expr, $($text:tt)*) => { drop(write!($out, $($text)*)) };
}

/// `2024-02-29`.
pub(in crate::binlog) fn date(clock: &Clock, out: &mut Vec<u8>) {
    push!(out, "{:04}-{:02}-{:02}", clock.year, clock.month, clock.day);
}

/// `2024-02-29 23:59:58`, with as many digits of a second as are wanted.
pub(in crate::binlog) fn datetime(clock: &Clock, digits: u8, out: &mut Vec<u8>) {
    date(clock, out);
    push!(out, " {:02}:{:02}:{:02}", clock.hour, clock.minute, clock.second);
    fraction(clock.micros, digits, out);
}

/// `.125`: nothing for no digits.
pub(in crate::binlog) fn fraction(micros: u32, digits: u8, out: &mut Vec<u8>) {
    let digits = usize::from(digits.min(6));
    if digits > 0 {
        let shown = micros / 10_u32.pow(6 - digits as u32);
        push!(out, ".{shown:0digits$}");
    }
}

pub(super) fn inet4(bytes: [u8; 4], out: &mut Vec<u8>) {
    push!(out, "{}", Ipv4Addr::from(bytes));
}

/// An address as MariaDB writes it: those that hold one of the old kind (`::ffff:1.2.3.4`, `::1.2.3.4`) show
/// it.
pub(super) fn inet6(bytes: [u8; 16], out: &mut Vec<u8>) {
    let [.., a, b, c, d] = bytes;
    if bytes[..12] == [0; 12] && (a, b) != (0, 0) {
        push!(out, "::{}", Ipv4Addr::new(a, b, c, d));
    } else {
        push!(out, "{}", Ipv6Addr::from(bytes));
    }
}

/// `00112233-4455-1677-8899-aabbccddeeff`.
pub(super) fn uuid(bytes: [u8; 16], out: &mut Vec<u8>) {
    for (place, byte) in bytes.iter().enumerate() {
        let dash = if matches!(place, 4 | 6 | 8 | 10) { "-" } else { "" };
        push!(out, "{dash}{byte:02x}");
    }
}
