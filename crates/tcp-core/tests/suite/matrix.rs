//! The whole transition matrix: every state, every kind of segment, every place of SEG.SEQ and
//! SEG.ACK, with the answer and the next state.
//!
//! The snapshot is meant to be read beside RFC 9293 section 3.10.7. Every cell is also compared
//! with [`letter`](crate::letter), the section written down a second time; where they differ, a
//! note says why, and a note that explains nothing is an error.

use std::fmt::Write;

use insta::assert_snapshot;
use tcp_core::{Flags, Phase, Segment, SeqNum, Text};

use crate::letter::{Seg, Tcb};
use crate::tables::scene::{Origin, Scene};

/// The circumstances: a scene, and the variables that the RFC knows of it.
struct Row {
    name: &'static str,
    given: &'static str,
    tcb: Tcb,
}

fn row(name: &'static str, given: &'static str, phase: Phase, variables: [i64; 4]) -> Row {
    let [una, nxt, rcv_nxt, rcv_wnd] = variables;
    let fin_sent = matches!(
        phase,
        Phase::FinWait1 | Phase::FinWait2 | Phase::Closing | Phase::LastAck | Phase::TimeWait
    );
    Row {
        name,
        given,
        tcb: Tcb {
            phase,
            passive: given.starts_with("passive"),
            una,
            nxt,
            max_snd_wnd: 65535,
            rcv_nxt,
            rcv_wnd,
            fin_sent,
            rfc5961: true,
        },
    }
}

#[rustfmt::skip]
fn rows() -> Vec<Row> {
    vec![
        row("CLOSED", "CLOSED", Phase::Closed, [0; 4]),
        row("LISTEN", "LISTEN", Phase::Listen, [0; 4]),
        row("SYN-SENT", "SYN-SENT", Phase::SynSent, [300, 301, 0, 0]),
        row("SYN-RECEIVED, from LISTEN", "passive SYN-RECEIVED", Phase::SynReceived, [300, 301, 101, 1000]),
        row("SYN-RECEIVED, from SYN-SENT", "active SYN-RECEIVED", Phase::SynReceived, [300, 301, 101, 1000]),
        row("ESTABLISHED, 10 octets out", "ESTABLISHED; SEND 10", Phase::Established, [301, 311, 101, 1000]),
        row("ESTABLISHED, window shut", "ESTABLISHED; window shut", Phase::Established, [301, 301, 1101, 0]),
        row("FIN-WAIT-1", "FIN-WAIT-1", Phase::FinWait1, [301, 302, 101, 1000]),
        row("FIN-WAIT-2", "FIN-WAIT-2", Phase::FinWait2, [302, 302, 101, 1000]),
        row("CLOSE-WAIT, 10 octets out", "CLOSE-WAIT; SEND 10", Phase::CloseWait, [301, 311, 102, 999]),
        row("CLOSING", "CLOSING", Phase::Closing, [301, 302, 102, 999]),
        row("LAST-ACK", "LAST-ACK", Phase::LastAck, [301, 302, 102, 999]),
        row("TIME-WAIT", "TIME-WAIT", Phase::TimeWait, [302, 302, 102, 999]),
    ]
}

/// Kinds of segments: control bits and whether there is text.
const KINDS: [(Flags, bool); 16] = [
    (Flags::NONE, false),
    (Flags::NONE, true),
    (Flags::FIN, false),
    (Flags::SYN, false),
    (Flags::SYN, true),
    (Flags::from_bits(0x03), false),
    (Flags::RST, false),
    (Flags::RST, true),
    (Flags::from_bits(0x06), false),
    (Flags::ACK, false),
    (Flags::ACK, true),
    (Flags::from_bits(0x11), false),
    (Flags::from_bits(0x11), true),
    (Flags::from_bits(0x12), false),
    (Flags::from_bits(0x12), true),
    (Flags::from_bits(0x14), false),
];

/// Octets of the text.
const TEXT: i64 = 5;

impl Row {
    /// Where SEG.SEQ can lie. "IRS" repeats the peer's SYN.
    fn seqs(&self) -> Vec<(&'static str, i64)> {
        if self.tcb.rcv_nxt == 0 {
            return vec![("any", 100)];
        }
        let (nxt, wnd) = (self.tcb.rcv_nxt, self.tcb.rcv_wnd);
        let mut places = vec![
            ("left", nxt - 50),
            ("IRS", 100),
            ("across", nxt - 2),
            ("RCV.NXT", nxt),
        ];
        if wnd > 0 {
            places.push(("inside", nxt + 10));
            places.push(("last", nxt + wnd - 1));
        }
        places.push(("right", nxt + wnd));
        places
    }

