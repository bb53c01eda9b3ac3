//! Statements about many rows.

use std::ops::Range;

use super::options::WriteMode;
use super::plan::Plan;
use super::rows::split;
use crate::client::Server;
use crate::sql::name;

/// Keys in one `DELETE`: with more the server's optimizer gives up on the index and reads the whole table
/// (`range_optimizer_max_mem_size`, and MariaDB's `in_predicate_conversion_threshold`).
pub const KEYS: usize = 500;

/// A statement that takes several rows: what stands before them, what stands behind, and what is between.
pub struct Form {
    head: Vec<u8>,
    tail: Vec<u8>,
    /// Whether each row is in parentheses.
    enclosed: bool,
    /// Rows, at most.
    pub rows: usize,
}

impl Form {
    /// The rows are there afterwards.
    pub fn put(plan: &Plan, server: &Server, rows: usize) -> Self {
        let mut tail = Vec::new();
        let verb: &[u8] = match plan.write {
            WriteMode::Replace if !plan.ordered => b"REPLACE INTO ",
            _ => b"INSERT INTO ",
        };
        if plan.write == WriteMode::Upsert && !plan.ordered {
            upsert(plan, server, &mut tail);
        }
        Self { head: head(verb, plan), tail, enclosed: true, rows }
    }

    /// The rows of these keys are gone.
    pub fn delete(plan: &Plan) -> Self {
        let mut head = b"DELETE FROM ".to_vec();
        plan.target.table.push(&mut head);
        let several = plan.key.len() > 1;
        head.extend_from_slice(if several { b" WHERE (" } else { b" WHERE " });
        name::list(plan.key_names(), &mut head);
        head.extend_from_slice(if several { b") IN (" } else { b" IN (" });
        Self { head, tail: b")".to_vec(), enclosed: several, rows: KEYS }
    }

    /// Writes the statement for as many of the rows as fit, from the first of a range on; one row always does. Gives
    /// those that are in it.
    pub fn write<'a>(
        &self,
        rows: Range<usize>,
        longest: usize,
        cells: impl Fn(usize) -> &'a [u8],
        into: &mut Vec<u8>,
    ) -> Range<usize> {
        into.clear();
        into.extend_from_slice(&self.head);
        let mut end = rows.start;
        while end < rows.end && end - rows.start < self.rows {
            let tuple = cells(end);
            if end > rows.start {
                if into.len() + tuple.len() + self.tail.len() + 3 > longest {
                    break;
                }
                into.push(b',');
            }
            if self.enclosed {
                into.push(b'(');
            }
            into.extend_from_slice(tuple);
            if self.enclosed {
                into.push(b')');
            }
            end += 1;
        }
        into.extend_from_slice(&self.tail);
        rows.start..end
    }
}

fn head(verb: &[u8], plan: &Plan) -> Vec<u8> {
    let mut head = verb.to_vec();
    plan.target.table.push(&mut head);
    head.extend_from_slice(b" (");
    name::list(plan.names(), &mut head);
    head.extend_from_slice(b") VALUES ");
    head
}

/// The new row's name, where the server gives it one: no column is called so.
const NEW: &str = "sluicegate new";

/// What a row that is there gets of the new one: all but its key; the key's first column where there is nothing else.
fn upsert(plan: &Plan, server: &Server, into: &mut Vec<u8>) {
    let named = server.names_new_row();
    if named {
        into.extend_from_slice(b" AS ");
        name::push(NEW, into);
    }
    into.extend_from_slice(b" ON DUPLICATE KEY UPDATE ");
    let others: Vec<&str> = (0..plan.columns.len())
        .filter(|place| !plan.key.contains(place))
        .map(|place| plan.columns[place].name.as_str())
        .collect();
    let columns = if others.is_empty() { plan.key_names().take(1).collect() } else { others };
    for (place, column) in columns.into_iter().enumerate() {
        if place > 0 {
            into.push(b',');
        }
        name::push(column, into);
        into.push(b'=');
        if named {
            name::push(NEW, into);
            into.push(b'.');
            name::push(column, into);
        } else {
            into.extend_from_slice(b"VALUES(");
            name::push(column, into);
            into.push(b')');
        }
    }
}

/// Appends an `UPDATE` of one row, found by its key, with the cells that are there.
pub fn update(plan: &Plan, key: &[u8], cells: &[u8], into: &mut Vec<u8>) {
    into.extend_from_slice(b"UPDATE ");
    plan.target.table.push(into);
    into.extend_from_slice(b" SET ");
    let mut first = true;
    for (cell, column) in split(cells).zip(&plan.columns) {
        if cell.is_empty() {
            continue;
        }
        if !std::mem::take(&mut first) {
            into.push(b',');
        }
        name::push(&column.name, into);
        into.push(b'=');
        into.extend_from_slice(cell);
    }
    push_where(plan, key, into);
}

