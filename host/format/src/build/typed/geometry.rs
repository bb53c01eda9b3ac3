//! Geometries that stand in messages as objects.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sluicegate_model::Column;

use super::BadRows;
use crate::build::cells::{Cells, tag};
use crate::scan::{Scanner, Text};

const NO_GEOMETRY: &str = "is no geometry of the form {\"wkb\", \"srid\"}";

/// The flag of PostGIS for a type that is followed by a SRID.
const HAS_SRID: u32 = 0x2000_0000;

impl Cells {
    /// Geometries by `{"wkb": "base64", "srid": 4326}` as MySQL keeps them: four bytes of SRID, the lowest first, and
    /// well-known bytes. A point may have `x` and `y` alone.
    pub(super) fn into_geometry(self, bad: &mut BadRows) -> Column {
        let mut wkb = Vec::new();
        self.rewritten_as_bytes(bad, |tag, cell, out| {
            if tag != tag::RAW {
                return Err(NO_GEOMETRY);
            }
            let parts = Parts::read(cell).ok_or(NO_GEOMETRY)?;
            wkb.clear();
            match (&parts.wkb, parts.x, parts.y) {
                (Some(text), ..) => {
                    let mut plain = Vec::new();
                    let text = if text.escaped {
                        crate::scan::unescape(&cell[text.range.clone()], &mut plain);
                        &plain[..]
                    } else {
                        &cell[text.range.clone()]
                    };
                    STANDARD.decode_vec(text, &mut wkb).map_err(|_| "has a `wkb` that is no base64")?;
                }
                (None, Some(x), Some(y)) => {
                    wkb.extend_from_slice(&[1, 1, 0, 0, 0]);
                    wkb.extend_from_slice(&x.to_le_bytes());
                    wkb.extend_from_slice(&y.to_le_bytes());
                }
                _ => return Err(NO_GEOMETRY),
            }
            let inside = take_srid(&mut wkb)?;
            let srid = parts.srid.or(inside).unwrap_or(0);
            out.extend_from_slice(&srid.to_le_bytes());
            out.extend_from_slice(&wkb);
            Ok(())
        })
    }
}

#[derive(Default)]
struct Parts {
    wkb: Option<Text>,
    srid: Option<u32>,
    x: Option<f64>,
    y: Option<f64>,
}

impl Parts {
    /// Those of an object, which was checked when it was passed.
    fn read(json: &[u8]) -> Option<Self> {
        let mut parts = Self::default();
        let mut scanner = Scanner::new(json).ok()?;
        let mut more = scanner.open_object().ok()?;
        while more {
            let key = scanner.string().ok()?;
            scanner.colon().ok()?;
            let key = &json[key.range];
            if key == b"wkb" && scanner.peek() == b'"' {
                parts.wkb = Some(scanner.string().ok()?);
            } else {
                let value = &json[scanner.value(0).ok()?];
                match key {
                    _ if value == b"null" => {}
                    b"srid" => parts.srid = Some(lexical_core::parse(value).ok()?),
                    b"x" => parts.x = Some(lexical_core::parse(value).ok()?),
                    b"y" => parts.y = Some(lexical_core::parse(value).ok()?),
                    _ => {}
                }
            }
            more = scanner.next_in_object().ok()?;
        }
        Some(parts)
    }
}

/// Takes the SRID out of well-known bytes as PostGIS extends them, if they have one.
fn take_srid(wkb: &mut Vec<u8>) -> Result<Option<u32>, &'static str> {
    const TOO_SHORT: &str = "has a `wkb` that is too short";
    let (&order, kind) = wkb.split_first().ok_or(TOO_SHORT)?;
    let number =
        |bytes: [u8; 4]| if order == 0 { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) };
    let kind = number(*kind.first_chunk().ok_or(TOO_SHORT)?);
    if kind & HAS_SRID == 0 {
        return Ok(None);
    }
    let srid = wkb.get(5..).and_then(|rest| rest.first_chunk()).ok_or(TOO_SHORT)?;
    let srid = number(*srid);
    let plain = kind & !HAS_SRID;
    wkb.drain(5..9);
    wkb[1..5].copy_from_slice(&if order == 0 { plain.to_be_bytes() } else { plain.to_le_bytes() });
    Ok(Some(srid))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(json: &str) -> Option<String> {
        use crate::build::typed::BadRows;
        use arrow_array::cast::AsArray;
        let mut cells = Cells::new("g".to_owned());
        cells.read(0, &mut Scanner::new(json.as_bytes()).unwrap(), 0).unwrap();
        let mut bad = BadRows::default();
        let column = cells.into_geometry(&mut bad);
        let hex = column.values().as_binary::<i32>().value(0).iter().map(|byte| format!("{byte:02x}"));
        bad.is_empty().then(|| hex.collect())
    }

    const POINT: &str = "0101000000000000000000f03f0000000000000040";

    #[test]
    fn every_form_is_that_of_mysql() {
        let wkb = "AQEAAAAAAAAAAADwPwAAAAAAAABA";
        let point = |srid: &str| Some(format!("{srid}{POINT}"));
        assert_eq!(bytes(&format!(r#"{{"wkb":"{wkb}","srid":null}}"#)), point("00000000"));
        assert_eq!(bytes(&format!(r#"{{"x":9,"y":9,"wkb":"{wkb}","srid":4326}}"#)), point("e6100000"));
        assert_eq!(bytes(r#"{"x":1.0,"y":2.0}"#), point("00000000"));
        assert_eq!(bytes(r#"{"wkb":"AQEAACDmEAAAAAAAAAAA8D8AAAAAAAAAQA==","srid":4326}"#), point("e6100000"));
        assert_eq!(bytes(r#"{"wkb":"AQ=="}"#), None);
        assert_eq!(bytes(r#"{"wkb":null}"#), None);
        assert_eq!(bytes(r#""POINT(1 1)""#), None);
    }
}
