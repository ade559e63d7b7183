//! Scripted faults, and the moments that they wait for.

use std::ops::Range;

use netsim::{Ending, Probability, Window};
use tcp_core::{Flags, Phase};
use toml::Spanned;

use crate::diagnostic::{Diagnostic, suggestion};
use crate::quantity::Time;
use crate::spec::{FaultSpec, FlagsSpec, MatchSpec, MomentSpec, NthSpec, Short};

use super::super::{Action, Fault, FlagPattern, HostId, Match, Moment, Occurrence, StateCondition};
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
    let MatchSpec {
        link,
        connection,
        flags,
        nth,
        payload,
        window,
        probability,
        state,
    } = &spec.pattern;
    let payload = match payload {
        None => (0, u32::MAX),
        Some(payload) => {
            let Short(bounds) = payload.get_ref();
            let (least, most) = (bounds.min.unwrap_or(0), bounds.max.unwrap_or(u32::MAX));
            if least > most {
                let title = format!("no payload has at least {least} and at most {most} bytes");
                return Err(Diagnostic::at(payload.span(), title));
            }
            (least, most)
        }
    };
    let pattern = Match {
        link: link.as_ref().map(|link| names.link(link)).transpose()?,
        connection: connection
            .as_ref()
            .map(|index| names.connection(index))
            .transpose()?,
        flags: flags.as_ref().map_or(Ok(FlagPattern::ANY), flag_pattern)?,
        payload,
        window: match window {
            None => Window::ALWAYS,
            Some(window) => {
                let bounds = window.get_ref();
                impairment::window(bounds.from, bounds.until, window.span())?
            }
        },
        state: match state {
            None => None,
            Some(text) => {
                let form = "write a condition such as \"server.state == LISTEN\"";
                let (host, phase) = state_event(text, form, names, findings)?;
                Some(StateCondition { host, phase })
            }
        },
    };
    let nth = nth.as_ref().map_or(Ok(Occurrence::Every), occurrence)?;
    let probability = match probability {
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
    if let Some(twice) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
        return refuse(format!("occurrence {} is in the list twice", twice[0]));
    }
    Ok(Occurrence::Listed(sorted))
}

fn flag_pattern(spec: &Spanned<Short<FlagsSpec>>) -> Result<FlagPattern, Diagnostic> {
    let Short(FlagsSpec { exactly, all, none }) = spec.get_ref();
    if let Some(text) = exactly {
        let value = flags(text, spec.span())?;
        return Ok(FlagPattern {
            mask: value | KIND,
            value,
        });
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
    let switch = |key: &str, value: &Spanned<bool>, action: Action| {
        if *value.get_ref() {
            return Ok(action);
        }
        Err(
            Diagnostic::at(value.span(), format!("`{key} = false` does nothing"))
                .help("delete the key, or the fault"),
        )
    };
    let mut wait = |moment: &Spanned<MomentSpec>| {
        let MomentSpec { event, at, plus } = moment.get_ref();
        let parts = MomentParts {
            event,
            at,
            plus,
            span: moment.span(),
        };
        self::moment(&parts, names, Some(index), findings)
    };
    let mut actions = Vec::new();
    if let Some(value) = &spec.drop {
        actions.push((value.span(), switch("drop", value, Action::Drop)?));
    }
    if let Some(value) = &spec.corrupt {
        actions.push((value.span(), switch("corrupt", value, Action::Corrupt)?));
    }
    if let Some(time) = &spec.delay_by {
        if time.get_ref().0.is_zero() {
            return Err(Diagnostic::at(time.span(), "a delay of 0s does nothing"));
        }
        actions.push((time.span(), Action::DelayBy(time.get_ref().0)));
    }
    if let Some(moment) = &spec.hold_until {
        actions.push((moment.span(), Action::HoldUntil(wait(moment)?)));
    }
    if let Some(moment) = &spec.replay {
        actions.push((moment.span(), Action::Replay(wait(moment)?)));
    }
    if let Some(value) = &spec.duplicate {
        let Short(duplicate) = value.get_ref();
        if !(1..=65_534).contains(&duplicate.copies) {
            let title = format!("a fault cannot make {} copies", duplicate.copies);
            return Err(Diagnostic::at(value.span(), title).help("it makes 1 to 65534"));
        }
        let spacing = duplicate.spacing.unwrap_or_default().0;
        actions.push((
            value.span(),
            Action::Duplicate {
                copies: duplicate.copies,
                spacing,
            },
        ));
    }
    let help = "actions: drop, corrupt, delay_by, hold_until, replay, duplicate";
    let mut actions = actions.into_iter();
    match (actions.next(), actions.next()) {
        (Some((_, action)), None) => Ok(action),
        (Some(_), Some((second, _))) => Err(Diagnostic::at(
            second,
            format!("fault `{}` has two actions", spec.id.get_ref()),
        )
        .help("give it one, or write two faults")),
        (None, _) => Err(Diagnostic::at(
            span.clone(),
            format!("fault `{}` does nothing", spec.id.get_ref()),
        )
        .help(help)),
    }
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
