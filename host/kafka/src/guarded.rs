//! Settings of librdkafka that carry the guarantee and are therefore not free.

use sluicegate_connector::Error;

/// A setting, why it is kept, and what to use instead, where there is something.
struct Guarded {
    key: &'static str,
    why: &'static str,
    instead: Option<&'static str>,
}

const fn fixed(key: &'static str, why: &'static str) -> Guarded {
    Guarded { key, why, instead: None }
}

const fn option(key: &'static str, why: &'static str, instead: &'static str) -> Guarded {
    Guarded { key, why, instead: Some(instead) }
}

const FENCE: &str = "it fences processes that lost their lanes";
const ORDER: &str = "rows could be lost, doubled or re-ordered";
const PROGRESS: &str = "progress moves with the decision of an epoch and with nothing else";
const UNREAD: &str = "rows of aborted transactions would be read";

const GUARDED: &[Guarded] = &[
    fixed("isolation.level", UNREAD),
    fixed("enable.auto.commit", PROGRESS),
    fixed("auto.commit.enable", PROGRESS),
    fixed("auto.commit.interval.ms", PROGRESS),
    fixed("enable.auto.offset.store", PROGRESS),
    fixed("offset.store.method", PROGRESS),
    option(
        "auto.offset.reset",
        "a lost position is never reset in silence",
        "`start` and `on_purged` of the source",
    ),
    option("group.id", FENCE, "`group` of the source"),
    option("group.instance.id", FENCE, "`instance` of the pipeline"),
    fixed("group.protocol", "under another protocol the successor of a killed process waits for a time-out"),
    fixed("group.remote.assignor", FENCE),
    fixed("partition.assignment.strategy", "lanes move one by one"),
    option("session.timeout.ms", FENCE, "`session_timeout` of the source"),
    fixed("enable.partition.eof", "the end of a lane is told by it"),
    fixed("transactional.id", FENCE),
    option("transaction.timeout.ms", FENCE, "`transaction_timeout` of the sink"),
    fixed("enable.idempotence", ORDER),
    fixed("enable.gapless.guarantee", ORDER),
    fixed("acks", ORDER),
    fixed("request.required.acks", ORDER),
    fixed("max.in.flight", ORDER),
    fixed("max.in.flight.requests.per.connection", ORDER),
    fixed("retries", ORDER),
    fixed("message.send.max.retries", ORDER),
    fixed("message.timeout.ms", ORDER),
    fixed("delivery.timeout.ms", ORDER),
    fixed("delivery.report.only.error", ORDER),
    option("message.max.bytes", "it follows the limits of the topics", "`max_message_bytes` of the sink"),
    option("compression.codec", "the sink has an option for it", "`compression` of the sink"),
    option("compression.type", "the sink has an option for it", "`compression` of the sink"),
    option("partitioner", "the sink has an option for it", "`partitioner` of the sink"),
    option("bootstrap.servers", "the connection has an option for it", "`brokers` of the connection"),
    option("metadata.broker.list", "the connection has an option for it", "`brokers` of the connection"),
    option("security.protocol", "the connection has an option for it", "`security` of the connection"),
    option("allow.auto.create.topics", "topics are made on purpose only", "`create_topics` of the sink"),
    fixed("plugin.library.paths", "code of others is not loaded into this process"),
];

/// Refuses a setting that carries the guarantee.
///
/// # Errors
/// [`sluicegate_connector::Class::Configuration`], with the reason and what to use instead.
pub fn check(key: &str) -> Result<(), Error> {
    let plain = key.strip_prefix("topic.").unwrap_or(key);
    let Some(guarded) = GUARDED.iter().find(|guarded| guarded.key.eq_ignore_ascii_case(plain)) else {
        return Ok(());
    };
    let error = Error::configuration(format!("`{key}` cannot be set under `librdkafka:`: {}", guarded.why));
    Err(match guarded.instead {
        Some(instead) => error.help(format!("use {instead}")),
        None => error.help("take it out"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guarded_settings_are_refused_by_name() {
        for guarded in GUARDED {
            let message = check(guarded.key).unwrap_err().to_string();
            assert!(message.contains(guarded.key) && message.contains(guarded.why), "{message}");
        }
        let message = check("group.instance.id").unwrap_err().to_string();
        assert!(message.contains("use `instance` of the pipeline"), "{message}");
    }

    #[test]
    fn others_are_free() {
        assert!(check("fetch.min.bytes").is_ok());
        assert!(check("linger.ms").is_ok());
    }
}
