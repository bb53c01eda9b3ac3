//! The schema question: what the steps make of tables before there is a row of them.

use std::sync::Arc;

use arrow_schema::{Field, Schema};
use serde::Serialize;
use sluicegate_connector::{Error, TransformError, TransformFactory};
use sluicegate_engine::Chain;
use sluicegate_format::options::DeclaredTable;
use sluicegate_model::{ChangeBatch, Lane, Meta, Origin, data_type};

use super::error::{ConfigErrors, Problem};
use super::locate::Node;
use super::secrets::redact;
use super::{Config, steps};

/// A table that rows go to, as far as it is known before the first of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OutputTable {
    /// The table, or destination.
    pub table: String,
    /// The tables of the source that it is made of.
    pub from: Vec<String>,
    /// Its columns, in order.
    pub columns: Vec<OutputColumn>,
    /// The columns of its primary key, where that is known; with some formats only messages say it.
    pub primary_key: Vec<String>,
}

/// A column of an output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OutputColumn {
    /// Its name.
    pub name: String,
    /// Its type, as `cast` of `schema-map` takes it.
    #[serde(rename = "type")]
    pub data_type: String,
}

/// Batches of no rows that left the last step, each once, with the tables that they were made of.
#[derive(Default)]
pub(super) struct Outputs(Vec<(ChangeBatch, Vec<String>)>);

/// Columns of a table that a message lists before it counts the others.
const LISTED: usize = 16;

impl Config {
    /// The tables that rows go to, as far as the `schema:` of the source's format tells: each declared table is put
    /// through all steps, without a row. Steps and sink are checked on the way.
    ///
    /// # Errors
    /// What [`Config::check`] finds.
    pub fn outputs(&self) -> Result<Vec<OutputTable>, ConfigErrors> {
        let steps = self.chain_factories()?;
        Ok(self.declared_outputs(&steps)?.tables())
    }

    /// What the steps make of the declared tables.
    pub(super) fn declared_outputs(
        &self,
        steps: &[Arc<dyn TransformFactory>],
    ) -> Result<Outputs, ConfigErrors> {
        let mut problems = Vec::new();
        let outputs = self.ask(steps, self.declared(), &mut problems);
        for (output, _) in &outputs.0 {
            if let Err(error) = self.encode(output) {
                problems.push(self.at_sink(&error));
            }
        }
        self.loaded.check(problems)?;
        Ok(outputs)
    }

    /// Puts batches of no rows through all steps; what a step cannot handle is a problem at its place.
    pub(super) fn ask(
        &self,
        steps: &[Arc<dyn TransformFactory>],
        tables: Vec<ChangeBatch>,
        problems: &mut Vec<Problem>,
    ) -> Outputs {
        let mut chains: Vec<Chain> =
            steps.iter().map(|step| Chain::new(std::slice::from_ref(step))).collect();
        let mut outputs = Outputs::default();
        for table in tables {
            let from = table.table().as_str().to_owned();
            let mut travelling = vec![table];
            for (place, chain) in chains.iter_mut().enumerate() {
                let mut passed = Vec::new();
                for input in travelling {
                    match chain.apply(input.clone()) {
                        Ok(made) => passed.extend(made.outputs),
                        // Something that is away now; what the step makes is known when it is back.
                        Err(failure) if matches!(failure.error, TransformError::Retry { .. }) => {}
                        Err(failure) => problems.push(self.at_step(place, &input, &failure.error)),
                    }
                }
                travelling = passed;
            }
            for output in travelling {
                outputs.add(output, &from);
            }
        }
        outputs
    }

    /// The tables whose schemas the source's format declares, as batches of no rows.
    pub(super) fn declared(&self) -> Vec<ChangeBatch> {
        let source = &self.loaded.pipeline.source;
        let topics = source.names();
        let lane = |table: &DeclaredTable| {
            let own = topics.iter().find(|topic| **topic == table.name).or(topics.first());
            Lane::from(format!("{}/0", own.map_or("topic", String::as_str)).as_str())
        };
        let declared = source.format().map(sluicegate_format::FormatOptions::declared).unwrap_or_default();
        declared.iter().filter_map(|table| question(table, lane(table))).collect()
    }

