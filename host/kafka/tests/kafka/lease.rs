//! Which of several processes runs a pipeline: the record in the topic of positions.

use sluicegate_connector::{Holder, Lease, Sink as _};
use sluicegate_kafka::{Identity, KafkaSink};
use sluicegate_test_servers::unique_name;

use crate::support::{connection, sink_options};

fn lease(pipeline: &str, instance: &str) -> Box<dyn Lease> {
    let identity = Identity::new(pipeline, instance);
    let sink = KafkaSink::new(&connection(), sink_options(), &identity, None).unwrap();
    sink.lease().expect("a lease, where the source has no group")
}

fn first_of(lease: &dyn Lease) -> Holder {
    let (process, instance) = (lease.process().to_owned(), lease.instance().to_owned());
    Holder { process, instance, beat: 0, released: false }
}

fn renewed(holder: &Holder) -> Holder {
    Holder { beat: holder.beat + 1, ..holder.clone() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_is_written_over_what_was_seen_or_not_at_all() {
    let pipeline = unique_name("lease");
    let (mut one, mut other) = (lease(&pipeline, "one"), lease(&pipeline, "other"));
    assert_eq!(one.look().await.unwrap(), None);
    let own = first_of(&*one);
    assert!(one.put(None, &own).await.unwrap());
    let theirs = first_of(&*other);
    assert!(!other.put(None, &theirs).await.unwrap(), "it is there already");
    let seen = other.look().await.unwrap();
    assert_eq!(seen.as_ref(), Some(&own));
    // Whoever was late has not refused the holder.
    let own = renewed(&own);
    assert!(one.put(seen.as_ref(), &own).await.unwrap());
    assert!(!other.put(seen.as_ref(), &theirs).await.unwrap(), "it was renewed since");

    assert!(other.put(Some(&own), &theirs).await.unwrap(), "it stood still");
    // Whether it is told so or sees an error: nothing of it was written.
    let late = one.put(Some(&own), &renewed(&own)).await;
    assert!(!matches!(late, Ok(true)), "{late:?}");
    assert_eq!(one.look().await.unwrap().as_ref(), Some(&theirs));
    let theirs_now = renewed(&theirs);
    assert!(other.put(Some(&theirs), &theirs_now).await.unwrap());
    let given_up = Holder { released: true, ..renewed(&theirs_now) };
    assert!(other.put(Some(&theirs_now), &given_up).await.unwrap());
    assert_eq!(one.look().await.unwrap(), Some(given_up));
}