    /// Where SEG.ACK can lie.
    fn acks(&self) -> Vec<(&'static str, i64)> {
        if matches!(self.tcb.phase, Phase::Closed | Phase::Listen) {
            return vec![("any", 700)];
        }
        let (una, nxt) = (self.tcb.una, self.tcb.nxt);
        let too_old = una - self.tcb.max_snd_wnd - 1;
        let mut places = vec![("too old", too_old), ("old", una - 1), ("SND.UNA", una)];
        if nxt != una {
            places.push(("SND.NXT", nxt));
        }
        places.push(("unsent", nxt + 1));
        places
    }

    /// What the crate does, in the numbers of the tables.
    fn observed(&self, seg: Seg) -> (Vec<Seg>, Phase) {
        let choice = if self.tcb.rfc5961 {
            "RFC 5961 rules"
        } else {
            "RFC 793 rules"
        };
        self.observed_with(choice, seg)
    }

    fn observed_with(&self, choice: &str, seg: Seg) -> (Vec<Seg>, Phase) {
        let origin = Origin { own: 0, peer: 0 };
        let given = format!("{choice}; {}", self.given);
        let mut scene = Scene::given(&given, origin);
        let segment = Segment {
            seq: number(seg.seq),
            ack: number(seg.ack),
            flags: seg.flags,
            window: 65535,
            text: if seg.text > 0 {
                Text::at(0, u32::try_from(seg.text).unwrap())
            } else {
                Text::EMPTY
            },
            ..Segment::default()
        };
        let sent = scene.gets(&segment).iter().map(plain).collect();
        (sent, scene.phase())
    }

    /// A cell: what happens, and the sign of the note if the letter of the RFC says otherwise.
    fn cell(&self, seg: Seg, claimed: &mut [usize]) -> String {
        let (sent, phase) = self.observed(seg);
        let (expected, then) = self.tcb.arrives(seg);
        let mut cell = self.words(seg, &sent, phase);
        if sent != expected.into_iter().collect::<Vec<_>>() || phase != then {
            let letter = self.words(seg, &expected.into_iter().collect::<Vec<_>>(), then);
            let note = NOTES.iter().position(|note| (note.about)(&self.tcb, seg));
            match note {
                Some(note) => {
                    claimed[note] += 1;
                    write!(cell, " {}", NOTES[note].sign).unwrap();
                }
                None => write!(cell, " UNEXPLAINED, expected {letter}").unwrap(),
            }
        }
        cell
    }

    /// `ACK+5 > CLOSE-WAIT`: the answer, and the next state if it is another one.
    fn words(&self, seg: Seg, sent: &[Seg], phase: Phase) -> String {
        let mut words = String::new();
        for answer in sent {
            let separator = if words.is_empty() { "" } else { " " };
            write!(words, "{separator}{}", self.form(seg, *answer)).unwrap();
        }
        if words.is_empty() {
            words.push('-');
        }
        if phase != self.tcb.phase {
            write!(words, " > {phase}").unwrap();
        }
        words
    }

    /// The RFC's form of an answer.
    fn form(&self, seg: Seg, answer: Seg) -> String {
        let ahead = answer.ack - self.tcb.rcv_nxt;
        let octets = seg.text + i64::from(seg.flags.syn()) + i64::from(seg.flags.fin());
        let from_own = answer.seq == self.tcb.nxt;
        let opening = matches!(self.tcb.phase, Phase::Listen | Phase::SynSent);
        match answer.flags.to_string().as_str() {
            "ACK" if from_own && opening => format!("ACK+{}", answer.ack - seg.seq),
            "ACK" if from_own && ahead == 0 => "ACK".to_owned(),
            "ACK" if from_own => format!("ACK+{ahead}"),
            "SYN,ACK" if answer.ack == seg.seq + 1 => "SYN,ACK".to_owned(),
            "RST" if answer.seq == seg.ack => "RST(a)".to_owned(),
            "RST,ACK" if answer.seq == 0 && answer.ack == seg.seq + octets => "RST(0)".to_owned(),
            "RST,ACK" if from_own && ahead == 0 => "RST(n)".to_owned(),
            _ => format!("{answer:?}"),
        }
    }

