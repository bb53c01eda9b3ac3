//! The outputs of one table.

use std::borrow::Cow;

use crate::config::{Columns, TargetKind};
use crate::method::Plan;

/// An output of one table. Routes that lead to the same table and partition share one: rows of one key keep their
/// order there, a delete before the insert that follows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The table; none: the rows' own.
    pub table: Option<String>,
    /// The partition, if it tells the output.
    pub partition: Option<i32>,
    /// Columns.
    pub columns: Columns,
    /// The routes that lead here.
    pub routes: Vec<u32>,
}

/// The outputs for a table, in the order of their first route.
///
/// # Errors
/// In words, where two outputs of one table have different columns.
pub fn of_table(plan: &Plan, table: &str) -> Result<Vec<Target>, String> {
    let mut targets: Vec<Target> = Vec::new();
    for (route, output) in (0..).zip(&plan.outputs) {
        let by_table = plan.target != TargetKind::Partition;
        let name = by_table.then(|| {
            output.to.render(|name| match name {
                "table" => Some(Cow::Borrowed(table)),
                _ => Some(Cow::Owned(route.to_string())),
            })
        });
        let partition = (plan.target != TargetKind::Table).then_some(route as i32);
        // A copy is meant to be one, though it go to the same place.
        let same =
            |target: &&mut Target| target.table == name && target.partition == partition && !plan.copies();
        match targets.iter_mut().find(same) {
            Some(target) if target.columns != output.columns => {
                let name = name.as_deref().unwrap_or(table);
                return Err(format!("columns: two outputs go to table {name}, with different columns"));
            }
            Some(target) => target.routes.push(route),
            None => targets.push(Target {
                table: name,
                partition,
                columns: output.columns.clone(),
                routes: vec![route],
            }),
        }
    }
    Ok(targets)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn targets(text: &str) -> Result<Vec<Target>, String> {
        of_table(&Plan::read(serde_json::from_str(text).unwrap()).unwrap(), "orders")
    }

    fn names(text: &str) -> Vec<(Option<String>, Option<i32>, Vec<u32>)> {
        let targets = targets(text).unwrap().into_iter();
        targets.map(|target| (target.table, target.partition, target.routes)).collect()
    }

    #[test]
    fn tables_and_partitions() {
        let table = |name: &str| Some(name.to_owned());
        assert_eq!(
            names(r#"{"by": ["id"], "into": 2}"#),
            [(table("orders-0"), None, vec![0]), (table("orders-1"), None, vec![1])]
        );
        assert_eq!(
            names(r#"{"by": ["id"], "into": 2, "target": "partition"}"#),
            [(None, Some(0), vec![0]), (None, Some(1), vec![1])]
        );
        assert_eq!(
            names(r#"{"by": ["id"], "into": 2, "to": "all", "target": "both"}"#),
            [(table("all"), Some(0), vec![0]), (table("all"), Some(1), vec![1])]
        );
    }

    #[test]
    fn routes_to_one_table_share_an_output() {
        let text =
            r#"{"by": ["a"], "ranges": [{"below": 1, "to": "x"}, {"below": 2, "to": "y"}, {"to": "x"}]}"#;
        assert_eq!(
            names(text),
            [(Some("x".to_owned()), None, vec![0, 2]), (Some("y".to_owned()), None, vec![1])]
        );
    }

    #[test]
    fn one_table_has_one_set_of_columns() {
        let text =
            r#"{"by": ["a"], "values": {"orders": [1], "{table}": [2]}, "columns": {"0": {"drop": ["x"]}}}"#;
        assert!(targets(text).unwrap_err().contains("two outputs go to table orders"));
    }
}
