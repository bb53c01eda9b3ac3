//! What is asked of which tables, and what the answers look like.

use std::sync::Arc;

use mysql_async::Column;
use parking_lot::Mutex;
use sluicegate_connector::{Class, Error};
use sluicegate_model::TableName;

use super::described::{Sources, source_type};
use super::names::{self, Name};
use super::options::QueryOptions;
use super::template::{Filled, Template};
use crate::binlog::ReadOptions;
use crate::client::ReadSession;
use crate::client::failure::{Failure, NO_TABLE};
use crate::source::snapshot::key::Key;
use crate::source::snapshot::survey::{Listed, key_columns, primary_key};

/// A table that a query is asked of; the query itself, where it names its tables on its own.
#[derive(Debug)]
pub struct Asked {
    /// What positions call it: `database.table`.
    pub name: TableName,
    /// Database and table.
    pub of: Option<Name>,
    /// The rows, and the key by which they are divided: of no columns where they are not.
    pub listed: Arc<Listed>,
    /// The answer's columns, with their types.
    columns: Vec<(String, String)>,
}

/// What is read.
#[derive(Debug)]
pub struct Plan {
    template: Template,
    filter: Option<String>,
    /// In the order in which they are read.
    pub tables: Vec<Arc<Asked>>,
}

/// Says what of the options does not fit together.
///
/// # Errors
/// [`Class::Configuration`].
pub fn check(options: &QueryOptions, database: Option<&str>) -> Result<Template, Error> {
    let wrong = |what: &str, help: &str| Err(Error::configuration(what).help(help));
    let template = Template::new(&options.sql)?;
    let has_tables = !options.tables.is_empty() || options.tables_sql.is_some();
    if has_tables && !template.has_table() {
        return wrong(
            "`sql` of the query does not name `{table}`",
            "each of `tables` would be the same query",
        );
    }
    if !has_tables && (template.has_table() || template.has_part()) {
        let help = "name them in `tables`, or by `tables_sql`; or write a `sql` that names its tables itself, without \
                    `{table}` and `{part}`";
        return wrong("the query has no tables", help);
    }
    if !has_tables && options.into.is_none() {
        return wrong("the rows of the query have no table", "name it with `into`");
    }
    if !template.has_part() && (options.filter.is_some() || options.split_by.is_some()) {
        return wrong(
            "`where` and `split_by` of the query do nothing: its `sql` has no `{part}`",
            "write `WHERE {part}` where the condition belongs",
        );
    }
    for written in options.tables.iter().filter(|written| !written.starts_with('^')) {
        for name in names::run(written)? {
            if database.is_none() && !name.contains('.') {
                return Err(Error::configuration(format!(
                    "the table {name:?} of the query names no database"
                ))
                .help("write `database.table`, or put the database into `url` of the connection"));
            }
        }
    }
    Ok(template)
}

impl Plan {
    /// Asks the server what the query's answers look like. No row is read.
    ///
    /// # Errors
    /// The server's; [`Class::Configuration`] where tables do not fit together.
    pub async fn make(
        session: &mut ReadSession,
        options: &QueryOptions,
        template: Template,
        database: Option<&str>,
    ) -> Result<Self, Error> {
        let read = ReadOptions { zero_dates: options.zero_dates.into() };
        let mut plan = Self { template, filter: options.filter.clone(), tables: Vec::new() };
        let mut sources = Sources::new()?;
        let tables: Vec<Option<Name>> = if options.tables.is_empty() && options.tables_sql.is_none() {
            vec![None]
        } else {
            names::find(session, options, database).await?.into_iter().map(Some).collect()
        };
        for of in tables {
            let asked = plan.look_at(session, options, &mut sources, of, read).await?;
            if options.into.is_some()
                && let Some(first) = plan.tables.first()
            {
                fit(first, &asked)?;
            }
            plan.tables.push(Arc::new(asked));
        }
        Ok(plan)
    }

    async fn look_at(
        &self,
        session: &mut ReadSession,
        options: &QueryOptions,
        sources: &mut Sources,
        of: Option<Name>,
        read: ReadOptions,
    ) -> Result<Asked, Error> {
        let name = match &of {
            Some((database, table)) => TableName::new(format!("{database}.{table}")),
            None => TableName::new("query"),
        };
        let parts = (&of, self.template.has_part());
        let mut key = match (parts, &options.split_by) {
            ((Some((database, table)), true), None) => primary_key(session, database, table).await?,
            ((Some((database, table)), true), Some(columns)) => {
                split(session, (database, table), columns).await.map_err(|error| error.table(&name))?
            }
            _ => Key::default(),
        };
        for column in &mut key.0 {
            column.of = self.template.alias().map(str::to_owned);
        }
        let sql = self
            .template
            .fill(Filled { table: pair(of.as_ref()), part: self.filter.as_deref().unwrap_or("TRUE") });
        let columns = session.columns(&sql).await.map_err(|failure| refused(failure, &name))?;
        let into = options.into.as_ref().map_or_else(|| name.clone(), |into| TableName::new(into.as_str()));
        let described = sources
            .describe(session, into.clone(), pair(of.as_ref()), options.key.as_deref(), (&columns, read))
            .await;
        let (as_read, known) = described.map_err(|error| error.table(&name))?;
        let (database, table) = of.clone().unwrap_or_default();
        let sql = match (pair(of.as_ref()), self.template.alias()) {
            (Some((database, table)), alias) => {
                let table =
                    crate::sql::name::TableRef { database: database.to_owned(), name: table.to_owned() };
                let alias = alias.map(|alias| format!(" AS {}", crate::sql::name::quoted(alias)));
                table.quoted() + &alias.unwrap_or_default()
            }
            (None, _) => String::new(),
        };
        let as_read = Arc::new(as_read);
        let listed = Listed { name: into, sql, database, table, as_read, key, known, room: Mutex::default() };
        Ok(Asked { name, of, listed: Arc::new(listed), columns: types(&columns) })
    }

