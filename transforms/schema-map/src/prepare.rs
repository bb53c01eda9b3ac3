//! The block checked, so that a mistake is told when the pipeline starts and not at the first row.

use std::borrow::Cow;

use sluicegate_sdk::cells::Cells;
use sluicegate_sdk::pattern::{Groups, TablePattern};
use sluicegate_sdk::template::Template;
use sluicegate_sdk::{Column, Failure, kernels};

use crate::config::{OnBad, Rule};
use crate::patch;

/// An entry of `tables`, checked.
pub struct Entry {
    /// Its place in the list, for messages.
    pub place: usize,
    /// Which tables it is for.
    pub pattern: TablePattern,
    /// Where rows go; none: the same table.
    pub to: Option<Template>,
    /// Casts by the columns' new names.
    pub casts: Vec<Cast>,
    /// Columns of one value.
    pub adds: Vec<Add>,
    /// The entry as it was written.
    pub rule: Rule,
}

/// A cast, ready to be asked for.
pub struct Cast {
    /// The column's new name.
    pub column: String,
    /// The type's name.
    pub data_type: String,
    /// Options of the kernel.
    pub options: Vec<(&'static str, String)>,
    /// What happens to a cell that does not fit.
    pub on_bad: OnBad,
    /// The text of the default.
    pub default_text: Option<String>,
    /// The default as one cell of the type, once the host has cast it.
    pub default: Option<Cells>,
}

/// A column of one value.
pub struct Add {
    /// Its name.
    pub column: String,
    /// The value's text, which may hold placeholders; none for null.
    pub text: Option<Template>,
    /// Its type.
    pub data_type: String,
}

impl Entry {
    /// Checks an entry, its types with the host.
    ///
    /// # Errors
    /// What is wrong, and where it is written.
    pub fn prepare(place: usize, rule: Rule, time_zone: Option<&str>) -> Result<Self, Failure> {
        let mut entry = Self::read(place, rule, time_zone).map_err(|message| {
            Failure::stop(format!("with.tables[{place}].{message}")).with("code", "config")
        })?;
        entry.try_types()?;
        Ok(entry)
    }

