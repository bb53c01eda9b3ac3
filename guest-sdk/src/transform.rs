//! What a guest implements.

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use crate::{Batch, Failure, Outcome};

/// A transform. Name the type in [`export!`](crate::export!) to make it the guest's.
pub trait Transform: Sized + 'static {
    /// What stands in the `with:` block of a step. Derive `Deserialize` and `JsonSchema`, and give it
    /// `#[serde(deny_unknown_fields)]`: then a misspelt key is refused with the nearest known one. Doc comments
    /// become the descriptions of the schema. `()` where there is nothing to configure.
    type Config: DeserializeOwned + JsonSchema;

    /// The transform's name, in logs and in `sluicegate inspect`.
    const NAME: &'static str;

    /// What it does, in a sentence.
    const SUMMARY: &'static str;

    /// What the host should know before the first row: `("needs", "before-images")`, `("needs", "full-rows")`.
    const PROPERTIES: &'static [(&'static str, &'static str)] = &[];

    /// Makes the transform, once in the life of an instance.
    ///
    /// # Errors
    /// [`Failure::stop`] with what is wrong with the configuration and what to write instead.
    fn new(config: Self::Config, about: &About) -> Result<Self, Failure>;

    /// Transforms a batch. The same batch gives the same outcome, whatever came before: an instance may be replaced
    /// between any two calls, and a batch be halved and given again. What is kept in `self` is a cache, never
    /// state. A batch of no rows asks for the tables and schemas of the outputs.
    ///
    /// # Errors
    /// [`Failure`]; its kind says what the host does.
    fn transform(&mut self, batch: &Batch) -> Result<Outcome, Failure>;
}

/// Where an instance runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About(Vec<(String, String)>);

impl About {
    /// From names and values.
    pub fn new(properties: Vec<(String, String)>) -> Self {
        Self(properties)
    }

    /// A property by its name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The pipeline's name.
    pub fn pipeline(&self) -> Option<&str> {
        self.get("pipeline")
    }

    /// The step's name or number.
    pub fn step(&self) -> Option<&str> {
        self.get("step")
    }

    /// The time zone in which the pipeline reads times without one.
    pub fn time_zone(&self) -> Option<&str> {
        self.get("time-zone")
    }
}
