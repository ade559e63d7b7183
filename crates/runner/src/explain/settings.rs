//! The settings of a host's TCP as the keys of an experiment: what
//! `plan::resolve::settings` does, in the other direction.

use std::time::Duration;

use tcp_core::{
    AbortReset, BlindAttackRules, Config, CrossedSynAck, GiveUp, KeepAlive, ListenConfig, NewSyn,
    OldSegments, OptionLayout, RepeatedSyn, TimeWaitRestart, Unexpected, WindowEdge,
};

use crate::quantity::Time;
use crate::spec::quoted;

/// Dotted keys below `[host.NAME]` and their values in TOML.
#[derive(Default)]
pub(super) struct Settings(pub(super) Vec<(&'static str, String)>);

impl Settings {
    /// All settings of a TCP and of its listeners. That none is missing is tested: every key of a
    /// host is shown, and those of one profile, written under another, make the first of the second.
    pub(super) fn of(config: &Config, listen: &ListenConfig) -> Settings {
        let mut settings = Settings::default();
        settings.listener(listen);
        settings.segments_and_buffers(config);
        settings.timers(config);
        settings.rules(config);
        settings
    }

    fn put(&mut self, key: &'static str, value: &dyn ToString) {
        self.0.push((key, value.to_string()));
    }

    fn word(&mut self, key: &'static str, word: &str) {
        self.0.push((key, quoted(word)));
    }

    fn time(&mut self, key: &'static str, time: Duration) {
        self.0.push((key, time_of(time)));
    }

    fn time_or_off(&mut self, key: &'static str, time: Option<Duration>) {
        match time {
            Some(time) => self.time(key, time),
            None => self.word(key, "off"),
        }
    }

    fn number_or_off(&mut self, key: &'static str, number: Option<u32>) {
        match number {
            Some(number) => self.put(key, &number),
            None => self.word(key, "off"),
        }
    }

    fn give_up(&mut self, time_key: &'static str, count_key: &'static str, rule: GiveUp) {
        match rule {
            GiveUp::After(time) => self.time(time_key, time),
            GiveUp::Retries(count) => self.put(count_key, &count),
        }
    }

    fn listener(&mut self, listen: &ListenConfig) {
        let ListenConfig {
            // The policy is the run's; how a queue counts is the profile's and has no key.
            policy: _,
            backlog_plus_one: _,
            backlog,
            max_syn_backlog,
            syn_queue_prune,
            fast_open_limit,
            abort_on_overflow,
        } = listen;
        self.put("backlog", backlog);
        self.number_or_off("max_syn_backlog", *max_syn_backlog);
        self.put("syn_queue_prune", syn_queue_prune);
        self.put("abort_on_overflow", abort_on_overflow);
        self.put("fast_open_limit", fast_open_limit);
    }

    fn segments_and_buffers(&mut self, config: &Config) {
        self.put("options", &config.options);
        let layout = match config.option_layout {
            OptionLayout::Packed => "packed",
            OptionLayout::Words => "words",
        };
        self.word("option_layout", layout);
        self.put("mss", &config.mss);
        self.put("mss_default", &config.mss_default);
        self.put("rcv_wnd", &config.receive_buffer);
        let edge = match config.window_edge {
            WindowEdge::Buffer => "buffer",
            WindowEdge::RoundedToMss => "rounded-to-mss",
        };
        self.word("window_edge", edge);
        self.put("send_buffer", &config.send_buffer);
        self.number_or_off("window_scale", config.window_scale.map(u32::from));
        self.put("timestamps", &config.timestamps);
        self.put("sack_permitted", &config.sack_permitted);
        self.put("nagle", &config.nagle);
        self.time("delayed_ack", config.delayed_ack);
        self.put("initial_window", &config.initial_window);
    }

    fn timers(&mut self, config: &Config) {
        self.time("rto_initial", config.rto_initial);
        self.time("rto_min", config.rto_min);
        self.time("rto_slack", config.rto_slack);
        self.time_or_off("rto_max", config.rto_max);
        self.put("syn_linear_timeouts", &config.syn_linear_timeouts);
        self.give_up("r2_syn", "syn_retries", config.give_up_syn);
        self.give_up("r2_synack", "synack_retries", config.give_up_synack);
        self.give_up("r2", "retries2", config.give_up_data);
        self.give_up("r2_orphan", "orphan_retries", config.give_up_orphan);
        self.put("r1", &config.r1);
        self.time_or_off("user_timeout", config.user_timeout);
        self.time("msl", config.msl);
        self.time("time_wait", config.time_wait);
        self.time_or_off("fin_timeout", config.fin_timeout);
        match config.keepalive {
            None => self.word("keepalive", "off"),
            Some(KeepAlive {
                idle,
                interval,
                probes,
            }) => {
                self.time("keepalive.idle", idle);
                self.time("keepalive.interval", interval);
                self.put("keepalive.probes", &probes);
            }
        }
    }

    fn rules(&mut self, config: &Config) {
        let BlindAttackRules { rst, syn, ack } = config.blind_attack;
        self.choices(config);
        self.put("rfc5961.rst", &rst);
        self.put("rfc5961.syn", &syn);
        self.put("rfc5961.ack", &ack);
        self.time_or_off("ack_rate_limit", config.ack_rate_limit);
        self.put("ack_burst", &config.ack_burst);
        self.put("rfc1337", &config.rfc1337);
        self.put("time_wait_reuse", &config.time_wait_reuse);
        self.put("tw_reuse", &config.time_wait_reuse_by_timestamp);
        self.put("tw_recycle", &config.tw_recycle);
        self.time_or_off("syn_after_reset", config.syn_after_reset);
        self.put("drop_syn_fin", &config.drop_syn_fin);
        self.put("reset_on_unread", &config.reset_on_unread);
        self.put("reset_on_keepalive", &config.reset_on_keepalive);
        self.put("reset_on_timeout", &config.reset_on_timeout);
        self.put("acks_repeat_control", &config.acks_repeat_control);
        self.put("delete_in_syn_received", &config.delete_in_syn_received);
        self.put("listen_drops_syn_ack", &config.listen_drops_syn_ack);
        let (first, last) = config.ephemeral_ports.clone().into_inner();
        self.put("ephemeral_ports", &format!("[{first}, {last}]"));
        self.put("isn_bits", &config.isn_bits);
    }

    /// The rules that are a choice between several.
    fn choices(&mut self, config: &Config) {
        let unexpected = match config.client_on_unexpected {
            Unexpected::Reset => "rst",
            Unexpected::Ignore => "ignore",
        };
        self.word("client_on_unexpected", unexpected);
        let restart = match config.time_wait_restart {
            TimeWaitRestart::Fin => "fin",
            TimeWaitRestart::AnyAck => "any-ack",
        };
        self.word("time_wait_restart", restart);
        let old = match config.old_segments {
            OldSegments::Discard => "discard",
            OldSegments::Trim => "trim",
        };
        self.word("old_segments", old);
        let repeated = match config.repeated_syn {
            RepeatedSyn::Ack => "ack",
            RepeatedSyn::SynAck => "syn-ack",
        };
        self.word("repeated_syn", repeated);
        let new = match config.new_syn {
            NewSyn::Listen => "listen",
            NewSyn::Reset => "reset",
            NewSyn::SynAck => "syn-ack",
        };
        self.word("new_syn", new);
        let crossed = match config.crossed_syn_ack {
            CrossedSynAck::Trim => "trim",
            CrossedSynAck::TrimAndAck => "trim-and-ack",
        };
        self.word("crossed_syn_ack", crossed);
        let abort = match config.abort {
            AbortReset::Bare => "bare",
            AbortReset::WithAck => "with-ack",
            AbortReset::WithAckInEveryState => "with-ack-in-every-state",
        };
        self.word("abort", abort);
    }
}

/// A time in TOML.
pub(super) fn time_of(time: Duration) -> String {
    quoted(&Time(time).to_string())
}
