//! What kind of server it is, and what it takes.

/// The two families of servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// MySQL and what calls itself so.
    MySql,
    /// MariaDB.
    MariaDb,
}

/// What a server said about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Its family.
    pub family: Family,
    /// Its version.
    pub version: (u16, u16, u16),
    /// Bytes of a packet, at most.
    pub max_allowed_packet: usize,
    /// Whether it takes `LOAD DATA LOCAL INFILE`.
    pub local_infile: bool,
}

/// What a packet holds beside the statement.
const FRAMING: usize = 1024;

impl Server {
    /// From the text of `VERSION()`: `10.11.6-MariaDB-1`, `8.4.6`.
    pub fn new(version: &str, max_allowed_packet: usize) -> Self {
        let family =
            if version.to_ascii_lowercase().contains("mariadb") { Family::MariaDb } else { Family::MySql };
        // Old MariaDB put this before its own number, for old clients.
        let number = version.strip_prefix("5.5.5-").filter(|_| family == Family::MariaDb).unwrap_or(version);
        let mut parts = number.split(|c: char| !c.is_ascii_digit()).map(|part| part.parse().unwrap_or(0));
        let mut part = || parts.next().unwrap_or(0);
        Self { family, version: (part(), part(), part()), max_allowed_packet, local_infile: false }
    }

    /// The same, which takes `LOAD DATA LOCAL INFILE` or does not.
    #[must_use]
    pub fn with_local_infile(self, local_infile: bool) -> Self {
        Self { local_infile, ..self }
    }

    /// Whether the new row of `INSERT ... ON DUPLICATE KEY UPDATE` may have a name: from MySQL 8.0.19 on, where
    /// `VALUES()` is deprecated (dev.mysql.com/doc/refman/8.4/en/insert-on-duplicate.html). MariaDB knows `VALUES()`
    /// alone.
    pub fn names_new_row(&self) -> bool {
        self.family == Family::MySql && self.version >= (8, 0, 19)
    }

    /// Bytes of a statement, at most.
    pub fn longest_statement(&self) -> usize {
        self.max_allowed_packet.saturating_sub(FRAMING).max(FRAMING)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read() {
        let server = |version| Server::new(version, 1 << 24);
        assert_eq!(server("8.4.6-0ubuntu1").version, (8, 4, 6));
        assert!(server("8.0.19").names_new_row() && !server("8.0.18").names_new_row());
        let mariadb = server("5.5.5-10.11.6-MariaDB-1:10.11.6+maria");
        assert_eq!((mariadb.family, mariadb.version), (Family::MariaDb, (10, 11, 6)));
        assert!(!server("11.4.2-MariaDB").names_new_row());
    }
}
