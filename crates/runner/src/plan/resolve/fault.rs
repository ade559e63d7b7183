//! Scripted faults, and the moments that they wait for.

use std::ops::Range;

use netsim::{Ending, Probability, Window};
use tcp_core::{Flags, Phase};

use crate::diagnostic::{Diagnostic, suggestion};
use crate::quantity::Time;
use crate::spec::{
    CorruptSpec, DirectionSpec, DuplicateSpec, FaultSpec, FieldSpec, FlagsSpec, MatchSpec,
    MomentSpec, NthSpec, PayloadSpec, RewriteSpec, Short, Spanned,
};

use super::super::{
    Action, Direction, Fault, Field, FlagPattern, HostId, Match, Moment, Occurrence, Rewrite,
    StateCondition,
};
use super::{Findings, Names, check_name, expectation, impairment};

/// The bits that tell one kind of segment from another.
const KIND: Flags =
    Flags::from_bits(Flags::SYN.bits() | Flags::ACK.bits() | Flags::FIN.bits() | Flags::RST.bits());

/// All faults, in the order of the file.
pub(super) fn resolve_all(
    list: Vec<Spanned<FaultSpec>>,
    names: &Names,
    findings: &mut Findings<'_>,
) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (index, spec) in list.into_iter().enumerate() {
        let fault = resolve_one(spec, index, names, findings);
        faults.extend(findings.take(fault));
    }
    faults
}

fn resolve_one(
    spec: Spanned<FaultSpec>,
    index: usize,
    names: &Names,
    findings: &mut Findings<'_>,
) -> Result<Fault, Diagnostic> {
    let span = spec.span();
    let spec = spec.into_inner();
    let id = check_name(&spec.id, "a fault")?;
    if names.faults[..index].contains(&id) {
        return Err(
            Diagnostic::at(spec.id.span(), format!("there are two faults `{id}`"))
                .help("reports and overrides call a fault by its `id`, so each needs its own"),
        );
    }
    let pattern = pattern(&spec.pattern, names, findings)?;
    let nth = spec.pattern.nth.as_ref();
    let nth = nth.map_or(Ok(Occurrence::Every), occurrence)?;
    let probability = match &spec.pattern.probability {
        None => Probability::ONE,
        Some(percent) if percent.get_ref().billionths == 0 => {
            return Err(
                Diagnostic::at(percent.span(), "a fault with probability 0% never acts")
                    .help("delete the fault, or give it a chance"),
            );
        }
        Some(percent) => percent.get_ref().into(),
    };
    let action = action(&spec, &span, index, names, findings)?;
    Ok(Fault {
        id,
        pattern,
        nth,
        probability,
        action,
    })
}

/// Everything that a segment must have, except its number and its luck.
fn pattern(
    spec: &MatchSpec,
    names: &Names,
    findings: &mut Findings<'_>,
) -> Result<Match, Diagnostic> {
    let link = spec.link.as_ref().map(|link| names.link(link));
    let connection = spec.connection.as_ref();
    let connection = connection.map(|index| names.connection(index));
    let window = match &spec.window {
        None => Window::ALWAYS,
        Some(window) => {
            let bounds = window.get_ref();
            impairment::window(bounds.from, bounds.until, window.span())?
        }
    };
    let state = match &spec.state {
        None => None,
        Some(text) => {
            let form = "write a condition such as \"server.state == LISTEN\"";
            let (host, phase) = state_event(text, form, names, findings)?;
            Some(StateCondition { host, phase })
        }
    };
    let flags = spec.flags.as_ref();
    Ok(Match {
        link: link.transpose()?,
        connection: connection.transpose()?,
        flags: flags.map_or(Ok(FlagPattern::ANY), flag_pattern)?,
        payload: payload(spec.payload.as_ref())?,
        window,
        state,
        direction: spec.direction.map(|direction| match direction {
            DirectionSpec::Forward => Direction::Forward,
            DirectionSpec::Backward => Direction::Backward,
        }),
        incarnation: from_one(spec.incarnation.as_ref(), "incarnation")?,
        entry: from_one(spec.entry.as_ref(), "entry")?,
    })
}

