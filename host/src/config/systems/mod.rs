//! Sources and sinks as parts that go together in any combination.
//!
//! A system is a file here: what it is made of, and what it tells about itself. What joins the two of a pipeline is
//! little: the consumer group of a source that is Kafka, which a sink on the same cluster decides with, and positions,
//! which the sink keeps in terms that the source knows.
//!
//! | module | holds |
//! |---|---|
//! | `kafka` | topics |
//! | `mysql` | tables of MySQL and MariaDB, their changes, and queries over them |
//! | `starrocks` | tables of StarRocks |
//! | `file` | files, standard input and output |
//! | `terms` | positions by numbers that people give |

mod file;
mod kafka;
mod mysql;
mod starrocks;
mod terms;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use sluicegate_connector::{Encoder, Error, PositionAdmin, Sink, Source};
use sluicegate_format::{Encryption, FormatOptions};
use sluicegate_kafka::{DeadLetterOptions, Identity, SourceGroup};
use sluicegate_keys::KeyRing;
use sluicegate_model::{Decoded, Lane};

pub(super) use mysql::check_options as check_mysql_source;
pub(super) use starrocks::position_store;
pub(super) use terms::Terms;

use super::assemble::RunOptions;
use super::connections::ConnectionEntry;
use super::sink::SinkEntry;
use super::source::SourceEntry;

/// Who runs, and what paths are relative to.
pub(super) struct Setting<'a> {
    pub(super) identity: &'a Identity,
    pub(super) directory: &'a Path,
    /// Those that have names.
    pub(super) connections: &'a BTreeMap<String, ConnectionEntry>,
    /// The dates that were put in for `$[...]`: of which day a query is.
    pub(super) dates: &'a [String],
}

/// A source that is ready to run.
pub(super) struct BuiltSource {
    pub(super) source: Box<dyn Source>,
    /// Its consumer group, where it has one.
    pub(super) group: Option<SourceGroup>,
    /// Whether the run ends by itself.
    pub(super) ends: bool,
}

impl SourceEntry {
    /// A source, to be read as a run was told.
    pub(super) fn build(&self, setting: &Setting<'_>, run: &RunOptions) -> Result<BuiltSource, Error> {
        let until = run.until.as_ref();
        match self {
            Self::MySql(on) => mysql::source(on, setting, run),
            Self::Kafka(_) | Self::File(_) if run.resnapshot.is_some() => {
                let what = format!("`--resnapshot` is not for a source that is {}", self.system());
                Err(Error::configuration(what)
                    .help("it reads tables again; messages and files are read again from `positions set` on"))
            }
            Self::Kafka(on) => kafka::source(on, setting, until),
            Self::File(options) => file::source(options, setting, until),
        }
    }

    /// Looks whether its servers are ready, where more can be said than its rows show. Gives what a person should know.
    pub(super) async fn check(&self, setting: &Setting<'_>, sink: &SinkEntry) -> Result<Vec<String>, Error> {
        match self {
            Self::MySql(on) => mysql::check(on, setting, sink.positions(self, setting)).await,
            Self::Kafka(_) | Self::File(_) => Ok(Vec::new()),
        }
    }

    /// Records to look at, `count` at most. Nothing is committed.
    pub(super) async fn sample(&self, directory: &Path, count: usize) -> Result<Vec<(Lane, Decoded)>, Error> {
        match self {
            Self::Kafka(on) => kafka::sample(on, count).await,
            Self::MySql(on) => mysql::sample(on, count).await,
            Self::File(options) => file::sample(options, directory, count).await,
        }
    }

    /// What it knows about points in its lanes.
    pub(super) fn terms(&self, setting: &Setting<'_>) -> Result<Terms, Error> {
        match self {
            Self::Kafka(on) => kafka::terms(on, setting),
            Self::MySql(on) => Ok(mysql::terms(on)),
            Self::File(options) => Ok(file::terms(options, setting.directory)),
        }
    }

    /// The form of its messages; `None` where it has none.
    pub(super) fn format(&self) -> Option<&FormatOptions> {
        match self {
            Self::Kafka(on) => Some(&on.options.format),
            Self::MySql(_) => None,
            Self::File(options) => file::messages(&options.format),
        }
    }

    /// How its messages are opened before their format is read.
    pub(super) fn decrypt(&self) -> Option<&Encryption> {
        match self {
            Self::Kafka(on) => on.options.decrypt.as_ref(),
            Self::MySql(_) => None,
            Self::File(options) => options.decrypt.as_ref(),
        }
    }

    /// Gives it the keys of the pipeline, for messages that are encrypted.
    pub(super) fn set_keys(&mut self, ring: &KeyRing) {
        let decrypt = match self {
            Self::Kafka(on) => &mut on.options.decrypt,
            Self::MySql(_) => return,
            Self::File(options) => &mut options.decrypt,
        };
        if let Some(encryption) = decrypt {
            encryption.set_keys(ring);
        }
    }

