//! Which tables a statement changes.
//!
//! Only the head of a statement is read, up to the names: what an `ALTER TABLE` does shows in the rows that follow, which
//! their table maps describe. So no clause of a server's dialect can be one too many.

use crate::binlog::event::query::Query;

/// What a statement does to tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Makes them.
    Create,
    /// Changes them, names them anew, removes them.
    Change,
    /// Removes all of their rows.
    Truncate,
}

/// A statement about tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ddl {
    /// What it does.
    pub verb: Verb,
    /// Databases and names of the tables; the name is `*` where all of a database are meant.
    pub tables: Vec<(String, String)>,
}

impl Ddl {
    /// What a statement does; `None` where it is not about tables. Temporary tables are not in the log.
    ///
    /// # Errors
    /// The words at which the names could not be read on.
    pub fn of(query: &Query) -> Result<Option<Self>, String> {
        let mut words = Words { sql: &query.sql, database: &query.database };
        let Some(verb) = words.verb() else { return Ok(None) };
        let tables = words.tables(verb)?;
        let verb = match verb {
            Head::Create => Verb::Create,
            Head::Truncate => Verb::Truncate,
            _ => Verb::Change,
        };
        Ok(Some(Self { verb, tables }))
    }
}

/// Whether a statement names a table, as far as its words tell: a name in a text or a comment counts, and so does that of
/// a column.
pub fn mentions(query: &Query, is_read: impl Fn(&str, &str) -> bool) -> bool {
    let mut words = Words { sql: &query.sql, database: &query.database };
    loop {
        words.pass_blanks();
        let here = words.sql;
        let Some(next) = here.chars().next() else { return false };
        match words.name() {
            Some((database, table)) => {
                if is_read(&database, &table) {
                    return true;
                }
            }
            None => words.sql = &here[next.len_utf8()..],
        }
    }
}

#[derive(Clone, Copy)]
enum Head {
    Create,
    Alter,
    Drop,
    Rename,
    Truncate,
    /// `CREATE INDEX .. ON`, `DROP INDEX .. ON`.
    Index,
    Database,
}

#[derive(Clone)]
struct Words<'a> {
    sql: &'a str,
    database: &'a str,
}

