//! What front ends and back ends know.
//!
//! | module | holds |
//! |---|---|
//! | [`table`] | tables and their rows |
//! | [`transaction`] | transactions of a database, by label |
//! | [`context`] | what a back end holds of a transaction |
//! | [`alter`] | changes of tables |
//! | [`aggregate`] | values of one key that become one |

pub mod aggregate;
pub mod alter;
pub mod context;
pub mod table;
pub mod transaction;

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};

use crate::faults::Faults;
pub use aggregate::Aggregate;
pub use alter::{Alter, AlterState};
pub use context::Context;
pub use table::{Column, Model, Row, Table};
pub use transaction::{Counts, Transaction, TransactionState, Transactions};

/// Encryption.
#[derive(Clone, Debug)]
pub struct Tls {
    /// The file of the servers' certificate, PEM.
    pub certificate: PathBuf,
    /// The file of its key, PEM.
    pub key: PathBuf,
    /// Whether back ends are encrypted as well as front ends. Of versions up to now they are not, and front ends send on
    /// to them by http.
    pub back_ends: bool,
}

/// How a cluster is set up.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Front ends; the first is the leader.
    pub front_ends: usize,
    /// Back ends.
    pub back_ends: usize,
    /// Users and their passwords. All may do everything but those whose name begins with `guest`, who may not insert.
    pub users: Vec<(String, String)>,
    /// `label_keep_max_num`: final transactions of a database beyond this number are forgotten, the oldest first.
    pub labels_kept: usize,
    /// `max_running_txn_num_per_db`.
    pub most_running: usize,
    /// `stream_load_default_timeout_second`.
    pub timeout: Duration,
    /// How long a job takes that adds a column to a table.
    pub alter_takes: Duration,
    /// Encryption; `None`: everything is plain text.
    pub tls: Option<Tls>,
    /// Major and minor version. Before 3.4 front ends answer with other classes of exceptions and content types, before 4.2
    /// back ends read no Arrow.
    pub version: (u32, u32),
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            front_ends: 2,
            back_ends: 1,
            users: vec![("root".to_owned(), String::new())],
            labels_kept: 1000,
            most_running: 1000,
            timeout: Duration::from_mins(10),
            alter_takes: Duration::from_millis(200),
            tls: None,
            version: (3, 5),
        }
    }
}

/// A cluster.
#[derive(Debug)]
pub struct Cluster {
    /// How it is set up.
    pub settings: Settings,
    /// What goes wrong.
    pub faults: Faults,
    state: Mutex<State>,
}

/// Everything that changes.
#[derive(Debug, Default)]
pub struct State {
    /// By name.
    pub databases: BTreeMap<String, Database>,
    /// What each back end holds, by database and label.
    pub contexts: Vec<HashMap<(String, String), Context>>,
    /// URLs of the front ends' HTTP ports.
    pub front_ends: Vec<String>,
    /// URLs of the back ends.
    pub back_ends: Vec<String>,
    /// Logs of refused rows, by name.
    pub error_logs: BTreeMap<String, String>,
    /// [`Settings::alter_takes`].
    pub alter_takes: Duration,
    /// [`Settings::version`].
    pub version: (u32, u32),
    /// `format` of each plain load that came.
    pub formats: Vec<String>,
    last_transaction: i64,
}

/// A database.
#[derive(Debug, Default)]
pub struct Database {
    /// By name.
    pub tables: BTreeMap<String, Table>,
    /// By label.
    pub transactions: Transactions,
    /// Jobs that change tables, oldest first.
    pub alters: Vec<Alter>,
}

impl Cluster {
    /// A cluster without tables.
    pub fn new(settings: Settings) -> Self {
        let state = State {
            contexts: vec![HashMap::new(); settings.back_ends],
            alter_takes: settings.alter_takes,
            version: settings.version,
            ..State::default()
        };
        Self { settings, faults: Faults::default(), state: Mutex::new(state) }
    }

    /// What it knows.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    /// Whether a user has this password.
    pub fn knows(&self, user: &str, password: &str) -> bool {
        // A user may name its cluster behind an `@`.
        let user = user.split('@').next().unwrap_or(user);
        self.settings.users.iter().any(|(name, theirs)| name == user && theirs == password)
    }

    /// The password of a user.
    pub fn password(&self, user: &str) -> Option<&str> {
        self.settings.users.iter().find(|(name, _)| name == user).map(|(_, password)| password.as_str())
    }

    /// Whether a user may insert.
    pub fn may_insert(user: &str) -> bool {
        !user.starts_with("guest")
    }
}

impl State {
    /// The number of a new transaction.
    pub fn next_transaction(&mut self) -> i64 {
        // As large as those of a server that has run for a while.
        self.last_transaction = self.last_transaction.max(4000) + 1;
        self.last_transaction
    }

    /// What a leader that is started again knows: transactions that were not prepared are gone.
    pub fn restart_front_end(&mut self) {
        for database in self.databases.values_mut() {
            database.transactions.forget_unprepared();
        }
    }

    /// What a back end that is started again knows: nothing of transactions. The front end aborts those that it had
    /// not prepared.
    pub fn restart_back_end(&mut self, number: usize) {
        self.contexts[number].clear();
        for database in self.databases.values_mut() {
            database.transactions.abort_of_back_end(number);
        }
    }

    /// Applies the rows of transactions that are committed and were not published in time.
    pub fn publish(&mut self) {
        for database in self.databases.values_mut() {
            let Database { tables, transactions, .. } = database;
            transactions.publish(tables);
        }
        self.alter();
    }

    /// Aborts what was not prepared in time.
    pub fn expire(&mut self) {
        for database in self.databases.values_mut() {
            database.transactions.expire();
        }
    }
}
