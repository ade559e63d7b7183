//! SYN floods: segments that leave a host without its TCP knowing.

use tcp_core::Tag;

use super::{Datagram, Host};
use crate::flood;
use crate::plan::Responds;
use crate::workload::Arrival;

impl Host<'_> {
    /// Sends the SYN of an arrival, past the endpoint.
    pub(super) fn send_forged(&mut self, tag: Tag, load: usize, arrival: &Arrival, who: Responds) {
        let flow = match who {
            Responds::Never => self.workload.forged_flow(load, arrival.number),
            Responds::Rst => self.next_flow(load, arrival.client),
        };
        if let Some(flow) = flow {
            let iss = self.workload.forged_iss(load, arrival.number);
            let transmit = flood::syn(flow, tag, iss);
            self.opens += 1;
            self.outbox.push_back(Datagram::new(
                arrival.at,
                &transmit,
                self.workload.identity(tag),
                0,
                0,
            ));
        }
    }
}
