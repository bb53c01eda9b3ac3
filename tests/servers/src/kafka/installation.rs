//! Kafka's jars in the checkout's cache.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::directories::checkout;
use crate::error::ServerError;

/// The folder of Kafka's jars. They are fetched where they are missing.
pub(super) fn jars() -> Result<PathBuf, ServerError> {
    let script = checkout().join("tests/servers/kafka/fetch");
    let output = Command::new(&script)
        .stdin(Stdio::null())
        .output()
        .map_err(ServerError::io(format!("running {}", script.display())))?;
    if !output.status.success() {
        let output = String::from_utf8_lossy(&output.stderr).trim_end().to_owned();
        return Err(ServerError::NotInstalled { what: "Apache Kafka", output });
    }
    Ok(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim_end()))
}
