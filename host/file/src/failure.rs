//! Errors of the file system, in the words of the person who must act.

use std::io;
use std::path::Path;

use sluicegate_connector::Error;

/// What failed on a file, sorted by who can mend it: what is full or broken may pass, what is forbidden will not.
pub(crate) fn failed(what: &str, path: &Path, error: io::Error) -> Error {
    let kind = error.kind();
    let full = matches!(
        kind,
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
    );
    let message = format!("{} cannot be {what}", path.display());
    if full {
        Error::transient(message)
            .caused_by(error)
            .help("make room on its file system, or raise the limit; it is tried again until then")
    } else if matches!(kind, io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem) {
        Error::configuration(message).caused_by(error).help("give this user the right to do that")
    } else if matches!(
        kind,
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory
    ) {
        Error::fatal(message)
            .caused_by(error)
            .help("check the path, and whether something else moves files there")
    } else {
        Error::transient(message).caused_by(error)
    }
}

/// Does blocking work on a thread for it. The work goes on when whoever waits is cancelled.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|broken| Err(Error::fatal("work on a file broke off").caused_by(broken)))
}
