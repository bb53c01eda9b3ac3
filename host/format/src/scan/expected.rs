//! Texts that most often come next.

use super::Scanner;

/// Bytes that are looked at together.
const HEAD: usize = 16;

/// A text that is compared with what comes next. To compare bytes of a fixed length is a few instructions, where any
/// length is a call.
#[derive(Clone, Debug)]
pub(crate) struct Expected {
    text: Box<[u8]>,
    head: u128,
    /// Covers what of the head is text.
    mask: u128,
}

impl Expected {
    pub(crate) fn new(text: Vec<u8>) -> Self {
        let (mut head, mut mask) = ([0; HEAD], [0; HEAD]);
        let length = text.len().min(HEAD);
        head[..length].copy_from_slice(&text[..length]);
        mask[..length].fill(0xFF);
        Self { text: text.into(), head: u128::from_le_bytes(head), mask: u128::from_le_bytes(mask) }
    }

    #[inline]
    fn begins(&self, bytes: &[u8]) -> bool {
        match bytes.split_first_chunk::<HEAD>() {
            Some((head, rest)) => {
                u128::from_le_bytes(*head) & self.mask == self.head
                    && self.text.get(HEAD..).is_none_or(|tail| rest.starts_with(tail))
            }
            None => bytes.starts_with(&self.text),
        }
    }
}

impl Scanner<'_> {
    /// Passes a text if it comes next.
    #[inline]
    pub(crate) fn eat_expected(&mut self, expected: &Expected) -> bool {
        let found = expected.begins(self.rest());
        if found {
            self.at += expected.text.len();
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_every_length_begin_what_they_begin() {
        let bytes: Vec<u8> = (1..=40).collect();
        for length in 0..=bytes.len() {
            let expected = Expected::new(bytes[..length].to_vec());
            for end in 0..=bytes.len() {
                assert_eq!(expected.begins(&bytes[..end]), end >= length, "{length} of {end}");
            }
            for place in 0..length {
                let mut other = bytes.clone();
                other[place] = 0;
                assert!(!expected.begins(&other), "{length}, another byte at {place}");
            }
        }
    }
}
