//! What a statement is, as far as the reader of a log must know.

/// What a statement does to the stream of rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Statement {
    /// A transaction begins.
    Begin,
    /// The transaction is committed.
    Commit,
    /// The transaction is rolled back.
    Rollback,
    /// A point to roll back to, by its name.
    Savepoint(String),
    /// What came after a point is rolled back.
    RollbackTo(String),
    /// `XA START`: the transaction begins.
    XaStart,
    /// `XA END`: says nothing.
    XaEnd,
    /// `XA COMMIT`: rows that were prepared before are committed. Its argument as written.
    XaCommit(String),
    /// `XA ROLLBACK`: rows that were prepared before are taken back.
    XaRollback(String),
    /// A change of rows in statement format: its rows are not in the log.
    Change,
    /// Anything else: DDL, grants.
    Other,
}

impl Statement {
    /// What a statement is. Only its first words are looked at, past comments.
    pub fn of(sql: &str) -> Self {
        let mut words = Words(sql);
        let first = words.next();
        match first.to_ascii_uppercase().as_str() {
            "BEGIN" => Self::Begin,
            "START" if words.is_next("TRANSACTION") => Self::Begin,
            "COMMIT" => Self::Commit,
            "SAVEPOINT" => Self::Savepoint(identifier(words.rest())),
            "ROLLBACK" => match words.next().to_ascii_uppercase().as_str() {
                "TO" => {
                    if words.is_next("SAVEPOINT") {
                        words.next();
                    }
                    Self::RollbackTo(identifier(words.rest()))
                }
                _ => Self::Rollback,
            },
            "XA" => match words.next().to_ascii_uppercase().as_str() {
                "START" | "BEGIN" => Self::XaStart,
                "END" => Self::XaEnd,
                "COMMIT" => Self::XaCommit(words.rest().to_owned()),
                "ROLLBACK" => Self::XaRollback(words.rest().to_owned()),
                _ => Self::Other,
            },
            "INSERT" | "UPDATE" | "DELETE" | "REPLACE" | "LOAD" => Self::Change,
            _ => Self::Other,
        }
    }
}

/// The words of a statement, one after the other.
#[derive(Clone)]
struct Words<'a>(&'a str);

impl<'a> Words<'a> {
    fn next(&mut self) -> &'a str {
        self.0 = without_comments(self.0);
        let end = self.0.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(self.0.len());
        let (word, rest) = self.0.split_at(end);
        self.0 = rest;
        word
    }

    fn is_next(&self, word: &str) -> bool {
        self.clone().next().eq_ignore_ascii_case(word)
    }

    fn rest(&self) -> &'a str {
        without_comments(self.0).trim_end().trim_end_matches(';').trim_end()
    }
}

/// The text past blanks and comments. `/*!` begins code that only MySQL reads, so it is no comment here.
pub(crate) fn without_comments(mut sql: &str) -> &str {
    loop {
        sql = sql.trim_start();
        let comment = if let Some(block) = sql.strip_prefix("/*") {
            if let Some(code) = block.strip_prefix('!') {
                sql = code.trim_start_matches(|c: char| c.is_ascii_digit());
                continue;
            }
            block.split_once("*/")
        } else if sql.starts_with('#') || sql.starts_with("-- ") {
            sql.split_once('\n')
        } else {
            return sql;
        };
        match comment {
            Some((_, rest)) => sql = rest,
            None => return "",
        }
    }
}

fn identifier(text: &str) -> String {
    match text.strip_prefix('`').and_then(|text| text.strip_suffix('`')) {
        Some(quoted) => quoted.replace("``", "`"),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_told_by_their_first_words() {
        let cases = [
            ("BEGIN", Statement::Begin),
            ("start transaction", Statement::Begin),
            ("COMMIT", Statement::Commit),
            ("ROLLBACK", Statement::Rollback),
            ("ROLLBACK TO `a``b`", Statement::RollbackTo("a`b".to_owned())),
            ("rollback to savepoint x;", Statement::RollbackTo("x".to_owned())),
            ("SAVEPOINT `p`", Statement::Savepoint("p".to_owned())),
            ("XA START X'61',X'',1", Statement::XaStart),
            ("XA COMMIT X'61',X'',1", Statement::XaCommit("X'61',X'',1".to_owned())),
            ("/* a tool */ # more\n INSERT INTO t VALUES (1)", Statement::Change),
            ("/*!80000 DELETE FROM t */", Statement::Change),
            ("-- only this", Statement::Other),
            ("CREATE TABLE begin (a int)", Statement::Other),
            ("BEGINNING", Statement::Other),
        ];
        for (sql, statement) in cases {
            assert_eq!(Statement::of(sql), statement, "{sql}");
        }
    }
}
