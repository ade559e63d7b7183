//! Faults in words: what a fault looks for and what it does, for people who read reports.

use std::time::Duration;

use netsim::{Ending, Window};

use crate::diagnostic::counted;
use crate::plan::{
    Action, Direction, Fault, FlagPattern, Injection, Moment, Occurrence, Plan, Rewrite,
    SequenceExpression, SequenceOrigin,
};
use crate::quantity::Time;

/// For example `holds SYN number 1 on c2s until client is CLOSED, plus 200ms`.
pub fn fault(plan: &Plan, fault: &Fault) -> String {
    let verb = match &fault.action {
        Action::Drop => "drops",
        Action::DelayBy(_) => "delays",
        Action::HoldUntil(_) => "holds",
        Action::Replay(_) => "replays",
        Action::Duplicate { .. } => "duplicates",
        Action::Corrupt(_) => "corrupts",
        Action::Rewrite(_) => "rewrites",
    };
    let consequence = match &fault.action {
        Action::Drop | Action::Corrupt(None) => String::new(),
        Action::Corrupt(Some(field)) => format!(" in its {}", field.name()),
        Action::Rewrite(rewrite) => rewritten(*rewrite),
        Action::DelayBy(time) => format!(" by {}", Time(*time)),
        Action::HoldUntil(moment) => format!(" until {}", self::moment(plan, moment)),
        Action::Replay(moment @ Moment::At(_)) => format!(" at {}", self::moment(plan, moment)),
        Action::Replay(moment) => format!(" when {}", self::moment(plan, moment)),
        Action::Duplicate { copies: 1, .. } => " once".to_owned(),
        Action::Duplicate { copies, spacing } if spacing.is_zero() => format!(" {copies} times"),
        Action::Duplicate { copies, spacing } => {
            format!(" {copies} times, {} apart", Time(*spacing))
        }
    };
    let chance = if fault.probability.is_one() {
        ""
    } else {
        " by chance"
    };
    format!("{verb} {}{chance}{consequence}", pattern(plan, fault))
}

/// For example `RST seq=j+1 on c2s from 10.1.0.1:5555 to 10.2.0.1:80 at 1s`.
pub fn injection(plan: &Plan, injection: &Injection) -> String {
    let Injection {
        flags, seq, ack, ..
    } = injection;
    let mut words = vec![flags.to_string(), format!("seq={}", number(*seq))];
    words.extend(ack.map(|ack| format!("ack={}", number(ack))));
    if injection.payload > 0 {
        words.push(format!(
            "with {}",
            counted(injection.payload.into(), "byte")
        ));
    }
    words.push(format!("on {}", plan.link(injection.link).name()));
    words.push(format!("from {} to {}", injection.from, injection.to));
    let moment = moment(plan, &injection.moment);
    words.push(match injection.moment {
        Moment::At(_) => format!("at {moment}"),
        Moment::Enters { .. } | Moment::Fate { .. } => format!("when {moment}"),
    });
    match (injection.count, injection.spacing) {
        (1, _) => {}
        (count, spacing) if spacing.is_zero() => words.push(format!("{count} times")),
        (count, spacing) => words.push(format!("{count} times, {} apart", Time(spacing))),
    }
    words.join(" ")
}

/// `1001`, `j+1`, `k2`.
fn number(expression: SequenceExpression) -> String {
    let (letter, ordinal) = match expression.origin {
        SequenceOrigin::Zero => return expression.offset.to_string(),
        SequenceOrigin::Client(ordinal) => ('j', ordinal),
        SequenceOrigin::Server(ordinal) => ('k', ordinal),
    };
    let ordinal = Some(ordinal).filter(|ordinal| *ordinal > 1);
    let ordinal = ordinal.map_or_else(String::new, |ordinal| ordinal.to_string());
    match expression.offset {
        0 => format!("{letter}{ordinal}"),
        offset => format!("{letter}{ordinal}+{offset}"),
    }
}

/// To what a segment is changed, for example ` to RST,ACK seq=0`.
pub fn rewritten(rewrite: Rewrite) -> String {
    let Rewrite {
        seq,
        ack,
        window,
        flags,
    } = rewrite;
    let fields = [
        flags.map(|flags| flags.to_string()),
        seq.map(|seq| format!("seq={seq}")),
        ack.map(|ack| format!("ack={ack}")),
        window.map(|window| format!("win={window}")),
    ];
    let fields: Vec<String> = fields.into_iter().flatten().collect();
    format!(" to {}", fields.join(" "))
}

