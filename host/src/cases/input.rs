//! A case's rows or messages as the batches that go into the first step.

use std::sync::Arc;

use arrow_array::StringArray;
use arrow_schema::{DataType, Field, Schema};
use sluicegate_format::{LaneInfo, Record};
use sluicegate_model::{ChangeBatch, Column, Decoded, Item, Lane, Meta, Origin, RowKind, meta};

use super::columns::{self, Misfit};
use super::file::{Case, CasesFile, Input, InputRow, RawMessage, Row, RowCell, TableSpec};
use super::found;
use super::infer;
use super::literal::Literal;
use crate::config::Config;
use crate::config::error::Problem;
use crate::config::nearest::{did_you_mean, listed};

/// What a case starts from.
///
/// # Errors
/// What is wrong with its rows, among the problems.
pub(super) fn decoded(
    case: &Case,
    file: &CasesFile,
    config: &Config,
    problems: &mut Vec<Problem>,
) -> Option<Decoded> {
    match &case.input {
        Input::Messages(messages) => {
            let Some((decode, topic)) = config.decoder() else {
                let problem =
                    Problem::new("the source of the pipeline has no messages, so a case gives `rows`");
                problems.push(problem.at(case.places.first_key).label("this case"));
                return None;
            };
            let lane = lane(&topic);
            let records: Vec<Record<'_>> =
                (0..).zip(messages).map(|(ordinal, m)| record(ordinal, m)).collect();
            Some(decode.decode(&LaneInfo { lane: &lane, topic: &topic, partition: 0 }, &records))
        }
        Input::Rows(rows) => {
            let maker = Maker { case, file, config };
            let items = maker.batches(rows, problems)?.into_iter().map(Item::Rows).collect();
            Some(Decoded { items, rejects: Vec::new() })
        }
    }
}

fn lane(topic: &str) -> Lane {
    Lane::new(format!("{topic}/0"))
}

fn record(ordinal: u64, message: &RawMessage) -> Record<'_> {
    Record {
        ordinal,
        key: message.key.as_deref(),
        value: message.value.as_deref(),
        timestamp_us: message.timestamp_us,
        headers: &message.headers,
    }
}

struct Maker<'a> {
    case: &'a Case,
    file: &'a CasesFile,
    config: &'a Config,
}

/// A row of a batch that is made: one of a unit's.
struct Line<'a> {
    ordinal: u64,
    kind: RowKind,
    row: &'a Row,
    meta: &'a [(String, Literal)],
}

