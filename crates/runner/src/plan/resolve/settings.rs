//! The settings of a host's TCP: a profile with the file's changes applied.

use std::ops::Range;
use std::time::Duration;

use tcp_core::{
    AbortReset, BlindAttackRules, Config, ConfigError, CrossedSynAck, GiveUp, KeepAlive,
    ListenConfig, NewSyn, OldSegments, OptionLayout, Profile, RepeatedSyn, TimeWaitRestart,
    Unexpected, WindowEdge,
};

use crate::diagnostic::Diagnostic;
#[cfg(feature = "mutants")]
use crate::diagnostic::suggestion;
use crate::quantity::Time;
use crate::spec::{
    AbortSpec, BlindAttackSpec, CrossedSynAckSpec, HostSpec, KeepAliveSpec, NewSynSpec,
    OldSegmentsSpec, OptionLayoutSpec, RepeatedSynSpec, Short, Spanned, Switchable,
    TimeWaitRestartSpec, UnexpectedSpec, WindowEdgeSpec,
};

/// The settings of a host of this profile.
pub(super) fn resolve(
    profile: Profile,
    spec: &HostSpec,
) -> Result<(Config, ListenConfig), Diagnostic> {
    let mut config = profile.config();
    set_segments_and_buffers(&mut config, spec);
    set_timers(&mut config, spec);
    set_retries(&mut config, spec)?;
    set_rules(&mut config, spec);
    if let Some(name) = &spec.mutant {
        set_mutant(&mut config, name)?;
    }
    config.validate().map_err(|error| blame(&error, spec))?;
    let mut listen = profile.listen_config();
    set_listener(&mut listen, spec);
    listen.validate().map_err(|error| blame(&error, spec))?;
    Ok((config, listen))
}

/// Sets a value if it is written.
fn set<T: Copy>(target: &mut T, written: Option<&Spanned<T>>) {
    if let Some(value) = written {
        *target = *value.get_ref();
    }
}

fn set_plain<T: Copy>(target: &mut T, written: Option<T>) {
    if let Some(value) = written {
        *target = value;
    }
}

fn set_time(target: &mut Duration, written: Option<&Spanned<Time>>) {
    if let Some(time) = written {
        *target = time.get_ref().0;
    }
}

fn set_switchable<T, S: Copy>(
    target: &mut Option<T>,
    written: Option<&Spanned<Switchable<S>>>,
    meaning: impl FnOnce(S) -> T,
) {
    match written.map(Spanned::get_ref) {
        None => {}
        Some(Switchable::Off) => *target = None,
        Some(Switchable::On(value)) => *target = Some(meaning(*value)),
    }
}

fn set_segments_and_buffers(config: &mut Config, spec: &HostSpec) {
    set_plain(&mut config.options, spec.options);
    set_plain(
        &mut config.option_layout,
        spec.option_layout.map(|choice| match choice {
            OptionLayoutSpec::Packed => OptionLayout::Packed,
            OptionLayoutSpec::Words => OptionLayout::Words,
        }),
    );
    set(&mut config.mss, spec.mss.as_ref());
    set(&mut config.mss_default, spec.mss_default.as_ref());
    set(&mut config.receive_buffer, spec.rcv_wnd.as_ref());
    set(&mut config.send_buffer, spec.send_buffer.as_ref());
    set(&mut config.initial_window, spec.initial_window.as_ref());
    set_switchable(
        &mut config.window_scale,
        spec.window_scale.as_ref(),
        |shift| shift,
    );
    set_plain(&mut config.timestamps, spec.timestamps);
    set_plain(&mut config.sack_permitted, spec.sack_permitted);
    set_plain(&mut config.nagle, spec.nagle);
    set_time(&mut config.delayed_ack, spec.delayed_ack.as_ref());
    if let Some(edge) = spec.window_edge {
        config.window_edge = match edge {
            WindowEdgeSpec::Buffer => WindowEdge::Buffer,
            WindowEdgeSpec::RoundedToMss => WindowEdge::RoundedToMss,
        };
    }
}