/// Which segments a fault hits.
fn pattern(plan: &Plan, fault: &Fault) -> String {
    let pattern = &fault.pattern;
    let kind = flags(pattern.flags);
    let mut words = match &fault.nth {
        Occurrence::Every => vec![format!("every {kind}")],
        Occurrence::Listed(numbers) => {
            let numbers: Vec<String> = numbers.iter().map(u32::to_string).collect();
            vec![kind, format!("number {}", numbers.join(", "))]
        }
    };
    match pattern.payload {
        (0, u32::MAX) => {}
        (least, most) if least == most => {
            words.push(format!("with {}", counted(least.into(), "byte")));
        }
        (least, u32::MAX) => words.push(format!("with at least {}", counted(least.into(), "byte"))),
        (least, most) => words.push(format!("with {least} to {}", counted(most.into(), "byte"))),
    }
    if let Some(link) = pattern.link {
        words.push(format!("on {}", plan.link(link).name()));
    }
    if let Some(connection) = pattern.connection {
        words.push(format!("of connection {}", connection.0));
    }
    if let Some(number) = pattern.incarnation {
        words.push(format!("of incarnation {number}"));
    }
    if let Some(number) = pattern.entry {
        words.push(format!("of entry {number}"));
    }
    match pattern.direction {
        Some(Direction::Forward) => words.push("from the end that opened".to_owned()),
        Some(Direction::Backward) => words.push("to the end that opened".to_owned()),
        None => {}
    }
    if let Some(state) = pattern.state {
        let host = &plan.host(state.host).name;
        words.push(format!("while {host} is {}", state.phase));
    }
    words.extend(window(pattern.window));
    words.join(" ")
}

fn flags(pattern: FlagPattern) -> String {
    if pattern.mask.bits() == 0 {
        return "segment".to_owned();
    }
    let forbidden = pattern.mask.without(pattern.value);
    match (pattern.value.bits(), forbidden.bits()) {
        (0, _) => format!("segment without {forbidden}"),
        _ => pattern.value.to_string(),
    }
}

fn window(window: Window) -> Option<String> {
    let time = |instant: netsim::Instant| Time(Duration::from_nanos(instant.as_nanos()));
    let from = time(window.from);
    match window.until {
        None if window.from.as_nanos() == 0 => None,
        None => Some(format!("from {from}")),
        Some(until) => Some(format!("from {from} to {}", time(until))),
    }
}

fn moment(plan: &Plan, moment: &Moment) -> String {
    let later = |plus: &Duration| {
        if plus.is_zero() {
            String::new()
        } else {
            format!(", plus {}", Time(*plus))
        }
    };
    match moment {
        Moment::At(time) => Time(*time).to_string(),
        Moment::Enters { host, phase, plus } => {
            format!("{} is {phase}{}", plan.host(*host).name, later(plus))
        }
        Moment::Fate {
            fault,
            ending,
            plus,
        } => {
            let fate = match ending {
                Ending::Delivered => "delivered",
                Ending::Lost => "lost",
                Ending::Either => "delivered or lost",
            };
            format!(
                "what {} hit is {fate}{}",
                plan.faults[*fault].id,
                later(plus)
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::experiment::Experiment;

    #[test]
    fn faults_are_described_in_words() {
        let head = "schema = 1\nname = \"x\"\nrun = { seed = 1, until = \"9s\" }\n\
                    [link.c2s]\n[link.s2c]\n[[connection]]\nfrom = \"client:1\"\n";
        let table = [
            (
                "match = { link = \"c2s\", flags = \"SYN\", nth = 1 }\n\
                 hold_until = { event = \"client.state == CLOSED\", plus = \"200ms\" }",
                "holds SYN number 1 on c2s until client is CLOSED, plus 200ms",
            ),
            ("drop = true", "drops every segment"),
            (
                "match = { flags = { none = \"ACK\" }, payload = { min = 1 }, probability = \"5%\" }\n\
                 delay_by = \"1s\"",
                "delays every segment without ACK with at least 1 byte by chance by 1s",
            ),
            (
                "match = { connection = 0, nth = [1, 3], window = { from = \"1s\", until = \"2s\" } }\n\
                 duplicate = { copies = 2, spacing = \"1ms\" }",
                "duplicates segment number 1, 3 of connection 0 from 1s to 2s 2 times, 1ms apart",
            ),
            (
                "match = { direction = \"backward\", incarnation = 2, entry = 1 }\n\
                 corrupt = { field = \"data-offset\" }",
                "corrupts every segment of incarnation 2 of entry 1 to the end that opened in its \
                 data-offset",
            ),
            (
                "rewrite = { window = 0, flags = \"RST,ACK\" }",
                "rewrites every segment to RST,ACK win=0",
            ),
            (
                "match = { flags = \"RST\", payload = 0, state = \"server.state == LISTEN\" }\n\
                 replay = { at = \"3s\" }",
                "replays every RST with 0 bytes while server is LISTEN at 3s",
            ),
        ];
        for (text, words) in table {
            let text = format!("{head}[[fault]]\nid = \"f\"\n{text}\n");
            let plan = Experiment::parse("x.toml", &text, &[])
                .expect("it is good")
                .plan;
            assert_eq!(super::fault(&plan, &plan.faults[0]), words);
        }
    }
}
