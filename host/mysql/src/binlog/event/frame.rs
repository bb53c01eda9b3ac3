//! From raw bytes to an event.

use bytes::Bytes;

use super::format::{Checksum, Format};
use super::header::{HEADER_LEN, Header, IN_USE};
use super::{Event, kind};
use crate::binlog::error::{BinlogError, Fault, Place};

const CHECKSUM_LEN: usize = 4;

/// Takes the header and the checksum off a raw event, and verifies the latter.
///
/// `format` is what the log said about itself; before it did, a checksum is taken for one where it is right:
/// MariaDB sends its first, artificial rotate event with one that nothing announces.
///
/// A format description keeps its last five bytes, see [`Format::parse`].
///
/// # Errors
/// [`BinlogError::Malformed`], [`BinlogError::Checksum`].
pub fn split(raw: &Bytes, format: Option<&Format>, place: &Place) -> Result<Event, BinlogError> {
    let malformed = |event, fault| BinlogError::Malformed { place: place.clone(), event, fault };
    let header = Header::parse(raw).map_err(|fault| malformed("(header)", fault))?;
    let name = kind::name(header.kind);
    match (raw.len(), header.length as usize) {
        (found, said) if found < said => return Err(malformed(name, Fault::Short { missing: said - found })),
        (found, said) if found > said || said < HEADER_LEN => {
            let why = format!("its header says {said} bytes, there are {found}");
            return Err(malformed(name, Fault::new(why)));
        }
        _ => {}
    }
    if header.kind == kind::FORMAT_DESCRIPTION {
        return description(raw, header, place);
    }
    let guarded = match format {
        Some(format) => format.checksum == Checksum::Crc32,
        None => checksum_of(raw).is_some_and(|(written, computed)| written == computed),
    };
    if !guarded {
        return Ok(Event { header, body: raw.slice(HEADER_LEN..) });
    }
    let Some((written, computed)) = checksum_of(raw) else {
        return Err(malformed(name, Fault::Short { missing: HEADER_LEN + CHECKSUM_LEN - raw.len() }));
    };
    if written != computed {
        return Err(BinlogError::Checksum { place: place.clone(), written, computed });
    }
    Ok(Event { header, body: raw.slice(HEADER_LEN..raw.len() - CHECKSUM_LEN) })
}

/// The checksum that an event carries if it carries one, and that of its bytes.
fn checksum_of(raw: &[u8]) -> Option<(u32, u32)> {
    let (covered, written) = raw.split_last_chunk::<CHECKSUM_LEN>()?;
    (covered.len() >= HEADER_LEN).then(|| (u32::from_le_bytes(*written), crc32fast::hash(covered)))
}

/// A format description says itself whether it is guarded, and was summed up before the server marked the
/// file as open.
fn description(raw: &Bytes, header: Header, place: &Place) -> Result<Event, BinlogError> {
    let body = raw.slice(HEADER_LEN..);
    let format = Format::parse(&body).map_err(|fault| BinlogError::Malformed {
        place: place.clone(),
        event: kind::name(header.kind),
        fault,
    })?;
    let closed = Header { flags: header.flags & !IN_USE, ..header };
    if format.checksum == Checksum::Crc32
        && let Some((covered, written)) = raw.split_last_chunk::<CHECKSUM_LEN>()
    {
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(&covered[..HEADER_LEN - 2]);
        hasher.update(&closed.flags.to_le_bytes());
        hasher.update(&covered[HEADER_LEN..]);
        let (written, computed) = (u32::from_le_bytes(*written), hasher.finalize());
        if written != computed {
            return Err(BinlogError::Checksum { place: place.clone(), written, computed });
        }
    }
    Ok(Event { header, body })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::binlog::event::rotate;

    fn raw(kind: u8, flags: u16, body: &[u8], guarded: bool) -> Bytes {
        let length = (HEADER_LEN + body.len() + if guarded { CHECKSUM_LEN } else { 0 }) as u32;
        let mut raw = vec![0, 0, 0, 0, kind, 1, 0, 0, 0];
        raw.extend(length.to_le_bytes());
        raw.extend(0_u32.to_le_bytes());
        raw.extend(flags.to_le_bytes());
        raw.extend(body);
        if guarded {
            let checksum = crc32fast::hash(&raw);
            raw.extend(checksum.to_le_bytes());
        }
        raw.into()
    }

    fn description(checksum: u8) -> Vec<u8> {
        let mut body = 4_u16.to_le_bytes().to_vec();
        let mut version = [0; 50];
        version[..15].copy_from_slice(b"10.11.6-MariaDB");
        body.extend(version);
        body.extend([0, 0, 0, 0, 19]);
        body.extend([8; 40]);
        body.push(checksum);
        body
    }

    const ROTATE: &[u8] = b"\x04\0\0\0\0\0\0\0binlog.000007";

    #[test]
    fn the_first_rotate_may_have_a_checksum_that_nothing_announced() {
        for guarded in [false, true] {
            let raw = raw(kind::ROTATE, super::super::header::ARTIFICIAL, ROTATE, guarded);
            let event = split(&raw, None, &Place::default()).unwrap();
            assert_eq!(rotate::rotate(&event.body).unwrap().file, "binlog.000007");
        }
    }

    #[test]
    fn a_description_of_a_file_that_is_open_was_summed_up_while_it_was_closed() {
        let closed = raw(kind::FORMAT_DESCRIPTION, 0, &description(1), true);
        let mut open = closed.to_vec();
        open[HEADER_LEN - 2] |= IN_USE as u8;
        for raw in [closed.clone(), open.into()] {
            let event = split(&raw, None, &Place::default()).unwrap();
            assert_eq!(Format::parse(&event.body).unwrap().checksum, Checksum::Crc32);
        }
        let mut damaged = closed.to_vec();
        damaged[HEADER_LEN + 3] ^= 1;
        let split = split(&damaged.into(), None, &Place::default());
        assert!(matches!(split, Err(BinlogError::Checksum { .. })), "{split:?}");
    }

    #[test]
    fn a_log_without_checksums_has_none_taken_off() {
        let raw_description = raw(kind::FORMAT_DESCRIPTION, 0, &[description(0), vec![0; 4]].concat(), false);
        let described = split(&raw_description, None, &Place::default()).unwrap();
        let format = Format::parse(&described.body).unwrap();
        assert_eq!(format.checksum, Checksum::None);
        let event = split(&raw(kind::XID, 0, &[7; 8], false), Some(&format), &Place::default()).unwrap();
        assert_eq!(event.body.len(), 8);
    }

    #[test]
    fn lengths_that_do_not_fit_are_refused() {
        let whole = raw(kind::XID, 0, &[7; 8], false);
        let longer: Bytes = [&whole[..], &[0]].concat().into();
        for raw in [whole.slice(..whole.len() - 1), longer, whole.slice(..7)] {
            let split = split(&raw, None, &Place::default());
            assert!(matches!(split, Err(BinlogError::Malformed { .. })), "{split:?}");
        }
    }
}
