//! Segments in one short line: control bits, SEG.SEQ, SEG.ACK if the ACK bit is set, `+octets`.
//!
//! ```text
//! SYN 100              SYN,ACK 300 101       ACK 101 301 w=0       PSH,ACK 101 301 +10
//! - 101 (no bit)       RST,ACK 0 101         SYN 100 mss=1460 ws=10 sack ts=5/0
//! ```
//!
//! `w=` is the window field; `mss=`, `ws=`, `sack` and `ts=value/echo` are options. A segment that
//! is written without a window offers 65535. An expectation that names the MSS names all options;
//! `ts` alone stands for any time, `echo=` for the echoed time or none. Numbers may be negative: they count from the origin
//! of their sequence space, modulo 2^32.

use std::fmt::Write;

use tcp_core::options::Timestamps;
use tcp_core::{Flags, Segment, SeqNum, Text};

/// Reads a segment; the error says which word is wrong.
pub(crate) fn parse(line: &str) -> Result<Segment, String> {
    let mut words = line.split_whitespace();
    let mut segment = Segment {
        flags: flags(words.next().ok_or("no segment")?)?,
        window: 65535,
        ..Segment::default()
    };
    segment.seq = number(words.next().ok_or("no SEG.SEQ")?)?;
    if segment.flags.ack() {
        segment.ack = number(words.next().ok_or("no SEG.ACK")?)?;
    }
    for word in words {
        extra(&mut segment, word)?;
    }
    Ok(segment)
}

fn flags(word: &str) -> Result<Flags, String> {
    if word == "-" {
        return Ok(Flags::NONE);
    }
    word.split(',').try_fold(Flags::NONE, |set, name| {
        Flags::NAMES
            .into_iter()
            .find(|(_, known)| *known == name)
            .map(|(flag, _)| set | flag)
            .ok_or_else(|| format!("`{name}` is no control bit"))
    })
}

fn number(word: &str) -> Result<SeqNum, String> {
    let value: i64 = word
        .parse()
        .map_err(|_| format!("`{word}` is no sequence number"))?;
    Ok(SeqNum(value.rem_euclid(1 << 32) as u32))
}

fn extra(segment: &mut Segment, word: &str) -> Result<(), String> {
    let wrong = |_| format!("`{word}` is out of range");
    if word == "sack" {
        segment.options = segment.options.with_sack_permitted();
    } else if let Some(octets) = word.strip_prefix('+') {
        segment.text = Text::at(0, octets.parse().map_err(wrong)?);
    } else if let Some(window) = word.strip_prefix("w=") {
        segment.window = window.parse().map_err(wrong)?;
    } else if let Some(mss) = word.strip_prefix("mss=") {
        segment.options = segment.options.with_mss(mss.parse().map_err(wrong)?);
    } else if let Some(shift) = word.strip_prefix("ws=") {
        let shift = shift.parse().map_err(wrong)?;
        segment.options = segment.options.with_window_scale(shift);
    } else if let Some((value, echo)) = word.strip_prefix("ts=").and_then(|ts| ts.split_once('/')) {
        segment.options = segment.options.with_timestamps(Timestamps {
            value: value.parse().map_err(wrong)?,
            echo: echo.parse().map_err(wrong)?,
        });
    } else {
        return Err(format!("`{word}` is no field of a segment"));
    }
    Ok(())
}

/// Writes a segment with the fields that `like` mentions, so that both can be compared as text.
pub(crate) fn write(segment: &Segment, like: &str) -> String {
    let mut line = format!("{} {}", segment.flags, segment.seq.0.cast_signed());
    let mut add = |part: String| write!(line, " {part}").unwrap();
    if segment.flags.ack() {
        add(segment.ack.0.cast_signed().to_string());
    }
    if !segment.text.is_empty() {
        add(format!("+{}", segment.text.len));
    }
    if like.contains("w=") {
        add(format!("w={}", segment.window));
    }
    if like.contains("mss=") {
        line.push_str(&options(segment, like));
    }
    if like.contains("echo=") {
        let echo = segment.options.timestamps().map(|stamps| stamps.echo);
        write!(
            line,
            " echo={}",
            echo.map_or("none".to_owned(), |echo| echo.to_string())
        )
        .unwrap();
    }
    line
}

/// All options, so that one that should not be there shows. The time is written only if it was
/// expected.
fn options(segment: &Segment, like: &str) -> String {
    let options = &segment.options;
    let mut line = String::new();
    if let Some(mss) = options.mss() {
        write!(line, " mss={mss}").unwrap();
    }
    if let Some(shift) = options.window_scale() {
        write!(line, " ws={shift}").unwrap();
    }
    if options.sack_permitted() {
        line.push_str(" sack");
    }
    match options.timestamps() {
        Some(stamps) if like.contains("ts=") => {
            write!(line, " ts={}/{}", stamps.value, stamps.echo).unwrap();
        }
        Some(_) => line.push_str(" ts"),
        None => {}
    }
    line
}

#[test]
fn what_is_written_can_be_read() {
    for line in [
        "SYN 100 w=1000 mss=1460 ws=10 sack ts=5/0",
        "SYN,ACK 300 101",
        "- -1",
        "PSH,ACK 101 301 +10 w=0",
        "SYN,FIN,RST,PSH,URG,ECE,CWR,ACK -5 7",
    ] {
        assert_eq!(write(&parse(line).unwrap(), line), line);
    }
    for wrong in [
        "",
        "SYN",
        "ACK 5",
        "SIN 5",
        "SYN 5 w=70000",
        "SYN 5 +x",
        "SYN 5 6",
    ] {
        assert!(parse(wrong).is_err(), "{wrong}");
    }
}
