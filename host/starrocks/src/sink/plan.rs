//! How the rows of a schema are written to a table.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arrow_schema::Field;
use sluicegate_format::values::push_text;
use sluicegate_model::{ChangeBatch, RowKind};
use sluicegate_tables::name::{quoted, same};
use sluicegate_tables::{Fit, OnSchemaChange, Target};

use super::options::SinkOptions;
use super::{condition, evolve, form};
use crate::client::{Compressed, Format, LoadOptions};
use crate::table::{ColumnType, Model, Table, fit};

/// The key in which a row says whether it is removed.
pub const OP: &str = "__op";

/// A column that is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedColumn {
    /// Its name in the table.
    pub name: String,
    /// Its place in the schema of the rows.
    pub field: usize,
    /// Its type.
    pub column_type: ColumnType,
    /// How its values are written.
    pub fit: Fit,
    /// Whether it may be NULL.
    pub nullable: bool,
}

/// How the rows of a schema are written to a table.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What it is for.
    pub target: Target,
    /// Whether rows take the place of those with their keys; else they are added.
    pub upserts: bool,
    /// The form in which rows are sent.
    pub format: Format,
    /// Whether they are sent as JSON instead: only of that it can be told which row a load is refused for.
    as_json: Arc<AtomicBool>,
    /// How plain loads are compressed.
    pub compressed: Compressed,
    /// The columns that are written, in order.
    pub columns: Vec<PlannedColumn>,
    /// Whether rows that are added bring the columns that say where they came from.
    pub says_positions: bool,
    /// Places among the columns of the key's, in the key's order; empty where rows are added.
    pub key: Vec<usize>,
    /// Whether the table has columns that the rows do not: they stay as they are. It may get some later.
    partial: Arc<AtomicBool>,
    /// What a row that is removed brings beside its key, each after a comma: columns that may not be NULL have to have
    /// something.
    pub filler: Vec<u8>,
    /// The place among the columns of the one whose value decides whether a row takes the place of another.
    pub condition: Option<usize>,
    more: Vec<(String, String)>,
}

impl Plan {
    /// A plan for batches of this schema, whose rows are to be sent in a form.
    ///
    /// # Errors
    /// Everything that does not fit, a sentence each.
    pub fn new(
        table: &Table,
        batch: &ChangeBatch,
        options: &SinkOptions,
        wanted: Format,
    ) -> Result<Arc<Self>, Vec<String>> {
        let mut misfits = Vec::new();
        let upserts = options.write.upserts(table.model == Model::Primary);
        let columns = columns(table, batch, options.on_schema_change, &mut misfits);
        let mut key = Vec::new();
        if upserts {
            key = key_of(table, batch, &columns, &mut misfits);
        } else if table.model == Model::Primary {
            misfits.push(
                "it is a primary key table, where a row that is added takes the place of another: set `write: upsert` or `write: auto`"
                    .to_owned(),
            );
        }
        let is_planned = |name: &str| columns.iter().any(|planned| planned.name == name);
        // Changes of rows that are there, from a source that sends what changed and no more: the rest stays as it is.
        let is_change = |row: usize| batch.kind(row) != RowKind::Insert;
        let only_changes =
            upserts && table.model == Model::Primary && !batch.is_empty() && (0..batch.len()).all(is_change);
        let mut partial = false;
        for column in table.columns.iter().filter(|column| !is_planned(&column.name) && !column.generated) {
            partial |= table.model == Model::Primary;
            if !column.nullable && !column.has_default && !only_changes {
                misfits.push(format!(
                    "its column {} takes no NULL and has no default, and the rows do not have it",
                    column.name
                ));
            }
        }
        let condition = options.merge_condition.as_deref();
        let condition = condition.and_then(|name| condition::place(name, &columns, &key, &mut misfits));
        if !misfits.is_empty() {
            return Err(misfits);
        }
        let types = columns.iter().map(|column| column.column_type);
        let format = form::for_columns(wanted, types, condition.is_some());
        let mut filler = Vec::new();
        for (place, column) in columns.iter().enumerate() {
            if !column.nullable && !key.contains(&place) {
                filler.push(b',');
                push_text(&column.name, &mut filler);
                filler.push(b':');
                filler.extend_from_slice(column.column_type.any_value().as_bytes());
            }
        }
        Ok(Arc::new(Self {
            target: Target::new(&table.name, batch),
            upserts,
            format,
            as_json: Arc::default(),
            compressed: options.compression.of_body(),
            says_positions: !upserts
                && options.position_columns.as_ref().is_some_and(|names| names.are_in(&columns)),
            columns,
            key,
            partial: Arc::new(AtomicBool::new(partial)),
            filler,
            condition,
            more: options.headers.clone().into_iter().collect(),
        }))
    }

    /// The form in which rows are to be sent where it holds them.
    pub fn wanted(&self) -> Format {
        if self.as_json.load(Ordering::Relaxed) { Format::Json } else { self.format }
    }

    /// The same for rows that are sent in another form.
    pub fn sent_as(self: &Arc<Self>, format: Format) -> Arc<Self> {
        if self.format == format {
            return Arc::clone(self);
        }
        Arc::new(Self { format, ..Self::clone(self) })
    }

    /// Has rows sent as JSON, or in the form that they have otherwise.
    pub fn send_as_json(&self, json: bool) {
        self.as_json.store(json, Ordering::Relaxed);
    }

