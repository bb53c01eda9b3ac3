//! What goes wrong when it is told to.

use std::time::Duration;

use parking_lot::Mutex;

/// Where a fault strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Of a transaction.
    Begin,
    /// Of a transaction.
    Load,
    /// Of a transaction.
    Prepare,
    /// Of a transaction.
    Commit,
    /// Of a transaction.
    Rollback,
    /// The state of a label.
    State,
    /// A load that is a transaction by itself.
    StreamLoad,
    /// A statement on the SQL port.
    Sql,
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The connection is closed, and nothing is done.
    LostRequest,
    /// It is done, and the connection is closed instead of an answer.
    LostAnswer,
    /// The answer takes so long.
    Slow(Duration),
    /// The server answers that it failed, in these words, and does nothing.
    Fails(String),
    /// It is committed and the server answers that it failed: the rows were not visible in time.
    PublishTimeout,
    /// It is done, and the answer is a page of HTML.
    Html,
    /// It is done, and only so many bytes of the answer come.
    CutOff(usize),
}

/// A fault that strikes at the next operations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub at: Operation,
    /// What.
    pub kind: Kind,
    /// At how many operations.
    pub times: usize,
}

/// Faults that wait.
#[derive(Debug, Default)]
pub struct Faults(Mutex<Vec<Fault>>);

impl Faults {
    /// Adds one.
    pub fn add(&self, fault: Fault) {
        self.0.lock().push(fault);
    }

    /// Removes all.
    pub fn clear(&self) {
        self.0.lock().clear();
    }

    /// The one that strikes now, if any.
    pub fn strike(&self, at: Operation) -> Option<Kind> {
        let mut faults = self.0.lock();
        let place = faults.iter().position(|fault| fault.at == at)?;
        let fault = &mut faults[place];
        fault.times = fault.times.saturating_sub(1);
        let kind = fault.kind.clone();
        if fault.times == 0 {
            faults.remove(place);
        }
        Some(kind)
    }
}
