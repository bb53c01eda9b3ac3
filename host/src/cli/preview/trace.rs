//! Rows put through the steps, and what each step made of them.

use std::collections::HashSet;
use std::sync::Arc;

use sluicegate_connector::TransformFactory;
use sluicegate_engine::Chain;
use sluicegate_model::{Cell, ChangeBatch, Decoded, Item, Lane, RowKind, data_type};

use super::compare::{RowsBefore, columns_before, marked};
use crate::cli::exit::Failure;
use crate::cli::table::cell;

/// What became of rows, stage by stage.
pub(in crate::cli) struct Trace {
    pub(super) pipeline: String,
    /// The source, then the steps.
    pub(super) stages: Vec<Stage>,
    /// What was no row: lane and event.
    pub(super) events: Vec<(Lane, &'static str)>,
    /// Columns that a step made, removed or changed, by their roots.
    pub(super) touched: HashSet<String>,
    chains: Vec<Chain>,
}

/// What the source gave, or a step made.
pub(super) struct Stage {
    /// The step; `None` for the source.
    pub(super) step: Option<String>,
    pub(super) tables: Vec<Table>,
    /// Rows that were left out on purpose.
    pub(super) dropped: Vec<RowName>,
    /// Rows for the dead letters, and why.
    pub(super) rejected: Vec<(RowName, String)>,
}

/// Rows of one table and one schema.
pub(super) struct Table {
    pub(super) name: String,
    /// The tables of the input, where they are known.
    pub(super) from: Vec<String>,
    pub(super) primary_key: Vec<String>,
    pub(super) columns: Vec<Column>,
    /// Columns of the input that are no more.
    pub(super) removed: Vec<String>,
    pub(super) rows: Vec<Row>,
}

/// A column of a table.
#[derive(Clone, PartialEq)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) data_type: String,
    /// Name and type in the input, where it was there.
    pub(super) before: Option<(String, String)>,
    /// What it was called where it first came up: what is followed through all stages.
    pub(super) root: String,
}

/// What names a row.
pub(super) struct RowName {
    pub(super) lane: Lane,
    pub(super) ordinal: u64,
    pub(super) part: Option<u32>,
    /// `None` where the whole record is meant.
    pub(super) kind: Option<RowKind>,
    /// The table that it was of; `None` where it is of none yet.
    pub(super) table: Option<String>,
}

/// A row of a table.
pub(super) struct Row {
    pub(super) name: RowName,
    /// Its kind in the input, where it is known.
    pub(super) kind_before: Option<RowKind>,
    pub(super) cells: Vec<Shown>,
}

/// A cell of a row.
pub(super) struct Shown {
    pub(super) state: Cell,
    /// The text, where there is a value.
    pub(super) text: Option<String>,
    /// Whether it is another than that of the input.
    pub(super) changed: bool,
}

/// A batch on its way, and the roots of its columns.
struct Travelling {
    batch: ChangeBatch,
    roots: Vec<String>,
}

impl Trace {
    pub(in crate::cli) fn new(pipeline: &str, steps: &[Arc<dyn TransformFactory>]) -> Self {
        let stage = |step: Option<&str>| Stage {
            step: step.map(str::to_owned),
            tables: Vec::new(),
            dropped: Vec::new(),
            rejected: Vec::new(),
        };
        let mut stages = vec![stage(None)];
        stages.extend(steps.iter().map(|step| stage(Some(step.name()))));
        Self {
            pipeline: pipeline.to_owned(),
            stages,
            events: Vec::new(),
            touched: HashSet::new(),
            // A chain for each step: between two of them is where it is looked at.
            chains: steps.iter().map(|step| Chain::new(std::slice::from_ref(step))).collect(),
        }
    }

    /// Puts a stretch of a lane through the steps and keeps what each made of it.
    pub(in crate::cli) fn pass(&mut self, lane: &Lane, decoded: Decoded) -> Result<(), Failure> {
        for reject in decoded.rejects {
            let (ordinal, part) = (reject.ordinal, reject.part);
            let name = RowName { lane: lane.clone(), ordinal, part, kind: None, table: None };
            self.stages[0].rejected.push((name, reject.reason));
        }
        for item in decoded.items {
            match item {
                Item::Rows(batch) => self.rows(batch)?,
                Item::Control(event) => self.events.push((lane.clone(), event.name())),
            }
        }
        Ok(())
    }

    fn rows(&mut self, batch: ChangeBatch) -> Result<(), Failure> {
        let batch = marked(batch);
        let roots = batch.schema().fields().iter().map(|field| field.name().clone()).collect();
        let source = Travelling { batch, roots };
        self.stages[0].add(&source, None, &mut self.touched);
        let mut travelling = vec![source];
        for (place, chain) in self.chains.iter_mut().enumerate() {
            let stage = &mut self.stages[place + 1];
            for input in std::mem::take(&mut travelling) {
                let passed = chain.apply(input.batch.clone()).map_err(|failure| {
                    let (step, table) = (failure.step, failure.table);
                    Failure::failed(format!("step {step} (table {table}): {}", failure.error))
                })?;
                let mut accounted = HashSet::new();
                for refusal in passed.refusals {
                    accounted.insert((refusal.ordinal, refusal.part));
                    stage.rejected.push((
                        RowName {
                            lane: input.batch.origin().lane.clone(),
                            ordinal: refusal.ordinal,
                            part: refusal.part,
                            kind: None,
                            table: Some(input.batch.table().as_str().to_owned()),
                        },
                        refusal.reason,
                    ));
                }
                for output in passed.outputs {
                    accounted.extend((0..output.len()).map(|row| named(&output, row)));
                    let before = columns_before(&input.batch, &output);
                    let output = stage.output(&input, marked(output), &before);
                    stage.add(&output, Some((&input, &before)), &mut self.touched);
                    travelling.push(output);
                }
                let gone =
                    (0..input.batch.len()).filter(|row| !accounted.contains(&named(&input.batch, *row)));
                stage.dropped.extend(gone.map(|row| row_name(&input.batch, row)));
            }
        }
        Ok(())
    }
}

