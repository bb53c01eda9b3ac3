//! The text of a query, and what is put into it.

use sluicegate_connector::Error;

use crate::sql::name;
use crate::sql::text::quoted;

/// A piece of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    /// `{table}`
    Table,
    /// `{name}`
    Name,
    /// `{part}`, `{part:alias}`
    Part(Option<String>),
}

/// A query with places for a table and the condition of a part of it. Other braces are text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(Vec<Piece>);

/// A table as a query names it.
#[derive(Clone, Copy, Debug)]
pub struct Filled<'a> {
    /// Database and table.
    pub table: Option<(&'a str, &'a str)>,
    /// The condition of a part.
    pub part: &'a str,
}

impl Template {
    /// Reads a query.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`] for an alias that is none, and for two parts.
    pub fn new(sql: &str) -> Result<Self, Error> {
        let mut pieces = Vec::new();
        let mut rest = sql;
        let mut text = String::new();
        while let Some(open) = rest.find('{') {
            text.push_str(&rest[..open]);
            rest = &rest[open..];
            let known = rest.find('}').and_then(|close| Some((of(&rest[1..close])?, close)));
            if let Some((piece, close)) = known {
                if !text.is_empty() {
                    pieces.push(Piece::Text(std::mem::take(&mut text)));
                }
                pieces.push(piece);
                rest = &rest[close + 1..];
            } else {
                text.push('{');
                rest = &rest[1..];
            }
        }
        text.push_str(rest);
        if !text.is_empty() {
            pieces.push(Piece::Text(text));
        }
        let template = Self(pieces);
        if template.0.iter().filter(|piece| matches!(piece, Piece::Part(_))).count() > 1 {
            return Err(Error::configuration("`sql` has more than one `{part}`")
                .help("divide by one table: each of its rows must be in one part"));
        }
        Ok(template)
    }

    /// Whether it names a table.
    pub fn has_table(&self) -> bool {
        self.0.contains(&Piece::Table)
    }

    /// Whether it can be asked in parts.
    pub fn has_part(&self) -> bool {
        self.0.iter().any(|piece| matches!(piece, Piece::Part(_)))
    }

    /// What the table that is divided is called in it.
    pub fn alias(&self) -> Option<&str> {
        self.0.iter().find_map(|piece| match piece {
            Piece::Part(alias) => alias.as_deref(),
            _ => None,
        })
    }

    /// The query of a part of a table.
    pub fn fill(&self, Filled { table, part }: Filled<'_>) -> String {
        let mut sql = String::new();
        for piece in &self.0 {
            match (piece, table) {
                (Piece::Text(text), _) => sql.push_str(text),
                (Piece::Table, Some((database, table))) => {
                    sql.push_str(&name::quoted(database));
                    sql.push('.');
                    sql.push_str(&name::quoted(table));
                }
                (Piece::Name, Some((_, table))) => sql.push_str(&quoted(table)),
                // It was seen to that there is one.
                (Piece::Table | Piece::Name, None) => {}
                (Piece::Part(_), _) => {
                    sql.push('(');
                    sql.push_str(part);
                    sql.push(')');
                }
            }
        }
        sql
    }
}

fn of(inner: &str) -> Option<Piece> {
    match inner {
        "table" => Some(Piece::Table),
        "name" => Some(Piece::Name),
        "part" => Some(Piece::Part(None)),
        other => {
            let alias = other.strip_prefix("part:")?;
            let is_name = !alias.is_empty() && alias.chars().all(|c| c.is_alphanumeric() || c == '_');
            is_name.then(|| Piece::Part(Some(alias.to_owned())))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_is_put_in_and_other_braces_stay() {
        let template = Template::new("SELECT {name}, '{\"a\": {}}' FROM {table} o WHERE {part:o}").unwrap();
        let filled = template.fill(Filled { table: Some(("shop", "order`1")), part: "TRUE" });
        assert_eq!(filled, "SELECT 'order`1', '{\"a\": {}}' FROM `shop`.`order``1` o WHERE (TRUE)");
        assert_eq!(template.alias(), Some("o"));
        assert!(template.has_part() && template.has_table());
    }

    #[test]
    fn a_query_has_one_part() {
        assert!(Template::new("{part} {part:o}").is_err());
        assert!(!Template::new("SELECT 1 -- {parts}").unwrap().has_part());
    }
}
