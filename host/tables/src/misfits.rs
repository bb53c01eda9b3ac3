//! All that does not fit, told at once.

use std::fmt::Write as _;

use sluicegate_connector::Error;

use crate::name::TableRef;

/// Why rows cannot be written to tables, a sentence each.
#[derive(Debug, Default)]
pub struct Misfits(Vec<(TableRef, Vec<String>)>);

impl Misfits {
    /// Adds reasons.
    pub fn add(&mut self, table: TableRef, reasons: Vec<String>) {
        self.0.push((table, reasons));
    }

    /// Adds that a table does not exist, with the statement that would make it, where there can be one.
    pub fn add_absent(&mut self, table: TableRef, statement: Option<&str>) {
        let mut why = "it does not exist: make it, or set `create_tables: true` of the sink".to_owned();
        if let Some(statement) = statement {
            // Writing to a text does not fail.
            let _ = write!(why, " ({statement})");
        }
        self.add(table, vec![why]);
    }

    /// One error for all of them, a line each where there are several.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`] where there are any.
    pub fn told(self) -> Result<(), Error> {
        let count: usize = self.0.iter().map(|(_, reasons)| reasons.len()).sum();
        if count == 0 {
            return Ok(());
        }
        if let [(table, reasons)] = self.0.as_slice()
            && let [only] = reasons.as_slice()
        {
            let what = format!("rows cannot be written to table {table}: {only}");
            return Err(Error::configuration(what));
        }
        let mut text = format!("rows cannot be written to their tables, for {count} reasons");
        for (table, reasons) in &self.0 {
            for why in reasons {
                let _ = write!(text, "\n  table {table}: {why}");
            }
        }
        Err(Error::configuration(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_a_sentence_and_several_are_a_list() {
        let table = |name: &str| TableRef { database: "d".to_owned(), name: name.to_owned() };
        assert!(Misfits::default().told().is_ok());
        let mut misfits = Misfits::default();
        misfits.add_absent(table("a"), Some("CREATE TABLE a"));
        let one = Misfits(misfits.0.clone()).told().unwrap_err().to_string();
        assert_eq!(
            one,
            "rows cannot be written to table d.a: it does not exist: make it, or set `create_tables: true` of the sink \
             (CREATE TABLE a)"
        );
        misfits.add(table("b"), vec!["x".to_owned(), "y".to_owned()]);
        let three = misfits.told().unwrap_err().to_string();
        assert!(three.contains("for 3 reasons\n  table d.a: it does not exist"), "{three}");
        assert!(three.ends_with("\n  table d.b: x\n  table d.b: y"), "{three}");
    }
}