/// A number that counts from 1.
fn from_one(number: Option<&Spanned<u32>>, what: &str) -> Result<Option<u32>, Diagnostic> {
    match number {
        Some(zero) if *zero.get_ref() == 0 => {
            Err(Diagnostic::at(zero.span(), format!("there is no {what} 0"))
                .help(format!("`{what}` counts from 1")))
        }
        number => Ok(number.map(|number| *number.get_ref())),
    }
}

/// The least and the greatest length.
fn payload(spec: Option<&Spanned<Short<PayloadSpec>>>) -> Result<(u32, u32), Diagnostic> {
    let Some(spec) = spec else {
        return Ok((0, u32::MAX));
    };
    let Short(bounds) = spec.get_ref();
    let (least, most) = (bounds.min.unwrap_or(0), bounds.max.unwrap_or(u32::MAX));
    if least > most {
        let title = format!("no payload has at least {least} and at most {most} bytes");
        return Err(Diagnostic::at(spec.span(), title));
    }
    Ok((least, most))
}

fn occurrence(nth: &Spanned<NthSpec>) -> Result<Occurrence, Diagnostic> {
    let NthSpec(numbers) = nth.get_ref();
    let mut sorted = numbers.clone();
    sorted.sort_unstable();
    let refuse = |title: String| {
        Err(Diagnostic::at(nth.span(), title)
            .help("`nth` counts matching segments from 1; without it every one is hit"))
    };
    match sorted.first() {
        None => return refuse("an empty list of occurrences hits nothing".to_owned()),
        Some(0) => return refuse("there is no occurrence 0".to_owned()),
        Some(_) => {}
    }
    if let Some([twice, _]) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
        return refuse(format!("occurrence {twice} is in the list twice"));
    }
    Ok(Occurrence::Listed(sorted))
}

fn flag_pattern(spec: &Spanned<Short<FlagsSpec>>) -> Result<FlagPattern, Diagnostic> {
    let Short(FlagsSpec { exactly, all, none }) = spec.get_ref();
    if let Some(text) = exactly {
        let value = flags(text, spec.span())?;
        // Every FIN of a TCP carries an ACK, so `FIN` names the segment that closes; taken to the
        // letter it would never match.
        let mask = if value == Flags::FIN {
            KIND.without(Flags::ACK)
        } else {
            value | KIND
        };
        return Ok(FlagPattern { mask, value });
    }
    let read = |text: &Option<Spanned<String>>| match text {
        Some(text) => flags(text.get_ref(), text.span()),
        None => Ok(Flags::NONE),
    };
    let (all, none) = (read(all)?, read(none)?);
    if all.intersects(none) {
        return Err(
            Diagnostic::at(spec.span(), "a bit cannot be both set and clear")
                .help("`all` lists bits that are set, `none` bits that are clear"),
        );
    }
    Ok(FlagPattern {
        mask: all | none,
        value: all,
    })
}

/// Control bits such as `SYN,ACK`; `-` for none of them.
pub(super) fn flags(text: &str, span: Range<usize>) -> Result<Flags, Diagnostic> {
    let mut flags = Flags::NONE;
    if text == "-" {
        return Ok(flags);
    }
    for name in text.split([',', '+']) {
        let known = Flags::NAMES
            .into_iter()
            .find(|(_, known)| *known == name.trim());
        let Some((flag, _)) = known else {
            let all = Flags::NAMES.map(|(_, known)| known);
            let title = format!("`{}` is no control bit", name.trim());
            return Err(Diagnostic::at(span, title).help(suggestion(
                name.trim(),
                all,
                "control bits, joined by commas",
            )));
        };
        flags = flags | flag;
    }
    Ok(flags)
}

