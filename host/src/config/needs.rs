//! What steps need of the rows that come in, and whether the source has it.
//!
//! A step that sends a row somewhere by what is in it must know where the row was before: else its old copy stays there
//! for ever. Guests say so of themselves (`needs` in what they answer to `describe`). Rows that lack it are dead letters
//! when they come; here a person hears of it before.

use sluicegate_connector::TransformFactory as _;
use sluicegate_format::FormatOptions;
use sluicegate_format::delimited::Images;
use sluicegate_format::json::{OnTombstone, RowsAre};
use sluicegate_model::{ChangeBatch, RowKind};

use super::{Config, ConfigErrors};

/// The row before an update.
const BEFORE_IMAGES: &str = "before-images";
/// Every column of a row.
const FULL_ROWS: &str = "full-rows";
/// The setting of a step that does without the row before.
const ASSUME_UNCHANGED: &str = "assume_unchanged";

/// A need, and in words what of the source does not meet it.
pub(super) struct Unmet {
    need: &'static str,
    what: String,
}

impl Config {
    /// What steps need and the format of the source never says, as notes for a person.
    ///
    /// # Errors
    /// Of steps that cannot be used.
    pub(crate) fn needs_unmet(&self) -> Result<Vec<String>, ConfigErrors> {
        let found = self.loaded.pipeline.source.format().and_then(of_format);
        self.notes(found.as_slice())
    }

    /// The same of rows that were read.
    pub(super) fn needs_unmet_by(&self, rows: &[ChangeBatch]) -> Result<Vec<String>, ConfigErrors> {
        self.notes(&of_rows(rows))
    }

    fn notes(&self, unmet: &[Unmet]) -> Result<Vec<String>, ConfigErrors> {
        let mut notes = Vec::new();
        if unmet.is_empty() {
            return Ok(notes);
        }
        for (step, entry) in self.steps()?.iter().zip(&self.loaded.pipeline.steps) {
            let Ok(description) = step.describe() else { continue };
            let needs =
                |need: &str| description.properties.iter().any(|(name, of)| name == "needs" && of == need);
            let may_assume = description.config_schema["properties"].get(ASSUME_UNCHANGED).is_some();
            let assumes = entry.with.get(ASSUME_UNCHANGED).is_some_and(|set| *set == true);
            for Unmet { need, what } in unmet.iter().filter(|unmet| needs(unmet.need)) {
                let name = step.name();
                notes.push(match (*need, may_assume) {
                    (BEFORE_IMAGES, true) if assumes => continue,
                    (BEFORE_IMAGES, true) => format!(
                        "step `{name}` needs the row before an update, and {what}: unless it goes by the primary key alone, \
                         such updates are dead letters; where its columns never change, set `{ASSUME_UNCHANGED}: true`"
                    ),
                    (BEFORE_IMAGES, false) => {
                        format!("step `{name}` needs the row before an update, and {what}: it may reject such updates")
                    }
                    _ => format!("step `{name}` needs every column of a row, and {what}: it may reject such rows"),
                });
            }
        }
        Ok(notes)
    }
}

/// What messages of a format never say, whoever writes them.
fn of_format(format: &FormatOptions) -> Option<Unmet> {
    let what = match format {
        FormatOptions::Json(options) if options.kind == Some(RowsAre::Upsert) => {
            "`json` with `kind: upsert` has the row after it alone"
        }
        FormatOptions::Json(options) if options.on_tombstone == Some(OnTombstone::Delete) => {
            "`json` with `on_tombstone: delete` has the key alone of a row that is deleted"
        }
        FormatOptions::Delimited(options)
            if options.meta_columns.is_some() && options.images != Some(Images::BeforeAfter) =>
        {
            "`delimited` with one image of a row has the row after it alone"
        }
        FormatOptions::Delimited(options)
            if options.kind == Some(RowsAre::Upsert) && options.kind_column.is_none() =>
        {
            "`csv` with `kind: upsert` has the row after it alone"
        }
        // New rows have nothing before them, and what others leave out their rows tell.
        _ => return None,
    };
    Some(Unmet { need: BEFORE_IMAGES, what: what.to_owned() })
}

/// What rows lack.
fn of_rows(batches: &[ChangeBatch]) -> Vec<Unmet> {
    let alone = |batch: &ChangeBatch| {
        let after = |row: &usize| batch.kind(*row) == RowKind::UpdateAfter && batch.unit_of(*row).len() == 1;
        (0..batch.len()).filter(after).count()
    };
    let in_part = |batch: &ChangeBatch| {
        (0..batch.len()).filter(|row| batch.columns().iter().any(|column| column.is_missing(*row))).count()
    };
    let all: usize = batches.iter().map(ChangeBatch::len).sum();
    let unmet = |need, count: usize, what: &str| {
        (count > 0)
            .then(|| Unmet { need, what: format!("{count} of the newest {all} rows of the source {what}") })
    };
    let without = unmet(BEFORE_IMAGES, batches.iter().map(alone).sum(), "are updates without it");
    let partial = unmet(FULL_ROWS, batches.iter().map(in_part).sum(), "lack some");
    without.into_iter().chain(partial).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::config::Config;

    fn notes(format: &str, with: &str) -> Vec<String> {
        let text = format!(
            "pipeline: p\nsource: {{ kafka: {{ brokers: b:1, topics: [t], format: {format} }} }}\n\
             steps: [{{ use: split, with: {{ by: [region], into: 3 {with} }} }}]\n\
             sink: {{ kafka: {{ brokers: b:1, topic: o, format: json }} }}\n"
        );
        let config = Config::parse(&text, Path::new("p.yaml")).unwrap_or_else(|error| panic!("{error}"));
        config.needs_unmet().unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn a_format_that_never_says_what_was_before_is_told() {
        let notes = notes("{ json: { kind: upsert, primary_key: [id] } }", "");
        assert_eq!(notes.len(), 1);
        assert!(
            notes[0].starts_with("step `split` needs the row before an update, and `json` with"),
            "{notes:?}"
        );
        assert!(notes[0].ends_with("set `assume_unchanged: true`"), "{notes:?}");
    }

    #[test]
    fn new_rows_and_steps_that_assume_need_nothing() {
        assert_eq!(notes("json", ""), [""; 0]);
        assert_eq!(notes("ogg-json", ""), [""; 0]);
        assert_eq!(notes("{ json: { kind: upsert } }", ", assume_unchanged: true"), [""; 0]);
    }
}
