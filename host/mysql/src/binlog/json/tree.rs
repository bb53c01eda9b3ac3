//! A value that can be changed.

use std::borrow::Cow;

use super::binary::Value;
use super::{MAX_DEPTH, text};
use crate::binlog::error::Fault;

/// A value whose containers are taken apart; scalars stay where they are.
#[derive(Debug)]
pub(super) enum Node<'a> {
    Scalar(Value<'a>),
    Array(Vec<Node<'a>>),
    /// Members in the server's order: shorter keys first, those of one length by their bytes.
    Object(Vec<(Cow<'a, [u8]>, Node<'a>)>),
}

impl<'a> Node<'a> {
    /// A value taken apart; `budget` as of [`text::write`].
    pub(super) fn of(value: Value<'a>, depth: usize, budget: &mut usize) -> Result<Self, Fault> {
        text::spend(budget)?;
        if depth > MAX_DEPTH {
            return Err(text::too_deep());
        }
        Ok(match value {
            Value::Array(items) => {
                let items: Result<_, Fault> =
                    (0..items.len()).map(|place| Self::of(items.value(place)?, depth + 1, budget)).collect();
                Self::Array(items?)
            }
            Value::Object(members) => {
                let members: Result<_, Fault> = (0..members.len())
                    .map(|place| {
                        let key = Cow::Borrowed(members.key(place)?);
                        Ok((key, Self::of(members.value(place)?, depth + 1, budget)?))
                    })
                    .collect();
                Self::Object(members?)
            }
            scalar => Self::Scalar(scalar),
        })
    }

    pub(super) fn write(&self, out: &mut Vec<u8>, depth: usize) -> Result<(), Fault> {
        if depth > MAX_DEPTH {
            return Err(text::too_deep());
        }
        match self {
            Self::Scalar(value) => text::write(value, out, depth, &mut 1)?,
            Self::Array(items) => {
                out.push(b'[');
                for (place, item) in items.iter().enumerate() {
                    text::separate(place, out);
                    item.write(out, depth + 1)?;
                }
                out.push(b']');
            }
            Self::Object(members) => {
                out.push(b'{');
                for (place, (key, value)) in members.iter().enumerate() {
                    text::separate(place, out);
                    text::write_string(key, out)?;
                    out.extend_from_slice(b": ");
                    value.write(out, depth + 1)?;
                }
                out.push(b'}');
            }
        }
        Ok(())
    }

    /// Where a member of an object is, or would be.
    pub(super) fn find(members: &[(Cow<'a, [u8]>, Node<'a>)], key: &[u8]) -> Result<usize, usize> {
        members.binary_search_by(|(known, _)| known.len().cmp(&key.len()).then_with(|| (**known).cmp(key)))
    }
}
