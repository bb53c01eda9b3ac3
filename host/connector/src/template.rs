//! Texts with placeholders, as options of sinks hold them: names of topics, tables and files.

use sluicegate_model::TableName;

use crate::Error;

/// A text with placeholders, taken apart once. `F` says what a placeholder stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template<F>(Vec<Piece<F>>);

/// A part of a [`Template`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece<F> {
    /// Text as it stands there.
    Text(String),
    /// What something stands in for.
    Field(F),
}

impl<F: Copy> Template<F> {
    /// Takes the `text` of an `option` apart. `{{` is a brace; `known` are the placeholders, by what stands between
    /// braces.
    ///
    /// # Errors
    /// [`Class::Configuration`](crate::Class::Configuration) for a placeholder that there is not, or that does not
    /// end.
    pub fn parse(option: &str, text: &str, known: &[(&str, F)]) -> Result<Self, Error> {
        let refused = |why: String| Error::configuration(format!("`{option}` of the sink: {why}"));
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            plain.push_str(before);
            if let Some(after) = after.strip_prefix('{') {
                plain.push('{');
                rest = after;
                continue;
            }
            let Some((name, after)) = after.split_once('}') else {
                return Err(refused(format!("{text:?} opens a placeholder and does not close it"))
                    .help("write `{{` for a brace"));
            };
            let Some((_, field)) = known.iter().find(|(known, _)| *known == name) else {
                let known: Vec<String> = known.iter().map(|(known, _)| format!("{{{known}}}")).collect();
                return Err(refused(format!("there is no placeholder {{{name}}}"))
                    .help(format!("there are {}", known.join(", "))));
            };
            if !plain.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut plain)));
            }
            pieces.push(Piece::Field(*field));
            rest = after;
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            pieces.push(Piece::Text(plain));
        }
        Ok(Self(pieces))
    }

    /// Its parts, in their order.
    pub fn pieces(&self) -> &[Piece<F>] {
        &self.0
    }

    /// What its placeholders stand for.
    pub fn fields(&self) -> impl Iterator<Item = F> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Text(_) => None,
            Piece::Field(field) => Some(*field),
        })
    }
}

/// The name of an output's table with placeholders: `{table}` is all of the output's name, `{database}` and `{name}` its
/// parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableTemplate(Template<TableField>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TableField {
    Table,
    Database,
    Name,
}

const TABLE_FIELDS: [(&str, TableField); 3] =
    [("table", TableField::Table), ("database", TableField::Database), ("name", TableField::Name)];

impl TableTemplate {
    /// Takes the option `table` apart.
    ///
    /// # Errors
    /// As [`Template::parse`].
    pub fn parse(text: &str) -> Result<Self, Error> {
        Template::parse("table", text, &TABLE_FIELDS).map(Self)
    }

    /// Whether outputs with different names have different tables, whatever their names are.
    pub fn keeps_tables_apart(&self) -> bool {
        self.0.fields().eq([TableField::Table])
    }

    /// The name for an output, as it stands in the text: what a table may be called is the sink's to say.
    pub fn name_of(&self, output: &TableName) -> String {
        let parts = self.0.pieces().iter().map(|piece| match piece {
            Piece::Text(text) => text.as_str(),
            Piece::Field(TableField::Table) => output.as_str(),
            Piece::Field(TableField::Database) => output.database(),
            Piece::Field(TableField::Name) => output.table(),
        });
        parts.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [(&str, char); 2] = [("table", 't'), ("lane", 'l')];

    fn parsed(text: &str) -> Result<String, String> {
        let template = Template::parse("topic", text, &KNOWN).map_err(|error| error.to_string())?;
        let parts = template.pieces().iter().map(|piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Field(field) => format!("<{field}>"),
        });
        Ok(parts.collect())
    }

    #[test]
    fn texts_are_taken_apart() {
        assert_eq!(parsed("a{table}b-{lane}{table}").unwrap(), "a<t>b-<l><t>");
        assert_eq!(parsed("{{table}{{").unwrap(), "{table}{");
        assert_eq!(parsed("").unwrap(), "");
        assert!(Template::parse("topic", "x{lane}", &KNOWN).unwrap().fields().eq(['l']));
    }

    #[test]
    fn an_unknown_placeholder_is_named() {
        let unknown = parsed("{tabel}").unwrap_err();
        assert!(
            unknown.contains("`topic` of the sink: there is no placeholder {tabel}")
                && unknown.contains("there are {table}, {lane}"),
            "{unknown}"
        );
        assert!(parsed("a{table").unwrap_err().contains("does not close it"));
    }
}
