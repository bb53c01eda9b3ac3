//! Masks names: `Alexandra` becomes `A********`.
//!
//! A transform as a user would write it. It reads the text of a column and makes a new column of it; every other
//! column stays in the host.

use sluicegate_sdk::builders::push_repeated;
use sluicegate_sdk::prelude::*;

sluicegate_sdk::export!(MaskName);

/// Masks names.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Columns to mask. Rows that lack one are left as they are.
    columns: Vec<String>,
    /// Characters that stay.
    keep: usize,
    /// The character that takes the place of each other one.
    with: char,
}

impl Default for Config {
    fn default() -> Self {
        Self { columns: vec!["name".to_owned()], keep: 1, with: '*' }
    }
}

/// The transform.
pub struct MaskName(Config);

impl Transform for MaskName {
    type Config = Config;
    const NAME: &'static str = "mask-name";
    const SUMMARY: &'static str = "Masks names, all but their first characters.";

    fn new(config: Config, _: &About) -> Result<Self, Failure> {
        Ok(Self(config))
    }

    fn transform(&mut self, batch: &Batch) -> Result<Outcome, Failure> {
        let output = Output::new(batch);
        for name in &self.0.columns {
            if let Some(column) = batch.find(name) {
                let masked = self.masked(&column).map_err(|failure| failure.in_column(name))?;
                output.put(name, &masked, Alignment::Input);
            }
        }
        Ok(output.into())
    }
}

impl MaskName {
    fn masked(&self, column: &Column) -> Result<Column, Failure> {
        let names = column.text()?;
        let mut masked = TextBuilder::with_capacity(names.len(), names.size());
        for name in names.iter() {
            match name {
                Cell::Value(name) => masked.push_with(|text| self.0.mask(name, text)),
                null_or_missing => masked.push(null_or_missing),
            }
        }
        masked.finish()
    }
}

impl Config {
    /// Appends the masked name to `text`.
    fn mask(&self, name: &str, text: &mut String) {
        let mut rest = name.chars();
        text.extend(rest.by_ref().take(self.keep));
        push_repeated(text, self.with, rest.as_str().chars().count());
    }
}

#[cfg(test)]
mod tests {
    use sluicegate_sdk::serde_json::json;
    use sluicegate_sdk::testing::{Case, rows, start, try_start};

    use super::*;

    fn mask(name: &str, keep: usize) -> String {
        let mut text = String::new();
        Config { keep, ..Config::default() }.mask(name, &mut text);
        text
    }

    #[test]
    fn characters_are_kept_not_bytes() {
        assert_eq!(mask("Alexandra", 1), "A********");
        assert_eq!(mask("李小龙", 1), "李**");
        assert_eq!((mask("Li", 5), mask("", 1)), ("Li".to_owned(), String::new()));
    }

    #[test]
    fn null_stays_null_and_missing_stays_missing() {
        let ran = Case::of("people")
            .rows(rows![{ "id": 1, "name": "Ann" }, { "id": 2, "name": null }, { "id": 3 }])
            .run(&mut start::<MaskName>(()));
        ran.only().assert_rows(rows![{ "id": 1, "name": "A**" }, { "id": 2, "name": null }, { "id": 3 }]);
    }

    #[test]
    fn columns_are_named_and_a_table_without_them_goes_through() {
        let with = json!({ "columns": ["first", "last"], "keep": 2, "with": "#" });
        let ran = Case::of("people")
            .rows(rows![{ "first": "Anna", "name": "Ann" }])
            .run(&mut start::<MaskName>(with));
        ran.only().assert_rows(rows![{ "first": "An##", "name": "Ann" }]);
    }

    #[test]
    fn a_column_of_numbers_stops_the_pipeline() {
        let failure = Case::of("people").rows(rows![{ "name": 7 }]).failure(&mut start::<MaskName>(()));
        assert!(failure.message.starts_with("column name: the column is int64"), "{}", failure.message);
    }

    #[test]
    fn a_misspelt_setting_is_refused() {
        let failure = try_start::<MaskName>(json!({ "colums": [] })).err().expect("a failure");
        assert!(failure.message.contains("did you mean `columns`?"), "{}", failure.message);
    }
}
