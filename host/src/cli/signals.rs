//! SIGTERM and SIGINT drain; a second one aborts.

use sluicegate_engine::StopLevel;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tracing::{info, warn};

/// What the signals ask for, from now on.
///
/// # Errors
/// The system's, where signals cannot be listened to.
pub(super) fn stop_level() -> std::io::Result<watch::Receiver<StopLevel>> {
    let (level, receiver) = watch::channel(StopLevel::Run);
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
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
