//! The conversion.

use std::fmt::Write as _;

use encoding_rs::{DecoderResult, Encoding};
use thiserror::Error;

use super::{Charset, patches, tables};

/// Bytes that are no text of their character set.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("its bytes are no text of character set {charset}: {}", shown(bytes))]
pub struct NotText {
    charset: &'static str,
    bytes: Vec<u8>,
}

/// The first bytes, so that a person sees what was meant, and no more of the value than that.
fn shown(bytes: &[u8]) -> String {
    const MOST: usize = 8;
    let mut text = String::new();
    for byte in bytes.iter().take(MOST) {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    if bytes.len() > MOST {
        text.push_str("..");
    }
    text
}

/// Codes of several bytes, from the first to the last of a run, and the character that the first stands for:
/// the codes after it stand for the characters after it.
pub(super) type Patch = (u32, u32, char);

impl Charset {
    /// Appends text, in UTF-8, to `out`. Nothing is appended where the bytes are no text of this set. Bytes
    /// of [`Charset::Binary`] must be ASCII.
    ///
    /// # Errors
    /// [`NotText`], with the bytes from the first that is wrong.
    #[inline]
    pub fn decode(self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), NotText> {
        let ascii = !matches!(self, Self::Swe7 | Self::Ucs2 | Self::Utf16 | Self::Utf16le | Self::Utf32);
        if ascii && bytes.is_ascii() {
            out.extend_from_slice(bytes);
            return Ok(());
        }
        self.decode_any(bytes, out)
    }

    fn decode_any(self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), NotText> {
        use encoding_rs as e;
        let before = out.len();
        let decoded = match self {
            Self::Utf8 => utf8(bytes, out),
            Self::Ascii | Self::Binary => Err(bytes.iter().take_while(|byte| byte.is_ascii()).count()),
            Self::Swe7 => single(bytes, Some(&tables::SWE7), &tables::NOTHING, out),
            Self::Ucs2 | Self::Utf16 => utf16(bytes, u16::from_be_bytes, out),
            Self::Utf16le => utf16(bytes, u16::from_le_bytes, out),
            Self::Utf32 => utf32(bytes, out),
            Self::Big5 => several(bytes, e::BIG5, two, patches::BIG5, out),
            Self::Gbk => several(bytes, e::GBK, two, &[], out),
            Self::Gb2312 => several(bytes, e::GBK, two, patches::GB2312, out),
            Self::Gb18030 => several(bytes, e::GB18030, gb18030, patches::GB18030, out),
            Self::Euckr => several(bytes, e::EUC_KR, two, &[], out),
            Self::Sjis => several(bytes, e::SHIFT_JIS, sjis, patches::SJIS, out),
            Self::Cp932 => several(bytes, e::SHIFT_JIS, sjis, &[], out),
            Self::Ujis => several(bytes, e::EUC_JP, euc_jp, patches::UJIS, out),
            Self::Eucjpms => several(bytes, e::EUC_JP, euc_jp, patches::EUCJPMS, out),
            _ => single(bytes, None, self.upper_half(), out),
        };
        decoded.map_err(|wrong| {
            out.truncate(before);
            NotText { charset: self.name(), bytes: bytes[wrong.min(bytes.len())..].to_vec() }
        })
    }

    const fn upper_half(self) -> &'static [u16; 128] {
        match self {
            Self::Latin1 => &tables::LATIN1,
            Self::Latin2 => &tables::LATIN2,
            Self::Latin5 => &tables::LATIN5,
            Self::Latin7 => &tables::LATIN7,
            Self::Armscii8 => &tables::ARMSCII8,
            Self::Cp1250 => &tables::CP1250,
            Self::Cp1251 => &tables::CP1251,
            Self::Cp1256 => &tables::CP1256,
            Self::Cp1257 => &tables::CP1257,
            Self::Cp850 => &tables::CP850,
            Self::Cp852 => &tables::CP852,
            Self::Cp866 => &tables::CP866,
            Self::Dec8 => &tables::DEC8,
            Self::Geostd8 => &tables::GEOSTD8,
            Self::Greek => &tables::GREEK,
            Self::Hebrew => &tables::HEBREW,
            Self::Hp8 => &tables::HP8,
            Self::Keybcs2 => &tables::KEYBCS2,
            Self::Koi8r => &tables::KOI8R,
            Self::Koi8u => &tables::KOI8U,
            Self::Macce => &tables::MACCE,
            Self::Macroman => &tables::MACROMAN,
            Self::Tis620 => &tables::TIS620,
            _ => &tables::NOTHING,
        }
    }
}