impl Stage {
    /// What the stage is called.
    pub(super) fn name(&self) -> &str {
        self.step.as_deref().unwrap_or("source")
    }

    /// An output with the roots of its columns.
    fn output(&self, input: &Travelling, batch: ChangeBatch, before: &[Option<usize>]) -> Travelling {
        let fields = batch.schema().fields().iter().zip(before);
        let roots = fields
            .map(|(field, before)| match before {
                Some(place) => input.roots[*place].clone(),
                // No column of a source has a line end in its name.
                None => format!("{}\n{}", self.name(), field.name()),
            })
            .collect();
        Travelling { batch, roots }
    }

    /// Adds the rows of a batch; `before` is the input that it was made of, and the columns that its columns were.
    fn add(
        &mut self,
        made: &Travelling,
        before: Option<(&Travelling, &[Option<usize>])>,
        touched: &mut HashSet<String>,
    ) {
        let batch = &made.batch;
        if batch.is_empty() {
            return;
        }
        let columns = columns(made, before);
        let mut removed = Vec::new();
        if let Some((input, before)) = before {
            let fields = input.batch.schema().fields().iter().zip(&input.roots).enumerate();
            for (_, (field, root)) in fields.filter(|(place, _)| !before.contains(&Some(*place))) {
                removed.push(field.name().clone());
                touched.insert(root.clone());
            }
            for column in &columns {
                let same =
                    column.before.as_ref().is_some_and(|(_, data_type)| *data_type == column.data_type);
                if !same {
                    touched.insert(column.root.clone());
                }
            }
        }
        let rows_before = before.map(|(input, places)| (input, places, RowsBefore::new(&input.batch)));
        let mut rows = Vec::with_capacity(batch.len());
        for row in 0..batch.len() {
            let was = rows_before
                .as_ref()
                .and_then(|(input, places, rows)| Some((&input.batch, *places, rows.of(batch, row)?)));
            let cells: Vec<Shown> = (0..columns.len()).map(|place| shown(batch, place, row, was)).collect();
            for (cell, column) in cells.iter().zip(&columns) {
                if cell.changed {
                    touched.insert(column.root.clone());
                }
            }
            let kind_before = was.map(|(input, _, row)| input.kind(row));
            rows.push(Row { name: row_name(batch, row), kind_before, cells });
        }
        let from = before.map(|(input, _)| input.batch.table().as_str().to_owned());
        self.join(Table {
            name: batch.table().as_str().to_owned(),
            from: from.into_iter().collect(),
            primary_key: batch.primary_key().to_vec(),
            columns,
            removed,
            rows,
        });
    }

    /// Adds a table, to one of the same name and columns where there is one: a table comes in a batch for each lane.
    fn join(&mut self, table: Table) {
        let alike = |known: &&mut Table| {
            known.name == table.name
                && known.primary_key == table.primary_key
                && known.columns == table.columns
                && known.removed == table.removed
        };
        let Some(known) = self.tables.iter_mut().find(alike) else { return self.tables.push(table) };
        known
            .from
            .extend(table.from.into_iter().filter(|name| !known.from.contains(name)).collect::<Vec<_>>());
        known.rows.extend(table.rows);
    }
}

fn columns(made: &Travelling, before: Option<(&Travelling, &[Option<usize>])>) -> Vec<Column> {
    let name_and_type = |batch: &ChangeBatch, place: usize| {
        let field = batch.schema().field(place);
        let data_type =
            data_type::name_of(field.data_type()).unwrap_or_else(|| field.data_type().to_string());
        (field.name().clone(), data_type)
    };
    let column = |place: usize| {
        let (name, data_type) = name_and_type(&made.batch, place);
        let before = match before {
            None => None,
            Some((input, places)) => places[place].map(|place| name_and_type(&input.batch, place)),
        };
        Column { name, data_type, before, root: made.roots[place].clone() }
    };
    (0..made.batch.columns().len()).map(column).collect()
}

/// A cell, beside the row of the input that it was made of.
fn shown(
    batch: &ChangeBatch,
    place: usize,
    row: usize,
    was: Option<(&ChangeBatch, &[Option<usize>], usize)>,
) -> Shown {
    let column = &batch.columns()[place];
    let (state, text) = (column.cell(row), cell::value(column, row));
    let changed = was.is_some_and(|(input, places, row_before)| {
        places[place].is_some_and(|place| {
            let before = &input.columns()[place];
            before.cell(row_before) != state || cell::value(before, row_before) != text
        })
    });
    Shown { state, text, changed }
}

fn named(batch: &ChangeBatch, row: usize) -> (u64, Option<u32>) {
    (batch.origin().ordinals[row], batch.origin().part(row))
}

fn row_name(batch: &ChangeBatch, row: usize) -> RowName {
    RowName {
        lane: batch.origin().lane.clone(),
        ordinal: batch.origin().ordinals[row],
        part: batch.origin().part(row),
        kind: Some(batch.kind(row)),
        table: Some(batch.table().as_str().to_owned()),
    }
}
