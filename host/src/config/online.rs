//! What only the systems can tell.

use sluicegate_connector::{Error, Sink};
use sluicegate_engine::Chain;
use sluicegate_kafka::{KafkaDeadLetters, KafkaSink, sample};
use sluicegate_model::{ChangeBatch, Decoded, Item, Lane};

use super::Config;
use super::sink::SinkEntry;
use super::source::SourceEntry;

impl Config {
    /// The newest records of the source, `count` at most. No group is joined and nothing is committed.
    ///
    /// # Errors
    /// The source's.
    pub async fn sample(&self, count: usize) -> Result<Vec<(Lane, Decoded)>, Error> {
        let SourceEntry::Kafka(from) = &self.loaded.pipeline.source;
        sample::newest(&from.connection, &from.options, count).await
    }

    /// Asks the systems: the source for its topics and newest records, the steps what they make of those, the sink
    /// whether it can hold that. The topic of positions is made, where it is missing, and nothing else.
    ///
    /// # Errors
    /// The first thing that is not ready.
    pub async fn check_online(&self) -> Result<(), Error> {
        let file = &self.loaded.pipeline;
        let sample = self.sample(20).await?;
        let outputs = self.outputs(sample)?;

        let SinkEntry::Kafka(to) = &file.sink;
        let mut sink = KafkaSink::new(&to.connection, to.options.clone(), &self.identity()?, None)?;
        // Topics that the run will make need not be there, and are not made by a check.
        let outputs = if to.options.create_topics.is_some() { Vec::new() } else { outputs };
        sink.prepare(&outputs).await?;
        if let Some(topic) = file.dead_letters.as_ref().and_then(|letters| letters.kafka.as_ref())
            && topic.options.create_topics.is_none()
        {
            KafkaDeadLetters::new(&topic.connection, &topic.options)?.prepare().await?;
        }
        Ok(())
    }

    /// What the steps make of records: batches of no rows, one for each destination and schema.
    fn outputs(&self, sample: Vec<(Lane, Decoded)>) -> Result<Vec<ChangeBatch>, Error> {
        let mut chain = Chain::new(&self.chain_factories()?);
        let mut outputs: Vec<ChangeBatch> = Vec::new();
        for item in sample.into_iter().flat_map(|(_, decoded)| decoded.items) {
            let Item::Rows(batch) = item else { continue };
            let passed = chain.apply(batch.slice(0, 0)).map_err(|failure| {
                let what = format!("step {} (table {}): {}", failure.step, failure.table, failure.error);
                Error::configuration(what)
            })?;
            for output in passed.outputs {
                let known = |known: &ChangeBatch| {
                    known.table() == output.table() && known.schema() == output.schema()
                };
                if !outputs.iter().any(known) {
                    outputs.push(output);
                }
            }
        }
        Ok(outputs)
    }
}
