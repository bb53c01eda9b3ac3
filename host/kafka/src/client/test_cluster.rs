//! librdkafka's own test cluster, which the demo runs on.
//!
//! It speaks the protocol of reading and writing, but names no controller, so requests of an administrator are never
//! answered. Its topics have no ids and no settings; what they are is told by their metadata alone.

use std::collections::BTreeSet;
use std::ffi::CStr;
use std::time::Duration;

use rdkafka_sys as sys;

use super::admin::Topic;
use super::handle::{Handle, millis};
use crate::error::Native;

/// How the ids of such clusters begin.
const ID: &str = "mockCluster";
const LIMIT: Duration = Duration::from_secs(5);

/// Whether a client is connected to such a cluster. A cluster that does not answer is none.
pub fn is_it(handle: &Handle) -> bool {
    handle.cluster_id(LIMIT).is_ok_and(|id| id.starts_with(ID))
}

/// Topics of such a cluster; one that does not exist is left out.
///
/// # Errors
/// librdkafka's.
pub fn describe_topics(handle: &Handle, names: &[String]) -> Result<Vec<Topic>, Native> {
    let wanted: BTreeSet<&str> = names.iter().map(String::as_str).collect();
    let mut metadata = std::ptr::null();
    let mut found = Vec::new();
    // SAFETY: the client is alive; the metadata that comes back is copied from and freed here.
    unsafe {
        let code = sys::rd_kafka_metadata(
            handle.as_ptr(),
            1,
            std::ptr::null_mut(),
            &raw mut metadata,
            millis(LIMIT),
        );
        Native::check(code)?;
        let count = usize::try_from((*metadata).topic_cnt).unwrap_or(0);
        for place in 0..count {
            let topic = (*metadata).topics.add(place);
            let name = CStr::from_ptr((*topic).topic).to_string_lossy().into_owned();
            if wanted.contains(name.as_str()) {
                found.push(Topic { name, id: String::new(), partitions: (*topic).partition_cnt });
            }
        }
        sys::rd_kafka_metadata_destroy(metadata);
    }
    Ok(found)
}
