//! Who this process is.

/// Who this process is: what it is fenced by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The pipeline. Its processes share it.
    pub pipeline: String,
    /// This process among those of the pipeline: the same after a restart, different from every other living one.
    pub instance: String,
}

impl Identity {
    /// An identity.
    pub fn new(pipeline: impl Into<String>, instance: impl Into<String>) -> Self {
        Self { pipeline: pipeline.into(), instance: instance.into() }
    }
}