    /// Whether the table has columns that the rows do not.
    pub fn is_partial(&self) -> bool {
        self.partial.load(Ordering::Relaxed)
    }

    /// Notes that the table got columns that these rows do not have.
    pub fn table_has_grown(&self) {
        self.partial.fetch_or(self.upserts, Ordering::Relaxed);
    }

    /// Whether the same columns of the same table are written in the same way.
    pub fn writes_like(&self, other: &Self) -> bool {
        let names = |plan: &Self| plan.columns.iter().map(|column| column.name.clone()).collect::<Vec<_>>();
        self.target.table == other.target.table
            && (self.format, self.upserts) == (other.format, other.upserts)
            && self.key == other.key
            && names(self) == names(other)
    }

    /// How a load reads rows with these columns; `None`: with all.
    pub fn load(&self, only: Option<&[String]>) -> LoadOptions {
        let format = self.format;
        let chosen = |column: &&PlannedColumn| only.is_none_or(|only| only.contains(&column.name));
        let (mut sources, mut derived, mut paths) = (Vec::new(), Vec::new(), Vec::new());
        for (place, column) in self.columns.iter().enumerate().filter(|(_, column)| chosen(column)) {
            paths.push(path(&column.name));
            if matches!(column.column_type, ColumnType::Bytes(_)) && format != Format::Arrow {
                // Bytes come as base64, which JSON and CSV can hold, and become bytes again.
                let source = format!("sg_bytes_{place}");
                derived.push(format!("{}=to_binary({source},'encode64')", quoted(&column.name)));
                sources.push(source);
            } else {
                sources.push(quoted(&column.name));
            }
        }
        let has_bytes = !derived.is_empty();
        if self.upserts && only.is_none() {
            sources.push(OP.to_owned());
            paths.push(path(OP));
        }
        sources.append(&mut derived);
        LoadOptions {
            format,
            compressed: Compressed::No,
            columns: Some(sources.join(",")),
            // Else the names of keys are those of the columns.
            json_paths: (has_bytes && format == Format::Json)
                .then(|| serde_json::Value::from(paths).to_string()),
            partial: self.is_partial() || only.is_some(),
            merge_condition: self.condition.map(|place| self.columns[place].name.clone()),
            time_zone: None,
            more: self.more.clone(),
        }
    }
}

impl sluicegate_tables::Plan for Plan {
    fn target(&self) -> &Target {
        &self.target
    }
}

/// Where a key stands at the top of an object.
fn path(key: &str) -> String {
    format!("$.\"{key}\"")
}

fn columns(
    table: &Table,
    batch: &ChangeBatch,
    on_schema_change: OnSchemaChange,
    misfits: &mut Vec<String>,
) -> Vec<PlannedColumn> {
    let mut columns: Vec<PlannedColumn> = Vec::new();
    for (place, field) in batch.schema().fields().iter().enumerate() {
        let Some(column) = table.column(field.name()) else {
            if on_schema_change == OnSchemaChange::Exception {
                misfits.push(missing_column(table, field));
            }
            continue;
        };
        if columns.iter().any(|planned| planned.name == column.name) {
            misfits.push(format!("two columns of the rows are called {} there", column.name));
            continue;
        }
        if column.generated {
            misfits.push(format!(
                "its column {} is computed by the cluster: drop it from the rows in a step",
                column.name
            ));
            continue;
        }
        let taken = match column.column_type {
            Some(column_type) => fit(field.data_type(), column_type).map(|fit| (column_type, fit)),
            None => Err("such columns are not written to".to_owned()),
        };
        match taken {
            Ok((column_type, fit)) => columns.push(PlannedColumn {
                name: column.name.clone(),
                field: place,
                column_type,
                fit,
                nullable: column.nullable,
            }),
            Err(why) => misfits.push(format!("its column {} is {}: {why}", column.name, column.described)),
        }
    }
    columns
}

fn missing_column(table: &Table, field: &Field) -> String {
    let statement = evolve::statement(&table.name, field).unwrap_or_else(|why| why);
    format!(
        "it has no column {}: add it ({statement}), drop it in a step, or set `on_schema_change` to `evolve` or `ignore`",
        field.name()
    )
}

/// The places of the key's columns.
fn key_of(
    table: &Table,
    batch: &ChangeBatch,
    columns: &[PlannedColumn],
    misfits: &mut Vec<String>,
) -> Vec<usize> {
    if table.model != Model::Primary {
        misfits.push(format!(
            "it is {}, where no row is changed or removed: make it a primary key table, or set `write: append` or `write: auto`",
            table.model
        ));
        return Vec::new();
    }
    let names: Vec<&str> =
        table.columns.iter().filter(|column| column.key).map(|column| column.name.as_str()).collect();
    let own = batch.primary_key();
    let is_own = names.len() == own.len() && own.iter().all(|name| names.iter().any(|key| same(key, name)));
    if !own.is_empty() && !is_own {
        misfits.push(format!(
            "its primary key is ({}), and the key of the rows is ({}): change the rows' key in a step",
            names.join(", "),
            own.join(", ")
        ));
    }
    let mut key = Vec::new();
    for name in names {
        match columns.iter().position(|column| column.name == name) {
            Some(place) => key.push(place),
            None => misfits.push(format!("the rows have no column {name}, which is part of its primary key")),
        }
    }
    key
}