/// `Err` of each conversion is the place of the first byte that is wrong.
type Converted = Result<(), usize>;

fn push(character: char, out: &mut Vec<u8>) {
    out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
}

fn utf8(bytes: &[u8], out: &mut Vec<u8>) -> Converted {
    simdutf8::compat::from_utf8(bytes).map_err(|error| error.valid_up_to())?;
    out.extend_from_slice(bytes);
    Ok(())
}

fn single(bytes: &[u8], low: Option<&[u16; 128]>, high: &[u16; 128], out: &mut Vec<u8>) -> Converted {
    out.reserve(bytes.len() * 2);
    for (place, &byte) in bytes.iter().enumerate() {
        let unit = match (byte.checked_sub(128), low) {
            (Some(upper), _) => high[usize::from(upper)],
            (None, Some(low)) => low[usize::from(byte)],
            (None, None) => u16::from(byte),
        };
        match char::from_u32(u32::from(unit)).filter(|c| *c != char::REPLACEMENT_CHARACTER) {
            Some(character) => push(character, out),
            None => return Err(place),
        }
    }
    Ok(())
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16, out: &mut Vec<u8>) -> Converted {
    let (units, rest) = bytes.as_chunks::<2>();
    out.reserve(bytes.len() / 2 * 3);
    let mut place = 0;
    for character in char::decode_utf16(units.iter().map(|bytes| unit(*bytes))) {
        let character = character.map_err(|_| place)?;
        push(character, out);
        place += character.len_utf16() * 2;
    }
    if rest.is_empty() { Ok(()) } else { Err(place) }
}

fn utf32(bytes: &[u8], out: &mut Vec<u8>) -> Converted {
    let (codes, rest) = bytes.as_chunks::<4>();
    for (place, code) in codes.iter().enumerate() {
        push(char::from_u32(u32::from_be_bytes(*code)).ok_or(place * 4)?, out);
    }
    if rest.is_empty() { Ok(()) } else { Err(codes.len() * 4) }
}

/// Length of the character that begins with a byte, the byte after it given.
type Length = fn(u8, u8) -> usize;

fn two(lead: u8, _: u8) -> usize {
    if lead < 0x80 { 1 } else { 2 }
}

fn gb18030(lead: u8, next: u8) -> usize {
    match (lead, next) {
        (..0x80, _) => 1,
        (_, b'0'..=b'9') => 4,
        _ => 2,
    }
}

fn sjis(lead: u8, _: u8) -> usize {
    if matches!(lead, 0x81..=0x9f | 0xe0..=0xfc) { 2 } else { 1 }
}

fn euc_jp(lead: u8, _: u8) -> usize {
    match lead {
        ..0x80 => 1,
        0x8f => 3,
        _ => 2,
    }
}

/// Converts by an encoding of the web, but for the characters in `patches`, which are sorted.
fn several(
    bytes: &[u8],
    encoding: &'static Encoding,
    length: Length,
    patches: &[Patch],
    out: &mut Vec<u8>,
) -> Converted {
    let (mut start, mut place) = (0, 0);
    while place < bytes.len() && !patches.is_empty() {
        let next = bytes.get(place + 1).copied().unwrap_or_default();
        let end = (place + length(bytes[place], next)).min(bytes.len());
        let code = bytes[place..end].iter().fold(0, |code, byte| code << 8 | u32::from(*byte));
        let found = patches.partition_point(|(_, last, _)| *last < code);
        if let Some((first, _, character)) = patches.get(found).filter(|(first, ..)| *first <= code)
            && let Some(character) = char::from_u32(u32::from(*character) + code - first)
        {
            by_encoding(&bytes[start..place], encoding, out).map_err(|wrong| start + wrong)?;
            push(character, out);
            start = end;
        }
        place = end;
    }
    by_encoding(&bytes[start..], encoding, out).map_err(|wrong| start + wrong)
}

