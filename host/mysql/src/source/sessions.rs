//! Sessions that read beside each other.

use parking_lot::Mutex;
use sluicegate_connector::Error;

use crate::Connection;
use crate::client::ReadSession;

/// Sessions of one server, for whoever needs one.
pub struct Sessions {
    connection: Connection,
    /// Those that nobody uses.
    idle: Mutex<Vec<ReadSession>>,
}

impl Sessions {
    /// None yet.
    pub fn new(connection: Connection) -> Self {
        Self { connection, idle: Mutex::default() }
    }

    /// A session. After an error of it it is not to be given back.
    ///
    /// # Errors
    /// The server's.
    pub async fn take(&self) -> Result<ReadSession, Error> {
        loop {
            let Some(mut session) = self.idle.lock().pop() else { break };
            if session.is_alive().await {
                return Ok(session);
            }
        }
        ReadSession::open(&self.connection).await
    }

    /// Keeps a session for the next who needs one.
    pub fn give_back(&self, session: ReadSession) {
        self.idle.lock().push(session);
    }
}

impl std::fmt::Debug for Sessions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sessions({})", self.connection.address())
    }
}