fn set_timers(config: &mut Config, spec: &HostSpec) {
    set_time(&mut config.rto_initial, spec.rto_initial.as_ref());
    set_time(&mut config.rto_min, spec.rto_min.as_ref());
    set_time(&mut config.rto_slack, spec.rto_slack.as_ref());
    set_switchable(&mut config.rto_max, spec.rto_max.as_ref(), |time| time.0);
    set(
        &mut config.syn_linear_timeouts,
        spec.syn_linear_timeouts.as_ref(),
    );
    set(&mut config.r1, spec.r1.as_ref());
    set_switchable(
        &mut config.user_timeout,
        spec.user_timeout.as_ref(),
        |time| time.0,
    );
    set_switchable(&mut config.fin_timeout, spec.fin_timeout.as_ref(), |time| {
        time.0
    });
    if let Some(msl) = &spec.msl {
        // TIME-WAIT lasts 2 MSL (RFC 9293 MUST-13) unless it is set by itself.
        config.msl = msl.get_ref().0;
        config.time_wait = config.msl * 2;
    }
    set_time(&mut config.time_wait, spec.time_wait.as_ref());
    let meant = config.keepalive.unwrap_or(KeepAlive::DEFAULT);
    match spec.keepalive.as_ref().map(Spanned::get_ref) {
        None => {}
        Some(Switchable::Off) => config.keepalive = None,
        Some(Switchable::On(KeepAliveSpec {
            idle,
            interval,
            probes,
        })) => {
            config.keepalive = Some(KeepAlive {
                idle: idle.map_or(meant.idle, |time| time.0),
                interval: interval.map_or(meant.interval, |time| time.0),
                probes: probes.unwrap_or(meant.probes),
            });
        }
    }
}

/// R2, as a time or as a number of retransmissions. Those of a SYN do not count the linear ones, in
/// the file as in [`Config`].
fn set_retries(config: &mut Config, spec: &HostSpec) -> Result<(), Diagnostic> {
    let syn = (&spec.r2_syn, &spec.syn_retries);
    set_give_up(&mut config.give_up_syn, ("r2_syn", "syn_retries"), syn)?;
    let synack = (&spec.r2_synack, &spec.synack_retries);
    let names = ("r2_synack", "synack_retries");
    set_give_up(&mut config.give_up_synack, names, synack)?;
    let data = (&spec.r2, &spec.retries2);
    set_give_up(&mut config.give_up_data, ("r2", "retries2"), data)?;
    let orphan = (&spec.r2_orphan, &spec.orphan_retries);
    let names = ("r2_orphan", "orphan_retries");
    set_give_up(&mut config.give_up_orphan, names, orphan)
}

fn set_give_up(
    target: &mut GiveUp,
    (time_key, count_key): (&str, &str),
    (time, count): (&Option<Spanned<Time>>, &Option<Spanned<u8>>),
) -> Result<(), Diagnostic> {
    match (time, count) {
        (None, None) => Ok(()),
        (Some(time), None) => {
            *target = GiveUp::After(time.get_ref().0);
            Ok(())
        }
        (None, Some(count)) => {
            *target = GiveUp::Retries(*count.get_ref());
            Ok(())
        }
        (Some(_), Some(count)) => Err(Diagnostic::at(
            count.span(),
            format!("`{time_key}` and `{count_key}` say the same thing in two ways"),
        )
        .help(format!(
            "keep `{time_key}` (a time) or `{count_key}` (a number), not both"
        ))),
    }
}