fn by_encoding(bytes: &[u8], encoding: &'static Encoding, out: &mut Vec<u8>) -> Converted {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let Some(room) = decoder.max_utf8_buffer_length_without_replacement(bytes.len()) else { return Err(0) };
    let before = out.len();
    out.resize(before + room, 0);
    let (result, read, written) = decoder.decode_to_utf8_without_replacement(bytes, &mut out[before..], true);
    out.truncate(before + written);
    match result {
        DecoderResult::InputEmpty => Ok(()),
        DecoderResult::Malformed(bad, after) => {
            Err(read.saturating_sub(usize::from(bad) + usize::from(after)))
        }
        // The room was the most that these bytes can need.
        DecoderResult::OutputFull => Err(read),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(charset: Charset, bytes: &[u8]) -> Result<String, NotText> {
        let mut out = b"before ".to_vec();
        charset.decode(bytes, &mut out)?;
        Ok(String::from_utf8(out.split_off(7)).unwrap())
    }

    #[test]
    fn sets_of_each_family() {
        let cases: [(Charset, &[u8], &str); 12] = [
            (Charset::Utf8, "a\u{1f600}".as_bytes(), "a\u{1f600}"),
            (Charset::Latin1, b"caf\xe9 \x80", "caf\u{e9} \u{20ac}"),
            (Charset::Gbk, b"\xd6\xd0\xce\xc4a", "\u{4e2d}\u{6587}a"),
            (Charset::Gb18030, b"\xd6\xd0\x94\x39\xda\x33", "\u{4e2d}\u{1f4a9}"),
            (Charset::Big5, b"\xa4\xa4\xa4\xe5", "\u{4e2d}\u{6587}"),
            (Charset::Sjis, b"\x93\xfa\xb1", "\u{65e5}\u{ff71}"),
            (Charset::Ujis, b"\xc6\xfc\x8e\xb1", "\u{65e5}\u{ff71}"),
            (Charset::Euckr, b"\xb0\xa1", "\u{ac00}"),
            (Charset::Ucs2, b"\0a\x4e\x2d", "a\u{4e2d}"),
            (Charset::Utf16, b"\xd8\x3d\xde\x00", "\u{1f600}"),
            (Charset::Utf16le, b"\x3d\xd8\x00\xde", "\u{1f600}"),
            (Charset::Utf32, b"\0\x01\xf6\0", "\u{1f600}"),
        ];
        for (charset, bytes, expected) in cases {
            assert_eq!(text(charset, bytes).as_deref(), Ok(expected), "{charset:?}");
        }
        assert_eq!(text(Charset::Swe7, b"[").as_deref(), Ok("\u{c4}"));
    }

    #[test]
    fn what_is_no_text_leaves_nothing_behind() {
        let mut out = b"before".to_vec();
        for (charset, bytes) in [
            (Charset::Utf8, &b"ab\xff"[..]),
            (Charset::Ascii, b"ab\xff"),
            (Charset::Gbk, b"ab\xd6"),
            (Charset::Utf16, b"\xd8\x3d"),
            (Charset::Ucs2, b"\0a\0"),
            (Charset::Utf32, b"\x00\x11\0\0"),
            (Charset::Hebrew, b"ab\xff"),
        ] {
            assert!(charset.decode(bytes, &mut out).is_err(), "{charset:?}");
            assert_eq!(out, b"before");
        }
        let error = Charset::Utf8.decode(b"ab\xff", &mut out).unwrap_err().to_string();
        assert_eq!(error, "its bytes are no text of character set utf8mb4: ff");
    }
}
