//! The tables that a query is asked of.

use mysql_async::Row;
use sluicegate_connector::Error;

use super::options::QueryOptions;
use crate::client::ReadSession;
use crate::source::options::SourceOptions;
use crate::source::snapshot::all;
use crate::source::tables::Tables;

/// Tables of a run of numbered ones, at most.
const RUN: u64 = 100_000;

/// Database and table.
pub type Name = (String, String);

/// Finds the tables, in the order of their names, each once.
///
/// # Errors
/// The server's; [`sluicegate_connector::Class::Configuration`] for what names no table.
pub async fn find(
    session: &mut ReadSession,
    options: &QueryOptions,
    database: Option<&str>,
) -> Result<Vec<Name>, Error> {
    let mut names = Vec::new();
    for written in &options.tables {
        if written.starts_with('^') {
            let matching = Tables::new(&SourceOptions::new([written]), database)?;
            let found = all(session, &matching).await?;
            if found.is_empty() {
                return Err(Error::configuration(format!("no table's name is {written:?}"))
                    .help("see `tables` of the query; views are read by their names alone"));
            }
            names.extend(found);
        } else {
            for name in run(written)? {
                names.push(full(&name, database)?);
            }
        }
    }
    if let Some(sql) = &options.tables_sql {
        let what = "`tables_sql` cannot be asked";
        let rows: Vec<Row> = session.rows(sql, what).await?;
        if rows.is_empty() {
            return Err(Error::configuration("`tables_sql` names no table: it has no rows"));
        }
        for row in rows {
            let cells: Option<Vec<String>> =
                (0..row.len()).map(|place| row.get_opt(place)?.ok().flatten()).collect();
            names.push(match cells.as_deref() {
                Some([table]) => full(table, database)?,
                Some([database, table]) => (database.clone(), table.clone()),
                _ => {
                    let help =
                        "its rows are names of tables, or names of a database and a table, none of them NULL";
                    return Err(Error::configuration("`tables_sql` does not name tables").help(help));
                }
            });
        }
    }
    names.sort();
    names.dedup();
    Ok(names)
}

fn full(name: &str, database: Option<&str>) -> Result<Name, Error> {
    match (name.split_once('.'), database) {
        (Some((database, table)), _) => Ok((database.to_owned(), table.to_owned())),
        (None, Some(database)) => Ok((database.to_owned(), name.to_owned())),
        (None, None) => {
            Err(Error::configuration(format!("the table {name:?} of the query names no database"))
                .help("write `database.table`, or put the database into `url` of the connection"))
        }
    }
}

/// The names of a run, `order_00..order_63`; a name by itself.
///
/// # Errors
/// [`sluicegate_connector::Class::Configuration`] for what is no run.
pub fn run(written: &str) -> Result<Vec<String>, Error> {
    let Some((first, last)) = written.split_once("..") else { return Ok(vec![written.to_owned()]) };
    let wrong = |why: &str| {
        Error::configuration(format!("{written:?} is no run of tables: {why}"))
            .help("write the first and the last of them: `order_00..order_63`, `shop.order_0..order_127`")
    };
    let (database, first) = match first.split_once('.') {
        Some((database, table)) => (format!("{database}."), table),
        None => (String::new(), first),
    };
    let last = last.strip_prefix(&*database).unwrap_or(last);
    let (stem, from) = numbered(first).ok_or_else(|| wrong("the first has no number at its end"))?;
    let (other, to) = numbered(last).ok_or_else(|| wrong("the last has no number at its end"))?;
    if stem != other {
        return Err(wrong("the two differ in more than their numbers"));
    }
    let width = if from.len() == to.len() { from.len() } else { 0 };
    if width == 0 && from.len() > 1 && from.starts_with('0') {
        return Err(wrong("their numbers have zeros before them and are not of one length"));
    }
    let number = |digits: &str| digits.parse::<u64>().map_err(|_| wrong("its numbers are too large"));
    let (from, to) = (number(from)?, number(to)?);
    if from > to {
        return Err(wrong("the first is after the last"));
    }
    if to - from >= RUN {
        return Err(wrong("it has more than 100,000 tables"));
    }
    Ok((from..=to).map(|number| format!("{database}{stem}{number:0width$}")).collect())
}

/// A name without the digits at its end, and those.
fn numbered(name: &str) -> Option<(&str, &str)> {
    let stem = name.trim_end_matches(|letter: char| letter.is_ascii_digit());
    (stem.len() < name.len()).then(|| name.split_at(stem.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_have_the_width_of_their_numbers() {
        let run = |written| run(written).unwrap();
        assert_eq!(run("order_08..order_11"), ["order_08", "order_09", "order_10", "order_11"]);
        assert_eq!(run("shop.o9..o10"), ["shop.o9", "shop.o10"]);
        assert_eq!(run("shop.o1..shop.o2"), ["shop.o1", "shop.o2"]);
        assert_eq!(run("orders"), ["orders"]);
    }

    #[test]
    fn what_is_no_run_is_refused() {
        for written in ["a..b", "a1..b2", "a2..a1", "a01..a100", "a..a2", "a0..a9999999"] {
            assert!(run(written).is_err(), "{written}");
        }
    }
}
