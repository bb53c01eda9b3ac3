//! The block turned into calls of the host's functions, and checked.

use crate::config::{Config, Keep, Method, Pseudonym, Replace, Round, Unmatched};

/// What is done for one column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The column that the result goes into.
    pub column: String,
    /// The column that it is made of.
    pub of: String,
    /// What is done.
    pub work: Work,
}

/// A call of the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Work {
    /// A function over text; a column of another type is made text before.
    Text(Call),
    /// A function over the column as it is.
    Typed(Call),
    /// What a pattern finds in text is replaced; where it finds nothing, the text is hidden.
    Replace {
        /// The replacement.
        call: Call,
        /// The pattern, where texts without a match are hidden.
        hide_without: Option<String>,
    },
    /// A pseudonym under a key, and its text.
    Pseudonym {
        /// The key's name.
        key: String,
        /// The text of the bytes.
        call: Call,
    },
}

/// A function of the host and its options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Its name.
    pub function: &'static str,
    /// Names and values.
    pub options: Vec<(&'static str, String)>,
}

impl Work {
    /// Whether different values may become one.
    pub fn joins_values(&self) -> bool {
        !matches!(self, Self::Pseudonym { .. })
    }
}

/// The steps, in the order in which the columns were written.
///
/// # Errors
/// In words, beginning with the key that is wrong.
pub fn steps(config: &Config, time_zone: Option<&str>) -> Result<Vec<Step>, String> {
    if config.columns.is_empty() {
        return Err("columns: there is nothing to do; name columns and how each is hidden".to_owned());
    }
    let step = |(column, method): (&str, &Method)| {
        let of = match method {
            Method::Pseudonym(Pseudonym { of: Some(of), .. }) => of.as_str(),
            _ => column,
        };
        let work =
            work(method, time_zone).map_err(|(key, wrong)| format!("columns.{column}.{key}: {wrong}"))?;
        Ok(Step { column: column.to_owned(), of: of.to_owned(), work })
    };
    config.columns.iter().map(step).collect()
}

fn call(function: &'static str, options: &[(&'static str, &str)]) -> Call {
    let owned = options.iter().map(|(name, value)| (*name, (*value).to_owned()));
    Call { function, options: owned.collect() }
}

fn work(method: &Method, time_zone: Option<&str>) -> Result<Work, (&'static str, String)> {
    let preset = |name| Ok(Work::Text(call("mask", &[("preset", name)])));
    match method {
        Method::Phone => preset("phone"),
        Method::IdCard => preset("id-card"),
        Method::BankCard => preset("bank-card"),
        Method::Email => preset("email"),
        Method::Keep(Keep { first, last, with }) => {
            let mut made = call("mask", &[]);
            let kept = [("keep-first", first), ("keep-last", last)];
            // Not even said where it is the host's own default.
            made.options.extend(
                kept.into_iter()
                    .filter(|(_, count)| **count > 0)
                    .map(|(end, count)| (end, count.to_string())),
            );
            made.options.extend(with.map(|with| ("with", with.to_string())));
            Ok(Work::Text(made))
        }
        Method::Redact(value) => {
            let mut made = call("redact", &[]);
            made.options.extend(value.as_ref().map(|value| ("value", value.as_str().to_owned())));
            Ok(Work::Typed(made))
        }
        Method::Truncate(unit) => {
            let mut made = call("date-trunc", &[("unit", unit.name())]);
            made.options.extend(time_zone.map(|zone| ("time-zone", zone.to_owned())));
            Ok(Work::Typed(made))
        }
        Method::Round(round) => rounding(round).map(Work::Typed).map_err(|wrong| ("round", wrong)),
        Method::Pseudonym(pseudonym) => made_of_key(pseudonym).map_err(|wrong| ("pseudonym", wrong)),
        Method::Replace(Replace { pattern, with, unmatched }) => Ok(Work::Replace {
            call: call("regex-replace", &[("pattern", pattern), ("with", with)]),
            hide_without: (*unmatched == Unmatched::Hide).then(|| pattern.clone()),
        }),
    }
}

