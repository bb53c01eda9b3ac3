//! Keys and partitions of messages.

use arrow_array::cast::AsArray;
use arrow_array::{Array, types::Int32Type};
use arrow_schema::DataType;
use sluicegate_connector::Error;
use sluicegate_format::Message;
use sluicegate_kernels::canonical::KeyEncoder;
use sluicegate_kernels::murmur2;
use sluicegate_model::{Cell, ChangeBatch, Column, meta};

use super::options::{Key, Partitioner};

/// Keys of the messages of a batch, in one buffer.
#[derive(Default)]
pub struct Keys {
    bytes: Vec<u8>,
    /// The range of each key in the buffer; `None` is no key. Empty where no message has one.
    ranges: Vec<Option<(usize, usize)>>,
}

impl Keys {
    /// The key of a message by its place.
    pub fn get(&self, place: usize) -> Option<&[u8]> {
        let (start, end) = self.ranges.get(place).copied().flatten()?;
        Some(&self.bytes[start..end])
    }

    /// Bytes of all keys.
    pub fn bytes(&self) -> usize {
        self.bytes.len()
    }

    fn push(&mut self, key: Option<&[u8]>) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(key.unwrap_or_default());
        self.ranges.push(key.map(|_| (start, self.bytes.len())));
    }
}

/// A row whose key is not there.
pub struct NoKey {
    /// The row.
    pub row: u32,
    /// Which column, in words.
    pub reason: String,
}

/// Columns of a key and their names.
struct KeyColumns<'a> {
    names: Vec<String>,
    columns: Vec<&'a Column>,
}

/// The columns that a key is made of; `None` where the key is the row's own.
fn columns<'a>(key: &Key, batch: &'a ChangeBatch) -> Result<Option<KeyColumns<'a>>, Error> {
    let names: Vec<String> = match key {
        Key::None | Key::Source => return Ok(None),
        Key::PrimaryKey if batch.primary_key().is_empty() => return Ok(None),
        Key::PrimaryKey => batch.primary_key().to_vec(),
        Key::Columns(names) => names.clone(),
    };
    let found = names.iter().map(|name| {
        batch.column(name).ok_or_else(|| {
            Error::configuration("a column of the message key is not in the output")
                .table(batch.table())
                .column(name)
                .help("set `key` of the sink, or keep the column in the steps before")
        })
    });
    let found = found.collect::<Result<Vec<_>, Error>>()?;
    Ok((!names.is_empty()).then_some(KeyColumns { names, columns: found }))
}

/// Keys of messages, and rows whose key is not there. `own`: the column that the format says is the key; it stands for
/// the key that a row came with.
///
/// # Errors
/// Where no row can have a key: a column that is missing, or of a type without a text.
pub fn keys(
    key: &Key,
    own: Option<&Column>,
    batch: &ChangeBatch,
    messages: &[Message],
) -> Result<(Keys, Vec<NoKey>), Error> {
    let mut keys = Keys::default();
    let mut lacking = Vec::new();
    if let (Some(own), Key::PrimaryKey | Key::Source) = (own, key) {
        // Missing ones were refused by the format.
        let bytes = |row: usize| match own.data_type() {
            _ if own.cell(row) != Cell::Value => None,
            DataType::Utf8 => Some(own.values().as_string::<i32>().value(row).as_bytes()),
            DataType::Binary => Some(own.values().as_binary::<i32>().value(row)),
            _ => None,
        };
        for message in messages {
            keys.push(bytes(message.row as usize));
        }
    } else if let Some(KeyColumns { names, columns }) = columns(key, batch)? {
        let encoder = encoder(batch, &columns)?;
        keys.ranges.reserve(messages.len());
        keys.bytes.reserve(messages.len() * 12);
        for message in messages {
            let row = message.row as usize;
            if let Some(place) = encoder.missing(row) {
                let reason =
                    format!("column {} of the message key is missing in a partial image", names[place]);
                lacking.push(NoKey { row: message.row, reason });
                keys.ranges.push(None);
                continue;
            }
            let start = keys.bytes.len();
            encoder.write(row, &mut keys.bytes);
            keys.ranges.push(Some((start, keys.bytes.len())));
        }
    } else if *key != Key::None
        && let Some(own) = batch.meta().get(meta::KEY)
    {
        let own = own.as_binary_opt::<i32>().ok_or_else(|| Error::fatal("the keys of rows are no bytes"))?;
        for message in messages {
            let row = message.row as usize;
            keys.push(own.is_valid(row).then(|| own.value(row)));
        }
    }
    Ok((keys, lacking))
}

fn encoder<'a>(batch: &ChangeBatch, columns: &[&'a Column]) -> Result<KeyEncoder<'a>, Error> {
    KeyEncoder::new("key", columns).map_err(|error| {
        Error::configuration("a column cannot be part of a message key")
            .table(batch.table())
            .caused_by(error)
            .help("set `key` or `partitioner` of the sink to other columns")
    })
}

/// How the partition of each message is found.
pub enum Places {
    /// librdkafka looks at the key.
    ByKey,
    /// A partition each, or -1 for librdkafka.
    Given(Vec<i32>),
    /// A hash each, to be divided by the number of partitions.
    Hashed(Vec<u32>),
}

/// Partitions of messages.
///
/// # Errors
/// As [`keys`].
pub fn places(partitioner: &Partitioner, batch: &ChangeBatch, messages: &[Message]) -> Result<Places, Error> {
    match partitioner {
        Partitioner::Murmur2 => Ok(Places::ByKey),
        Partitioner::Meta => {
            let Some(column) = batch.meta().get(meta::PARTITION) else { return Ok(Places::ByKey) };
            let column = column
                .as_primitive_opt::<Int32Type>()
                .ok_or_else(|| Error::fatal("the partitions of rows are no int32"))?;
            let place = |message: &Message| {
                let row = message.row as usize;
                if column.is_valid(row) { column.value(row) } else { -1 }
            };
            Ok(Places::Given(messages.iter().map(place).collect()))
        }
        Partitioner::Column(name) => {
            let column = batch.column(name).ok_or_else(|| {
                Error::configuration("the column of `partitioner` is not in the output")
                    .table(batch.table())
                    .column(name)
            })?;
            let encoder = encoder(batch, &[column])?;
            let mut text = Vec::new();
            let hash = |message: &Message| {
                text.clear();
                encoder.write(message.row as usize, &mut text);
                murmur2(&text) as u32 & 0x7fff_ffff
            };
            Ok(Places::Hashed(messages.iter().map(hash).collect()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_keep_nulls_and_empty_ones_apart() {
        let mut keys = Keys::default();
        for key in [Some(&b"ab"[..]), None, Some(b""), Some(b"c")] {
            keys.push(key);
        }
        let all: Vec<_> = (0..4).map(|place| keys.get(place)).collect();
        assert_eq!(all, [Some(&b"ab"[..]), None, Some(b""), Some(b"c")]);
    }
}
