//! Who else is in a consumer group.

use std::ffi::CStr;
use std::os::raw::c_char;
use std::time::Duration;

use rdkafka_sys as sys;
use sluicegate_connector::Error;

use super::handle::{Handle, millis};
use super::{c_text, test_cluster};
use crate::error::Native;

/// A member of a group, as its coordinator describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// What the coordinator calls it. Of a static member it begins with its `group.instance.id` and a dash.
    pub id: String,
    /// What it calls itself: `client.id`.
    pub client: String,
    /// The address that it connects from.
    pub host: String,
}

/// The members of a group, as it is now. librdkafka's test cluster does not say. Blocks.
///
/// # Errors
/// The brokers', or none of them answers in time.
pub fn members(handle: &Handle, group: &str, limit: Duration) -> Result<Vec<Member>, Error> {
    if test_cluster::is_it(handle) {
        return Ok(Vec::new());
    }
    let name = c_text(group)?;
    let mut list = std::ptr::null();
    let mut members = Vec::new();
    // SAFETY: the client is alive; the list that comes back is copied from and freed here.
    unsafe {
        let code = sys::rd_kafka_list_groups(handle.as_ptr(), name.as_ptr(), &raw mut list, millis(limit));
        Native::check(code)
            .map_err(|error| error.during(format!("the members of group {group} could not be listed")))?;
        for place in 0..usize::try_from((*list).group_cnt).unwrap_or(0) {
            let found = (*list).groups.add(place);
            for place in 0..usize::try_from((*found).member_cnt).unwrap_or(0) {
                let member = (*found).members.add(place);
                members.push(Member {
                    id: text((*member).member_id),
                    client: text((*member).client_id),
                    host: text((*member).client_host),
                });
            }
        }
        sys::rd_kafka_group_list_destroy(list);
    }
    Ok(members)
}

/// # Safety
/// Null, or a text that ends with a zero byte.
unsafe fn text(text: *const c_char) -> String {
    if text.is_null() {
        return String::new();
    }
    // SAFETY: the caller vouches for it.
    unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
}