fn rounding(round: &Round) -> Result<Call, String> {
    let step = round.step.as_ref().map(|step| ("step", step.as_str().to_owned()));
    let digits = round.digits.map(|digits| ("digits", digits.to_string()));
    let places = round.places.map(|places| ("places", places.to_string()));
    let given: Vec<_> = [step, digits, places].into_iter().flatten().collect();
    match given.len() {
        1 => {
            let mut made = call("round", &[("round", round.mode.name())]);
            made.options.extend(given);
            Ok(made)
        }
        0 => Err("say how far: `step: 100`, `digits: 2` or `places: 0`".to_owned()),
        _ => Err("only one of `step`, `digits` and `places` is given".to_owned()),
    }
}

fn made_of_key(pseudonym: &Pseudonym) -> Result<Work, String> {
    let mut made = call("encode", &[("encoding", pseudonym.encoding.name())]);
    if !pseudonym.prefix.is_empty() {
        made.options.push(("prefix", pseudonym.prefix.clone()));
    }
    match pseudonym.bytes {
        Some(bytes @ 8..=32) => made.options.push(("bytes", bytes.to_string())),
        Some(bytes) => return Err(format!("bytes: {bytes} does not do, it is 8 to 32")),
        None => {}
    }
    Ok(Work::Pseudonym { key: pseudonym.key.clone(), call: made })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps_of(columns: &str) -> Result<Vec<Step>, String> {
        let text = format!(r#"{{"columns": {columns}}}"#);
        steps(&serde_json::from_str(&text).unwrap(), Some("Asia/Shanghai"))
    }

    fn work_of(method: &str) -> Work {
        steps_of(&format!(r#"{{"c": {method}}}"#)).unwrap().remove(0).work
    }

    #[test]
    fn methods_are_calls() {
        assert_eq!(work_of(r#""id_card""#), Work::Text(call("mask", &[("preset", "id-card")])));
        assert_eq!(
            work_of(r#"{"keep": {"last": 4, "with": "x"}}"#),
            Work::Text(call("mask", &[("keep-last", "4"), ("with", "x")]))
        );
        assert_eq!(work_of(r#"{"redact": null}"#), Work::Typed(call("redact", &[])));
        assert_eq!(work_of(r#"{"redact": false}"#), Work::Typed(call("redact", &[("value", "false")])));
        assert_eq!(
            work_of(r#"{"truncate": "month"}"#),
            Work::Typed(call("date-trunc", &[("unit", "month"), ("time-zone", "Asia/Shanghai")]))
        );
        assert_eq!(
            work_of(r#"{"round": {"step": 0.5, "mode": "down"}}"#),
            Work::Typed(call("round", &[("round", "down"), ("step", "0.5")]))
        );
        assert_eq!(
            work_of(r#"{"pseudonym": {"key": "k", "encoding": "base64url", "prefix": "u_", "bytes": 16}}"#),
            Work::Pseudonym {
                key: "k".to_owned(),
                call: call("encode", &[("encoding", "base64url"), ("prefix", "u_"), ("bytes", "16")])
            }
        );
        let kept = work_of(r#"{"replace": {"pattern": "a", "with": "b", "unmatched": "keep"}}"#);
        assert!(matches!(kept, Work::Replace { hide_without: None, .. }));
    }

    #[test]
    fn a_pseudonym_may_be_of_another_column() {
        let steps = steps_of(r#"{"phone": "phone", "phone_id": {"pseudonym": {"key": "k", "of": "phone"}}}"#)
            .unwrap();
        let named: Vec<_> = steps.iter().map(|step| (step.column.as_str(), step.of.as_str())).collect();
        assert_eq!(named, [("phone", "phone"), ("phone_id", "phone")]);
        assert!(steps[0].work.joins_values() && !steps[1].work.joins_values());
    }

    #[test]
    fn what_cannot_work_is_refused() {
        for (columns, wrong) in [
            ("{}", "columns: there is nothing to do"),
            (r#"{"a": {"round": {}}}"#, "columns.a.round: say how far"),
            (r#"{"a": {"round": {"step": 1, "digits": 2}}}"#, "columns.a.round: only one of"),
            (
                r#"{"a": {"pseudonym": {"key": "k", "bytes": 4}}}"#,
                "columns.a.pseudonym: bytes: 4 does not do",
            ),
        ] {
            let error = steps_of(columns).unwrap_err();
            assert!(error.starts_with(wrong), "{error}");
        }
    }
}
