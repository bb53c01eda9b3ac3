//! SIGTERM and SIGINT drain; a second one aborts. A file at its limit is an error, and no end.

use sluicegate_engine::StopLevel;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tracing::{info, warn};

/// SIGXFSZ of Linux: a write went beyond the size that a file may have.
const FILE_TOO_LARGE: i32 = 25;

/// What the signals ask for, from now on.
///
/// # Errors
/// The system's, where signals cannot be listened to.
pub(super) fn stop_level() -> std::io::Result<watch::Receiver<StopLevel>> {
    let (level, receiver) = watch::channel(StopLevel::Run);
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    // Listened to once, it does not end the process any more: the write fails, and is told and tried again.
    drop(signal(SignalKind::from_raw(FILE_TOO_LARGE))?);
    tokio::spawn(async move {
        for next in [StopLevel::Drain, StopLevel::Abort] {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            if next == StopLevel::Drain {
                info!("a signal asks to stop: what was read is committed first");
            } else {
                warn!("a second signal: stopping now, what is not committed is read again by the next start");
            }
            let _ = level.send(next);
        }
        // The channel stays open until the process ends.
        std::future::pending::<()>().await;
    });
    Ok(receiver)
}
