//! What the parser accepts, and how it says what is wrong.

use packetdrill::{Action, EventTime, ExpressionKind, Script, ScriptError};

fn parse(text: &str) -> Script {
    Script::parse("test.pkt", text.as_bytes()).unwrap_or_else(|error| panic!("{error}"))
}

fn error(text: &str) -> ScriptError {
    match Script::parse("test.pkt", text.as_bytes()) {
        Ok(script) => panic!("accepted: {script:?}"),
        Err(error) => error,
    }
}

/// Asserts position, and that message and help contain the given words.
fn assert_error(text: &str, place: &str, words: &[&str]) {
    let error = error(text);
    let shown = error.to_string();
    assert_eq!(error.position.to_string(), place, "{shown}");
    for word in words {
        assert!(shown.contains(word), "{word:?} is not in:\n{shown}");
    }
}

#[test]
fn every_kind_of_event() {
    let script = parse(
        "--ip_version=ipv4\n--tolerance_usecs=75000 --bind_port=80\n`sysctl -q net.ipv4.tcp_sack=0`\n\
         0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n\
         +0.1...0.25 connect(3, ..., ...) = -1 ETIMEDOUT (Operation timed out)\n\
         +0 > S 0:0(0) win 65535 <...>\n\
         * > [noecn] . 1:1(0) ack 1 <nop,nop,TS val 1 ecr 2>\n\
         0.5~0.75 > F. 1:1(0) ack 1\n\
         +1~+2 > - 1:1(0)\n\
         +0 < icmp unreachable host_unreachable [1:1461(1460)]\n\
         +0 `tcpdrop -a`\n\
         +0 %{ assert tcpi_state == TCPI_CLOSED }%\n\
         +0 < 1000 > 80 SFRPUEW. 5:8(3) ack 7 win 9 urg 1 <mss 5,FO 0102,kind 99 ff>\n\
         +0 poll([{fd=3, events=POLLIN|POLLOUT, revents=0}], 1, 0) = 0\n",
    );
    assert_eq!(script.settings.tolerance, 75_000_000);
    assert_eq!(script.settings.bind_port, 80);
    assert_eq!(script.setup.len(), 1);
    let times: Vec<EventTime> = script.events.iter().map(|event| event.time).collect();
    assert_eq!(times[0], EventTime::Absolute(0));
    assert_eq!(times[1], EventTime::Relative(100_000_000));
    assert_eq!(times[3], EventTime::Any);
    assert_eq!(times[4], EventTime::AbsoluteRange(500_000_000, 750_000_000));
    assert_eq!(
        times[5],
        EventTime::RelativeRange(1_000_000_000, 2_000_000_000)
    );
    let Action::Call(call) = &script.events[1].action else {
        panic!("no call")
    };
    assert_eq!(
        (call.end, call.errno.as_deref()),
        (Some(250_000_000), Some("ETIMEDOUT"))
    );
    assert_eq!(call.arguments[0].kind, ExpressionKind::Integer(3));
    let Action::Inject(segment) = &script.events[9].action else {
        panic!("no segment")
    };
    assert!(
        segment.flags.syn
            && segment.flags.fin
            && segment.flags.rst
            && segment.flags.ack
            && segment.flags.cwr
    );
    assert_eq!(
        (segment.ports, segment.len, segment.urgent),
        (Some((1000, 80)), 3, Some(1))
    );
}

#[test]
fn a_command_at_the_end_cleans_up() {
    let script = parse("0 close(3) = -1 EBADF (x)\n`/tmp/restore.sh`\n");
    assert_eq!((script.setup.len(), script.events.len()), (0, 1));
    assert_error(
        "0 close(3) = 0\n`ls`\n+0 close(3) = 0",
        "2:1",
        &["a time in seconds"],
    );
}

