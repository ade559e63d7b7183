//! The circumstances of a table row: one endpoint in a given state, its peer played by the test.

use tcp_core::{
    BlindAttackRules, Config, ConnectionId, Endpoint, Event, Instant, Outcome, Phase, Profile,
    Segment, SeqNum,
};

use crate::duet::Solo;
use crate::notation;

/// Where the two sequence spaces begin: what is added to the numbers of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    /// The own numbers; ISS is 300 in every table.
    pub(crate) own: u32,
    /// The peer's; IRS is 100.
    pub(crate) peer: u32,
}

impl Origin {
    /// The numbers of the tables as they stand, then with 2^32 and 2^31 right behind the SYN, in
    /// the text and in the window.
    pub(crate) const ALL: [Origin; 5] = [
        Origin { own: 0, peer: 0 },
        Origin {
            own: u32::MAX - 300,
            peer: u32::MAX - 100,
        },
        Origin {
            own: u32::MAX - 304,
            peer: u32::MAX - 104,
        },
        Origin {
            own: u32::MAX - 900,
            peer: u32::MAX - 900,
        },
        Origin {
            own: 0x7fff_ffff - 304,
            peer: 0x7fff_ffff - 104,
        },
    ];
}

/// One endpoint, its choices, and where its numbers begin.
#[derive(Clone)]
pub(crate) struct Scene {
    pub(crate) solo: Solo,
    pub(crate) origin: Origin,
}

/// ISS in every table.
pub(crate) const ISS: u32 = 300;

impl Scene {
    /// Builds what `given` says: choices and actions, separated by semicolons. The choices come
    /// first, wherever they stand.
    pub(crate) fn given(given: &str, origin: Origin) -> Scene {
        let mut config = Profile::Rfc9293.config();
        config.receive_buffer = 1000;
        let words: Vec<&str> = given.split(';').map(str::trim).collect();
        let is_choice = |word: &&str| choose(&mut config.clone(), word);
        let (choices, actions): (Vec<&str>, Vec<&str>) = words.into_iter().partition(is_choice);
        for word in choices {
            assert!(choose(&mut config, word));
        }
        let mut scene = Scene {
            solo: Solo::new(config),
            origin,
        };
        for action in actions {
            scene.set_up(action);
        }
        scene
    }

    fn set_up(&mut self, action: &str) {
        let steps: &[&str] = match action {
            "CLOSED" => &[],
            "LISTEN" => &["listen"],
            "SYN-SENT" => &["OPEN"],
            "passive SYN-RECEIVED" => &["listen", "got SYN 100"],
            "active SYN-RECEIVED" => &["OPEN", "got SYN 100"],
            "ESTABLISHED" => &["OPEN", "got SYN,ACK 100 301"],
            "accepted" => &["listen", "got SYN 100", "got ACK 101 301"],
            "two-way ESTABLISHED" => &["listen two-way", "got SYN 100"],
            "FIN-WAIT-1" => &["ESTABLISHED", "CLOSE"],
            "FIN-WAIT-2" => &["FIN-WAIT-1", "got ACK 101 302"],
            "CLOSE-WAIT" => &["ESTABLISHED", "got FIN,ACK 101 301"],
            "CLOSING" => &["FIN-WAIT-1", "got FIN,ACK 101 301"],
            "LAST-ACK" => &["CLOSE-WAIT", "CLOSE"],
            "TIME-WAIT" => &["FIN-WAIT-2", "got FIN,ACK 101 302"],
            "window shut" => &["got ACK 101 301 +1000"],
            _ => return self.perform(action),
        };
        for step in steps {
            self.set_up(step);
        }
    }

    fn perform(&mut self, action: &str) {
        if let Some(segment) = action.strip_prefix("got ") {
            self.gets(&notation::parse(segment).unwrap());
        } else {
            self.calls(action);
        }
    }

    /// A segment arrives; returns what leaves at the same instant.
    pub(crate) fn gets(&mut self, segment: &Segment) -> Vec<Segment> {
        let mut segment = *segment;
        segment.seq += self.origin.peer;
        if segment.flags.ack() {
            segment.ack += self.origin.own;
        }
        self.solo.events.clear();
        self.solo.gets(segment)
    }

    /// The user makes a call; returns its answer in words and what leaves at the same instant.
    pub(crate) fn calls(&mut self, call: &str) -> (String, Vec<Segment>) {
        self.solo.events.clear();
        let (name, argument) = call.split_once(' ').unwrap_or((call, ""));
        let octets = || argument.parse::<u32>().unwrap();
        match name {
            "listen" => (self.listen(argument), self.solo.drain()),
            "OPEN" => self.open(),
            "SEND" => self.call(|e, now, id| words(e.send(now, id, octets()))),
            "RECEIVE" => self.call(|e, now, id| words(e.receive(now, id, octets()))),
            "CLOSE" => self.call(|e, now, id| words(e.close(now, id).map(|()| "ok"))),
            "RELEASE" => self.call(|e, now, id| {
                e.release(now, id);
                "ok".to_owned()
            }),
            "ABORT" => self.call(|e, now, id| {
                e.abort(now, id);
                "ok".to_owned()
            }),
            "STATUS" => self.call(|e, _, id| {
                e.status(id).map_or("no connection".to_owned(), |status| {
                    format!("{} unread {}", status.phase, status.unread)
                })
            }),
            _ => panic!("`{call}` is no call"),
        }
    }

