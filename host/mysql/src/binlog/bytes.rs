//! A cursor over the bytes of an event. Everything in a binlog is little-endian, except where it is sorted as
//! bytes.

use super::error::Fault;

/// The bytes that were not read yet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next `count` bytes.
    #[inline]
    pub(crate) fn take(&mut self, count: usize) -> Result<&'a [u8], Fault> {
        match self.rest.split_at_checked(count) {
            Some((taken, rest)) => {
                self.rest = rest;
                Ok(taken)
            }
            None => Err(Fault::Short { missing: count - self.rest.len() }),
        }
    }

    #[inline]
    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        match self.rest.split_first_chunk::<N>() {
            Some((taken, rest)) => {
                self.rest = rest;
                Ok(*taken)
            }
            None => Err(Fault::Short { missing: N - self.rest.len() }),
        }
    }

    pub(crate) fn skip(&mut self, count: usize) -> Result<(), Fault> {
        self.take(count).map(|_| ())
    }

    #[inline]
    pub(crate) fn u8(&mut self) -> Result<u8, Fault> {
        self.array::<1>().map(|[byte]| byte)
    }

    #[inline]
    pub(crate) fn u16(&mut self) -> Result<u16, Fault> {
        self.array().map(u16::from_le_bytes)
    }

    #[inline]
    pub(crate) fn u24(&mut self) -> Result<u32, Fault> {
        self.array().map(|[a, b, c]| u32::from_le_bytes([a, b, c, 0]))
    }

    #[inline]
    pub(crate) fn u32(&mut self) -> Result<u32, Fault> {
        self.array().map(u32::from_le_bytes)
    }

    pub(crate) fn u56(&mut self) -> Result<u64, Fault> {
        self.array().map(|[a, b, c, d, e, f, g]| u64::from_le_bytes([a, b, c, d, e, f, g, 0]))
    }

    #[inline]
    pub(crate) fn u64(&mut self) -> Result<u64, Fault> {
        self.array().map(u64::from_le_bytes)
    }

    /// A number of `width` bytes, 1 to 8.
    #[inline]
    pub(crate) fn uint(&mut self, width: usize) -> Result<u64, Fault> {
        let mut wide = [0; 8];
        wide[..width].copy_from_slice(self.take(width)?);
        Ok(u64::from_le_bytes(wide))
    }

    /// A number of `width` bytes, 0 to 8, the highest first.
    #[inline]
    pub(crate) fn uint_be(&mut self, width: usize) -> Result<u64, Fault> {
        let mut wide = [0; 8];
        wide[8 - width..].copy_from_slice(self.take(width)?);
        Ok(u64::from_be_bytes(wide))
    }

    /// A [length-encoded
    /// integer](https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_dt_integers.html).
    pub(crate) fn packed(&mut self) -> Result<u64, Fault> {
        match self.u8()? {
            small @ 0..=250 => Ok(u64::from(small)),
            252 => self.u16().map(u64::from),
            253 => self.u24().map(u64::from),
            254 => self.u64(),
            other => Err(Fault::new(format!("{other} begins no length-encoded number"))),
        }
    }

    /// A length-encoded number that counts bytes or items which follow.
    pub(crate) fn packed_len(&mut self) -> Result<usize, Fault> {
        usize::try_from(self.packed()?).map_err(|_| Fault::new("a length is beyond memory"))
    }

    /// A length-encoded string.
    pub(crate) fn packed_bytes(&mut self) -> Result<&'a [u8], Fault> {
        let length = self.packed_len()?;
        self.take(length)
    }

    /// A number of MySQL's serialization library: the trailing ones of the first byte count the bytes that
    /// follow. <https://dev.mysql.com/doc/dev/mysql-server/latest/PageLibsMysqlSerialization.html>
    pub(crate) fn varlen(&mut self) -> Result<u64, Fault> {
        let first = *self.rest.first().ok_or(Fault::Short { missing: 1 })?;
        match first.trailing_ones() as usize {
            8 => {
                self.skip(1)?;
                self.u64()
            }
            more => Ok(self.uint(more + 1)? >> (more + 1)),
        }
    }

    /// A signed number of the serialization library: the sign is the lowest bit.
    pub(crate) fn varlen_signed(&mut self) -> Result<i64, Fault> {
        let zigzag = self.varlen()?;
        Ok((zigzag >> 1) as i64 ^ -((zigzag & 1) as i64))
    }

    /// A string that ends with a zero byte, which is taken too.
    pub(crate) fn until_zero(&mut self) -> Result<&'a [u8], Fault> {
        let end = self.rest.iter().position(|byte| *byte == 0).ok_or(Fault::Short { missing: 1 })?;
        let text = self.take(end)?;
        self.skip(1)?;
        Ok(text)
    }
}

/// Whether a bit of a bitmap that begins with the lowest bit of its first byte is set; none is past its end.
#[inline]
pub(crate) fn bit(bitmap: &[u8], place: usize) -> bool {
    bitmap.get(place / 8).is_some_and(|byte| byte >> (place % 8) & 1 == 1)
}

/// Number of bytes of a bitmap.
#[inline]
pub(crate) const fn bitmap_len(bits: usize) -> usize {
    bits.div_ceil(8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_encoded_numbers() {
        let bytes = [250, 252, 0xff, 0xff, 253, 1, 2, 3, 254, 1, 0, 0, 0, 0, 0, 0, 0x80];
        let mut cursor = Cursor::new(&bytes);
        let read: Vec<u64> = (0..4).map(|_| cursor.packed().unwrap()).collect();
        assert_eq!(read, [250, 0xffff, 0x03_0201, 0x8000_0000_0000_0001]);
        assert_eq!(cursor.packed(), Err(Fault::Short { missing: 1 }));
        assert!(Cursor::new(&[251]).packed().is_err());
    }

    #[test]
    fn numbers_of_the_serialization_library() {
        assert_eq!(Cursor::new(&[0b1111_1110]).varlen(), Ok(127));
        assert_eq!(Cursor::new(&[0b0000_0001, 0b0000_0010]).varlen(), Ok(128));
        let mut whole = vec![0xff];
        whole.extend(u64::MAX.to_le_bytes());
        assert_eq!(Cursor::new(&whole).varlen(), Ok(u64::MAX));
        assert_eq!(Cursor::new(&[0b0000_0010]).varlen_signed(), Ok(-1));
        assert_eq!(Cursor::new(&[0b0000_0100]).varlen_signed(), Ok(1));
    }

    #[test]
    fn numbers_the_highest_byte_first() {
        assert_eq!(Cursor::new(&[1, 2, 3]).uint_be(3), Ok(0x01_0203));
        assert_eq!(Cursor::new(&[]).uint_be(0), Ok(0));
    }
}
