//! Octets as choices: what a history reads from its input.

use core::time::Duration;

use tcp_core::{
    AbortReset, BlindAttackRules, Config, Flags, GiveUp, KeepAlive, OldSegments, Profile,
    Unexpected,
};

/// The octets that have not been used. Zeros follow the last.
pub(crate) struct Script<'a> {
    pub(crate) rest: &'a [u8],
}

impl Script<'_> {
    pub(crate) fn octet(&mut self) -> u8 {
        let Some((&first, rest)) = self.rest.split_first() else {
            return 0;
        };
        self.rest = rest;
        first
    }

    pub(crate) fn word(&mut self) -> u16 {
        u16::from_be_bytes([self.octet(), self.octet()])
    }

    pub(crate) fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[usize::from(self.octet()) % choices.len()]
    }
}

/// The sets of control bits that make sense, more often than others.
pub(crate) fn flags(script: &mut Script<'_>) -> Flags {
    let usual = [
        Flags::ACK,
        Flags::SYN,
        Flags::SYN | Flags::ACK,
        Flags::FIN | Flags::ACK,
        Flags::PSH | Flags::ACK,
        Flags::RST,
        Flags::RST | Flags::ACK,
    ];
    match script.octet() {
        choice @ 0..224 => usual[usize::from(choice) % usual.len()],
        _ => Flags::from_bits(script.octet()),
    }
}

/// A profile with some of its choices changed.
pub(crate) fn config(script: &mut Script<'_>) -> Config {
    let profile = script.pick(&Profile::ALL).0;
    let mut config = profile.config();
    let (bits, sizes) = (script.word(), script.octet());
    change_conformance(&mut config, script.octet());
    let on = |bit: u32| bits & 1 << bit != 0;
    config.nagle ^= on(0);
    config.timestamps ^= on(1);
    config.rfc1337 ^= on(2);
    config.reset_on_unread ^= on(3);
    config.time_wait_reuse ^= on(4);
    config.drop_syn_fin ^= on(5);
    if on(6) {
        config.delayed_ack = Duration::from_millis(200);
    }
    if on(7) {
        config.keepalive = Some(KeepAlive {
            idle: Duration::from_secs(10),
            interval: Duration::from_secs(2),
            probes: 3,
        });
    }
    if on(8) {
        config.user_timeout = Some(Duration::from_secs(5));
    }
    if on(9) {
        config.blind_attack = BlindAttackRules::RFC793;
    }
    if on(10) {
        config.ack_rate_limit = None;
    }
    if on(11) {
        config.time_wait = Duration::ZERO;
    }
    if on(12) {
        config.client_on_unexpected = Unexpected::Ignore;
    }
    if on(13) {
        config.give_up_data = GiveUp::Retries(0);
        config.give_up_synack = GiveUp::Retries(0);
    }
    if on(14) {
        config.fin_timeout = Some(Duration::from_nanos(1));
    }
    if on(15) {
        config.isn_bits = 3;
    }
    config.receive_buffer = [config.receive_buffer, 1, 1000, 200_000][usize::from(sizes & 3)];
    config.send_buffer = [config.send_buffer, 1, 3000, 200_000][usize::from(sizes >> 2 & 3)];
    config.mss = [config.mss, 1, 100, 65495][usize::from(sizes >> 4 & 3)].max(1);
    config.window_scale = [config.window_scale, None, Some(0), Some(14)][usize::from(sizes >> 6)];
    config
}

/// The choices in which stacks differ from the RFC and from each other.
fn change_conformance(config: &mut Config, bits: u8) {
    let on = |bit: u32| bits & 1 << bit != 0;
    config.options ^= on(0);
    config.sack_permitted ^= on(1);
    config.acks_repeat_control ^= on(2);
    config.delete_in_syn_received ^= on(3);
    config.listen_drops_syn_ack ^= on(4);
    config.time_wait_reuse_by_timestamp ^= on(5);
    if on(6) {
        config.old_segments = OldSegments::Trim;
    }
    if on(7) {
        config.abort = AbortReset::WithAckInEveryState;
    }
}
