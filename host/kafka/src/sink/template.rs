//! Text with placeholders about a row.

use sluicegate_connector::{Error, Piece};
use sluicegate_model::{ChangeBatch, RowKind};

use crate::client::Partition;

/// Text with placeholders, taken apart once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(sluicegate_connector::Template<Field>);

/// What a placeholder stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Table,
    Lane,
    Topic,
    Partition,
    Offset,
    Ordinal,
    Part,
    Kind,
    Origin,
}

const FIELDS: [(&str, Field); 9] = [
    ("table", Field::Table),
    ("lane", Field::Lane),
    ("topic", Field::Topic),
    ("partition", Field::Partition),
    ("offset", Field::Offset),
    ("ordinal", Field::Ordinal),
    ("part", Field::Part),
    ("kind", Field::Kind),
    ("origin", Field::Origin),
];

impl Field {
    /// Whether it differs from row to row.
    const fn is_of_row(self) -> bool {
        matches!(self, Self::Offset | Self::Ordinal | Self::Part | Self::Kind | Self::Origin)
    }
}

impl Template {
    /// Takes a text apart. `{{` is a brace.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`] for a placeholder that there is not, or that does not end.
    pub fn parse(option: &str, text: &str) -> Result<Self, Error> {
        sluicegate_connector::Template::parse(option, text, &FIELDS).map(Self)
    }

    /// Whether it differs from row to row.
    pub fn is_of_row(&self) -> bool {
        self.0.fields().any(Field::is_of_row)
    }

    /// Appends the text for a row of a batch; of an empty batch, where it is not [of a row](Self::is_of_row).
    pub fn write(&self, batch: &ChangeBatch, row: usize, into: &mut Vec<u8>) {
        for piece in self.0.pieces() {
            match piece {
                Piece::Text(text) => into.extend_from_slice(text.as_bytes()),
                Piece::Field(field) => write_field(*field, batch, row, into),
            }
        }
    }
}

fn write_field(field: Field, batch: &ChangeBatch, row: usize, into: &mut Vec<u8>) {
    let origin = batch.origin();
    let mut number = itoa::Buffer::new();
    match field {
        Field::Table => into.extend_from_slice(batch.table().as_str().as_bytes()),
        Field::Lane => into.extend_from_slice(origin.lane.as_str().as_bytes()),
        Field::Topic => {
            let topic = Partition::of(&origin.lane).map(|partition| partition.topic);
            into.extend_from_slice(topic.as_deref().unwrap_or_default().as_bytes());
        }
        Field::Partition => {
            if let Some(partition) = Partition::of(&origin.lane) {
                into.extend_from_slice(number.format(partition.number).as_bytes());
            }
        }
        Field::Offset | Field::Ordinal => {
            into.extend_from_slice(number.format(origin.ordinals[row]).as_bytes());
        }
        Field::Part => {
            if let Some(part) = origin.part(row) {
                into.extend_from_slice(number.format(part).as_bytes());
            }
        }
        Field::Kind => {
            let kind: RowKind = batch.kind(row);
            into.extend_from_slice(kind.short().as_bytes());
        }
        Field::Origin => {
            into.extend_from_slice(origin.lane.as_str().as_bytes());
            into.push(b':');
            into.extend_from_slice(number.format(origin.ordinals[row]).as_bytes());
            if let Some(part) = origin.part(row) {
                into.push(b'.');
                into.extend_from_slice(number.format(part).as_bytes());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::testing;

    fn text(template: &str) -> String {
        let mut text = Vec::new();
        Template::parse("headers", template).unwrap().write(&testing::batch(), 1, &mut text);
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn placeholders_are_filled() {
        assert_eq!(text("{table}"), "shop.orders");
        assert_eq!(text("x-{topic}-{partition}-{{y}"), "x-src-3-{y}");
        assert_eq!(text("{origin} {kind}"), "src/3:11 +U");
    }

    #[test]
    fn an_unknown_placeholder_is_named() {
        let error = Template::parse("topic", "{tabel}").unwrap_err().to_string();
        assert!(
            error.contains("there is no placeholder {tabel}") && error.contains("there are {table}"),
            "{error}"
        );
        assert!(Template::parse("topic", "a{b").is_err());
    }
}
