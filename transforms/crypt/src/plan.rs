//! The block turned into what is done column by column.

use crate::config::{Config, Mac, Under};

/// What is done to one column: it is opened, then its pseudonym is made, then it is sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The column.
    pub column: String,
    /// How it is opened.
    pub open: Option<Under>,
    /// Its pseudonym.
    pub mac: Option<Mac>,
    /// How it is sealed.
    pub seal: Option<Under>,
}

/// The steps, in the order in which the columns were written: those to open, to make pseudonyms of, to seal.
///
/// # Errors
/// In words, beginning with the key that is wrong.
pub fn steps(config: &Config) -> Result<Vec<Step>, String> {
    let mut columns: Vec<&str> = Vec::new();
    let named = config.open.iter().map(|(column, _)| column);
    let named = named.chain(config.mac.iter().map(|(column, _)| column));
    for column in named.chain(config.seal.iter().map(|(column, _)| column)) {
        if !columns.contains(&column) {
            columns.push(column);
        }
    }
    if columns.is_empty() {
        return Err("seal: there is nothing to do; name a column under `seal`, `open` or `mac`".to_owned());
    }
    let steps = columns.iter().map(|column| Step {
        column: (*column).to_owned(),
        open: config.open.get(column).cloned(),
        mac: config.mac.get(column).cloned(),
        seal: config.seal.get(column).cloned(),
    });
    let steps: Vec<Step> = steps.collect();
    for step in &steps {
        check(step, &steps)?;
    }
    Ok(steps)
}

fn check(step: &Step, all: &[Step]) -> Result<(), String> {
    let column = &step.column;
    for (verb, under) in [("open", &step.open), ("seal", &step.seal)] {
        for bound in under.iter().flat_map(|under| &under.bind) {
            // A cell that changes here would not be the same when the other side opens.
            if all.iter().any(|step| step.column == *bound && step.changes()) {
                return Err(format!("{verb}.{column}.bind: {bound} is itself changed by this step"));
            }
            if all.iter().any(|step| step.pseudonym() == Some(bound)) {
                return Err(format!("{verb}.{column}.bind: {bound} is made by this step"));
            }
        }
    }
    let Some(mac) = &step.mac else { return Ok(()) };
    match &mac.into {
        None if step.open.is_some() || step.seal.is_some() => Err(format!(
            "mac.{column}: the column is opened or sealed too, so say `into` which column the pseudonym goes"
        )),
        Some(into) if all.iter().any(|step| step.column == *into) => {
            Err(format!("mac.{column}.into: {into} is a column that this step works on"))
        }
        Some(into) if all.iter().filter(|step| step.pseudonym() == Some(into)).count() > 1 => {
            Err(format!("mac.{column}.into: two pseudonyms go into {into}"))
        }
        _ => Ok(()),
    }
}

impl Step {
    fn pseudonym(&self) -> Option<&String> {
        self.mac.as_ref().and_then(|mac| mac.into.as_ref())
    }

    fn changes(&self) -> bool {
        self.open.is_some() || self.seal.is_some() || self.mac.as_ref().is_some_and(|mac| mac.into.is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps_of(text: &str) -> Result<Vec<Step>, String> {
        steps(&serde_json::from_str(text).unwrap())
    }

    #[test]
    fn a_column_is_worked_on_once() {
        let steps = steps_of(
            r#"{"open": {"b": {"key": "old"}}, "seal": {"a": {"key": "k"}, "b": {"key": "new", "bind": ["id"]}}}"#,
        );
        let steps = steps.unwrap();
        assert_eq!(steps.iter().map(|step| step.column.as_str()).collect::<Vec<_>>(), ["b", "a"]);
        assert!(steps[0].open.is_some() && steps[0].seal.is_some() && steps[1].open.is_none());
    }

    #[test]
    fn what_cannot_work_is_refused() {
        for (text, wrong) in [
            ("{}", "seal: there is nothing to do"),
            (r#"{"seal": {"a": {"key": "k", "bind": ["a"]}}}"#, "seal.a.bind: a is itself changed"),
            (
                r#"{"seal": {"a": {"key": "k", "bind": ["m"]}}, "mac": {"b": {"key": "k", "into": "m"}}}"#,
                "seal.a.bind: m is made by this step",
            ),
            (
                r#"{"seal": {"a": {"key": "k"}}, "mac": {"a": {"key": "k"}}}"#,
                "mac.a: the column is opened or sealed",
            ),
            (
                r#"{"seal": {"a": {"key": "k"}}, "mac": {"b": {"key": "k", "into": "a"}}}"#,
                "mac.b.into: a is a column that this step works on",
            ),
            (
                r#"{"mac": {"a": {"key": "k", "into": "m"}, "b": {"key": "k", "into": "m"}}}"#,
                "mac.a.into: two pseudonyms",
            ),
        ] {
            let error = steps_of(text).unwrap_err();
            assert!(error.starts_with(wrong), "{error}");
        }
    }
}
