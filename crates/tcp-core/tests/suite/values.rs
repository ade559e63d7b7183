//! Endpoints are values: clones do the same, and states that differ in storage only are equal.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use tcp_core::{Endpoint, Profile};

use super::duet::{Solo, Words, ack, syn};

fn hash(endpoint: &Endpoint) -> u64 {
    let mut hasher = DefaultHasher::new();
    endpoint.hash(&mut hasher);
    hasher.finish()
}

fn listening() -> Solo {
    Solo::new(Profile::Rfc9293.config()).listen(Profile::Rfc9293.listen_config(), 300)
}

/// Two SYNs from different ports in either order: slots differ, nothing else.
#[test]
fn equality_ignores_where_an_entry_is_stored() {
    let make = |ports: [u16; 2]| {
        let mut solo = listening();
        for port in ports {
            solo.remote.set_port(port);
            solo.gets(syn(100));
        }
        solo.endpoint
    };
    let (one, other) = (make([1, 2]), make([2, 1]));
    assert_eq!(one, other);
    assert_eq!(hash(&one), hash(&other));
    assert_ne!(one, make([1, 3]));
}

/// What has come and gone leaves no trace in the value.
#[test]
fn equality_ignores_what_is_gone() {
    let fresh = listening();
    let mut used = listening();
    used.remote.set_port(9);
    used.gets(syn(100));
    assert_ne!(used.endpoint, fresh.endpoint);
    used.waits(Duration::from_mins(3));
    assert_eq!(used.endpoint, fresh.endpoint);
    assert_eq!(hash(&used.endpoint), hash(&fresh.endpoint));
}

#[test]
fn a_clone_goes_its_own_way() {
    let mut solo = listening();
    solo.gets(syn(100));
    let mut clone = solo.clone();
    assert_eq!(solo.endpoint, clone.endpoint);
    let first = solo.gets(ack(101, 301).text(10));
    assert_ne!(solo.endpoint, clone.endpoint);
    assert_eq!(first, clone.gets(ack(101, 301).text(10)));
    assert_eq!(solo.endpoint, clone.endpoint);
}