fn push_where(plan: &Plan, key: &[u8], into: &mut Vec<u8>) {
    into.extend_from_slice(b" WHERE ");
    for (place, (cell, column)) in split(key).zip(plan.key_names()).enumerate() {
        if place > 0 {
            into.extend_from_slice(b" AND ");
        }
        name::push(column, into);
        into.push(b'=');
        into.extend_from_slice(cell);
    }
}

/// Appends a `DELETE` of one row, found by its key.
pub fn delete(plan: &Plan, key: &[u8], into: &mut Vec<u8>) {
    into.extend_from_slice(b"DELETE FROM ");
    plan.target.table.push(into);
    push_where(plan, key, into);
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::Arc;

    use arrow_schema::Schema;
    use sluicegate_tables::{Fit, TableRef, Target};

    use super::*;
    use crate::sink::plan::{Load, PlannedColumn};

    pub fn plan(write: WriteMode, ordered: bool) -> Plan {
        let column = |name: &str| PlannedColumn {
            name: name.to_owned(),
            field: 0,
            fit: Fit::Same,
            digits: 6,
            load: Load::AsItIs,
        };
        Plan {
            target: Target {
                table: TableRef { database: "d".to_owned(), name: "t".to_owned() },
                output: "d.t".into(),
                schema: Arc::new(Schema::empty()),
                primary_key: Arc::from(["id".to_owned()]),
            },
            write,
            keyless: false,
            columns: vec![column("id"), column("n`")],
            lacks: Vec::new(),
            covers: true,
            key: vec![0],
            ordered,
        }
    }

    fn text(form: &Form, longest: usize) -> (String, Range<usize>) {
        let rows: [&[u8]; 3] = [b"1,'a'", b"2,NULL", b"3,'c'"];
        let mut sql = Vec::new();
        let range = form.write(0..3, longest, |row| rows[row], &mut sql);
        (String::from_utf8(sql).unwrap(), range)
    }

    #[test]
    fn an_upsert_is_what_the_server_knows() {
        let mysql = Server::new("8.4.6", 1 << 24);
        let (sql, range) = text(&Form::put(&plan(WriteMode::Upsert, false), &mysql, 100), 1 << 20);
        assert_eq!(
            sql,
            "INSERT INTO `d`.`t` (`id`,`n```) VALUES (1,'a'),(2,NULL),(3,'c') AS `sluicegate new` \
             ON DUPLICATE KEY UPDATE `n```=`sluicegate new`.`n```"
        );
        assert_eq!(range, 0..3);
        let mariadb = Server::new("10.11.6-MariaDB", 1 << 24);
        let (sql, _) = text(&Form::put(&plan(WriteMode::Upsert, false), &mariadb, 100), 1 << 20);
        assert!(sql.ends_with("ON DUPLICATE KEY UPDATE `n```=VALUES(`n```)"), "{sql}");
        let (sql, _) = text(&Form::put(&plan(WriteMode::Upsert, true), &mariadb, 100), 1 << 20);
        assert!(
            sql.starts_with("INSERT") && !sql.contains("DUPLICATE"),
            "another row is never written over: {sql}"
        );
        let (sql, _) = text(&Form::put(&plan(WriteMode::Replace, false), &mysql, 100), 1 << 20);
        assert!(sql.starts_with("REPLACE INTO"), "{sql}");
    }

    #[test]
    fn a_statement_is_as_long_as_it_may_be() {
        let server = Server::new("8.4.6", 1 << 24);
        let form = Form::put(&plan(WriteMode::Insert, false), &server, 2);
        assert_eq!(text(&form, 1 << 20).1, 0..2);
        let (sql, range) = text(&form, 10);
        assert_eq!((range, sql.matches('(').count()), (0..1, 2), "one row always goes");
    }

    #[test]
    fn rows_are_found_by_their_key() {
        let (sql, _) = text(&Form::delete(&plan(WriteMode::Upsert, false)), 1 << 20);
        assert!(sql.starts_with("DELETE FROM `d`.`t` WHERE `id` IN (1,"), "{sql}");
        let mut sql = Vec::new();
        update(&plan(WriteMode::Upsert, false), b"1", b",'a,b'", &mut sql);
        assert_eq!(sql, b"UPDATE `d`.`t` SET `n```='a,b' WHERE `id`=1");
    }
}
