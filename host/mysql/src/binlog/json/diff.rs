//! Differences of a new value to an old one.
//!
//! Each is an operation, a path, and for all but a removal a value in the binary form; path and value behind
//! length-encoded lengths. <https://dev.mysql.com/worklog/task/?id=2955>

use std::borrow::Cow;

use super::binary::Value;
use super::path::{Leg, Path};
use super::tree::Node;
use crate::binlog::bytes::Cursor;
use crate::binlog::error::Fault;

#[derive(Debug)]
enum Operation<'a> {
    /// Puts a value in the place of the one that is there.
    Replace(Value<'a>),
    /// Adds a member, or an item before the one that is there.
    Insert(Value<'a>),
    /// Takes a member or item away.
    Remove,
}

/// One difference.
#[derive(Debug)]
pub(super) struct Diff<'a> {
    operation: Operation<'a>,
    path: Path,
}

pub(super) fn read(bytes: &[u8]) -> Result<Vec<Diff<'_>>, Fault> {
    let mut cursor = Cursor::new(bytes);
    let mut diffs = Vec::new();
    while !cursor.is_empty() {
        let operation = cursor.u8()?;
        let path = Path::parse(cursor.packed_bytes()?)?;
        let mut value = || cursor.packed_bytes().and_then(Value::parse);
        let operation = match operation {
            0 => Operation::Replace(value()?),
            1 => Operation::Insert(value()?),
            2 => Operation::Remove,
            other => return Err(Fault::new(format!("{other} is no operation on JSON"))),
        };
        diffs.push(Diff { operation, path });
    }
    Ok(diffs)
}

impl<'a> Diff<'a> {
    pub(super) fn apply(self, root: &mut Node<'a>, budget: &mut usize) -> Result<(), Fault> {
        let misfit = || Fault::new("a difference of JSON does not fit the old value");
        let legs = &self.path.0;
        match self.operation {
            Operation::Replace(value) => {
                let place = Path::seek(legs, root).ok_or_else(misfit)?;
                *place = Node::of(value, legs.len(), budget)?;
                Ok(())
            }
            Operation::Insert(value) => {
                let (last, parent) = legs.split_last().ok_or_else(misfit)?;
                let value = Node::of(value, legs.len(), budget)?;
                match (Path::seek(parent, root), last) {
                    (Some(Node::Array(items)), Leg::Item(place)) => {
                        items.insert((*place).min(items.len()), value);
                        Ok(())
                    }
                    (Some(Node::Object(members)), Leg::Member(key)) => {
                        let place = Node::find(members, key).err().ok_or_else(misfit)?;
                        members.insert(place, (Cow::Owned(key.clone()), value));
                        Ok(())
                    }
                    _ => Err(misfit()),
                }
            }
            Operation::Remove => {
                let (last, parent) = legs.split_last().ok_or_else(misfit)?;
                match (Path::seek(parent, root), last) {
                    (Some(Node::Array(items)), Leg::Item(place)) if *place < items.len() => {
                        items.remove(*place);
                        Ok(())
                    }
                    (Some(Node::Object(members)), Leg::Member(key)) => {
                        let place = Node::find(members, key).map_err(|_| misfit())?;
                        members.remove(place);
                        Ok(())
                    }
                    _ => Err(misfit()),
                }
            }
        }
    }
}