fn set_rules(config: &mut Config, spec: &HostSpec) {
    if let Some(Short(BlindAttackSpec { rst, syn, ack })) = &spec.rfc5961 {
        let BlindAttackRules {
            rst: r,
            syn: s,
            ack: a,
        } = &mut config.blind_attack;
        set_plain(r, *rst);
        set_plain(s, *syn);
        set_plain(a, *ack);
    }
    set_switchable(
        &mut config.ack_rate_limit,
        spec.ack_rate_limit.as_ref(),
        |time| time.0,
    );
    set(&mut config.ack_burst, spec.ack_burst.as_ref());
    set_plain(&mut config.rfc1337, spec.rfc1337);
    set_plain(&mut config.time_wait_reuse, spec.time_wait_reuse);
    set_plain(&mut config.time_wait_reuse_by_timestamp, spec.tw_reuse);
    set_plain(&mut config.tw_recycle, spec.tw_recycle);
    set_switchable(
        &mut config.syn_after_reset,
        spec.syn_after_reset.as_ref(),
        |time| time.0,
    );
    set_plain(&mut config.drop_syn_fin, spec.drop_syn_fin);
    set_plain(&mut config.reset_on_unread, spec.reset_on_unread);
    set_plain(&mut config.acks_repeat_control, spec.acks_repeat_control);
    set_plain(
        &mut config.delete_in_syn_received,
        spec.delete_in_syn_received,
    );
    set_plain(&mut config.listen_drops_syn_ack, spec.listen_drops_syn_ack);
    set_plain(&mut config.reset_on_keepalive, spec.reset_on_keepalive);
    set_plain(&mut config.reset_on_timeout, spec.reset_on_timeout);
    if let Some(range) = &spec.ephemeral_ports {
        let (first, last) = *range.get_ref();
        config.ephemeral_ports = first..=last;
    }
    set(&mut config.isn_bits, spec.isn_bits.as_ref());
    set_choices(config, spec);
}

/// A bug put in on purpose.
#[cfg(feature = "mutants")]
fn set_mutant(config: &mut Config, name: &Spanned<String>) -> Result<(), Diagnostic> {
    let found = tcp_core::Mutant::from_name(name.get_ref());
    config.mutant = Some(found.ok_or_else(|| {
        let title = format!("there is no mutant `{}`", name.get_ref());
        let known = tcp_core::Mutant::ALL.map(|(_, name)| name);
        Diagnostic::at(name.span(), title)
            .label("unknown mutant")
            .help(suggestion(name.get_ref(), known, "mutants"))
    })?);
    Ok(())
}

/// No TCP of this program can have a bug on purpose.
#[cfg(not(feature = "mutants"))]
fn set_mutant(_: &mut Config, name: &Spanned<String>) -> Result<(), Diagnostic> {
    let title = "this program has no TCPs with bugs put in on purpose";
    Err(Diagnostic::at(name.span(), title)
        .label("needs the feature `mutants`")
        .help("delete the key, or build with `cargo build --features mutants`"))
}

/// The rules that are a choice between two.
fn set_choices(config: &mut Config, spec: &HostSpec) {
    set_plain(
        &mut config.old_segments,
        spec.old_segments.map(|choice| match choice {
            OldSegmentsSpec::Discard => OldSegments::Discard,
            OldSegmentsSpec::Trim => OldSegments::Trim,
        }),
    );
    set_plain(
        &mut config.abort,
        spec.abort.map(|choice| match choice {
            AbortSpec::Bare => AbortReset::Bare,
            AbortSpec::WithAck => AbortReset::WithAck,
            AbortSpec::WithAckInEveryState => AbortReset::WithAckInEveryState,
        }),
    );
    set_plain(
        &mut config.client_on_unexpected,
        spec.client_on_unexpected.map(|choice| match choice {
            UnexpectedSpec::Rst => Unexpected::Reset,
            UnexpectedSpec::Ignore => Unexpected::Ignore,
        }),
    );
    set_plain(
        &mut config.time_wait_restart,
        spec.time_wait_restart.map(|choice| match choice {
            TimeWaitRestartSpec::Fin => TimeWaitRestart::Fin,
            TimeWaitRestartSpec::AnyAck => TimeWaitRestart::AnyAck,
        }),
    );
    set_plain(
        &mut config.repeated_syn,
        spec.repeated_syn.map(|choice| match choice {
            RepeatedSynSpec::Ack => RepeatedSyn::Ack,
            RepeatedSynSpec::SynAck => RepeatedSyn::SynAck,
        }),
    );
    set_plain(
        &mut config.new_syn,
        spec.new_syn.map(|choice| match choice {
            NewSynSpec::Listen => NewSyn::Listen,
            NewSynSpec::Reset => NewSyn::Reset,
            NewSynSpec::SynAck => NewSyn::SynAck,
        }),
    );
    set_plain(
        &mut config.crossed_syn_ack,
        spec.crossed_syn_ack.map(|choice| match choice {
            CrossedSynAckSpec::Trim => CrossedSynAck::Trim,
            CrossedSynAckSpec::TrimAndAck => CrossedSynAck::TrimAndAck,
        }),
    );
}

