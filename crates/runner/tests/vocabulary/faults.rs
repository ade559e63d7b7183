//! Which segments faults hit, and what they do to fields.

use runner::trace::{Deafness, What};

use crate::lab::{CONNECTION, mistake, run};

/// The number of segments that arrived damaged.
fn damaged(rest: &str) -> usize {
    let lab = run(rest);
    let entries = &lab.point().trace.entries;
    let is_damaged = |what: &What| matches!(what, What::Unheard(Deafness::Damaged));
    entries
        .iter()
        .filter(|entry| is_damaged(&entry.what))
        .count()
}

#[test]
fn a_flipped_bit_of_any_field_is_noticed() {
    for field in [
        "source-port",
        "destination-port",
        "seq",
        "ack",
        "data-offset",
        "flags",
        "window",
        "checksum",
        "urgent-pointer",
        "options",
        "text",
    ] {
        let fault = format!(
            "{CONNECTION}send = [{{ from = \"client\", bytes = 10 }}]\n\
             [[fault]]\nid = \"flip\"\nmatch = {{ link = \"c2s\", nth = 1 }}\n\
             corrupt = {{ field = \"{field}\" }}\n"
        );
        assert_eq!(damaged(&fault), 1, "{field}");
    }
}

#[test]
fn a_segment_without_the_field_is_not_hit() {
    let fault = |field: &str| {
        format!(
            "{CONNECTION}[[fault]]\nid = \"flip\"\nmatch = {{ flags = \"SYN\" }}\n\
             corrupt = {{ field = \"{field}\" }}\n"
        )
    };
    assert_eq!(run(&fault("text")).point().unmatched, ["flip"]);
    assert!(run(&fault("options")).point().unmatched.is_empty());
    assert_eq!(
        mistake(&fault("mss")),
        "unknown value `mss`",
        "the message lists the fields"
    );
}

/// Two connections of one four-tuple, one after the other.
const TWICE: &str = "[host.client]\ntime_wait = \"0s\"\n\
    [[connection]]\nfrom = \"client:5555\"\nclose = { after = \"100ms\" }\n\
    [[connection]]\nfrom = \"client:5555\"\nactive_open = \"10s\"\n";

#[test]
fn incarnations_are_counted_for_each_four_tuple() {
    let dropping = |number: u32| {
        run(&format!(
            "{TWICE}[[fault]]\nid = \"late\"\n\
             match = {{ incarnation = {number}, flags = \"SYN\", nth = 1 }}\ndrop = true\n"
        ))
    };
    // The first SYN of one of the two is lost: it needs a second more.
    for number in [1, 2] {
        let lab = dropping(number);
        lab.assert_values(&[("connect_time.min", "0.1"), ("connect_time.max", "1.1")]);
    }
    assert_eq!(dropping(3).point().unmatched, ["late"]);
    assert_eq!(
        mistake(&format!(
            "{CONNECTION}[[fault]]\nid = \"f\"\nmatch = {{ incarnation = 0 }}\ndrop = true\n"
        )),
        "there is no incarnation 0"
    );
}

#[test]
fn entries_are_counted_within_an_incarnation() {
    // The copy of the SYN makes a second entry; only that entry's SYN,ACK is dropped, so it is sent
    // again and only then reset.
    let lab = run(&format!(
        "[host.client]\ntime_wait = \"0s\"\n{CONNECTION}close = {{ after = \"100ms\" }}\n\
         [[fault]]\nid = \"again\"\nmatch = {{ flags = \"SYN\", nth = 1 }}\n\
         replay = {{ event = \"client.state == CLOSED\", plus = \"1s\" }}\n\
         [[fault]]\nid = \"second\"\nmatch = {{ entry = 2, flags = \"SYN,ACK\", nth = 1 }}\n\
         drop = true\n"
    ));
    lab.assert_values(&[
        ("connect_time.max", "0.1"),
        ("after_fault.synack_sent", "2"),
        ("after_fault.embryonic.stale.area", "1.1"),
    ]);
}

#[test]
fn forward_is_away_from_the_end_that_opened() {
    let blocking = |direction: &str| {
        run(&format!(
            "{CONNECTION}[[fault]]\nid = \"one-way\"\nmatch = {{ direction = \"{direction}\" }}\n\
             drop = true\n"
        ))
    };
    blocking("forward").assert_values(&[("synack_sent", "0"), ("connect_time.max", "-")]);
    // At 0, 1, 3, ... 63 s.
    blocking("backward").assert_values(&[("synack_sent", "7"), ("connect_time.max", "-")]);
}