    /// The cells in which a system differs from the profile rfc9293, one in a line.
    fn differences(&self, system: &str) -> String {
        let mut lines = String::new();
        for (place, answer, seg) in self.segments() {
            let (sent, phase) = self.observed(seg);
            let (own, own_phase) = self.observed_with(system, seg);
            let (rfc, own) = (
                self.words(seg, &sent, phase),
                self.words(seg, &own, own_phase),
            );
            if rfc != own {
                let kind = kind(seg.flags, seg.text > 0);
                let segment = format!("{kind:<11} {place:<8} {answer}");
                writeln!(lines, "  {segment:<30}| {rfc:<23}| {own}").unwrap();
            }
        }
        lines
    }

    fn segments(&self) -> Vec<(&'static str, &'static str, Seg)> {
        let mut segments = Vec::new();
        for (flags, has_text) in KINDS {
            let text = if has_text { TEXT } else { 0 };
            for (place, seq) in self.seqs() {
                let acks = if flags.ack() {
                    self.acks()
                } else {
                    vec![("", 0)]
                };
                for (name, ack) in acks {
                    if place != "across" || has_text {
                        segments.push((
                            place,
                            name,
                            Seg {
                                flags,
                                seq,
                                ack,
                                text,
                            },
                        ));
                    }
                }
            }
        }
        segments
    }

    fn table(&self, claimed: &mut [usize]) -> String {
        let acks = self.acks();
        let mut table = self.heading();
        for (flags, has_text) in KINDS {
            for (place, seq) in self.seqs() {
                let text = if has_text { TEXT } else { 0 };
                if place == "across" && text == 0 {
                    continue;
                }
                let kind = if has_text {
                    format!("{flags}+5")
                } else {
                    flags.to_string()
                };
                let mut line = format!("  {kind:<11} {place:<8}");
                let acks = if flags.ack() { &acks[..] } else { &[("", 0)] };
                for (_, ack) in acks {
                    let seg = Seg {
                        flags,
                        seq,
                        ack: *ack,
                        text,
                    };
                    write!(line, "| {:<22}", self.cell(seg, claimed)).unwrap();
                }
                writeln!(table, "{}", line.trim_end()).unwrap();
            }
        }
        table
    }

    fn heading(&self) -> String {
        let Tcb {
            una,
            nxt,
            rcv_nxt,
            rcv_wnd,
            ..
        } = self.tcb;
        let mut heading = self.name.to_owned();
        if nxt != 0 {
            write!(heading, ": SND.UNA {una}, SND.NXT {nxt}").unwrap();
        }
        if rcv_nxt != 0 {
            write!(heading, ", RCV.NXT {rcv_nxt}, RCV.WND {rcv_wnd}").unwrap();
        }
        let mut line = format!("\n  {:<11} {:<8}", "segment", "SEG.SEQ");
        for (name, _) in self.acks() {
            let name = format!("SEG.ACK {name}");
            write!(line, "| {name:<22}").unwrap();
        }
        format!("{heading}{}\n", line.trim_end())
    }
}

fn kind(flags: Flags, has_text: bool) -> String {
    if has_text {
        format!("{flags}+5")
    } else {
        flags.to_string()
    }
}

fn number(value: i64) -> SeqNum {
    SeqNum(value.rem_euclid(1 << 32) as u32)
}

fn plain(segment: &Segment) -> Seg {
    let signed = |number: SeqNum| i64::from(number.0.cast_signed());
    Seg {
        flags: segment.flags,
        seq: signed(segment.seq),
        ack: signed(segment.ack),
        text: i64::from(segment.text.len),
    }
}

/// Why the crate differs from the letter of the RFC in some cells.
struct Note {
    sign: &'static str,
    about: fn(&Tcb, Seg) -> bool,
    why: &'static str,
}

