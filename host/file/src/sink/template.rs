//! Paths of files, from names of tables.

use std::fmt::Write as _;
use std::path::{Component, Path};

use sluicegate_connector::{Error, Piece};
use sluicegate_model::ChangeBatch;

/// Bytes that the name of a file may have on most file systems, less what the number of a file takes.
const LONGEST: usize = 255 - 16;

/// A path with placeholders, taken apart once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Template(sluicegate_connector::Template<Field>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Table,
    Database,
    Name,
    Lane,
    Partition,
}

const FIELDS: [(&str, Field); 5] = [
    ("table", Field::Table),
    ("database", Field::Database),
    ("name", Field::Name),
    ("lane", Field::Lane),
    ("partition", Field::Partition),
];

impl Template {
    /// Takes a path apart.
    pub(super) fn parse(text: &str) -> Result<Self, Error> {
        let refused = |why: &str| Error::configuration(format!("`path` of the sink, {text:?}, {why}"));
        let template = sluicegate_connector::Template::parse("path", text, &FIELDS)?;
        // What stands for a placeholder never holds a slash and is never a dot alone: the text decides where it leads.
        let probe: String = template
            .pieces()
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) => text.as_str(),
                Piece::Field(_) => "x",
            })
            .collect();
        let plain = |component| match component {
            Component::Normal(name) => !name.to_string_lossy().starts_with('.'),
            _ => false,
        };
        if text.is_empty() || text.ends_with('/') || text.contains('\0') {
            return Err(refused("names no file"));
        }
        if !Path::new(&probe).components().all(plain) {
            return Err(refused("leads out of the directory, or to a hidden name"));
        }
        Ok(Self(template))
    }

    /// The path of the file for the rows of a batch, relative to the directory.
    pub(super) fn path(&self, batch: &ChangeBatch) -> Result<String, Error> {
        let table = batch.table();
        let lane = batch.origin().lane.as_str();
        let mut path = String::new();
        for piece in self.0.pieces() {
            match piece {
                Piece::Text(text) => path.push_str(text),
                Piece::Field(Field::Table) => push_name(table.as_str(), &mut path),
                Piece::Field(Field::Database) => push_name(table.database(), &mut path),
                Piece::Field(Field::Name) => push_name(table.table(), &mut path),
                Piece::Field(Field::Lane) => push_name(lane, &mut path),
                Piece::Field(Field::Partition) => {
                    push_name(lane.rsplit_once('/').map_or(lane, |(_, last)| last), &mut path);
                }
            }
        }
        match path.split('/').find(|name| name.is_empty() || name.len() > LONGEST) {
            None => Ok(path),
            Some(name) => Err(Error::configuration(format!(
                "{name:?} cannot be the name of a file: it is empty or too long"
            ))
            .table(table)
            .help("name the output's table otherwise in a step, or set `path` of the sink")),
        }
    }
}

/// Appends a name as a part of the name of a file: one letter differs wherever one of the names did, and none leads
/// elsewhere.
fn push_name(name: &str, path: &mut String) {
    for letter in name.chars() {
        let begins = path.is_empty() || path.ends_with('/');
        if letter.is_control() || matches!(letter, '/' | '\\' | '%') || (letter == '.' && begins) {
            let mut bytes = [0; 4];
            for byte in letter.encode_utf8(&mut bytes).bytes() {
                let _ = write!(path, "%{byte:02X}");
            }
        } else {
            path.push(letter);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_schema::Schema;
    use proptest::prelude::*;
    use sluicegate_model::{Meta, Origin, TableName};

    use super::*;

    fn batch(table: &str, lane: &str) -> ChangeBatch {
        let origin = Origin { lane: lane.into(), ordinals: vec![].into(), parts: None };
        let schema = Arc::new(Schema::empty());
        ChangeBatch::new(
            TableName::new(table),
            schema,
            vec![],
            vec![].into(),
            origin,
            Arc::from([]),
            Meta::new(),
        )
        .unwrap()
    }

    #[test]
    fn names_are_put_in() {
        let template = Template::parse("{database}/{name}/{partition}.csv").unwrap();
        assert_eq!(template.path(&batch("ods.orders", "t/3")).unwrap(), "ods/orders/3.csv");
        assert!(template.path(&batch("orders", "t/3")).unwrap_err().to_string().contains("is empty"));
        let lanes = Template::parse("{table}-{lane}").unwrap();
        assert_eq!(lanes.path(&batch("../x", "a/b%")).unwrap(), "%2E.%2Fx-a%2Fb%25");
        assert!(lanes.path(&batch(&"x".repeat(300), "l")).is_err());
    }

    #[test]
    fn a_template_stays_in_its_directory() {
        for text in
            ["../{table}", "/{table}", "a/../{table}", ".{table}", "a/", "", "./{table}", "{table", "{x}"]
        {
            assert!(Template::parse(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_table_leads_out_and_no_two_share_a_file(one in "[./%\\\\a-b\0]{1,8}", two in "[./%\\\\a-b\0]{1,8}") {
            let template = Template::parse("{table}.csv").unwrap();
            let path = template.path(&batch(&one, "l")).unwrap();
            prop_assert!(!path.contains('/') && !path.starts_with('.') && !path.contains('\0'));
            if one != two {
                prop_assert_ne!(path, template.path(&batch(&two, "l")).unwrap());
            }
        }
    }
}
