//! What only the systems can tell.

use sluicegate_connector::Error;
use sluicegate_kafka::KafkaDeadLetters;
use sluicegate_model::{ChangeBatch, Decoded, Item, Lane};

use super::Config;
use super::outputs::OutputTable;

impl Config {
    /// The newest records of the source, `count` at most. No group is joined and nothing is committed.
    ///
    /// # Errors
    /// The source's.
    pub async fn sample(&self, count: usize) -> Result<Vec<(Lane, Decoded)>, Error> {
        let file = &self.loaded;
        file.pipeline.source.sample(&file.directory, count).await
    }

    /// Asks the systems: the source for its topics and newest records, the steps what they make of those, the sink
    /// whether it can hold that. The topic of positions is made, where it is missing, and nothing else. Gives the tables
    /// that rows go to, of what is declared and of the newest records, and notes about what steps need and these lack.
    ///
    /// # Errors
    /// The first thing that is not ready.
    pub async fn check_online(&self) -> Result<(Vec<OutputTable>, Vec<String>), Error> {
        let file = &self.loaded.pipeline;
        let identity = self.identity()?;
        let setting = self.setting(&identity);
        let ready = file.source.check(&setting, &file.sink).await?;
        let sample = self.sample(20).await?;
        let rows = sample.into_iter().flat_map(|(_, decoded)| decoded.items).filter_map(|item| match item {
            Item::Rows(batch) => Some(batch),
            Item::Control(_) => None,
        });
        let rows: Vec<ChangeBatch> = rows.collect();
        let mut notes = ready;
        notes.extend(self.needs_unmet()?);
        notes.extend(self.needs_unmet_by(&rows)?);
        let mut problems = Vec::new();
        let tables = rows.iter().map(|batch| batch.slice(0, 0));
        let asked = self.declared().into_iter().chain(tables).collect();
        let outputs = self.ask(&self.chain_factories()?, asked, &mut problems);
        self.loaded.check(problems)?;
        let tables = outputs.tables();

        let mut sink = file.sink.build(&file.source, &setting, None, None)?;
        // Topics that the run will make need not be there, and are not made by a check.
        let outputs = if file.sink.makes_outputs() { Vec::new() } else { outputs.into_batches() };
        sink.prepare(&outputs).await?;
        if let Some(topic) = file.dead_letters.as_ref().and_then(|letters| letters.kafka.as_ref())
            && topic.options.create_topics.is_none()
        {
            KafkaDeadLetters::new(&topic.connection, &topic.options)?.prepare().await?;
        }
        Ok((tables, notes))
    }
}
