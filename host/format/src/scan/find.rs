//! The first byte of a kind. Texts are short, so what counts is a search's beginning: bytes are looked at 32 at a time
//! without a call, where a search of any length is one.

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::{
    __m128i, _mm_cmpeq_epi8, _mm_min_epu8, _mm_movemask_epi8, _mm_or_si128, _mm_set_epi64x, _mm_set1_epi8,
};

/// The place of the first quote, backslash or control character from `from` on; the length where there is none.
#[inline]
pub(crate) fn find_special(bytes: &[u8], from: usize) -> usize {
    find(bytes, from, special_in, is_special)
}

/// The place of the first `byte` from `from` on; the length where there is none.
#[inline]
pub(crate) fn find_byte(bytes: &[u8], from: usize, byte: u8) -> usize {
    find(bytes, from, |bytes| byte_in(bytes, byte), |other| other == byte)
}

#[inline]
fn find(bytes: &[u8], mut from: usize, some: impl Fn([u8; 16]) -> u32, one: impl Fn(u8) -> bool) -> usize {
    let mut rest = bytes.get(from..).unwrap_or_default();
    // Most texts end within the first of these, so that their lengths need not be guessed.
    while let Some((first, after)) = rest.split_first_chunk()
        && let Some((second, after)) = after.split_first_chunk()
    {
        let found = some(*first) | some(*second) << 16;
        if found != 0 {
            return from + found.trailing_zeros() as usize;
        }
        from += 32;
        rest = after;
    }
    if let Some((first, after)) = rest.split_first_chunk() {
        let found = some(*first);
        if found != 0 {
            return from + found.trailing_zeros() as usize;
        }
        from += 16;
        rest = after;
    }
    from + rest.iter().take_while(|byte| !one(**byte)).count()
}

fn is_special(byte: u8) -> bool {
    matches!(byte, b'"' | b'\\' | 0..0x20)
}

/// A bit for each byte that cannot stand in a string as it is, the lowest for the first byte.
#[cfg(target_arch = "x86_64")]
#[inline]
fn special_in(bytes: [u8; 16]) -> u32 {
    let bytes = register(bytes);
    // SAFETY: these need SSE2, which every x86-64 has, and touch no memory.
    unsafe {
        let is_quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(b'"' as i8));
        let is_backslash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(b'\\' as i8));
        let is_control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1F)), bytes);
        _mm_movemask_epi8(_mm_or_si128(is_control, _mm_or_si128(is_quote, is_backslash))) as u32
    }
}

/// A bit for each byte that is the one, the lowest for the first byte.
#[cfg(target_arch = "x86_64")]
#[inline]
fn byte_in(bytes: [u8; 16], byte: u8) -> u32 {
    // SAFETY: as in `special_in`.
    unsafe { _mm_movemask_epi8(_mm_cmpeq_epi8(register(bytes), _mm_set1_epi8(byte as i8))) as u32 }
}

#[cfg(target_arch = "x86_64")]
#[inline]
fn register(bytes: [u8; 16]) -> __m128i {
    let halves = u128::from_le_bytes(bytes);
    // SAFETY: as in `special_in`.
    unsafe { _mm_set_epi64x((halves >> 64) as i64, halves as i64) }
}

#[cfg(not(target_arch = "x86_64"))]
fn special_in(bytes: [u8; 16]) -> u32 {
    bits(bytes, is_special)
}

#[cfg(not(target_arch = "x86_64"))]
fn byte_in(bytes: [u8; 16], byte: u8) -> u32 {
    bits(bytes, |other| other == byte)
}

#[cfg(not(target_arch = "x86_64"))]
fn bits(bytes: [u8; 16], is: impl Fn(u8) -> bool) -> u32 {
    (0..).zip(bytes).fold(0, |bits, (place, byte)| bits | u32::from(is(byte)) << place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_special_byte_is_found_in_every_place() {
        for length in 0..70 {
            let plain: Vec<u8> =
                (0..length).map(|place| [b'a', 0xC3, 0xFF, b' ', b'!', b'#', b']'][place % 7]).collect();
            assert_eq!(find_special(&plain, 0), length);
            for place in 0..length {
                for special in [b'"', b'\\', 0, 0x1F] {
                    let mut bytes = plain.clone();
                    bytes[place] = special;
                    assert_eq!(find_special(&bytes, 0), place);
                    assert_eq!(find_special(&bytes, place + 1), length);
                    assert_eq!(find_byte(&bytes, 0, special), place);
                    assert_eq!(find_byte(&bytes, place + 1, special), length);
                }
            }
        }
    }
}
