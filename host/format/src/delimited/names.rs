//! Names of columns, of all tables or by table.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

/// Names of columns: a list, or lists by table.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ColumnNames {
    /// The same for every table.
    Every(Vec<String>),
    /// By the name of the table.
    ByTable(BTreeMap<String, Vec<String>>),
}

impl ColumnNames {
    /// Those of a table.
    pub fn of(&self, table: &str) -> Option<&[String]> {
        match self {
            Self::Every(names) => Some(names),
            Self::ByTable(tables) => tables.get(table).map(Vec::as_slice),
        }
    }

    /// The list that holds for every table.
    pub(super) fn every(&self) -> Option<&[String]> {
        match self {
            Self::Every(names) => Some(names),
            Self::ByTable(_) => None,
        }
    }

    /// All lists.
    pub(super) fn lists(&self) -> impl Iterator<Item = &Vec<String>> {
        let (every, by_table) = match self {
            Self::Every(names) => (Some(names), None),
            Self::ByTable(tables) => (None, Some(tables.values())),
        };
        every.into_iter().chain(by_table.into_iter().flatten())
    }
}

/// What is known of a table before its first record.
#[derive(Clone, Debug, Default)]
pub(super) struct Layout {
    pub(super) columns: Arc<[String]>,
    pub(super) primary_key: Arc<[String]>,
    /// The place of the column that holds the kind.
    pub(super) kind_at: Option<usize>,
}

/// What is known of tables before their first records.
#[derive(Clone, Debug)]
pub(super) enum Layouts {
    Every(Layout),
    ByTable(BTreeMap<String, Layout>),
}

impl Layouts {
    pub(super) fn new(columns: &ColumnNames, key: Option<&ColumnNames>, kind_column: Option<&str>) -> Self {
        let layout = |columns: &[String], key: Option<&[String]>| Layout {
            kind_at: columns.iter().position(|name| Some(name.as_str()) == kind_column),
            columns: columns.into(),
            primary_key: key.unwrap_or_default().into(),
        };
        match (columns, key) {
            (ColumnNames::Every(columns), None | Some(ColumnNames::Every(_))) => {
                Self::Every(layout(columns, key.and_then(ColumnNames::every)))
            }
            (ColumnNames::ByTable(tables), key) => {
                let of = |(table, columns): (&String, &Vec<String>)| {
                    (table.clone(), layout(columns, key.and_then(|key| key.of(table))))
                };
                Self::ByTable(tables.iter().map(of).collect())
            }
            // A table without a key of its own has none.
            (ColumnNames::Every(columns), Some(ColumnNames::ByTable(keys))) => {
                let mut tables: BTreeMap<String, Layout> =
                    keys.iter().map(|(table, key)| (table.clone(), layout(columns, Some(key)))).collect();
                tables.insert(String::new(), layout(columns, None));
                Self::ByTable(tables)
            }
        }
    }

    pub(super) fn of(&self, table: &str) -> Result<&Layout, String> {
        match self {
            Self::Every(layout) => Ok(layout),
            Self::ByTable(tables) => tables
                .get(table)
                .or_else(|| tables.get(""))
                .ok_or_else(|| format!("`columns` does not name those of table {table:?}")),
        }
    }
}
