//! Timers: what is sent again when, and when an end gives up. Times are exact to a millisecond.

mod closing;
mod idle;
mod observed;
mod opening;
mod text;
mod window;

use crate::script::replay;

/// Runs a script with the initial sequence numbers in the middle and at the end of their space.
fn run(script: &str) {
    for origin in [1000, u32::MAX, u32::MAX - 5] {
        if let Err(difference) = replay(script, origin) {
            panic!("ISS {origin}: {difference}");
        }
    }
}

/// An open connection of the profile rfc9293, measured without delay: RTO is the minimum, 1 s.
const OPEN: &str = "
    0 call connect
    0 > SYN 0
    0 < SYN,ACK 0 1 mss=100
    0 > ACK 1 1
";

fn open(script: &str) {
    run(&format!("profile rfc9293\n{OPEN}{script}"));
}