impl Maker<'_> {
    /// A batch a table, in the order in which the tables come first.
    fn batches(&self, rows: &[InputRow], problems: &mut Vec<Problem>) -> Option<Vec<ChangeBatch>> {
        let mut tables: Vec<(&str, Vec<Line<'_>>)> = Vec::new();
        for (ordinal, row) in (0..).zip(rows) {
            let Some(table) = row.table.as_deref().or(self.case.table.as_deref()) else {
                let problem = Problem::new("it is not said which table this row is of");
                let help = "give the case a `table`, or the row a `$table`";
                problems.push(problem.at(row.unit.place).label("this row").help(help));
                return None;
            };
            let place = tables.iter().position(|(known, _)| *known == table).unwrap_or_else(|| {
                tables.push((table, Vec::new()));
                tables.len() - 1
            });
            let lines = &mut tables[place].1;
            let line = |kind, row_of| Line { ordinal, kind, row: row_of, meta: &row.unit.meta };
            lines.extend(row.unit.before.as_ref().map(|before| line(RowKind::UpdateBefore, before)));
            lines.push(line(row.unit.kind, &row.unit.row));
        }
        let before = problems.len();
        let made: Vec<Option<ChangeBatch>> =
            tables.iter().map(|(table, lines)| self.batch(table, lines, problems)).collect();
        if problems.len() > before { None } else { made.into_iter().collect() }
    }

    fn spec(&self, table: &str) -> TableSpec {
        let shared = self.file.tables.iter().find(|(known, _)| known == table).map(|(_, spec)| spec.clone());
        let shared = shared.unwrap_or_default();
        TableSpec {
            schema: self.case.spec.schema.clone().or(shared.schema),
            key: self
                .case
                .spec
                .key
                .clone()
                .or(shared.key)
                .or_else(|| self.config.declared_key().map(<[String]>::to_vec)),
        }
    }

    fn batch(&self, table: &str, lines: &[Line<'_>], problems: &mut Vec<Problem>) -> Option<ChangeBatch> {
        let spec = self.spec(table);
        let names = names(&spec, lines, problems)?;
        let declared = self.config.declared_types().and_then(|types| types.get(table));
        let (mut fields, mut made) = (Vec::new(), Vec::new());
        for name in names {
            let cells: Vec<Option<Literal>> =
                lines.iter().map(|line| self.cell(line, &name, problems)).collect();
            let cells: Vec<Option<&Literal>> = cells.iter().map(Option::as_ref).collect();
            let exact =
                spec.schema.as_ref().and_then(|schema| schema.iter().find(|(known, _)| *known == name));
            let exact = exact.map(|(_, data_type)| data_type);
            let exact =
                exact.or_else(|| declared.and_then(|types| types.get(&name)).map(|known| &known.data_type));
            let column = match exact {
                Some(data_type) => columns::column(&cells, data_type, None)
                    .map(|column| (Field::new(&name, data_type.clone(), true), column)),
                None => infer::column(&name, &cells),
            };
            match column {
                Ok((field, column)) => {
                    fields.push(field);
                    made.push(column);
                }
                Err(misfits) => problems.extend(misfits.iter().map(|misfit| told(misfit, &name, lines))),
            }
        }
        let count = lines.len();
        let (_, topic) = self.config.decoder().unzip();
        let origin = Origin {
            lane: lane(topic.as_deref().unwrap_or("test")),
            ordinals: lines.iter().map(|line| line.ordinal).collect(),
            parts: None,
        };
        if made.len() < fields.len() || !problems.is_empty() {
            return None;
        }
        let batch = ChangeBatch::new(
            table.into(),
            Arc::new(Schema::new(fields)),
            made,
            lines.iter().map(|line| line.kind.code()).collect(),
            origin,
            spec.key.unwrap_or_default().into(),
            metas(lines, count),
        );
        match batch {
            Ok(batch) => Some(batch),
            Err(error) => {
                let problem = Problem::new(format!("the rows of {table} make no batch: {error}"));
                problems.push(problem.at(self.case.places.first_key).label("this case"));
                None
            }
        }
    }

    /// A cell of a row; what is to be sealed is.
    fn cell(&self, line: &Line<'_>, name: &str, problems: &mut Vec<Problem>) -> Option<Literal> {
        let cell = line.row.0.iter().find(|cell| cell.column == name)?;
        let Literal::Sealed(sealed) = &cell.literal else { return Some(cell.literal.clone()) };
        let plain = Column::new(Arc::new(StringArray::from(vec![sealed.value.as_str()])));
        let key = sealed.key.as_deref().unwrap_or_default();
        match self.config.ring().seal(&plain, key, &sealed.context, &[]) {
            Ok(column) => found::cells(&column, None).pop().flatten(),
            Err(error) => {
                problems.push(Problem::new(error.to_string()).at(cell.place).label("this cell"));
                None
            }
        }
    }
}

/// The columns: those of the schema, else those that the rows name.
fn names(spec: &TableSpec, lines: &[Line<'_>], problems: &mut Vec<Problem>) -> Option<Vec<String>> {
    let cells = || lines.iter().flat_map(|line| &line.row.0);
    let mut names: Vec<String> = Vec::new();
    let Some(schema) = &spec.schema else {
        for cell in cells() {
            if !names.contains(&cell.column) {
                names.push(cell.column.clone());
            }
        }
        return Some(names);
    };
    names.extend(schema.iter().map(|(name, _)| name.clone()));
    let mut strangers: Vec<&RowCell> = cells().filter(|cell| !names.contains(&cell.column)).collect();
    strangers.dedup_by_key(|cell| cell.place);
    for cell in &strangers {
        let known = || names.iter().map(String::as_str);
        let near = did_you_mean(&cell.column, known());
        let problem = Problem::new(format!("`schema` has no column `{}`{near}", cell.column));
        problems.push(problem.at(cell.place).label("this cell").help(format!("it has {}", listed(known()))));
    }
    strangers.is_empty().then_some(names)
}

fn told(misfit: &Misfit, name: &str, lines: &[Line<'_>]) -> Problem {
    let problem = Problem::new(format!("`{name}`: {}", misfit.why));
    let cell = lines[misfit.row].row.0.iter().find(|cell| cell.column == name);
    match cell {
        Some(cell) => problem.at(cell.place).label("this cell"),
        None => problem,
    }
}

/// The columns about rows: those that any row has, and always partition and offset, as a source gives them.
fn metas(lines: &[Line<'_>], count: usize) -> Meta {
    let mut names: Vec<&str> = vec![meta::PARTITION, meta::OFFSET];
    for (name, _) in lines.iter().flat_map(|line| line.meta) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    let mut made = Meta::new();
    for name in names {
        let value = |line: &Line<'_>| -> Literal {
            let own = line.meta.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
            own.unwrap_or_else(|| match name {
                meta::PARTITION => Literal::Number("0".to_owned()),
                meta::OFFSET => Literal::Number(line.ordinal.to_string()),
                _ => Literal::Null,
            })
        };
        let values: Vec<Literal> = lines.iter().map(value).collect();
        let cells: Vec<Option<&Literal>> = values.iter().map(Some).collect();
        let data_type = meta::data_type_of(name).unwrap_or(DataType::Null);
        // Each was tried when it was read.
        if let Ok(column) = columns::column(&cells, &data_type, None) {
            debug_assert_eq!(column.len(), count);
            made.set(name, Arc::clone(column.values()));
        }
    }
    made
}
