//! Which server, and what is special about it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::small_disk::SmallDisk;

/// A server that speaks MySQL's protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Flavour {
    /// The distribution's MariaDB.
    MariaDb,
    /// MySQL, from `tests/servers/mysql/fetch`: 8.4, or the version that `SLUICEGATE_MYSQL` names.
    MySql,
}

/// What `tests/servers/mysql/fetch` is asked for.
pub(super) fn version() -> &'static str {
    static VERSION: LazyLock<String> =
        LazyLock::new(|| std::env::var("SLUICEGATE_MYSQL").unwrap_or_else(|_| "8.4".to_owned()));
    &VERSION
}

impl Flavour {
    /// All that tests of a connector run on.
    pub const ALL: [Self; 2] = [Self::MariaDb, Self::MySql];

    /// Its name, for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::MariaDb => "MariaDB",
            Self::MySql => "MySQL",
        }
    }

    /// Its name, for folders.
    pub(super) const fn slug(self) -> &'static str {
        match self {
            Self::MariaDb => "mariadb",
            Self::MySql => "mysql",
        }
    }
}

impl fmt::Display for Flavour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        if *self == Self::MySql { write!(f, " {}", version()) } else { Ok(()) }
    }
}

/// How a server is started: small, with a binlog of whole rows, in UTC, durable enough to be killed but not to lose
/// power.
#[derive(Clone, Debug)]
pub struct MySqlOptions {
    pub(super) flavour: Flavour,
    pub(super) settings: BTreeMap<String, String>,
    pub(super) start_limit: Duration,
    /// The start of the server's command.
    pub(super) within: Vec<String>,
}

/// What every test server gets, on both flavours.
const DEFAULTS: &[(&str, &str)] = &[
    ("bind-address", "127.0.0.1"),
    ("server-id", "1"),
    ("log-bin", "binlog"),
    ("binlog-format", "ROW"),
    ("binlog-row-image", "FULL"),
    ("binlog-row-metadata", "FULL"),
    ("sync-binlog", "0"),
    ("innodb-flush-log-at-trx-commit", "2"),
    ("innodb-buffer-pool-size", "128M"),
    ("innodb-doublewrite", "OFF"),
    ("skip-name-resolve", "ON"),
    ("local-infile", "1"),
    ("default-time-zone", "+00:00"),
    ("max-connections", "200"),
];

const OF_MARIADB: &[(&str, &str)] = &[("innodb-log-file-size", "64M")];

const OF_MYSQL: &[(&str, &str)] = &[
    ("mysqlx", "OFF"),
    ("gtid-mode", "ON"),
    ("enforce-gtid-consistency", "ON"),
    ("innodb-redo-log-capacity", "64M"),
    ("secure-file-priv", "NULL"),
    ("performance-schema", "OFF"),
];

impl MySqlOptions {
    /// A server of a flavour as tests use it.
    pub fn new(flavour: Flavour) -> Self {
        let own = match flavour {
            Flavour::MariaDb => OF_MARIADB,
            Flavour::MySql => OF_MYSQL,
        };
        let settings =
            DEFAULTS.iter().chain(own).map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        Self {
            flavour,
            settings: settings.collect(),
            start_limit: Duration::from_secs(90),
            within: Vec::new(),
        }
    }

    /// Sets an option of the server (its name as on the command line, without the dashes), over what tests use.
    #[must_use]
    pub fn set(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.insert(key.into(), value.into());
        self
    }

    /// Lets the server see a disk, for a table's `DATA DIRECTORY`.
    #[must_use]
    pub fn with_disk(mut self, disk: &SmallDisk) -> Self {
        self.within = disk.command();
        match self.flavour {
            // There a table may be anywhere.
            Flavour::MariaDb => self,
            Flavour::MySql => self.set("innodb-directories", disk.directory().display().to_string()),
        }
    }
}
