//! Requirements of RFC 9293 that no table, figure or trace proves, one test for each or for a few
//! that are one mechanism. Each names them.

mod keepalive;
mod opening;
mod retransmission;
mod text;
mod windows;

use tcp_core::{Config, Flags, Open, Phase, Profile, Segment, SeqNum, Status, Tag};

use super::duet::{Solo, ack, segment, syn};

/// A connection that a peer (IRS 100) has opened, and that the user has accepted. ISS is 300.
fn opened(config: Config) -> Solo {
    let mut solo = Solo::new(config).listen(Profile::Rfc9293.listen_config(), 300);
    solo.gets(syn(100));
    solo.gets(ack(101, 301));
    assert_eq!(solo.phase(), Phase::Established);
    solo.events.clear();
    solo
}

fn rfc9293() -> Config {
    Profile::Rfc9293.config()
}

fn syn_ack(seq: u32, ack: u32) -> Segment {
    segment(Flags::SYN | Flags::ACK, seq, ack)
}

trait Offering {
    /// The same segment with this window field.
    fn window(self, window: u16) -> Segment;
}

impl Offering for Segment {
    fn window(mut self, window: u16) -> Segment {
        self.window = window;
        self
    }
}

impl Solo {
    /// Opens actively with this ISS; returns what leaves.
    fn connects(&mut self, iss: u32) -> Vec<Segment> {
        let open = Open {
            iss: Some(SeqNum(iss)),
            ..Open::tagged(Tag(1))
        };
        self.id = Some(self.endpoint.connect(self.now, self.flow(), open).unwrap());
        self.drain()
    }

    /// The user sends so many octets; returns what leaves.
    fn sends(&mut self, octets: u32) -> Vec<Segment> {
        self.calls(|endpoint, now, id| {
            assert_eq!(endpoint.send(now, id, octets), Ok(octets));
        })
    }

    /// The user's connection as STATUS tells it.
    fn status(&self) -> Status {
        self.endpoint.status(self.id.unwrap()).unwrap()
    }

    /// The user changes the choices of the connection.
    fn reconfigures(&mut self, config: Config) {
        let config = self.endpoint.configure(config).unwrap();
        self.calls(|endpoint, now, id| assert!(endpoint.set_config(now, id, config)));
    }
}
