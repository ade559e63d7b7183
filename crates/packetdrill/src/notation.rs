//! Segments in packetdrill's notation, for messages and ladders.

use crate::script::{Flags, SegmentSpec, TcpOption};
use std::fmt;

impl fmt::Display for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letters = [
            (self.syn, 'S'),
            (self.fin, 'F'),
            (self.rst, 'R'),
            (self.psh, 'P'),
            (self.urg, 'U'),
            (self.ece, 'E'),
            (self.cwr, 'W'),
            (self.ack, '.'),
        ];
        let mut text: String = letters
            .iter()
            .filter(|letter| letter.0)
            .map(|letter| letter.1)
            .collect();
        if text.is_empty() {
            text.push('-');
        }
        f.pad(&text)
    }
}

impl fmt::Display for TcpOption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TcpOption::Nop => f.write_str("nop"),
            TcpOption::EndOfList => f.write_str("eol"),
            TcpOption::Mss(mss) => write!(f, "mss {mss}"),
            TcpOption::WindowScale(shift) => write!(f, "wscale {shift}"),
            TcpOption::SackPermitted => f.write_str("sackOK"),
            TcpOption::Sack(blocks) => {
                f.write_str("sack")?;
                blocks
                    .iter()
                    .try_for_each(|(left, right)| write!(f, " {left}:{right}"))
            }
            TcpOption::Timestamp { value, echo } => write!(f, "TS val {value} ecr {echo}"),
            TcpOption::FastOpen(cookie) => write!(f, "FO {}", hexadecimal(cookie)),
            TcpOption::Other(kind, data) => write!(f, "kind {kind} {}", hexadecimal(data)),
        }
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect::<Vec<String>>()
        .concat()
}

impl fmt::Display for SegmentSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((source, target)) = self.ports {
            write!(f, "{source} > {target} ")?;
        }
        let end = self.seq.wrapping_add(u32::from(self.len));
        write!(f, "{:<2} {}:{end}({})", self.flags, self.seq, self.len)?;
        if let Some(ack) = self.ack {
            write!(f, " ack {ack}")?;
        }
        if let Some(window) = self.window {
            write!(f, " win {window}")?;
        }
        if let Some(urgent) = self.urgent {
            write!(f, " urg {urgent}")?;
        }
        match &self.options {
            None => f.write_str(" <...>"),
            Some(options) if options.is_empty() => Ok(()),
            Some(options) => {
                let words: Vec<String> = options
                    .iter()
                    .map(|option| option.to_string().trim_end().to_owned())
                    .collect();
                write!(f, " <{}>", words.join(","))
            }
        }
    }
}

/// What an expected segment and an actual one disagree about, both in the script's numbering; empty
/// if they match. Timestamps are compared by the caller, who knows the clock.
pub(crate) fn differences(expected: &SegmentSpec, actual: &SegmentSpec) -> Vec<String> {
    let mut found = Vec::new();
    let mut compare = |field: &str, expected: String, actual: String| {
        if expected != actual {
            found.push(format!("{field}: expected {expected}, got {actual}"));
        }
    };
    compare(
        "flags",
        expected.flags.to_string(),
        actual.flags.to_string(),
    );
    compare("seq", expected.seq.to_string(), actual.seq.to_string());
    compare("length", expected.len.to_string(), actual.len.to_string());
    if expected.flags.ack {
        compare(
            "ack",
            expected.ack.unwrap_or(0).to_string(),
            actual.ack.unwrap_or(0).to_string(),
        );
    }
    if let Some(window) = expected.window {
        compare(
            "win",
            window.to_string(),
            actual.window.unwrap_or(0).to_string(),
        );
    }
    compare(
        "urg",
        expected.urgent.unwrap_or(0).to_string(),
        actual.urgent.unwrap_or(0).to_string(),
    );
    if let Some((source, target)) = expected.ports {
        let (actual_source, actual_target) = actual.ports.unwrap_or((source, target));
        for (what, expected, actual) in [
            ("source port", source, actual_source),
            ("target port", target, actual_target),
        ] {
            if expected != 0 {
                compare(what, expected.to_string(), actual.to_string());
            }
        }
    }
    if let Some(options) = &expected.options {
        let text = |options: &[TcpOption]| {
            let words: Vec<String> = options
                .iter()
                .map(|option| match option {
                    TcpOption::Timestamp { .. } => "TS".to_owned(),
                    other => other.to_string().trim_end().to_owned(),
                })
                .collect();
            format!("<{}>", words.join(","))
        };
        compare(
            "options",
            text(options),
            text(actual.options.as_deref().unwrap_or(&[])),
        );
    }
    found
}

#[cfg(test)]
mod tests {
    use crate::script::{Action, Script, SegmentSpec};

    fn segment(line: &str) -> SegmentSpec {
        let script = Script::parse("t", format!("0 {line}\n").as_bytes()).expect("parses");
        match &script.events[0].action {
            Action::Inject(segment) | Action::Expect(segment) => segment.clone(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_segment_prints_as_it_is_written() {
        for line in [
            "S  0:0(0) win 65535 <mss 1460,nop,wscale 6,sackOK,TS val 100 ecr 0>",
            "FP. 1:11(10) ack 1 win 0 urg 3",
            "-  5:5(0)",
            ".  1:1(0) ack 1 <nop,nop,sack 2:3 4:5>",
            "1000 > 80 S  1:1(0) <FO 0102,kind 77 0a>",
            "SEW 0:0(0)",
        ] {
            let spec = segment(&format!("> {line}"));
            assert_eq!(spec.to_string(), line);
        }
        assert_eq!(
            segment("> R. 1:1(0) ack 2 <...>").to_string(),
            "R. 1:1(0) ack 2 <...>"
        );
    }

    #[test]
    fn differences_name_the_field() {
        let expected = segment("> . 1:1(0) ack 1 win 65535");
        let actual = segment("> . 1:1(0) ack 2 win 65535 <mss 5>");
        assert_eq!(
            super::differences(&expected, &actual),
            vec![
                "ack: expected 1, got 2",
                "options: expected <>, got <mss 5>"
            ]
        );
        assert!(
            super::differences(
                &segment("> S 0:0(0) <...>"),
                &segment("> S 0:0(0) win 3 <mss 5>")
            )
            .is_empty()
        );
    }
}
