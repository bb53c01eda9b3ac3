//! Which tables and columns are read.

use std::collections::HashSet;

use regex::RegexSet;
use sluicegate_connector::Error;
use sluicegate_model::TableName;

use super::options::SourceOptions;

/// Databases of the server itself.
const OF_THE_SERVER: [&str; 4] = ["mysql", "information_schema", "performance_schema", "sys"];

/// Tables of ours. A sink on the same server moves them with each epoch: read by an expression they would make an epoch
/// out of each epoch.
const OURS: [&str; 3] = ["sluicegate_positions", "sluicegate_state", "sluicegate_leases"];

/// Which tables and columns are read.
#[derive(Clone, Debug)]
pub struct Tables {
    /// `tables` as it was written.
    written: Vec<String>,
    taken: Names,
    left: Names,
    columns_left: Names,
}

impl Tables {
    /// As options say; `database` is that of names that have none.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`] for what is no name and no expression.
    pub fn new(options: &SourceOptions, database: Option<&str>) -> Result<Self, Error> {
        if options.tables.is_empty() {
            let help = "name them, `database.table`, or by an expression: `^shop[.].*`";
            return Err(Error::configuration("the source has no tables").help(help));
        }
        Ok(Self {
            written: options.tables.clone(),
            taken: Names::new(&options.tables, "tables", Kind::Tables(database))?,
            left: Names::new(&options.exclude_tables, "exclude_tables", Kind::Tables(database))?,
            columns_left: Names::new(&options.exclude_columns, "exclude_columns", Kind::Columns)?,
        })
    }

    /// Whether a table is read.
    pub fn take(&self, database: &str, table: &str) -> bool {
        let name = format!("{database}.{table}");
        let special = || OF_THE_SERVER.contains(&database) || OURS.contains(&table);
        let taken = self.taken.names.contains(&name) || (self.taken.match_expression(&name) && !special());
        taken && !self.left.has(&name)
    }

    /// What of `tables`, as it was written, matches none of the names of tables.
    pub fn unmatched(&self, names: &[String]) -> Vec<String> {
        let is_expression = |written: &String| written.starts_with('^');
        let mut expressions = vec![false; self.taken.expressions.len()];
        for name in names {
            for place in &self.taken.expressions.matches(name) {
                expressions[place] = true;
            }
        }
        let mut expressions = expressions.into_iter();
        let unmatched = |written: &&String| {
            if is_expression(written) {
                return expressions.next() == Some(false);
            }
            let own = |name: &String| name == *written || name.ends_with(&format!(".{written}"));
            !names.iter().any(own)
        };
        self.written.iter().filter(unmatched).cloned().collect()
    }

    /// Whether a column of a table is read.
    pub fn take_column(&self, table: &TableName, column: &str) -> bool {
        self.columns_left.is_empty() || !self.columns_left.has(&format!("{table}.{column}"))
    }
}

/// What names stand for.
#[derive(Clone, Copy)]
enum Kind<'a> {
    /// Tables; those without a database are in this one.
    Tables(Option<&'a str>),
    /// Columns of tables.
    Columns,
}

/// Names, and expressions over names.
#[derive(Clone, Debug)]
struct Names {
    names: HashSet<String>,
    expressions: RegexSet,
}

impl Names {
    fn new(written: &[String], key: &str, kind: Kind<'_>) -> Result<Self, Error> {
        let mut names = HashSet::new();
        let mut expressions = Vec::new();
        for name in written {
            if let Some(expression) = name.strip_prefix('^') {
                // The whole of a name, whatever alternatives the expression has.
                expressions.push(format!("^(?:{})$", expression.strip_suffix('$').unwrap_or(expression)));
                continue;
            }
            let full = match (name.contains('.'), kind) {
                (true, _) => name.clone(),
                (false, Kind::Tables(Some(database))) => format!("{database}.{name}"),
                (false, Kind::Tables(None)) => {
                    let what = format!("`{key}` has {name:?}, which names no database");
                    return Err(Error::configuration(what)
                        .help("write `database.table`, or put the database into `url` of the connection"));
                }
                (false, Kind::Columns) => {
                    let what = format!("`{key}` has {name:?}, which names no column of a table");
                    return Err(Error::configuration(what).help("write `database.table.column`"));
                }
            };
            names.insert(full);
        }
        let expressions = RegexSet::new(&expressions).map_err(|error| {
            Error::configuration(format!("`{key}` has what is no regular expression")).caused_by(error)
        })?;
        Ok(Self { names, expressions })
    }

    fn is_empty(&self) -> bool {
        self.names.is_empty() && self.expressions.is_empty()
    }

    fn match_expression(&self, name: &str) -> bool {
        !self.expressions.is_empty() && self.expressions.is_match(name)
    }

    fn has(&self, name: &str) -> bool {
        self.names.contains(name) || self.match_expression(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tables(tables: &[&str], exclude: &[&str], columns: &[&str]) -> Tables {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let options = SourceOptions {
            exclude_tables: texts(exclude),
            exclude_columns: texts(columns),
            ..SourceOptions::new(tables.iter().copied())
        };
        Tables::new(&options, Some("shop")).unwrap()
    }

    #[test]
    fn names_and_expressions_are_of_whole_names() {
        let tables = tables(&["orders", "^crm[.](user|customer)s?"], &["crm.users"], &[]);
        assert!(tables.take("shop", "orders") && tables.take("crm", "customer"));
        assert!(!tables.take("other", "orders") && !tables.take("crm", "customers_old"));
        assert!(!tables.take("crm", "users"), "left out");
    }

    #[test]
    fn what_matches_nothing_is_told() {
        let tables = tables(&["orders", "crm.users", "^a[.].*", "^crm[.].*"], &[], &[]);
        let names = ["shop.orders".to_owned(), "crm.customers".to_owned()];
        assert_eq!(tables.unmatched(&names), ["crm.users", "^a[.].*"]);
    }

    #[test]
    fn an_expression_does_not_reach_the_servers_tables_nor_ours() {
        let every = tables(&["^.*"], &[], &[]);
        assert!(every.take("shop", "orders"));
        assert!(!every.take("mysql", "user") && !every.take("shop", "sluicegate_positions"));
        assert!(tables(&["mysql.user"], &[], &[]).take("mysql", "user"), "by its name it is read");
    }

    #[test]
    fn columns_are_left_out_by_their_full_names() {
        let tables = tables(&["^.*"], &[], &["shop.users.password", "^.*[.]secret_.*"]);
        let takes = |table: &str, column: &str| tables.take_column(&table.into(), column);
        assert!(takes("shop.users", "name") && takes("shop.orders", "password"));
        assert!(!takes("shop.users", "password") && !takes("a.b", "secret_key"));
    }

    #[test]
    fn what_cannot_be_a_name_is_refused() {
        let refused = |tables: &[&str], columns: &[&str]| {
            let columns = columns.iter().map(|text| (*text).to_owned()).collect();
            let options =
                SourceOptions { exclude_columns: columns, ..SourceOptions::new(tables.iter().copied()) };
            Tables::new(&options, None).unwrap_err().to_string()
        };
        assert!(refused(&[], &[]).contains("no tables"));
        assert!(refused(&["orders"], &[]).contains("names no database"));
        assert!(refused(&["^(x"], &[]).contains("no regular expression"));
        assert!(refused(&["a.b"], &["password"]).contains("database.table.column"));
    }
}
