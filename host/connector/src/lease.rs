//! Which of several processes reads a source that does not divide its lanes itself.
//!
//! A lease is no fence: a process that stood still may believe that it has what another took. What refuses it is the
//! decision about its lanes ([`crate::Writer::take`]). A lease keeps processes from taking lanes from each other in turn,
//! and lets one that waits know when to.

use async_trait::async_trait;

use crate::Error;

/// Who has a lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// A name that no other process has, nor the same one after a restart.
    pub process: String,
    /// The instance, which is the same after a restart.
    pub instance: String,
    /// How often it was renewed: one that does not grow is a holder that stands still.
    pub beat: u64,
    /// Given up by its holder.
    pub released: bool,
}

/// The lease of a pipeline, kept beside its positions.
#[async_trait]
pub trait Lease: Send {
    /// The name of this process that no other has.
    fn process(&self) -> &str;

    /// The instance of this process.
    fn instance(&self) -> &str;

    /// Who has it; `None` where nobody ever had.
    ///
    /// # Errors
    /// The system's.
    async fn look(&mut self) -> Result<Option<Holder>, Error>;

    /// Writes a holder where the lease is still as it was seen, and gives whether it was.
    ///
    /// # Errors
    /// The system's.
    async fn put(&mut self, seen: Option<&Holder>, next: &Holder) -> Result<bool, Error>;
}
