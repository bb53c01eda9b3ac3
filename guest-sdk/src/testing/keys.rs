//! Keys for tests.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use sluicegate_interface::Grants;
pub use sluicegate_keys::{Algorithm, Use};
use sluicegate_keys::{KeyRing, KeySpec, Secret, SecretEncoding};

use crate::bindings::session::StepKeys;

/// Keys of the pipeline, and what the step may do with them. The secrets are made of the names: good for tests alone.
///
/// ```
/// use sluicegate_sdk::testing::Keys;
///
/// let keys = Keys::new().seal("card-2026").open("card-2025").mac("pseudonyms");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Keys {
    specs: BTreeMap<String, KeySpec>,
    grants: Grants,
}

impl Keys {
    /// No key.
    pub fn new() -> Self {
        Self::default()
    }

    /// A key of `xaes-256-gcm`, where there is none of that name, and leave to seal with it.
    #[must_use]
    pub fn seal(self, key: &str) -> Self {
        self.grant(key, Algorithm::Xaes256Gcm, Use::Seal)
    }

    /// A key of `xaes-256-gcm`, where there is none of that name, and leave to open with it.
    #[must_use]
    pub fn open(self, key: &str) -> Self {
        self.grant(key, Algorithm::Xaes256Gcm, Use::Open)
    }

    /// A key of `hmac-sha-256`, where there is none of that name, and leave to make pseudonyms with it.
    #[must_use]
    pub fn mac(self, key: &str) -> Self {
        self.grant(key, Algorithm::HmacSha256, Use::Mac)
    }

    /// A key that the pipeline has and the step may not use, unless it is granted after.
    #[must_use]
    pub fn key(mut self, key: &str, algorithm: Algorithm) -> Self {
        self.specs.insert(key.to_owned(), spec(key, algorithm));
        self
    }

    fn grant(mut self, key: &str, algorithm: Algorithm, wanted: Use) -> Self {
        self.specs.entry(key.to_owned()).or_insert_with(|| spec(key, algorithm));
        self.grants.entry(key.to_owned()).or_default().insert(wanted);
        self
    }

    pub(super) fn of_step(&self) -> StepKeys {
        let ring = KeyRing::build(&self.specs).unwrap_or_else(|why| panic!("the test's keys: {why}"));
        StepKeys { ring, grants: self.grants.clone() }
    }
}

/// 32 bytes, which are enough for each algorithm, made of the name.
fn spec(key: &str, algorithm: Algorithm) -> KeySpec {
    let mut secret = String::new();
    for byte in key.bytes().chain([0]).cycle().take(32) {
        let _ = write!(secret, "{byte:02x}");
    }
    KeySpec { secret_encoding: SecretEncoding::Hex, ..KeySpec::new(algorithm, "test", Secret::new(secret)) }
}
