//! Every setting of a profile can be written out, and written out means what it meant.

use std::fmt::{Display, Write as _};
use std::time::Duration;

use runner::experiment::Experiment;
use runner::plan::Plan;
use tcp_core::{
    AbortReset, Config, CrossedSynAck, GiveUp, ListenConfig, NewSyn, OldSegments, OptionLayout,
    Profile, RepeatedSyn, TimeWaitRestart, Unexpected, WindowEdge,
};

/// The least that can be run, with these settings of the server.
fn plan(server: &str) -> Plan {
    let text = format!(
        "schema = 1\nname = \"x\"\nrun = {{ seed = 1, until = \"1s\" }}\n[host.server]\n{server}\n\
         [link.c2s]\n[link.s2c]\n[[connection]]\nfrom = \"client:5555\"\n"
    );
    match Experiment::parse("x.toml", &text, &[]) {
        Ok(experiment) => experiment.plan,
        Err(rejection) => panic!("{}", rejection.render(false)),
    }
}

/// Settings as the lines of a file.
#[derive(Default)]
struct Lines(String);

impl Lines {
    fn plain(&mut self, key: &str, value: impl Display) {
        writeln!(self.0, "{key} = {value}").expect("memory suffices");
    }

    fn word(&mut self, key: &str, word: &str) {
        self.plain(key, format!("\"{word}\""));
    }

    fn time(&mut self, key: &str, time: Duration) {
        self.word(key, &format!("{}ns", time.as_nanos()));
    }

    fn time_or_off(&mut self, key: &str, time: Option<Duration>) {
        match time {
            Some(time) => self.time(key, time),
            None => self.word(key, "off"),
        }
    }

    fn number_or_off(&mut self, key: &str, number: Option<u32>) {
        match number {
            Some(number) => self.plain(key, number),
            None => self.word(key, "off"),
        }
    }

    fn give_up(&mut self, (time_key, count_key): (&str, &str), give_up: GiveUp) {
        match give_up {
            GiveUp::After(time) => self.time(time_key, time),
            GiveUp::Retries(count) => self.plain(count_key, count),
        }
    }
}

fn segments_and_buffers(lines: &mut Lines, config: &Config) {
    lines.plain("options", config.options);
    let layout = match config.option_layout {
        OptionLayout::Packed => "packed",
        OptionLayout::Words => "words",
    };
    lines.word("option_layout", layout);
    lines.plain("mss", config.mss);
    lines.plain("mss_default", config.mss_default);
    lines.plain("rcv_wnd", config.receive_buffer);
    let edge = match config.window_edge {
        WindowEdge::Buffer => "buffer",
        WindowEdge::RoundedToMss => "rounded-to-mss",
    };
    lines.word("window_edge", edge);
    lines.plain("send_buffer", config.send_buffer);
    lines.number_or_off("window_scale", config.window_scale.map(u32::from));
    lines.plain("timestamps", config.timestamps);
    lines.plain("sack_permitted", config.sack_permitted);
    lines.plain("nagle", config.nagle);
    lines.time("delayed_ack", config.delayed_ack);
    lines.plain("initial_window", config.initial_window);
}

fn timers(lines: &mut Lines, config: &Config) {
    lines.time("rto_initial", config.rto_initial);
    lines.time("rto_min", config.rto_min);
    lines.time("rto_slack", config.rto_slack);
    lines.time_or_off("rto_max", config.rto_max);
    lines.plain("syn_linear_timeouts", config.syn_linear_timeouts);
    lines.give_up(("r2_syn", "syn_retries"), config.give_up_syn);
    lines.give_up(("r2_synack", "synack_retries"), config.give_up_synack);
    lines.give_up(("r2", "retries2"), config.give_up_data);
    lines.give_up(("r2_orphan", "orphan_retries"), config.give_up_orphan);
    lines.plain("r1", config.r1);
    lines.time_or_off("user_timeout", config.user_timeout);
    lines.time("msl", config.msl);
    lines.time("time_wait", config.time_wait);
    lines.time_or_off("fin_timeout", config.fin_timeout);
    match config.keepalive {
        None => lines.word("keepalive", "off"),
        Some(keep) => lines.plain(
            "keepalive",
            format!(
                "{{ idle = \"{}ns\", interval = \"{}ns\", probes = {} }}",
                keep.idle.as_nanos(),
                keep.interval.as_nanos(),
                keep.probes
            ),
        ),
    }
}

