//! Who this process is.

use std::sync::Arc;

use sluicegate_connector::Error;

use crate::client::Member;

/// How the clients of this product call themselves.
const CLIENT: &str = "sluicegate";

/// Who this process is: what it is fenced by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The pipeline. Its processes share it.
    pub pipeline: String,
    /// This process among those of the pipeline: the same after a restart, different from every other living one.
    pub instance: String,
    /// What the pipeline does to rows, as a hash. Processes of one pipeline that do different things would write a key
    /// in two ways, whichever of them has its lane.
    pub plan: Option<Arc<str>>,
    /// Whether to start beside members with another plan all the same.
    pub takeover: bool,
}

impl Identity {
    /// An identity without a plan: it agrees with every other.
    pub fn new(pipeline: impl Into<String>, instance: impl Into<String>) -> Self {
        Self { pipeline: pipeline.into(), instance: instance.into(), plan: None, takeover: false }
    }

    /// Says what the pipeline does to rows.
    #[must_use]
    pub fn with_plan(mut self, plan: impl Into<Arc<str>>) -> Self {
        self.plan = Some(plan.into());
        self
    }

    /// Starts beside members with another plan too: a rolling change.
    #[must_use]
    pub fn taking_over(mut self, takeover: bool) -> Self {
        self.takeover = takeover;
        self
    }

    /// What its consumer calls itself: the other members read the plan from it.
    pub(crate) fn client_id(&self) -> String {
        match &self.plan {
            Some(plan) => format!("{CLIENT}/{plan}"),
            None => CLIENT.to_owned(),
        }
    }

    /// Looks whether all other members of the pipeline's group do the same to rows.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`] where one does something else.
    pub(crate) fn check_plan(&self, members: &[Member]) -> Result<(), Error> {
        let Some(plan) = self.plan.as_deref().filter(|_| !self.takeover) else { return Ok(()) };
        // What was this process itself before a restart may stay a member until its session ends.
        let own = format!("{}-", self.instance);
        let others = members.iter().filter(|member| !member.id.starts_with(&own));
        let mut plans =
            others.filter_map(|member| Some((member, member.client.strip_prefix("sluicegate/")?)));
        let Some((member, other)) = plans.find(|(_, other)| *other != plan) else { return Ok(()) };
        Err(Error::configuration(format!(
            "another process of pipeline {} runs with other steps: {} at {} has plan {other}, this file has plan {plan}",
            self.pipeline, member.id, member.host
        ))
        .help(
            "stop the other processes first; or give both the same file and guests; or roll the change out process by \
             process with `run --takeover`: until the last one is replaced rows are written in either way",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(id: &str, client: &str) -> Member {
        Member { id: id.to_owned(), client: client.to_owned(), host: "/10.0.0.7".to_owned() }
    }

    #[test]
    fn members_with_another_plan_are_refused() {
        let me = Identity::new("orders", "host-1").with_plan("aaaa");
        let same = member("host-2-5ad1", "sluicegate/aaaa");
        let other = member("host-3-77b0", "sluicegate/bbbb");
        assert!(me.check_plan(std::slice::from_ref(&same)).is_ok());
        let error = me.check_plan(&[same, other.clone()]).unwrap_err().to_string();
        assert!(error.contains("host-3-77b0 at /10.0.0.7 has plan bbbb, this file has plan aaaa"), "{error}");
        assert!(me.clone().taking_over(true).check_plan(std::slice::from_ref(&other)).is_ok());
        assert!(Identity::new("orders", "host-1").check_plan(&[other]).is_ok(), "no plan agrees with all");
    }

    #[test]
    fn its_own_past_and_strangers_do_not_count() {
        let me = Identity::new("orders", "host-1").with_plan("aaaa");
        assert!(me.check_plan(&[member("host-1-0f", "sluicegate/bbbb"), member("x", "rdkafka")]).is_ok());
        assert_eq!(me.client_id(), "sluicegate/aaaa");
    }
}