#[test]
fn what_has_no_meaning_for_tcp_is_kept_as_unsupported() {
    let script = parse(
        "0 < udp (100)\n+0 > icmp unreachable port_unreachable\n+0 < gre: . 1:1(0)\n+0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n",
    );
    let reasons: Vec<String> = script
        .events
        .iter()
        .filter_map(|event| match &event.action {
            Action::Unsupported(reason) => Some(reason.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(
        reasons,
        ["udp packets", "ICMP messages from the stack", "gre packets"]
    );
}

#[test]
fn misspelt_words_come_with_the_right_one() {
    assert_error(
        "0 sokcet(...) = 3",
        "1:3",
        &["unknown system call `sokcet`", "did you mean `socket`"],
    );
    assert_error(
        "--tolerence_usecs=5",
        "1:1",
        &[
            "unknown option --tolerence_usecs",
            "did you mean `tolerance_usecs`",
        ],
    );
    assert_error(
        "0 > S 0:0(0) <msss 1460>",
        "1:15",
        &["unknown TCP option `msss`", "did you mean `mss`"],
    );
    assert_error("0 > S 0:0(0) wim 5", "1:14", &["did you mean `win`"]);
    assert_error(
        "0 connect(3, ..., ...) = -1 EINPROGRES",
        "1:29",
        &["did you mean `EINPROGRESS`"],
    );
}

#[test]
fn impossible_segments() {
    assert_error(
        "0 < SX 0:0(0)",
        "1:5",
        &["`X` in `SX` is no TCP flag", "flags are S (SYN)"],
    );
    assert_error("0 < SS 0:0(0)", "1:5", &["stands twice"]);
    assert_error(
        "0 < S 1:5(3)",
        "1:7",
        &["1 plus 3 bytes is not 5", "1:4(3)"],
    );
    assert_error(
        "0 < S 0:0(0) <...>",
        "1:14",
        &["only in a segment that the stack sends"],
    );
    assert_error("0 < S 4294967296:0(0)", "1:7", &["out of range"]);
    assert_error("0 < S 0:0(0) win 65536", "1:18", &["out of range"]);
    assert_error("0 < S 0:0(0) ack -1", "1:18", &["out of range"]);
    assert_error(
        "0 < S 0:0(0) <sack 1:2 3:4 5:6 7:8 9:10>",
        "1:14",
        &["42 bytes", "40"],
    );
    assert_error(
        "0 < . 0:0(0) <FO 123>",
        "1:18",
        &["even number of hexadecimal"],
    );
}

#[test]
fn impossible_times() {
    assert_error("0.5 < S 0:0(0)", "1:1", &["first event must be at time 0"]);
    assert_error(
        "0 < S 0:0(0)\n2 < S 0:0(0)\n1 < S 0:0(0)",
        "3:1",
        &["time runs backwards"],
    );
    assert_error(
        "0 < S 0:0(0)\n* < S 0:0(0)",
        "2:1",
        &["only an outbound segment"],
    );
    assert_error(
        "0 > S 0:0(0)\n2~1 > S 0:0(0)",
        "2:1",
        &["ends before it begins"],
    );
    assert_error("0 > S 0:0(0)\n+1~2 > S 0:0(0)", "2:1", &["both ends"]);
    assert_error(
        "+0.5...0.2 read(3, ..., 1) = 1",
        "1:5",
        &["returns before it begins"],
    );
    assert_error("-1 < S 0:0(0)", "1:1", &["no possible time"]);
    assert_error(
        "99999999999999999999 < S 0:0(0)",
        "1:1",
        &["no possible time"],
    );
}

#[test]
fn things_left_open() {
    assert_error("0 `sysctl", "1:3", &["never closed"]);
    assert_error("0 %{ assert 1", "1:3", &["never closed"]);
    assert_error("0 read(3, ..., 5", "1:17", &["the end of the script"]);
    assert_error(
        "0 write(3, \"abc, 3) = 3",
        "1:12",
        &["string is never closed"],
    );
    assert_error("0 close(3) = 0 (note", "1:16", &["note is never closed"]);
    assert_error("#ifdef STANDARD\n0 close(3) = 0", "1:1", &["#endif"]);
    assert_error("#endif\n", "1:1", &["without an #ifdef"]);
    assert_error("/* x", "1:1", &["never closed"]);
    assert_error("0", "1:2", &["the end of the script"]);
}

#[test]
fn nesting_is_bounded() {
    let deep = format!("0 read({}1{}) = 0", "[".repeat(5_000), "]".repeat(5_000));
    assert!(error(&deep).message.contains("nested too deeply"));
}

#[test]
fn bytes_that_are_no_text_are_an_error_outside_comments() {
    let latin = b"// M. T\xfcxen\n0 close(3) = 0\n";
    assert!(Script::parse("latin.pkt", latin).is_ok());
    let error = Script::parse("bad.pkt", b"0 \xff close(3) = 0\n").expect_err("a stray byte");
    assert_eq!(error.position.to_string(), "1:3");
}

/// The scripts and fragments that the fuzzer starts from, in the order of their names.
fn corpus() -> Vec<Vec<u8>> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/corpus/parse");
    let entries = std::fs::read_dir(folder).expect("the corpus is part of the crate");
    let mut files: Vec<_> = entries
        .map(|entry| entry.expect("readable").path())
        .collect();
    files.sort();
    files
        .iter()
        .map(|file| std::fs::read(file).expect("readable"))
        .collect()
}

/// A small generator of numbers, so that the mutations are the same on every run.
struct Mutator(u64);

impl Mutator {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound.max(1)
    }

    fn mutate(&mut self, bytes: &mut Vec<u8>, others: &[Vec<u8>]) {
        let at = self.below(bytes.len());
        match self.below(5) {
            0 if !bytes.is_empty() => bytes[at] = self.below(256) as u8,
            1 => bytes.insert(at, b"<>:()[]{}.+*-~`%\"#/ \n0S"[self.below(23)]),
            2 if !bytes.is_empty() => drop(bytes.remove(at)),
            3 => {
                let other = &others[self.below(others.len())];
                let from = self.below(other.len());
                bytes.splice(at..at, other[from..].iter().copied());
            }
            _ => {
                let until = at + self.below(bytes.len() - at);
                bytes.drain(at..until);
            }
        }
    }
}

#[test]
fn mutated_scripts_never_panic() {
    let (seeds, mut mutator) = (corpus(), Mutator(1));
    assert!(!seeds.is_empty());
    for round in 0..20_000 {
        let mut bytes = seeds[round % seeds.len()].clone();
        for _ in 0..=mutator.below(8) {
            mutator.mutate(&mut bytes, &seeds);
        }
        if let Err(error) = Script::parse("fuzz", &bytes) {
            // The picture of the error is drawn as well.
            assert!(!error.to_string().is_empty());
        }
    }
}