fn switches(lines: &mut Lines, config: &Config) {
    let blind = config.blind_attack;
    let rules = format!(
        "{{ rst = {}, syn = {}, ack = {} }}",
        blind.rst, blind.syn, blind.ack
    );
    lines.plain("rfc5961", rules);
    lines.time_or_off("ack_rate_limit", config.ack_rate_limit);
    lines.plain("ack_burst", config.ack_burst);
    lines.time_or_off("syn_after_reset", config.syn_after_reset);
    for (key, is_on) in [
        ("rfc1337", config.rfc1337),
        ("time_wait_reuse", config.time_wait_reuse),
        ("tw_reuse", config.time_wait_reuse_by_timestamp),
        ("tw_recycle", config.tw_recycle),
        ("drop_syn_fin", config.drop_syn_fin),
        ("reset_on_unread", config.reset_on_unread),
        ("reset_on_keepalive", config.reset_on_keepalive),
        ("reset_on_timeout", config.reset_on_timeout),
        ("acks_repeat_control", config.acks_repeat_control),
        ("delete_in_syn_received", config.delete_in_syn_received),
        ("listen_drops_syn_ack", config.listen_drops_syn_ack),
    ] {
        lines.plain(key, is_on);
    }
    let ports = &config.ephemeral_ports;
    let ports = format!("[{}, {}]", ports.start(), ports.end());
    lines.plain("ephemeral_ports", ports);
    lines.plain("isn_bits", config.isn_bits);
}

fn choices(lines: &mut Lines, config: &Config) {
    let words = [
        (
            "time_wait_restart",
            match config.time_wait_restart {
                TimeWaitRestart::Fin => "fin",
                TimeWaitRestart::AnyAck => "any-ack",
            },
        ),
        (
            "repeated_syn",
            match config.repeated_syn {
                RepeatedSyn::Ack => "ack",
                RepeatedSyn::SynAck => "syn-ack",
            },
        ),
        (
            "new_syn",
            match config.new_syn {
                NewSyn::Listen => "listen",
                NewSyn::Reset => "reset",
                NewSyn::SynAck => "syn-ack",
            },
        ),
        (
            "crossed_syn_ack",
            match config.crossed_syn_ack {
                CrossedSynAck::Trim => "trim",
                CrossedSynAck::TrimAndAck => "trim-and-ack",
            },
        ),
        (
            "client_on_unexpected",
            match config.client_on_unexpected {
                Unexpected::Reset => "rst",
                Unexpected::Ignore => "ignore",
            },
        ),
        (
            "abort",
            match config.abort {
                AbortReset::Bare => "bare",
                AbortReset::WithAck => "with-ack",
                AbortReset::WithAckInEveryState => "with-ack-in-every-state",
            },
        ),
        (
            "old_segments",
            match config.old_segments {
                OldSegments::Discard => "discard",
                OldSegments::Trim => "trim",
            },
        ),
    ];
    for (key, word) in words {
        lines.word(key, word);
    }
}

fn listener(lines: &mut Lines, listen: &ListenConfig) {
    lines.plain("backlog", listen.backlog);
    lines.number_or_off("max_syn_backlog", listen.max_syn_backlog);
    lines.plain("syn_queue_prune", listen.syn_queue_prune);
    lines.plain("fast_open_limit", listen.fast_open_limit);
    lines.plain("abort_on_overflow", listen.abort_on_overflow);
}

/// Writing a profile's own values changes nothing, and writing them over another profile makes
/// that one into the first: each key is read, and says in the file what it says in the core.
#[test]
fn a_profile_written_out_is_the_profile() {
    for (meant, meant_name) in Profile::ALL {
        let mut lines = Lines::default();
        let (config, listen) = (meant.config(), meant.listen_config());
        segments_and_buffers(&mut lines, &config);
        timers(&mut lines, &config);
        switches(&mut lines, &config);
        choices(&mut lines, &config);
        listener(&mut lines, &listen);
        for (base, base_name) in Profile::ALL {
            let plan = plan(&format!("profile = \"{base_name}\"\n{}", lines.0));
            let server = plan.hosts.iter().find(|host| host.name == "server");
            let server = server.expect("it is always there");
            assert_eq!(server.config, config, "{meant_name} over {base_name}");
            // Which comparison a stack makes is no setting of its own: it has no key.
            let expected = ListenConfig {
                backlog_plus_one: base.listen_config().backlog_plus_one,
                ..listen
            };
            assert_eq!(server.listen, expected, "{meant_name} over {base_name}");
        }
    }
}
