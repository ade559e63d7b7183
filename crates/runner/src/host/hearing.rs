//! How a segment reaches the endpoint: as a packet, or as the octets that are left of one.

use netsim::Instant;

use super::{Datagram, Host};

impl Host<'_> {
    /// Whether a segment is for another host: then it will be sent on as it is, damaged or not.
    pub(super) fn sends_on(&mut self, frame: &Datagram) -> bool {
        let target = frame.packet.target.ip();
        let addresses = &self.workload.plan().host(self.id).addresses;
        let is_for_another = !addresses.contains(&target);
        if is_for_another {
            self.outbox.push_back(frame.forwarded());
        }
        is_for_another
    }

    /// Gives the endpoint what has arrived; says whether it could read it. Damaged octets are its
    /// to judge and to count; a packet that no datagram could have carried is nothing to read.
    pub(super) fn hear(&mut self, now: Instant, frame: &Datagram) -> bool {
        let (now, packet) = (self.clock.core(now), &frame.packet);
        if !frame.is_damaged() {
            self.endpoint.on_packet(now, packet);
            return true;
        }
        let Some(octets) = frame.octets() else {
            return false;
        };
        let errors = self.endpoint.counters().InErrs;
        let (source, target) = (packet.source, packet.target);
        self.endpoint
            .on_bytes(now, source.ip(), target.ip(), packet.tag, &octets);
        self.endpoint.counters().InErrs == errors
    }
}

#[cfg(test)]
mod tests {
    use netsim::{Frame as _, Node as _, Seed, Streams};
    use tcp_core::{Handshake, SeqNum, Tag};

    use crate::experiment::Experiment;
    use crate::flood;
    use crate::plan::HostId;
    use crate::recorder::{Recorder, SharedRecorder};
    use crate::workload::Workload;

    use super::*;

    /// A SYN with these bits flipped arrives at a listener: errors counted, wrong checksums
    /// counted, entries made.
    fn arrive(bits: &[u64]) -> (u64, u64, u64) {
        let text = "schema = 1\nname = \"x\"\nrun = { seed = 1, until = \"9s\" }\n[link.c2s]\n\
                    [link.s2c]\n[[connection]]\nfrom = \"client:5555\"\n";
        let experiment = Experiment::parse("x.toml", text, &[]).expect("it is good");
        let plan = &experiment.plan;
        let seed = Seed {
            root: 1,
            replication: 0,
        };
        let workload = Workload::new(plan, &mut Streams::new(seed)).expect("it has no loads");
        let recorder = SharedRecorder::new(Recorder::new(plan, Vec::new()));
        let mut server = Host::new(HostId(1), &workload, Handshake::ThreeWay, seed, recorder)
            .expect("its settings are good");
        let flow = Workload::scripted_flow(plan, &plan.connections[0]).expect("both have one");
        let mut frame = Datagram::new(Instant::ZERO, &flood::syn(flow, Tag(0), SeqNum(1)), 0, 0, 0);
        for &bit in bits {
            frame.corrupt(bit);
        }
        server.on_frame(Instant::ZERO, &frame);
        let counters = server.endpoint.counters();
        let counted = (counters.InErrs, counters.InCsumErrors);
        (counted.0, counted.1, server.ends_alive())
    }

    #[test]
    fn the_endpoint_counts_what_it_cannot_read() {
        assert_eq!(arrive(&[]), (0, 0, 1));
        assert_eq!(arrive(&[8]), (1, 1, 0), "a port");
        // The thirteenth octet begins with the data offset: a header of 13 words does not fit.
        assert_eq!(arrive(&[12 * 8 + 7]), (1, 0, 0), "the data offset");
        assert_eq!(arrive(&[8, 8]), (0, 0, 1), "undone");
    }
}