/// The one action of a fault.
fn action(
    spec: &FaultSpec,
    span: &Range<usize>,
    index: usize,
    names: &Names,
    findings: &mut Findings<'_>,
) -> Result<Action, Diagnostic> {
    let id = spec.id.get_ref();
    let mut actions = immediate_actions(spec)?;
    if let Some(spec) = &spec.hold_until {
        let moment = wait(spec, index, names, findings)?;
        actions.push((spec.span(), Action::HoldUntil(moment)));
    }
    if let Some(spec) = &spec.replay {
        let moment = wait(spec, index, names, findings)?;
        actions.push((spec.span(), Action::Replay(moment)));
    }
    let mut actions = actions.into_iter();
    match (actions.next(), actions.next()) {
        (Some((_, action)), None) => Ok(action),
        (Some(_), Some((second, _))) => Err(Diagnostic::at(
            second,
            format!("fault `{id}` has two actions"),
        )
        .help("give it one, or write two faults")),
        (None, _) => Err(
            Diagnostic::at(span.clone(), format!("fault `{id}` does nothing"))
                .help("actions: drop, corrupt, rewrite, delay_by, hold_until, replay, duplicate"),
        ),
    }
}

/// The actions that wait for nothing, with their places.
fn immediate_actions(spec: &FaultSpec) -> Result<Vec<(Range<usize>, Action)>, Diagnostic> {
    let mut actions = Vec::new();
    let idle = |span: Range<usize>, key: &str| {
        let title = format!("`{key} = false` does nothing");
        Err(Diagnostic::at(span, title).help("delete the key, or the fault"))
    };
    if let Some(value) = &spec.drop {
        if !*value.get_ref() {
            return idle(value.span(), "drop");
        }
        actions.push((value.span(), Action::Drop));
    }
    if let Some(value) = &spec.corrupt {
        let Short(CorruptSpec {
            is_off,
            field: name,
        }) = *value.get_ref();
        if is_off {
            return idle(value.span(), "corrupt");
        }
        actions.push((value.span(), Action::Corrupt(name.map(field))));
    }
    if let Some(value) = &spec.rewrite {
        let RewriteSpec {
            seq,
            ack,
            window,
            flags: bits,
        } = value.get_ref();
        let bits = bits.as_ref();
        let rewrite = Rewrite {
            seq: *seq,
            ack: *ack,
            window: *window,
            flags: bits
                .map(|text| flags(text.get_ref(), text.span()))
                .transpose()?,
        };
        if rewrite == Rewrite::default() {
            return Err(
                Diagnostic::at(value.span(), "an empty `rewrite` does nothing")
                    .help("fields: seq, ack, window, flags"),
            );
        }
        actions.push((value.span(), Action::Rewrite(rewrite)));
    }
    if let Some(time) = &spec.delay_by {
        if time.get_ref().0.is_zero() {
            return Err(Diagnostic::at(time.span(), "a delay of 0s does nothing"));
        }
        actions.push((time.span(), Action::DelayBy(time.get_ref().0)));
    }
    if let Some(value) = &spec.duplicate {
        let Short(DuplicateSpec { copies, spacing }) = *value.get_ref();
        if !(1..=65_534).contains(&copies) {
            let title = format!("a fault cannot make {copies} copies");
            return Err(Diagnostic::at(value.span(), title).help("it makes 1 to 65534"));
        }
        let spacing = spacing.unwrap_or_default().0;
        actions.push((value.span(), Action::Duplicate { copies, spacing }));
    }
    Ok(actions)
}

fn field(spec: FieldSpec) -> Field {
    match spec {
        FieldSpec::SourcePort => Field::SourcePort,
        FieldSpec::DestinationPort => Field::DestinationPort,
        FieldSpec::Seq => Field::Seq,
        FieldSpec::Ack => Field::Ack,
        FieldSpec::DataOffset => Field::DataOffset,
        FieldSpec::Flags => Field::Flags,
        FieldSpec::Window => Field::Window,
        FieldSpec::Checksum => Field::Checksum,
        FieldSpec::UrgentPointer => Field::UrgentPointer,
        FieldSpec::Options => Field::Options,
        FieldSpec::Text => Field::Text,
    }
}