impl Words<'_> {
    /// The statement up to the names; `None` where it is not about tables.
    fn verb(&mut self) -> Option<Head> {
        let first = self.word();
        let head = match first.as_str() {
            "CREATE" => Head::Create,
            "ALTER" => Head::Alter,
            "DROP" => Head::Drop,
            "RENAME" => Head::Rename,
            "TRUNCATE" => {
                self.pass(&["TABLE"]);
                return Some(Head::Truncate);
            }
            _ => return None,
        };
        if matches!(head, Head::Create) && self.pass(&["OR"]) {
            self.pass(&["REPLACE"]);
        }
        loop {
            let before = self.clone();
            match (head, self.word().as_str()) {
                (_, "TABLE" | "TABLES") => break,
                (Head::Drop, "DATABASE" | "SCHEMA") => {
                    self.pass_condition();
                    return Some(Head::Database);
                }
                (Head::Create | Head::Drop, "INDEX") => {
                    self.pass_condition();
                    self.identifier()?;
                    // `USING BTREE` may stand between.
                    while !self.pass(&["ON"]) {
                        if self.word().is_empty() {
                            return None;
                        }
                    }
                    return Some(Head::Index);
                }
                (_, "UNIQUE" | "FULLTEXT" | "SPATIAL" | "ONLINE" | "OFFLINE" | "IGNORE" | "VECTOR") => {}
                // Views, users, functions, temporary tables.
                _ => {
                    *self = before;
                    return None;
                }
            }
        }
        self.pass_condition();
        Some(head)
    }

    fn tables(&mut self, head: Head) -> Result<Vec<(String, String)>, String> {
        if matches!(head, Head::Database) {
            let database = self.identifier().ok_or_else(|| self.here())?;
            return Ok(vec![(database, "*".to_owned())]);
        }
        let mut tables = vec![self.table()?];
        loop {
            // MariaDB: how long to wait for a lock.
            if self.pass(&["WAIT"]) {
                self.pass_number();
            } else {
                self.pass(&["NOWAIT"]);
            }
            match head {
                Head::Drop if self.pass_sign(',') => tables.push(self.table()?),
                Head::Rename if self.pass(&["TO"]) || self.pass_sign(',') => tables.push(self.table()?),
                // A renamed table is another one.
                Head::Alter => {
                    tables.extend(self.renamed_to());
                    return Ok(tables);
                }
                _ => return Ok(tables),
            }
        }
    }

    /// The name after `RENAME TO` or `RENAME AS` of an `ALTER TABLE`, where that is its first clause.
    fn renamed_to(&mut self) -> Option<(String, String)> {
        if !self.pass(&["RENAME"]) {
            return None;
        }
        if ["COLUMN", "INDEX", "KEY", "CONSTRAINT"].iter().any(|what| self.clone().pass(&[what])) {
            return None;
        }
        self.pass(&["TO", "AS"]);
        self.pass_sign('=');
        self.name()
    }

    fn table(&mut self) -> Result<(String, String), String> {
        self.name().ok_or_else(|| self.here())
    }

    fn name(&mut self) -> Option<(String, String)> {
        let first = self.identifier()?;
        if !self.pass_sign('.') {
            return Some((self.database.to_owned(), first));
        }
        self.identifier().map(|table| (first, table))
    }

    /// A name, in backquotes, in double quotes (`ANSI_QUOTES`) or in neither.
    fn identifier(&mut self) -> Option<String> {
        self.pass_blanks();
        let quote = self.sql.chars().next().filter(|first| matches!(first, '`' | '"'));
        let Some(quote) = quote else {
            let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$') || !c.is_ascii();
            let end = self.sql.find(|c: char| !plain(c)).unwrap_or(self.sql.len());
            let (name, rest) = self.sql.split_at(end);
            self.sql = rest;
            return (!name.is_empty()).then(|| name.to_owned());
        };
        let mut name = String::new();
        let mut rest = self.sql[1..].char_indices().peekable();
        while let Some((place, letter)) = rest.next() {
            if letter != quote {
                name.push(letter);
            } else if rest.next_if(|(_, next)| *next == quote).is_some() {
                name.push(quote);
            } else {
                self.sql = &self.sql[1 + place + 1..];
                return Some(name);
            }
        }
        None
    }

    /// The next word, in upper case.
    fn word(&mut self) -> String {
        self.pass_blanks();
        let end = self.sql.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(self.sql.len());
        let (word, rest) = self.sql.split_at(end);
        self.sql = rest;
        word.to_ascii_uppercase()
    }

    /// Passes over the next word where it is one of some.
    fn pass(&mut self, words: &[&str]) -> bool {
        let mut ahead = self.clone();
        let found = words.contains(&ahead.word().as_str());
        if found {
            *self = ahead;
        }
        found
    }

    /// Passes over `IF EXISTS` and `IF NOT EXISTS`.
    fn pass_condition(&mut self) {
        let mut ahead = self.clone();
        if ahead.pass(&["IF"]) {
            ahead.pass(&["NOT"]);
            if ahead.pass(&["EXISTS"]) {
                *self = ahead;
            }
        }
    }

    fn pass_sign(&mut self, sign: char) -> bool {
        self.pass_blanks();
        let Some(rest) = self.sql.strip_prefix(sign) else { return false };
        self.sql = rest;
        true
    }

    fn pass_number(&mut self) {
        self.pass_blanks();
        self.sql = self.sql.trim_start_matches(|c: char| c.is_ascii_digit());
    }

    fn pass_blanks(&mut self) {
        loop {
            self.sql = crate::binlog::event::statement::without_comments(self.sql);
            // The end of code that only some servers read.
            let Some(rest) = self.sql.strip_prefix("*/") else { return };
            self.sql = rest;
        }
    }

    /// The words that could not be read.
    fn here(&self) -> String {
        self.sql.chars().take(40).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(sql: &str) -> Query {
        Query {
            thread_id: 0,
            error_code: 0,
            database: "d".to_owned(),
            sql: sql.to_owned(),
            client_collation: None,
            server_collation: None,
            database_collation: None,
            time_zone: None,
            sql_mode: None,
            microseconds: None,
        }
    }

    fn names(sql: &str) -> Option<(Verb, String)> {
        let ddl = Ddl::of(&query(sql)).unwrap()?;
        let names: Vec<String> =
            ddl.tables.iter().map(|(database, table)| format!("{database}.{table}")).collect();
        Some((ddl.verb, names.join(" ")))
    }

    #[test]
    fn tables_are_found_in_statements() {
        let cases = [
            ("ALTER TABLE t ADD COLUMN c INT", Verb::Change, "d.t"),
            ("/* gh-ost */ alter /*!80000 */ table `a``b`.`T` force", Verb::Change, "a`b.T"),
            ("ALTER ONLINE IGNORE TABLE IF EXISTS x.t WAIT 5 DROP c", Verb::Change, "x.t"),
            ("ALTER TABLE t RENAME TO u.v", Verb::Change, "d.t u.v"),
            ("ALTER TABLE t RENAME COLUMN a TO b", Verb::Change, "d.t"),
            ("RENAME TABLE t TO _t_old, _t_new TO t", Verb::Change, "d.t d._t_old d._t_new d.t"),
            ("DROP TABLE IF EXISTS `a`, b.c /* generated by server */", Verb::Change, "d.a b.c"),
            ("DROP DATABASE IF EXISTS old", Verb::Change, "old.*"),
            ("TRUNCATE t", Verb::Truncate, "d.t"),
            ("truncate table x.\"t\"", Verb::Truncate, "x.t"),
            ("CREATE OR REPLACE TABLE IF NOT EXISTS n (a INT)", Verb::Create, "d.n"),
            ("CREATE UNIQUE INDEX i USING BTREE ON t (a)", Verb::Change, "d.t"),
            ("DROP INDEX i ON `t`", Verb::Change, "d.t"),
            ("ALTER TABLE \u{8868} ADD x INT", Verb::Change, "d.\u{8868}"),
        ];
        for (sql, verb, tables) in cases {
            assert_eq!(names(sql), Some((verb, tables.to_owned())), "{sql}");
        }
    }

    #[test]
    fn other_statements_are_about_no_tables() {
        for sql in [
            "CREATE TEMPORARY TABLE t (a INT)",
            "DROP TEMPORARY TABLE t",
            "CREATE VIEW v AS SELECT 1",
            "ALTER USER u IDENTIFIED BY 'TABLE'",
            "GRANT ALL ON *.* TO u",
            "FLUSH TABLES",
            "CREATE DATABASE x",
            "DROP PROCEDURE p",
            "",
        ] {
            assert_eq!(names(sql), None, "{sql}");
        }
    }

    #[test]
    fn names_that_cannot_be_read_are_told() {
        assert_eq!(Ddl::of(&query("DROP TABLE ?")).unwrap_err(), "?");
        assert!(Ddl::of(&query("ALTER TABLE `t")).is_err());
    }

    #[test]
    fn statements_name_their_tables() {
        let mentions = |sql: &str| mentions(&query(sql), |database, table| (database, table) == ("d", "t"));
        assert!(mentions("INSERT INTO t VALUES (1)") && mentions("DELETE FROM x.y USING `d`.`t`"));
        assert!(!mentions("UPDATE x.t SET a = 1") && !mentions("INSERT INTO tt VALUES ('\u{e9}')"));
    }
}