    fn call(
        &mut self,
        call: impl FnOnce(&mut Endpoint, Instant, ConnectionId) -> String,
    ) -> (String, Vec<Segment>) {
        let mut answer = String::new();
        let sent = self
            .solo
            .calls(|endpoint, now, id| answer = call(endpoint, now, id));
        (answer, sent)
    }

    fn listen(&mut self, policy: &str) -> String {
        let mut config = Profile::Rfc9293.listen_config();
        if let Some(policy) = tcp_core::Handshake::from_name(policy) {
            config.policy = policy;
        }
        let iss = SeqNum(ISS) + self.origin.own;
        let id = tcp_core::ConfigId::DEFAULT;
        match self.solo.endpoint.listen(self.solo.local, config, id) {
            Ok(listener) => {
                self.solo.listener = Some(listener);
                self.solo.endpoint.script_iss(self.solo.flow(), iss);
                "ok".to_owned()
            }
            Err(error) => format!("error: {error}"),
        }
    }

    fn open(&mut self) -> (String, Vec<Segment>) {
        let open = tcp_core::Open {
            iss: Some(SeqNum(ISS) + self.origin.own),
            ..tcp_core::Open::tagged(tcp_core::Tag(1))
        };
        let flow = self.solo.flow();
        let answer = match self.solo.endpoint.connect(self.solo.now, flow, open) {
            Ok(id) => {
                self.solo.id = Some(id);
                "ok".to_owned()
            }
            Err(error) => format!("error: {error}"),
        };
        (answer, self.solo.drain())
    }

    /// What was sent, in numbers of the table. `like` is what was expected: it decides whether a
    /// zero stands for itself, as in the reset of a segment without ACK.
    pub(crate) fn write(&self, sent: &[Segment], like: &str) -> String {
        let written: Vec<String> = sent
            .iter()
            .map(|segment| {
                let mut shown = *segment;
                if !(segment.seq == SeqNum(0) && like.contains("RST,ACK 0 ")) {
                    shown.seq = segment.seq - self.origin.own;
                }
                if segment.flags.ack() {
                    shown.ack = segment.ack - self.origin.peer;
                }
                notation::write(&shown, like)
            })
            .collect();
        written.join("; ")
    }

    pub(crate) fn phase(&self) -> Phase {
        self.solo.phase()
    }

    /// What the user was told since the input, in words.
    pub(crate) fn told(&self) -> String {
        let told: Vec<&str> = self.solo.events.iter().map(event).collect();
        told.join(", ")
    }
}

/// Applies a choice; false if the word is none.
fn choose(config: &mut Config, word: &str) -> bool {
    match word {
        "RFC 5961 rules" => config.blind_attack = BlindAttackRules::RFC5961,
        "RFC 793 rules" => config.blind_attack = BlindAttackRules::RFC793,
        "RFC 1337" => config.rfc1337 = true,
        "timestamps" => config.timestamps = true,
        "Linux options" => {
            let buffer = config.receive_buffer;
            *config = Profile::Linux6.config();
            config.receive_buffer = buffer;
        }
        "no reuse" => config.time_wait_reuse = false,
        "Linux" => bare(config, Profile::Linux6),
        _ => return false,
    }
    true
}

/// The choices of a profile, with the window of the tables and without options.
fn bare(config: &mut Config, profile: Profile) {
    let buffer = config.receive_buffer;
    *config = profile.config();
    config.receive_buffer = buffer;
    config.window_scale = None;
    config.timestamps = false;
}

fn words<T: std::fmt::Display, E: std::fmt::Display>(result: Result<T, E>) -> String {
    match result {
        Ok(value) if value.to_string() == "ok" => "ok".to_owned(),
        Ok(value) => format!("ok {value}"),
        Err(error) => format!("error: {error}"),
    }
}

fn event(event: &Event) -> &'static str {
    match event {
        Event::Acceptable(_) => "acceptable",
        Event::Connected(_) => "connected",
        Event::Readable(_) => "readable",
        Event::Writable(_) => "writable",
        Event::PeerClosed(_) => "peer closed",
        Event::Struggling(_) => "struggling",
        Event::Closed(_, outcome) => match outcome {
            Outcome::Finished => "finished",
            Outcome::Refused => "refused",
            Outcome::Reset => "reset",
            Outcome::TimedOut => "timed out",
            Outcome::Aborted => "aborted",
        },
    }
}