/// The moment that fault number `index` waits for.
fn wait(
    spec: &Spanned<MomentSpec>,
    index: usize,
    names: &Names,
    findings: &mut Findings<'_>,
) -> Result<Moment, Diagnostic> {
    let MomentSpec { event, at, plus } = spec.get_ref();
    let span = spec.span();
    let parts = MomentParts {
        event,
        at,
        plus,
        span,
    };
    moment(&parts, names, Some(index), findings)
}

/// What a moment is written as.
pub(super) struct MomentParts<'a> {
    pub(super) event: &'a Option<Spanned<String>>,
    pub(super) at: &'a Option<Spanned<Time>>,
    pub(super) plus: &'a Option<Spanned<Time>>,
    pub(super) span: Range<usize>,
}

/// A moment: a time, a change of state, or the fate of what another fault hit. `own` is
/// the fault that waits, if it is one.
pub(super) fn moment(
    parts: &MomentParts<'_>,
    names: &Names,
    own: Option<usize>,
    findings: &mut Findings<'_>,
) -> Result<Moment, Diagnostic> {
    match (parts.event, parts.at) {
        (None, Some(at)) => match parts.plus {
            None => Ok(Moment::At(at.get_ref().0)),
            Some(plus) => Err(
                Diagnostic::at(plus.span(), "`plus` has no meaning beside `at`")
                    .help("add it to the time yourself"),
            ),
        },
        (Some(text), None) => {
            let plus = parts
                .plus
                .as_ref()
                .map_or(Time::default(), |plus| *plus.get_ref())
                .0;
            if let Some((fault, ending)) = fate_event(text, own, names)? {
                return Ok(Moment::Fate {
                    fault,
                    ending,
                    plus,
                });
            }
            let form = "events: \"HOST.state == STATE\", \"FAULT delivered\", \"FAULT lost\", \
                        \"FAULT ended\"";
            let (host, phase) = state_event(text, form, names, findings)?;
            Ok(Moment::Enters { host, phase, plus })
        }
        (Some(event), Some(_)) => Err(Diagnostic::at(
            event.span(),
            "a moment is either an `event` or a time (`at`)",
        )
        .help("delete one of them")),
        (None, None) => Err(
            Diagnostic::at(parts.span.clone(), "a moment needs `event` or `at`")
                .help("for example { event = \"client.state == CLOSED\", plus = \"200ms\" }"),
        ),
    }
}

/// `FAULT delivered`, `FAULT lost` or `FAULT ended`: what became of a segment that another fault
/// hit. `None` if the text has another form.
fn fate_event(
    text: &Spanned<String>,
    own: Option<usize>,
    names: &Names,
) -> Result<Option<(usize, Ending)>, Diagnostic> {
    let Some((id, ending)) = text.get_ref().trim().rsplit_once(' ') else {
        return Ok(None);
    };
    let ending = match ending {
        "delivered" => Ending::Delivered,
        "lost" => Ending::Lost,
        "ended" => Ending::Either,
        _ => return Ok(None),
    };
    let fault = super::find(&names.faults, id.trim(), text.span(), "fault")?;
    if own == Some(fault) {
        return Err(Diagnostic::at(
            text.span(),
            "a fault cannot wait for itself",
        ));
    }
    Ok(Some((fault, ending)))
}

/// `HOST.state == STATE`; `forms` says what else could have been written.
fn state_event(
    text: &Spanned<String>,
    forms: &str,
    names: &Names,
    findings: &mut Findings<'_>,
) -> Result<(HostId, Phase), Diagnostic> {
    let form = || {
        let title = format!("`{}` cannot be understood", text.get_ref());
        Diagnostic::at(text.span(), title).help(forms)
    };
    let (left, state) = text.get_ref().split_once("==").ok_or_else(form)?;
    let host = left.trim().strip_suffix(".state").ok_or_else(form)?;
    let host = names.host(host, text.span())?;
    let (phase, note) = expectation::phase(state.trim(), text.span())?;
    findings.notes.extend(note);
    Ok((host, phase))
}
