//! The classes of connections: every pair of states, and the books of a census.

use netsim::Instant;
use runner::census::{Census, Change, Imbalance, Span, class};
use runner::plan::{Class, End};
use tcp_core::Phase::{
    CloseWait, Closing, Established, FinWait1, FinWait2, LastAck, SynReceived, SynSent, TimeWait,
};
use tcp_core::{Phase, Profile, Reason, Tag};

/// The states that stand for a row or a column: `-` has none.
fn states(letter: char) -> Vec<Option<Phase>> {
    match letter {
        '-' => vec![None],
        'R' => vec![Some(SynReceived)],
        'L' => vec![Some(Established), Some(FinWait2), Some(CloseWait)],
        'F' => vec![Some(FinWait1), Some(Closing), Some(LastAck)],
        'T' => vec![Some(TimeWait)],
        other => panic!("no stage {other}"),
    }
}

/// The states of a client, and the classes against a server in -, R, L, F, T.
type Row = (Vec<Option<Phase>>, [Option<Class>; 5]);

#[test]
fn every_cell_of_the_table_of_classes() {
    use Class::{
        EmbryonicClientOpen, EmbryonicOpening, EmbryonicStale, Opening, OrphanClosing,
        OrphanEstablished,
    };
    // The row L has conditions of its own, below.
    let rows: [Row; 4] = [
        (
            states('-'),
            [
                None,
                Some(EmbryonicStale),
                Some(OrphanEstablished),
                Some(OrphanClosing),
                Some(Class::TimeWait),
            ],
        ),
        (
            vec![Some(SynSent), Some(SynReceived)],
            [
                Some(Opening),
                Some(EmbryonicOpening),
                Some(Opening),
                Some(Opening),
                Some(Opening),
            ],
        ),
        (
            states('F'),
            [
                Some(OrphanClosing),
                Some(EmbryonicClientOpen),
                Some(Class::Closing),
                Some(Class::Closing),
                Some(Class::Closing),
            ],
        ),
        (
            states('T'),
            [
                Some(Class::TimeWait),
                Some(EmbryonicClientOpen),
                Some(Class::Closing),
                Some(Class::Closing),
                Some(Class::TimeWait),
            ],
        ),
    ];
    for (clients, cells) in rows {
        for (letter, expected) in "-RLFT".chars().zip(cells) {
            for client in &clients {
                for server in states(letter) {
                    for was_past in [false, true] {
                        let found = class(*client, server, was_past);
                        assert_eq!(found, expected, "{client:?} against {server:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn the_row_of_a_synchronised_client() {
    for client in states('L') {
        assert_eq!(class(client, None, false), Some(Class::ClientOnly));
        assert_eq!(class(client, None, true), Some(Class::OrphanEstablished));
        let embryonic = class(client, Some(SynReceived), false);
        assert_eq!(embryonic, Some(Class::EmbryonicClientOpen));
        for server in states('L') {
            let both = client == Some(Established) && server == Some(Established);
            let expected = if both { Class::Open } else { Class::HalfClosed };
            assert_eq!(class(client, server, true), Some(expected));
        }
        for server in states('F').into_iter().chain(states('T')) {
            assert_eq!(class(client, server, true), Some(Class::Closing));
        }
    }
}

#[test]
fn a_server_that_opens_actively_is_opening_in_every_row() {
    for letter in "-LFT".chars() {
        for client in states(letter) {
            let found = class(client, Some(SynSent), false);
            assert_eq!(found, Some(Class::Opening), "{client:?}");
        }
    }
    let crossed = class(Some(SynSent), Some(SynSent), false);
    assert_eq!(crossed, Some(Class::Opening));
}

const SECOND: u64 = 1_000_000_000;

/// A census, and the changes that one incarnation makes.
struct Books {
    census: Census,
    phases: [Option<Phase>; 2],
}

impl Books {
    fn new() -> Books {
        Books {
            census: Census::default(),
            phases: [None; 2],
        }
    }

    fn change(&mut self, second: u64, end: End, entry: u32, to: Option<Phase>) {
        let change = Change {
            tag: Tag(0),
            end,
            entry,
            from: self.phases[end as usize],
            to,
            reason: Some(Reason::Ack),
            profile: Profile::Linux6,
        };
        self.phases[end as usize] = to;
        self.census
            .apply(Instant::from_nanos(second * SECOND), &change);
    }

    fn seconds(&self, end: u64, class: Class) -> u128 {
        let sums = self.census.sums(Instant::from_nanos(end * SECOND));
        sums.area(class) / u128::from(SECOND)
    }

    fn verify(&mut self, end: u64, ends: u64) -> Result<(), Imbalance> {
        let end = Instant::from_nanos(end * SECOND);
        self.census.close(end);
        self.census.verify(end, ends)
    }
}

#[test]
fn a_late_copy_makes_a_unit_of_its_own() {
    let mut books = Books::new();
    books.change(0, End::Client, 0, Some(SynSent));
    books.change(1, End::Server, 1, Some(SynReceived));
    books.change(2, End::Client, 1, Some(Established));
    books.change(3, End::Server, 1, Some(Established));
    // The server's end dies, and then a copy of the SYN arrives: the client is bound to the first
    // entry, so the second has no partner.
    books.change(5, End::Server, 1, None);
    books.change(6, End::Server, 2, Some(SynReceived));
    books.change(8, End::Server, 2, None);
    books.change(9, End::Client, 0, None);
    let expected = [
        (Class::Opening, 1),
        (Class::EmbryonicOpening, 1),
        (Class::EmbryonicClientOpen, 1),
        (Class::Open, 2),
        (Class::OrphanEstablished, 4),
        (Class::EmbryonicStale, 2),
        (Class::Embryonic, 4),
    ];
    for (class, seconds) in expected {
        assert_eq!(books.seconds(10, class), seconds, "{}", class.name());
    }
    assert_eq!(books.verify(10, 0), Ok(()));
}

#[test]
fn a_client_that_waits_is_with_the_newest_entry() {
    let mut books = Books::new();
    books.change(0, End::Client, 0, Some(SynSent));
    books.change(1, End::Server, 1, Some(SynReceived));
    books.change(2, End::Server, 1, None);
    books.change(3, End::Server, 2, Some(SynReceived));
    assert_eq!(books.seconds(4, Class::EmbryonicOpening), 2);
    assert_eq!(books.seconds(4, Class::EmbryonicStale), 0);
    assert!(books.census.wants(Tag(0), 2));
    books.change(4, End::Client, 2, Some(Established));
    assert!(!books.census.wants(Tag(0), 1), "it accepted the second");
    assert_eq!(books.verify(4, 2), Ok(()));
}

#[test]
fn a_state_that_lasts_no_time_counts_for_nothing() {
    let mut books = Books::new();
    books.change(0, End::Client, 0, Some(SynSent));
    books.change(1, End::Server, 1, Some(Established));
    books.change(2, End::Client, 1, Some(Established));
    books.change(3, End::Client, 0, Some(FinWait1));
    books.change(4, End::Server, 1, Some(CloseWait));
    books.change(4, End::Server, 1, Some(LastAck));
    books.change(5, End::Client, 0, Some(FinWait2));
    books.change(5, End::Client, 0, Some(TimeWait));
    books.change(6, End::Server, 1, None);
    assert_eq!(books.census.max(Class::HalfClosed, Span::Measured), 0);
    assert_eq!(books.census.max(Class::Closing, Span::Measured), 1);
    assert_eq!(books.census.count(Class::TimeWait), 1);
    assert_eq!(books.verify(9, 1), Ok(()));
    assert_eq!(books.seconds(9, Class::TimeWait), 3);
}

#[test]
fn maxima_after_a_moment_do_not_know_what_was_before() {
    let mut books = Books::new();
    books.change(0, End::Client, 0, Some(SynSent));
    books.change(1, End::Client, 0, None);
    books.census.mark(Instant::from_nanos(2 * SECOND));
    books.census.close(Instant::from_nanos(3 * SECOND));
    assert_eq!(books.census.max(Class::Opening, Span::Measured), 1);
    assert_eq!(books.census.max(Class::Opening, Span::Recent), 0);
}

#[test]
fn wrong_books_are_found() {
    let mut books = Books::new();
    books.change(0, End::Client, 0, Some(SynSent));
    let imbalance = Imbalance::Ends {
        ends: 2,
        lone: 1,
        paired: 0,
    };
    assert_eq!(books.verify(1, 2), Err(imbalance));
}