    /// Whether the sink can write an output, as far as it can tell without its system.
    fn encode(&self, output: &ChangeBatch) -> Result<(), Error> {
        let file = &self.loaded;
        file.pipeline.sink.encoder(&file.directory)?.encode(output).map(|_| ())
    }

    fn at_step(&self, place: usize, input: &ChangeBatch, error: &TransformError) -> Problem {
        let names = steps::names(&self.loaded.pipeline.steps);
        let name = names.get(place).map_or("", String::as_str);
        let message = format!("step `{name}` cannot handle table {}: {error}", input.table());
        let node = self.loaded.tree.get("steps").map(Node::items).and_then(|steps| steps.get(place));
        let help = format!("the table comes to this step with {}", columns_of(input));
        let Some(node) = node else { return Problem::new(message).help(help) };
        let problem = Problem::new(redact(&message, node)).help(help);
        match node.entry("with").or_else(|| node.entry("use")) {
            Some(entry) => problem.at(entry.place).label("configured here"),
            None => problem.at(node.place),
        }
    }

    fn at_sink(&self, error: &Error) -> Problem {
        let problem = Problem::new(redact(&error.to_string(), &self.loaded.tree));
        match self.loaded.tree.entry("sink") {
            Some(entry) => problem.at(entry.place).label("here"),
            None => problem,
        }
    }
}

impl Outputs {
    fn add(&mut self, output: ChangeBatch, from: &str) {
        let same = |known: &&mut (ChangeBatch, Vec<String>)| {
            known.0.table() == output.table() && known.0.schema() == output.schema()
        };
        match self.0.iter_mut().find(same) {
            Some((_, tables)) if tables.iter().any(|table| table == from) => {}
            Some((_, tables)) => tables.push(from.to_owned()),
            None => self.0.push((output, vec![from.to_owned()])),
        }
    }

    /// The batches alone.
    pub(super) fn into_batches(self) -> Vec<ChangeBatch> {
        self.0.into_iter().map(|(output, _)| output).collect()
    }

    /// The same as a person reads it.
    pub(super) fn tables(&self) -> Vec<OutputTable> {
        let table = |(output, from): &(ChangeBatch, Vec<String>)| OutputTable {
            table: output.table().as_str().to_owned(),
            from: from.clone(),
            columns: columns(output).map(|(name, data_type)| OutputColumn { name, data_type }).collect(),
            primary_key: output.primary_key().to_vec(),
        };
        self.0.iter().map(table).collect()
    }
}

/// A table that was declared, as a batch of no rows.
fn question(table: &DeclaredTable, lane: Lane) -> Option<ChangeBatch> {
    let fields: Vec<Field> =
        table.columns.iter().map(|(name, data_type)| Field::new(name, data_type.clone(), true)).collect();
    let columns = fields.iter().map(|field| sluicegate_model::Column::all_missing(field.data_type(), 0));
    let (columns, no_rows) = (columns.collect(), Vec::<u8>::new());
    let origin = Origin { lane, ordinals: Vec::<u64>::new().into(), parts: None };
    ChangeBatch::new(
        table.name.as_str().into(),
        Arc::new(Schema::new(fields)),
        columns,
        no_rows.into(),
        origin,
        table.primary_key.clone().into(),
        Meta::new(),
    )
    .ok()
}

fn columns(batch: &ChangeBatch) -> impl Iterator<Item = (String, String)> {
    batch.schema().fields().iter().map(|field| {
        let named = data_type::name_of(field.data_type());
        (field.name().clone(), named.unwrap_or_else(|| field.data_type().to_string()))
    })
}

fn columns_of(batch: &ChangeBatch) -> String {
    let all: Vec<String> = columns(batch).map(|(name, data_type)| format!("{name} {data_type}")).collect();
    match all.len() {
        0 => "no columns".to_owned(),
        count if count > LISTED => format!("{} and {} more", all[..LISTED].join(", "), count - LISTED),
        _ => all.join(", "),
    }
}
