//! The condition on the rows of a batch, by the host's functions: SQL's three-valued logic, a boolean a row.

use std::collections::HashMap;
use std::rc::Rc;

use sluicegate_sdk::{Batch, Column, Failure, kernels};

use crate::config::Meta;
use crate::plan::{Expression, Plan, Question, Subject, Test};

/// Schemas for which values are remembered; more are read again.
const MOST_SCHEMAS: usize = 256;

/// The questions of a plan with their values in the types of a schema: read once, whatever the number of batches.
#[derive(Debug, Default)]
pub struct Typed {
    known: HashMap<(String, Vec<String>), Rc<[Question]>>,
}

impl Typed {
    /// The questions for the columns of a batch.
    ///
    /// # Errors
    /// [`Failure::stop`] for a value that is none of its column's type.
    pub fn questions(
        &mut self,
        plan: &Plan,
        batch: &Batch,
        columns: &[Column],
        time_zone: Option<&str>,
    ) -> Result<Rc<[Question]>, Failure> {
        let types: Vec<String> = columns.iter().map(Column::data_type).collect();
        let schema = (batch.table(), types);
        if let Some(known) = self.known.get(&schema) {
            return Ok(Rc::clone(known));
        }
        let read = plan.tests.iter().map(|test| match &test.subject {
            Subject::Presence(_) => Ok(test.question.clone()),
            Subject::Meta(meta) => typed_meta(&test.question, *meta, time_zone),
            Subject::Value(place) => {
                let (name, data_type) = (&plan.columns[*place], &schema.1[*place]);
                if test.question.orders() && data_type == "utf8" {
                    refuse_untyped_numbers(batch, name)?;
                }
                typed(&test.question, data_type, time_zone).map_err(|failure| failure.in_column(name))
            }
        });
        let read: Rc<[Question]> = read.collect::<Result<Vec<_>, _>>()?.into();
        if self.known.len() >= MOST_SCHEMAS {
            self.known.clear();
        }
        self.known.insert(schema, Rc::clone(&read));
        Ok(read)
    }
}

/// The same about what is known of a row.
///
/// # Errors
/// As [`typed`].
pub fn typed_meta(question: &Question, meta: Meta, time_zone: Option<&str>) -> Result<Question, Failure> {
    typed(question, meta.data_type(), time_zone).map_err(|mut failure| {
        failure.message = format!("{}: {}", meta.name(), failure.message);
        failure
    })
}

/// A question with its values as the host reads them in this type. Times without a zone are those of the pipeline's.
///
/// # Errors
/// [`Failure::stop`] for a value that is none of the type.
pub fn typed(question: &Question, data_type: &str, time_zone: Option<&str>) -> Result<Question, Failure> {
    let values = question.values();
    if values.is_empty() {
        return Ok(question.clone());
    }
    let texts: Vec<Option<String>> = values.iter().cloned().map(Some).collect();
    let is_time = data_type.starts_with("timestamp");
    let zone = time_zone.filter(|_| is_time).map(|zone| ("time-zone", zone));
    let cast = kernels::cast(&Column::of_text(&texts)?, data_type, zone.as_slice())?;
    if let Some(failed) = cast.failed.first() {
        let message = format!("it is {data_type}, and {}", failed.reason);
        return Err(Failure::stop(message).with("code", "config"));
    }
    if !is_time {
        return Ok(question.clone());
    }
    let written = kernels::cast(&cast.column, "utf8", &[])?.column.text()?;
    let mut written = written.iter().map(|text| text.value().unwrap_or_default().to_owned());
    Ok(match question {
        Question::Compare(name, _) => Question::Compare(name, written.next().unwrap_or_default()),
        _ => Question::Within(written.collect()),
    })
}

/// The digits of numbers without a type are text here: "9" would be above "10".
fn refuse_untyped_numbers(batch: &Batch, name: &str) -> Result<(), Failure> {
    let place = batch.fields().iter().position(|field| field.name == name);
    let properties = place.map(|place| batch.field_properties(place as u32)).unwrap_or_default();
    if properties.iter().any(|(key, value)| key == "json" && value == "number") {
        let message = "its numbers have no type, so they have no order: cast it with schema-map before";
        return Err(Failure::stop(message).with("code", "wrong-type").in_column(name));
    }
    Ok(())
}

/// The rows that are judged, and where their values are.
pub struct Judged<'a> {
    /// What is asked.
    pub plan: &'a Plan,
    /// The plan's questions in the types of these columns.
    pub questions: &'a [Question],
    /// The batch.
    pub batch: &'a Batch,
    /// The columns of the plan, a cell for each row that is judged.
    pub columns: &'a [Column],
    /// The rows that are judged; none: all.
    pub rows: Option<&'a [u32]>,
}

impl Judged<'_> {
    /// Whether the condition holds for each row; NULL where that is unknown.
    ///
    /// # Errors
    /// The host's, with the column it is about.
    pub fn holds(&self, expression: &Expression) -> Result<Column, Failure> {
        match expression {
            Expression::All(inner) => self.joined("and", inner),
            Expression::Any(inner) => self.joined("or", inner),
            Expression::Not(inner) => Ok(kernels::compute("not", &[&self.holds(inner)?], &[])?.column),
            Expression::Test(number) => self.test(*number),
        }
    }

    fn joined(&self, function: &str, inner: &[Expression]) -> Result<Column, Failure> {
        let mut parts: Vec<Column> = inner.iter().map(|inner| self.holds(inner)).collect::<Result<_, _>>()?;
        if parts.len() == 1 {
            return Ok(parts.remove(0));
        }
        let parts: Vec<&Column> = parts.iter().collect();
        Ok(kernels::compute(function, &parts, &[])?.column)
    }

    fn test(&self, number: usize) -> Result<Column, Failure> {
        let Test { subject, .. } = &self.plan.tests[number];
        let question = &self.questions[number];
        match subject {
            Subject::Value(place) => ask(question, &self.columns[*place])
                .map_err(|failure| failure.in_column(&self.plan.columns[*place])),
            Subject::Presence(name) => match self.batch.find(name) {
                Some(column) => ask(question, &self.picked(column)?),
                // The rows lack the column: the source did not say it of any.
                None => Column::constant("boolean", Some("true"), self.count()),
            },
            Subject::Meta(meta) => match self.batch.meta(meta.name()) {
                Some(column) => ask(question, &self.picked(column)?),
                // A batch of no rows asks for the schema, which does not have it.
                None if self.batch.is_empty() => Column::constant("boolean", None, 0),
                None => Err(Failure::stop(format!("the source gives no {} with its rows", meta.name()))
                    .with("code", "no-such-meta")),
            },
        }
    }

    fn count(&self) -> u32 {
        self.rows.map_or(self.batch.len(), |rows| rows.len() as u32)
    }

    fn picked(&self, column: Column) -> Result<Column, Failure> {
        match self.rows {
            Some(rows) => kernels::take(&column, rows),
            None => Ok(column),
        }
    }
}

fn ask(question: &Question, column: &Column) -> Result<Column, Failure> {
    let list;
    let (function, options) = match question {
        Question::Compare(name, value) | Question::Text(name, value) => {
            (*name, Some(("value", value.as_str())))
        }
        Question::Within(values) => {
            list = serde_json::Value::from(values.as_slice()).to_string();
            ("in", Some(("values", list.as_str())))
        }
        Question::Matches(pattern) => ("matches", Some(("pattern", pattern.as_str()))),
        Question::IsNull => ("is-null", None),
        Question::IsMissing => ("is-missing", None),
    };
    Ok(kernels::compute(function, &[column], options.as_slice())?.column)
}