fn set_listener(listen: &mut ListenConfig, spec: &HostSpec) {
    set(&mut listen.backlog, spec.backlog.as_ref());
    set_switchable(
        &mut listen.max_syn_backlog,
        spec.max_syn_backlog.as_ref(),
        |most| most,
    );
    set_plain(&mut listen.syn_queue_prune, spec.syn_queue_prune);
    set_plain(&mut listen.abort_on_overflow, spec.abort_on_overflow);
    set_plain(&mut listen.fast_open_limit, spec.fast_open_limit);
}

/// Points at the key whose value the configuration refuses.
fn blame(error: &ConfigError, spec: &HostSpec) -> Diagnostic {
    let (key, span) = place(error.field, spec);
    let mut diagnostic = Diagnostic::new(format!("`{key}` must be {}", error.expected));
    diagnostic.span = span;
    diagnostic
}

/// The key in the file that a field of the configuration is set by, and where it is written.
fn place(field: &str, spec: &HostSpec) -> (String, Option<Range<usize>>) {
    let (key, span) = match field {
        "backlog" => ("backlog", spec.backlog.as_ref().map(Spanned::span)),
        "max_syn_backlog" => (
            "max_syn_backlog",
            spec.max_syn_backlog.as_ref().map(Spanned::span),
        ),
        "mss" => ("mss", spec.mss.as_ref().map(Spanned::span)),
        "mss_default" => ("mss_default", spec.mss_default.as_ref().map(Spanned::span)),
        "receive_buffer" => ("rcv_wnd", spec.rcv_wnd.as_ref().map(Spanned::span)),
        "send_buffer" => ("send_buffer", spec.send_buffer.as_ref().map(Spanned::span)),
        "window_scale" => (
            "window_scale",
            spec.window_scale.as_ref().map(Spanned::span),
        ),
        "delayed_ack" => ("delayed_ack", spec.delayed_ack.as_ref().map(Spanned::span)),
        "initial_window" => (
            "initial_window",
            spec.initial_window.as_ref().map(Spanned::span),
        ),
        "rto_initial" => ("rto_initial", spec.rto_initial.as_ref().map(Spanned::span)),
        "rto_min" => ("rto_min", spec.rto_min.as_ref().map(Spanned::span)),
        // The bound is contradicted by whichever of the three is written.
        "rto_max" => (
            "rto_max",
            (spec.rto_max.as_ref().map(Spanned::span))
                .or(spec.rto_min.as_ref().map(Spanned::span))
                .or(spec.rto_initial.as_ref().map(Spanned::span)),
        ),
        "fin_timeout" => ("fin_timeout", spec.fin_timeout.as_ref().map(Spanned::span)),
        "user_timeout" => (
            "user_timeout",
            spec.user_timeout.as_ref().map(Spanned::span),
        ),
        "keepalive" => ("keepalive", spec.keepalive.as_ref().map(Spanned::span)),
        "msl" => ("msl", spec.msl.as_ref().map(Spanned::span)),
        "time_wait" => {
            let span = spec
                .time_wait
                .as_ref()
                .or(spec.msl.as_ref())
                .map(Spanned::span);
            ("time_wait", span)
        }
        "ephemeral_ports" => (
            "ephemeral_ports",
            spec.ephemeral_ports.as_ref().map(Spanned::span),
        ),
        "isn_bits" => ("isn_bits", spec.isn_bits.as_ref().map(Spanned::span)),
        "ack_burst" => ("ack_burst", spec.ack_burst.as_ref().map(Spanned::span)),
        "ack_rate_limit" => (
            "ack_rate_limit",
            spec.ack_rate_limit.as_ref().map(Spanned::span),
        ),
        other => (other, None),
    };
    (key.to_owned(), span)
}
