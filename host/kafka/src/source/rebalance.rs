//! What the group wants, in the order in which it said so.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use sluicegate_connector::Error;

use super::SourceGroup;
use crate::client::{MainEvent, Partition, PartitionList, Queue, admin, group};
use crate::error::Native;
use crate::task::Task;

/// A wish of the group.
#[derive(Debug)]
pub enum Wish {
    /// These are ours now.
    Take(Vec<Partition>),
    /// These are wanted back.
    Give(Vec<Partition>),
    /// These are another's already.
    Lost(Vec<Partition>),
}

/// Wishes that the engine has not heard of yet, and what topics are called inside their cluster.
pub struct Rebalance {
    group: SourceGroup,
    queue: Queue,
    wishes: VecDeque<Wish>,
    /// `CLUSTER/TOPIC-ID` of each topic.
    sources: HashMap<Arc<str>, Arc<str>>,
    naming: Option<Task<Vec<admin::Topic>>>,
}

impl Rebalance {
    /// Of a group whose events come from a queue.
    pub fn new(group: SourceGroup, queue: Queue) -> Self {
        Self { group, queue, wishes: VecDeque::new(), sources: HashMap::new(), naming: None }
    }

    /// Hears what the group says; this is also what keeps the membership.
    ///
    /// Lanes that are given are acknowledged at once, with nothing to be read of them: while an answer is missing,
    /// librdkafka reads no lane at all and the whole group waits. They are added when the engine starts them. Lanes
    /// that are wanted back are answered by `Source::release` alone.
    ///
    /// # Errors
    /// A fatal error of the client.
    pub fn listen(&mut self) -> Result<(), Error> {
        while let Some(event) = self.queue.next_event() {
            match event {
                MainEvent::Assign(entries) => {
                    if let Err(error) = group::assign(&self.group.consumer, &PartitionList::new()) {
                        tracing::warn!(%error, "an assignment was not acknowledged");
                    }
                    // No lanes are news as well: a run that ends with its source waits for no more.
                    let partitions = entries.into_iter().map(|entry| entry.partition).collect();
                    self.wishes.push_back(Wish::Take(partitions));
                }
                MainEvent::Revoke(entries) => {
                    let lost = group::is_lost(&self.group.consumer);
                    let partitions: Vec<_> = entries.into_iter().map(|entry| entry.partition).collect();
                    if partitions.is_empty() {
                        drop(group::unassign(&self.group.consumer, &PartitionList::new()));
                    } else if lost {
                        self.wishes.push_back(Wish::Lost(partitions));
                    } else {
                        self.wishes.push_back(Wish::Give(partitions));
                    }
                }
                MainEvent::Error(error) => self.complain(&error)?,
            }
        }
        Ok(())
    }

    fn complain(&self, error: &Native) -> Result<(), Error> {
        use rdkafka_sys::types::RDKafkaErrorCode as Code;
        let fatal = self.group.consumer.fatal_error();
        if let Some(fatal) = fatal {
            return Err(if fatal.code == Code::FencedInstanceId {
                Error::configuration("another living process runs under the same instance")
                    .caused_by(fatal)
                    .help("give each process of the pipeline an `instance` of its own; the default is the host's name")
            } else {
                Error::fatal("the consumer has failed for good").caused_by(fatal)
            });
        }
        if error.is_denied() {
            return Err(error.clone().during(format!("group {} may not read", self.group.name)));
        }
        // librdkafka goes on by itself; unknown topics may appear.
        tracing::warn!(code = ?error.code, "consumer: {error}");
        Ok(())
    }

    /// The next wish whose topics are known. Safe to cancel.
    ///
    /// # Errors
    /// The broker's, where topics could not be described.
    pub async fn next(&mut self) -> Result<Option<Wish>, Error> {
        loop {
            let partitions = match self.wishes.front() {
                Some(Wish::Take(partitions)) if !partitions.is_empty() => partitions,
                _ => return Ok(self.wishes.pop_front()),
            };
            if let Some(naming) = &mut self.naming {
                let named = naming.wait().await;
                self.naming = None;
                let cluster = self.group.cluster_id()?;
                for topic in named? {
                    self.sources.insert(topic.name.into(), format!("{cluster}/{}", topic.id).into());
                }
                let all_known =
                    partitions.iter().all(|partition| self.sources.contains_key(&partition.topic));
                if !all_known {
                    tracing::warn!("a topic is gone that was just given to this process");
                }
                let Some(Wish::Take(partitions)) = self.wishes.pop_front() else { return Ok(None) };
                let known =
                    partitions.into_iter().filter(|one| self.sources.contains_key(&one.topic)).collect();
                return Ok(Some(Wish::Take(known)));
            }
            // Described again with each assignment: a topic may have been made anew meanwhile.
            let mut names: Vec<String> =
                partitions.iter().map(|partition| partition.topic.to_string()).collect();
            names.sort();
            names.dedup();
            for name in &names {
                self.sources.remove(name.as_str());
            }
            let consumer = Arc::clone(&self.group.consumer);
            self.naming = Some(Task::spawn(move || admin::describe_topics(&consumer, &names)));
        }
    }

    /// What positions in a topic name as their source.
    pub fn source_of(&self, topic: &str) -> Option<&Arc<str>> {
        self.sources.get(topic)
    }
}