    /// Checks what needs no host.
    ///
    /// # Errors
    /// In words, beginning with the key that is wrong.
    pub fn read(place: usize, rule: Rule, time_zone: Option<&str>) -> Result<Self, String> {
        let pattern = TablePattern::new(&rule.r#match).map_err(|error| format!("match: {error}"))?;
        let groups = pattern.group_names();
        let known: Vec<&str> = groups.iter().map(String::as_str).chain(["table"]).collect();
        let template = |text: &str| Template::parse_known(text, &known);
        let to = rule.to.as_deref().map(template).transpose().map_err(|error| format!("to: {error}"))?;
        let zone = rule.time_zone.as_deref().or(time_zone);
        let casts = rule.cast.iter().map(|(column, cast)| {
            let zone = cast.time_zone.as_deref().or(zone).map(|zone| ("time-zone", zone.to_owned()));
            Cast {
                column: column.to_owned(),
                data_type: cast.data_type.clone(),
                options: zone.into_iter().chain(cast.options.iter().cloned()).collect(),
                on_bad: cast.on_bad,
                default_text: cast.default.as_ref().and_then(|value| value.text().map(str::to_owned)),
                default: None,
            }
        });
        let casts = casts.collect();
        let adds = rule.add.iter().map(|(column, constant)| {
            let text = constant.value.text().map(template).transpose();
            let text = text.map_err(|error| format!("add.{column}: {error}"))?;
            Ok(Add { column: column.to_owned(), text, data_type: constant.data_type.clone() })
        });
        let adds: Vec<Add> = adds.collect::<Result<_, String>>()?;
        if let Some(add) = adds.iter().find(|add| rule.meta.get(&add.column).is_some()) {
            return Err(format!("meta.{}: the column stands under `add` too", add.column));
        }
        refuse_repeats("order", &rule.order)?;
        refuse_repeats("primary_key", rule.primary_key.as_deref().unwrap_or_default())?;
        Ok(Self { place, pattern, to, casts, adds, rule })
    }

    /// Has the host cast nothing, the defaults and the constants: a type that is none shows here.
    fn try_types(&mut self) -> Result<(), Failure> {
        let place = self.place;
        let nothing = Column::of_text(&[])?;
        for cast in &mut self.casts {
            let at = |failure: Failure| within(place, &format!("cast.{}", cast.column), failure);
            let options = cast.option_refs();
            kernels::cast(&nothing, &cast.data_type, &options).map_err(at)?;
            if cast.on_bad == OnBad::Default {
                let text = Column::of_text(std::slice::from_ref(&cast.default_text)).map_err(at)?;
                let one = kernels::cast(&text, &cast.data_type, &options).map_err(at)?;
                if let Some(failed) = one.failed.first() {
                    return Err(at(Failure::stop(format!("the default: {}", failed.reason))));
                }
                let cells = one.column.cells();
                if !patch::can_patch(&cells.values) {
                    return Err(at(Failure::stop(format!("{} can have no default", cast.data_type))));
                }
                cast.default = Some(cells);
            }
        }
        for add in &self.adds {
            // What a placeholder becomes is known when a table is.
            let plain = add.text.as_ref().is_none_or(Template::is_plain);
            let text = add.text.as_ref().filter(|_| plain).map(|text| text.render(|_| None));
            Column::constant(&add.data_type, text.as_deref(), 0)
                .map_err(|failure| within(place, &format!("add.{}", add.column), failure))?;
        }
        Ok(())
    }
}

impl Cast {
    /// The options as the kernel takes them.
    pub fn option_refs(&self) -> Vec<(&str, &str)> {
        self.options.iter().map(|(name, value)| (*name, value.as_str())).collect()
    }
}

/// A template's text for one table.
pub fn render(template: &Template, table: &str, groups: &Groups) -> String {
    template.render(|name| if name == "table" { Some(Cow::Borrowed(table)) } else { groups.value(name) })
}

fn within(place: usize, key: &str, mut failure: Failure) -> Failure {
    failure.message = format!("with.tables[{place}].{key}: {}", failure.message);
    failure.with("code", "config")
}

fn refuse_repeats(key: &str, names: &[String]) -> Result<(), String> {
    match names.iter().enumerate().find(|(place, name)| names[..*place].contains(name)) {
        Some((_, name)) => Err(format!("{key}: {name} stands twice")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(rule: &str) -> Result<Entry, String> {
        Entry::read(0, serde_json::from_str(rule).unwrap(), Some("UTC"))
    }

    #[test]
    fn mistakes_are_found_before_the_first_row() {
        for (rule, wrong) in [
            (r#"{"match": "a("}"#, "match: \"a(\" is no regular expression"),
            (r#"{"match": "a", "to": "b_{1}"}"#, "to: \"b_{1}\": there is no {1} here, only {0}, {table}"),
            (r#"{"match": "a", "add": {"x": "{y}"}}"#, "add.x: \"{y}\": there is no {y} here"),
            (
                r#"{"match": "a", "add": {"x": 1}, "meta": {"x": "kind"}}"#,
                "meta.x: the column stands under `add`",
            ),
            (r#"{"match": "a", "order": ["x", "y", "x"]}"#, "order: x stands twice"),
        ] {
            let error = read(rule).err().unwrap();
            assert!(error.starts_with(wrong), "{error}");
        }
    }

    #[test]
    fn the_nearest_time_zone_counts() {
        let rule =
            r#"{"match": "a", "cast": {"x": "timestamp", "y": {"type": "date", "time_zone": "Asia/Tokyo"}}}"#;
        let entry = read(rule).unwrap();
        assert_eq!(entry.casts[0].option_refs(), [("time-zone", "UTC")]);
        assert_eq!(entry.casts[1].option_refs(), [("time-zone", "Asia/Tokyo")]);
    }
}
