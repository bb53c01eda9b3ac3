//! The table that an output is written to.

use sluicegate_connector::Error;
use sluicegate_model::TableName;

use crate::sql::name::TableRef;

/// The longest name of a table or database, in characters.
const LONGEST: usize = 64;

/// A name with placeholders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Table,
    Database,
    Name,
}

impl Template {
    /// Takes a text apart. `{{` is a brace.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`] for a placeholder that there is not, or that does not end.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let refused = |why: String| Error::configuration(format!("`table` of the sink: {why}"));
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(open) = rest.find('{') {
            plain.push_str(&rest[..open]);
            rest = &rest[open + 1..];
            if let Some(after) = rest.strip_prefix('{') {
                plain.push('{');
                rest = after;
                continue;
            }
            let Some((name, after)) = rest.split_once('}') else {
                return Err(refused(format!("{text:?} opens a placeholder and does not close it")));
            };
            if !plain.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut plain)));
            }
            pieces.push(match name {
                "table" => Piece::Table,
                "database" => Piece::Database,
                "name" => Piece::Name,
                other => {
                    return Err(refused(format!("there is no placeholder {{{other}}}"))
                        .help("there are {table}, {database}, {name}"));
                }
            });
            rest = after;
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            pieces.push(Piece::Text(plain));
        }
        Ok(Self(pieces))
    }

    /// The table of an output; `database` is that of the connection.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`] for a name that no table can have.
    pub fn table(&self, output: &TableName, database: &str) -> Result<TableRef, Error> {
        let mut name = String::new();
        for piece in &self.0 {
            name.push_str(match piece {
                Piece::Text(text) => text,
                Piece::Table => output.as_str(),
                Piece::Database => output.database(),
                Piece::Name => output.table(),
            });
        }
        let (database, table) = name.rsplit_once('.').unwrap_or((database, &name));
        for part in [database, table] {
            let long = part.chars().count() > LONGEST;
            if part.is_empty() || long || part.contains('\0') || part.ends_with(' ') {
                let why =
                    if long { "it is longer than 64 characters" } else { "it is empty, or ends in a space" };
                return Err(Error::configuration(format!("{name:?} is no name of a table: {why}"))
                    .table(output)
                    .help("name the output's table otherwise in a step, or set `table` of the sink"));
            }
        }
        Ok(TableRef { database: database.to_owned(), name: table.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_put_in() {
        let table = |template: &str, output: &str| {
            Template::parse(template)
                .unwrap()
                .table(&TableName::new(output), "main")
                .map(|table| table.to_string())
        };
        assert_eq!(table("{table}", "ods.orders").unwrap(), "ods.orders");
        assert_eq!(table("{table}", "orders").unwrap(), "main.orders");
        assert_eq!(table("dwd.{database}_{name}", "shop.orders").unwrap(), "dwd.shop_orders");
        assert!(table("{database}.{name}", "orders").is_err());
        assert!(table("{table}", &"x".repeat(65)).is_err());
        assert!(Template::parse("{x}").is_err() && Template::parse("{table").is_err());
    }
}
