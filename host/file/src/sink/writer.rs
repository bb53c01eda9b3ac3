//! A transactional context: take, write, commit, abort.

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use sluicegate_connector::{Encoded, Epoch, Error, Taken, WriteError, Writer};
use sluicegate_model::Lane;

use super::directory::{Directory, Lock};
use super::encoder::Body;
use super::epoch::OpenEpoch;
use super::options::SinkOptions;
use crate::failure::blocking;

/// The directory and what is written to it. Everything blocks.
pub(super) struct Store {
    root: PathBuf,
    pipeline: String,
    options: SinkOptions,
    /// `None`: what is on disk is not known, and has to be read and mended first.
    directory: Option<Directory>,
    epoch: OpenEpoch,
    _lock: Lock,
}

impl Store {
    pub(super) fn new(lock: Lock, root: &Path, pipeline: &str, options: &SinkOptions) -> Self {
        Self {
            root: root.to_owned(),
            pipeline: pipeline.to_owned(),
            options: options.clone(),
            directory: None,
            epoch: OpenEpoch::default(),
            _lock: lock,
        }
    }

    pub(super) fn take(&mut self, lanes: &[Lane]) -> Result<Vec<Taken>, Error> {
        // Lanes are taken again where memory is not to be trusted; what is on disk is.
        self.directory = None;
        self.epoch = OpenEpoch::default();
        let mut directory = Directory::open(&self.root, &self.pipeline, self.options.on_missing)?;
        let mut next = directory.sidecar.clone();
        let (taken, new) = next.take(lanes);
        if new {
            directory.decide(next)?;
        }
        self.directory = Some(directory);
        Ok(taken)
    }

    fn directory(&mut self) -> Result<&mut Directory, Error> {
        self.directory
            .as_mut()
            .ok_or_else(|| Error::unknown("the lanes have to be taken before they are written"))
    }

    pub(super) fn write(&mut self, body: Body) -> Result<(), Error> {
        match &self.directory {
            Some(directory) => self.epoch.write(directory, &self.options, body),
            None => self.directory().map(|_| ()),
        }
    }

    pub(super) fn commit(&mut self, epoch: &Epoch) -> Result<(), Error> {
        let Some(mut directory) = self.directory.take() else { return self.directory().map(|_| ()) };
        let committed = self.epoch.commit(&mut directory, &self.options, epoch);
        // What may be decided is read from the disk again.
        if !matches!(&committed, Err(error) if error.class() == sluicegate_connector::Class::Unknown) {
            self.directory = Some(directory);
        }
        committed
    }

    pub(super) fn abort(&mut self) -> Result<(), Error> {
        self.directory()?;
        let undone = self.epoch.abort();
        if undone.is_err() {
            self.directory = None;
        }
        undone
    }
}

/// A writer to a directory.
pub(super) struct FileWriter {
    /// `None` while a thread has it; it stays away where that was not waited for, and is not to be trusted then.
    store: Option<Box<Store>>,
}

impl FileWriter {
    pub(super) fn new(lock: Lock, root: &Path, pipeline: &str, options: &SinkOptions) -> Self {
        Self { store: Some(Box::new(Store::new(lock, root, pipeline, options))) }
    }

    /// Does work with the store on a thread that may block.
    async fn apart<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut Store) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let mut store =
            self.store.take().ok_or_else(|| Error::fatal("a write to the directory was broken off"))?;
        let (store, done) = blocking(move || {
            let done = work(&mut store);
            Ok((store, done))
        })
        .await?;
        self.store = Some(store);
        done
    }
}

#[async_trait]
impl Writer for FileWriter {
    async fn take(&mut self, lanes: &[Lane]) -> Result<Vec<Taken>, Error> {
        let lanes = lanes.to_vec();
        self.apart(move |store| store.take(&lanes)).await
    }

    async fn write(&mut self, encoded: Encoded) -> Result<(), WriteError> {
        let body = encoded
            .body
            .downcast::<Body>()
            .map_err(|_| Error::fatal("rows of another sink were given to a writer of files"))?;
        Ok(self.apart(move |store| store.write(*body)).await?)
    }

    async fn commit(&mut self, epoch: &Epoch) -> Result<(), WriteError> {
        let epoch = epoch.clone();
        Ok(self.apart(move |store| store.commit(&epoch)).await?)
    }

    async fn abort(&mut self) -> Result<(), Error> {
        self.apart(Store::abort).await
    }

    async fn state(&mut self, key: &str) -> Result<Option<Vec<u8>>, Error> {
        let key = key.to_owned();
        self.apart(move |store| Ok(store.directory()?.sidecar.state(&key))).await
    }

    async fn write_state(&mut self, key: &str, bytes: Vec<u8>) -> Result<(), WriteError> {
        let key = key.to_owned();
        let noted = self.apart(move |store| {
            store.epoch.set_state(&key, bytes);
            Ok(())
        });
        Ok(noted.await?)
    }

    async fn close(&mut self) {
        self.store = None;
    }
}

#[cfg(test)]
mod tests;
