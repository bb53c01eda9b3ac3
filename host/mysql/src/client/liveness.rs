//! Whether a session can still be used.

use std::time::{Duration, Instant};

use sluicegate_connector::Error;
use tokio::time::error::Elapsed;

use super::failure::{Failure, sort};

/// How long a session may have been silent before it is asked whether it is still there.
const SILENT: Duration = Duration::from_secs(10);

/// Answers of a server that ends the session with them.
const GOODBYES: [u16; 9] = [1053, 1152, 1153, 1158, 1159, 1160, 1161, 1927, 4031];

/// What is known of a session's other end.
#[derive(Debug)]
pub struct Liveness {
    /// How long a statement may take.
    pub limit: Duration,
    used: Instant,
    /// A statement was begun whose end was not seen: nothing that follows can be trusted.
    broken: bool,
}

impl Liveness {
    /// It was just heard of.
    pub fn new(limit: Duration) -> Self {
        Self { limit, used: Instant::now(), broken: false }
    }

    /// Whether it is of no use any more.
    pub fn is_broken(&self) -> bool {
        self.broken
    }

    /// Whether it has to be asked whether it is still there.
    pub fn is_silent(&self) -> bool {
        self.used.elapsed() >= SILENT
    }

    /// A statement begins.
    pub fn begin(&mut self) {
        self.broken = true;
    }

    /// A statement has ended, or its time has.
    ///
    /// # Errors
    /// Why it failed; `what` says what was tried.
    pub fn ended<T>(
        &mut self,
        result: Result<mysql_async::Result<T>, Elapsed>,
        what: &str,
    ) -> Result<T, Failure> {
        match result {
            Err(_) => {
                let seconds = self.limit.as_secs();
                let error = Error::transient(format!("{what}: no answer within {seconds} s"));
                Err(Failure::Other(error.help("see what the server waits for, or raise `statement_timeout`")))
            }
            Ok(Ok(value)) => {
                self.broken = false;
                self.used = Instant::now();
                Ok(value)
            }
            Ok(Err(error)) => {
                // Anything but an answer of the server means that the connection is gone; some answers say so too.
                self.broken = match &error {
                    mysql_async::Error::Server(answer) => GOODBYES.contains(&answer.code),
                    _ => true,
                };
                Err(sort(error, what))
            }
        }
    }
}