    /// The condition of a part's rows, `where` among it.
    ///
    /// # Errors
    /// Where a stored key is none of the table's: what it is divided by was changed.
    pub fn condition(
        &self,
        asked: &Asked,
        after: Option<&[String]>,
        up_to: Option<&[String]>,
    ) -> Result<String, Error> {
        let between = asked.listed.key.between(after, up_to).ok_or_else(|| {
            Error::fatal("the key by which a table is divided was changed while it was read")
                .table(&asked.name)
                .help("fill its target anew: `sluicegate positions reset`, then start again")
        })?;
        Ok(match &self.filter {
            Some(filter) => format!("({filter}) AND {between}"),
            None => between,
        })
    }

    /// What says by which index a table is divided: the server finds that of a condition itself.
    pub fn index(&self, options: &QueryOptions) -> &'static str {
        if self.filter.is_none() && options.split_by.is_none() { " FORCE INDEX (PRIMARY)" } else { "" }
    }

    /// The query of a part.
    pub fn sql(&self, asked: &Asked, condition: &str) -> String {
        self.template.fill(Filled { table: pair(asked.of.as_ref()), part: condition })
    }
}

impl Asked {
    /// Says whether an answer's columns are still those that they were at the beginning.
    ///
    /// # Errors
    /// [`Class::Fatal`] where they are not.
    pub fn expect(&self, columns: &[Column]) -> Result<(), Error> {
        let found = types(columns);
        if found == self.columns {
            return Ok(());
        }
        let other = self.columns.iter().find(|column| !found.contains(column));
        let other = other.or_else(|| found.iter().find(|column| !self.columns.contains(column)));
        let column = other.map(|(name, _)| name.clone()).unwrap_or_default();
        Err(Error::fatal("a table was changed while the query was read")
            .table(&self.name)
            .column(column)
            .help("start again: what was read is kept, and the rest is read as the table is now"))
    }
}

fn types(columns: &[Column]) -> Vec<(String, String)> {
    columns.iter().map(|column| (column.name_str().into_owned(), source_type(column))).collect()
}

fn pair(of: Option<&Name>) -> Option<(&str, &str)> {
    of.map(|(database, table)| (&**database, &**table))
}

/// The columns by which a table is to be divided.
async fn split(
    session: &mut ReadSession,
    (database, table): (&str, &str),
    names: &[String],
) -> Result<Key, Error> {
    let columns = key_columns(session, database, table).await?;
    let mut key = Key::default();
    for name in names {
        let found = columns.iter().find(|(column, _)| column.name.eq_ignore_ascii_case(name));
        let Some((column, nullable)) = found else {
            let what = format!("the table has no column {name:?}, which `split_by` names");
            return Err(Error::configuration(what));
        };
        if *nullable {
            return Err(Error::configuration("a table cannot be divided by a column that may be NULL")
                .column(name)
                .help("rows with NULL would be in no part: name columns that are NOT NULL"));
        }
        key.0.push(column.clone());
    }
    Ok(key)
}

/// Says where the rows of two tables that become one are not alike.
fn fit(first: &Asked, other: &Asked) -> Result<(), Error> {
    let (wanted, found) = (&first.listed.as_read, &other.listed.as_read);
    let wrong = |column: &str, what: String| {
        Error::configuration(format!("{what}; rows of both become {}", first.listed.name))
            .table(&other.name)
            .column(column)
            .help("make the tables alike, CAST the column in `sql`, or leave `into` out")
    };
    for field in wanted.schema.fields() {
        let stored = |asked: &Asked, name: &str| {
            let columns = &asked.listed.known.columns;
            columns.iter().find(|column| column.name == name).map(|column| column.source_type.clone())
        };
        let Some((_, same)) = found.schema.column_with_name(field.name()) else {
            return Err(wrong(field.name(), format!("it has no such column, and {} has", first.name)));
        };
        if same.data_type() != field.data_type() {
            let [here, there] = [other, first].map(|asked| stored(asked, field.name()).unwrap_or_default());
            return Err(wrong(field.name(), format!("the column is {here}, and {there} in {}", first.name)));
        }
    }
    if let Some(more) =
        found.schema.fields().iter().find(|field| wanted.schema.column_with_name(field.name()).is_none())
    {
        return Err(wrong(more.name(), format!("the column is not in {}", first.name)));
    }
    if wanted.primary_key != found.primary_key {
        return Err(Error::configuration(format!(
            "its primary key is ({}), and ({}) in {}; rows of both become {}",
            found.primary_key.join(", "),
            wanted.primary_key.join(", "),
            first.name,
            first.listed.name
        ))
        .table(&other.name)
        .help("name the key of the rows with `key`"));
    }
    Ok(())
}

/// What the server has against a query.
pub fn refused(failure: Failure, name: &TableName) -> Error {
    let code = failure.code();
    let error = failure.into_error("the query cannot be read").table(name);
    let help = match code {
        Some(NO_TABLE) => "the table is not there: see `tables` and `sql` of the query",
        Some(1054) => "a column is not there: see `sql` and `where` of the query",
        Some(1064) => "see `sql` and `where` of the query",
        _ if error.class() == Class::Configuration => "grant the user SELECT on the query's tables",
        _ => return error,
    };
    error.help(help)
}