const NOTES: [Note; 5] = [
    Note {
        sign: "[a]",
        about: |tcb, seg| {
            let (oldest, nxt) = (tcb.una - tcb.max_snd_wnd, tcb.nxt);
            let outside = seg.ack < oldest || seg.ack > nxt;
            tcb.phase == Phase::SynReceived && tcb.rfc5961 && seg.flags.ack() && outside
        },
        why: "RFC 5961 section 5.2 changes the fifth step of the synchronized states. RFC 9293 moved the
    test in front of all states, so that an ACK of another incarnation would draw an ACK in
    SYN-RECEIVED. The crate resets it there, as RFC 793 and Figures 8 and 11 do: the sender of
    that ACK learns at once that its connection is not this one.",
    },
    Note {
        sign: "[b]",
        about: |tcb, seg| {
            tcb.phase == Phase::SynReceived && seg.flags.syn() && !seg.flags.ack() && seg.seq == 100
        },
        why: "The SYN that led to SYN-RECEIVED, again, with text or FIN behind it. To the letter the old
    SYN is trimmed off and the rest dropped for want of an ACK; the peer would hear nothing. It
    is answered like the bare SYN.",
    },
    Note {
        sign: "[c]",
        about: |tcb, seg| {
            let crossed = tcb.phase == Phase::SynReceived && !tcb.passive;
            crossed && seg.flags.syn() && seg.seq == 100 && seg.ack == tcb.nxt
        },
        why: "Figure 7: the SYN,ACK that answers a crossed SYN repeats the peer's SYN. To the letter of the
    first step it is not acceptable, and its ACK would be dropped with it. The crate trims the
    SYN off and takes the ACK, as the figure shows it.",
    },
    Note {
        sign: "[d]",
        about: |tcb, seg| {
            seg.flags.fin()
                && matches!(
                    tcb.phase,
                    Phase::CloseWait | Phase::Closing | Phase::LastAck | Phase::TimeWait
                )
        },
        why: "A second FIN beyond the first cannot come from the peer of this connection. The letter of the
    eighth step advances RCV.NXT over it; the crate leaves RCV.NXT where the peer's own FIN has
    put it, and ignores the segment as it ignores text there.",
    },
    Note {
        sign: "[e]",
        about: |tcb, seg| tcb.phase == Phase::TimeWait && !seg.flags.fin() && seg.text == 0,
        why: "TIME-WAIT: \"acknowledge it\" means the retransmitted FIN. An ACK without text and FIN is not
    acknowledged, or two ends in TIME-WAIT would answer each other for four minutes.",
    },
];

const LEGEND: &str = "\
What a segment does in each state, with the profile rfc9293. ISS is 300, IRS is 100.

A cell is the answer and, after >, the next state if it is another one. Answers:
  -          none
  ACK+n      <SEQ=SND.NXT><ACK=RCV.NXT+n><CTL=ACK>, in SYN-SENT <ACK=SEG.SEQ+n>
  SYN,ACK    <SEQ=ISS><ACK=SEG.SEQ+1><CTL=SYN,ACK>
  RST(a)     <SEQ=SEG.ACK><CTL=RST>
  RST(0)     <SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK>
  RST(n)     <SEQ=SND.NXT><ACK=RCV.NXT><CTL=RST,ACK>
SEG.SEQ: left = RCV.NXT-50, IRS = 100, across = RCV.NXT-2 with five octets of text, inside =
  RCV.NXT+10, last = the last of the window, right = the first behind it.
SEG.ACK: too old = SND.UNA-MAX.SND.WND-1, old = SND.UNA-1, unsent = SND.NXT+1.
A letter in brackets: the letter of RFC 9293 says otherwise; see the notes at the end.
";

/// The matrix with the rules of RFC 5961 on or off; the second value says which notes were used.
fn matrix(rfc5961: bool) -> (String, Vec<usize>) {
    let mut claimed = vec![0; NOTES.len()];
    let mut matrix = String::new();
    for mut row in rows() {
        row.tcb.rfc5961 = rfc5961;
        writeln!(matrix, "{}", row.table(&mut claimed)).unwrap();
    }
    (matrix, claimed)
}

#[test]
fn transition_matrix() {
    let (matrix, claimed) = matrix(true);
    let mut text = format!("{LEGEND}\n{matrix}");
    assert!(
        claimed.iter().all(|&count| count > 0),
        "a note explains nothing: {claimed:?}"
    );
    for (note, count) in NOTES.iter().zip(&claimed) {
        writeln!(text, "{} ({count} cells) {}", note.sign, note.why).unwrap();
    }
    assert!(!text.contains("UNEXPLAINED"), "{text}");
    assert_snapshot!(text);
}

/// The same with RFC 793's rules: every difference has a note there too.
#[test]
fn transition_matrix_without_rfc_5961() {
    let (matrix, _) = matrix(false);
    assert!(!matrix.contains("UNEXPLAINED"), "{matrix}");
    assert!(matrix.contains("RST(n) > CLOSED"));
}

/// What the profile linux-6 does differently from rfc9293, cell by cell.
#[test]
fn differences_of_linux() {
    let mut text = "What linux-6 does differently\n".to_owned();
    text.push_str("  segment     SEG.SEQ  SEG.ACK  | rfc9293                | linux-6\n");
    for row in rows() {
        let differences = row.differences("Linux");
        if !differences.is_empty() {
            write!(text, "\n{}\n{differences}", row.name).unwrap();
        }
    }
    assert_snapshot!(text);
}
