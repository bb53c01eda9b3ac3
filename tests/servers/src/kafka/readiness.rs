//! Waits until a broker serves.

use std::path::Path;
use std::time::{Duration, Instant};

use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::producer::{BaseProducer, Producer as _};
use rdkafka::{Offset, TopicPartitionList};

use crate::error::ServerError;
use crate::server_process::ServerProcess;

/// The name under which the coordinators are asked. It is never used for anything else.
const WARM_UP: &str = "sluicegate-test-warm-up";

/// How long one question may take before the process is looked at again.
const PATIENCE: Duration = Duration::from_secs(2);

/// Returns when the broker answers with the cluster id that it was given and both coordinators work.
///
/// The first question to a coordinator makes its topic, and a coordinator that loads one refuses for seconds: a test
/// is not to measure that.
pub(super) fn wait(
    process: &mut ServerProcess,
    brokers: &str,
    cluster_id: &str,
    limit: Duration,
    log: &Path,
) -> Result<(), ServerError> {
    let start = Instant::now();
    let mut until = |what: &str, done: &mut dyn FnMut() -> bool| {
        loop {
            if let Some(status) = process.ended() {
                let (log, tail) = (log.to_path_buf(), end_of(log));
                return Err(ServerError::EndedEarly { server: "Kafka", status, log, tail });
            }
            if done() {
                return Ok(());
            }
            if start.elapsed() > limit {
                let (what, log) = (what.to_owned(), log.to_path_buf());
                return Err(ServerError::TimedOut { server: "Kafka", what, limit, log });
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    };

    until("open its port", &mut || std::net::TcpStream::connect(brokers).is_ok())?;

    let consumer: BaseConsumer = client_config(brokers)
        .set("group.id", WARM_UP)
        .create()
        .map_err(ServerError::kafka("making a client to look at the broker"))?;
    until("answer as the cluster that was started", &mut || {
        consumer.client().fetch_cluster_id(PATIENCE).as_deref() == Some(cluster_id)
    })?;

    let producer: BaseProducer = client_config(brokers)
        .set("transactional.id", WARM_UP)
        .create()
        .map_err(ServerError::kafka("making a transactional client to look at the broker"))?;
    until("start its transaction coordinator", &mut || producer.init_transactions(PATIENCE).is_ok())?;

    // Any partition does: the question loads the group's coordinator.
    let mut any = TopicPartitionList::new();
    any.add_partition("__transaction_state", 0);
    until("start its group coordinator", &mut || {
        let answer = consumer.committed_offsets(any.clone(), PATIENCE);
        answer.is_ok_and(|list| {
            list.elements().iter().all(|e| e.error().is_ok() && e.offset() == Offset::Invalid)
        })
    })
}

fn client_config(brokers: &str) -> ClientConfig {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", brokers)
        .set("reconnect.backoff.ms", "50")
        .set("reconnect.backoff.max.ms", "200")
        // Refused connections are what is waited out here.
        .set("log_level", "0");
    config
}

/// The last lines of a log.
fn end_of(log: &Path) -> String {
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(40)..].join("\n")
}