    /// The name of the system, as its section is called.
    pub(super) fn system(&self) -> &'static str {
        match self {
            Self::Kafka(_) => "kafka",
            Self::MySql(_) => "mysql",
            Self::File(_) => "file",
        }
    }

    /// What its rows are called by where nothing else names them: topics, tables, files.
    pub(super) fn names(&self) -> Vec<String> {
        match self {
            Self::Kafka(on) => on.options.topics.names(),
            Self::MySql(on) => on.options.names(),
            Self::File(options) => file::names(options),
        }
    }
}

impl SinkEntry {
    /// A sink for rows of a source.
    pub(super) fn build(
        &self,
        source: &SourceEntry,
        setting: &Setting<'_>,
        group: Option<SourceGroup>,
        letters: Option<&DeadLetterOptions>,
    ) -> Result<Box<dyn Sink>, Error> {
        match self {
            Self::Kafka(on) => kafka::sink(on, setting, group, letters),
            Self::MySql(on) => mysql::sink(on, setting),
            Self::StarRocks(on) => starrocks::sink(on, source, setting, group),
            Self::File(options) => file::sink(options, setting),
        }
    }

    /// What turns batches into its own form, as far as that is known without the system.
    pub(super) fn encoder(&self, directory: &Path) -> Result<Arc<dyn Encoder>, Error> {
        match self {
            Self::Kafka(on) => kafka::encoder(on),
            Self::MySql(on) => mysql::encoder(on),
            Self::StarRocks(on) => starrocks::encoder(on),
            Self::File(options) => file::encoder(options, directory),
        }
    }

    /// How its messages are encrypted after their format is written.
    pub(super) fn encrypt(&self) -> Option<&Encryption> {
        match self {
            Self::Kafka(on) => on.options.encrypt.as_ref(),
            Self::MySql(_) | Self::StarRocks(_) => None,
            Self::File(options) => options.encrypt.as_ref(),
        }
    }

    /// Gives it the keys of the pipeline, for messages that are encrypted.
    pub(super) fn set_keys(&mut self, ring: &KeyRing) {
        let encrypt = match self {
            Self::Kafka(on) => &mut on.options.encrypt,
            Self::MySql(_) | Self::StarRocks(_) => return,
            Self::File(options) => &mut options.encrypt,
        };
        if let Some(encryption) = encrypt {
            encryption.set_keys(ring);
        }
    }

    /// The name of the system, as its section is called.
    pub(super) fn system(&self) -> &'static str {
        match self {
            Self::Kafka(_) => "kafka",
            Self::MySql(_) => "mysql",
            Self::StarRocks(_) => "starrocks",
            Self::File(_) => "file",
        }
    }

    /// Whether it can remove all rows of a table.
    pub(super) fn applies_truncates(&self) -> bool {
        match self {
            Self::MySql(_) => true,
            Self::Kafka(_) | Self::StarRocks(_) | Self::File(_) => false,
        }
    }

    /// Whether an epoch is one transaction, which shows as a whole or not at all; if not, why, in words.
    pub(super) fn epochs_are_whole(&self) -> Result<(), &'static str> {
        match self {
            Self::MySql(on) if on.options.writers == 1 => Ok(()),
            Self::MySql(_) => {
                Err("with several `writers` an epoch is several transactions: set `writers: 1`")
            }
            Self::Kafka(on) if on.options.transactions => Ok(()),
            Self::Kafka(_) => Err("its messages are in no transaction: set `transactions: true`"),
            Self::StarRocks(_) => Err("the cluster commits each table by itself"),
            Self::File(_) => Err("files have no transactions"),
        }
    }

    /// Whether outputs need not be there before they are written to.
    pub(super) fn makes_outputs(&self) -> bool {
        match self {
            Self::Kafka(on) => on.options.create_topics.is_some(),
            Self::MySql(on) => on.options.create_tables,
            Self::StarRocks(on) => on.options.create_tables,
            Self::File(_) => false,
        }
    }

    /// The positions that it keeps, of lanes of a source.
    pub(super) fn positions(
        &self,
        source: &SourceEntry,
        setting: &Setting<'_>,
    ) -> Result<Box<dyn PositionAdmin>, Error> {
        let terms = || source.terms(setting);
        match (self, source) {
            (Self::Kafka(to), SourceEntry::Kafka(from)) => kafka::positions(to, from, setting),
            (Self::Kafka(to), SourceEntry::MySql(_) | SourceEntry::File(_)) => {
                Ok(terms::measured(kafka::positions_of_others(to, setting)?, terms()?))
            }
            (Self::StarRocks(to), _) => starrocks::positions(to, source, setting),
            (Self::MySql(to), _) => Ok(terms::measured(mysql::positions(to, setting), terms()?)),
            (Self::File(to), _) => Ok(terms::measured(file::positions(to, setting)?, terms()?)),
        }
    }
}
