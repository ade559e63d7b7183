//! What the interpreter notices, skips and reports.

use packetdrill::{Options, Outcome, Suite, Verdict, run_bytes};
use tcp_core::Profile;

fn run(text: &str) -> Outcome {
    let options = Options {
        profile: Some(Profile::Rfc9293),
        ..Options::default()
    };
    run_bytes("test.pkt", text.as_bytes(), &options)
}

fn assert_passes(text: &str) {
    let outcome = run(text);
    assert_eq!(outcome.verdict, Verdict::Pass, "{}", outcome.render(true));
}

/// Asserts that the script fails at a line with a message that contains the words.
fn assert_fails(text: &str, line: usize, words: &[&str]) {
    let outcome = run(text);
    let shown = outcome.render(true);
    let Verdict::Fail(failure) = &outcome.verdict else {
        panic!("{shown}")
    };
    assert_eq!(failure.position.line, line, "{shown}");
    for word in words {
        assert!(
            failure.message.contains(word),
            "{word:?} is not in:\n{shown}"
        );
    }
}

fn assert_skips(text: &str, reason: &str) {
    let outcome = run(text);
    assert_eq!(
        outcome.verdict,
        Verdict::Skip(reason.to_owned()),
        "{}",
        outcome.render(true)
    );
}

const CONNECTED: &str = "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n\
    +0 fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0\n\
    +0 connect(3, ..., ...) = -1 EINPROGRESS (Operation now in progress)\n\
    +0 > S 0:0(0) <...>\n\
    +.1 < S. 0:0(0) ack 1 win 5000 <mss 1000>\n\
    +0 > . 1:1(0) ack 1\n";

fn connected(rest: &str) -> String {
    format!("{CONNECTED}{rest}")
}

#[test]
fn a_segment_that_nobody_expects_fails_the_script_even_at_its_end() {
    let text = connected("+.1 < P. 1:11(10) ack 1 win 5000\n");
    assert_fails(&text, 7, &["`> .  1:1(0) ack 11", "is not in the script"]);
}

#[test]
fn retransmissions_after_the_last_line_do_not_count() {
    assert_passes(
        "--tolerance_usecs=5000000\n0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0\n+0 connect(3, ..., ...) = -1 EINPROGRESS (x)\n+0 > S 0:0(0) <...>\n",
    );
}

#[test]
fn what_the_last_close_sends_does_not_count() {
    assert_passes(&connected("+0 close(3) = 0\n"));
    assert_passes(&connected(
        "+0 write(3, ..., 10) = 10\n+0 > P. 1:11(10) ack 1\n+0 `tcpdrop -a`\n",
    ));
}

#[test]
fn a_close_before_other_segments_does_count() {
    let text = connected("+0 close(3) = 0\n+.1 < . 1:1(0) ack 1 win 5000\n+0 > R 1:1(0)\n");
    assert_fails(&text, 9, &["expected `> R", "got      `> F."]);
}

#[test]
fn segments_outside_of_their_time() {
    let late = connected("+.1 < P. 1:11(10) ack 1 win 5000\n+.5 > . 1:1(0) ack 11\n");
    assert_fails(
        &late,
        8,
        &["expected at 0.700000", "sent at 0.200000", "tolerance 0.00"],
    );
    let never = connected("+.1 > . 1:1(0) ack 11\n");
    assert_fails(&never, 7, &["no segment until 0.20"]);
    assert_passes(&connected(
        "+.1 < P. 1:11(10) ack 1 win 5000\n+0~+.5 > . 1:1(0) ack 11\n",
    ));
    assert_passes(&connected(
        "+.1 < P. 1:11(10) ack 1 win 5000\n* > . 1:1(0) ack 11\n",
    ));
}

#[test]
fn results_of_calls_are_compared() {
    assert_fails(
        "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 listen(4, 1) = 0\n",
        2,
        &["listen() should return 0, returned -1 EBADF (Bad file descriptor)"],
    );
    assert_fails(
        &connected("+0 read(3, ..., 10) = 0\n"),
        7,
        &["should return 0, returned -1 EAGAIN"],
    );
    assert_fails(
        &connected("+0 getsockopt(3, SOL_SOCKET, SO_ERROR, [ECONNRESET], [4]) = 0\n"),
        7,
        &["SO_ERROR should be 54 (ECONNRESET), is 0"],
    );
    assert_passes(&connected(
        "+0 read(3, ..., 10) = -1\n+0 connect(3, ..., ...) = -1 EISCONN (x)\n+0 read(9, ..., 1) = -1 EBADF (x)\n",
    ));
    assert_passes(&connected(
        "+0 accept(3, ..., ...) = -1 EINVAL (x)\n+0 getsockopt(3, SOL_SOCKET, SO_TYPE, [SOCK_STREAM], [4]) = 0\n",
    ));
}

#[test]
fn calls_that_block() {
    let socket = "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n";
    let open = format!(
        "{socket}+0...0.1 connect(3, ..., ...) = 0\n+0 > S 0:0(0) <...>\n+.1 < S. 0:0(0) ack 1 win 5000\n+0 > . 1:1(0) ack 1\n"
    );
    assert_passes(&open);
    assert_fails(
        &format!("{socket}+0 connect(3, ..., ...) = 0\n+0 > S 0:0(0) <...>\n"),
        2,
        &["blocks, but should return at once"],
    );
    assert_fails(
        &open.replace("+0...0.1", "+0...0.3"),
        2,
        &["should return at 0.300000, returned at 0.100000"],
    );
    assert_fails(
        &format!("{open}+0...0.2 read(3, ..., 10) = 10\n"),
        6,
        &["should return at 0.300000, but still blocks"],
    );
    assert_fails(
        &format!("{open}+0...0.2 write(3, ..., 10) = 10\n+0 > P. 1:11(10) ack 1\n"),
        6,
        &["but returned at once"],
    );
}

#[test]
fn a_full_send_buffer_blocks_a_write_until_it_is_acknowledged() {
    let text = connected(
        "+0 setsockopt(3, SOL_SOCKET, SO_SNDBUF, [1500], 4) = 0\n\
         +0 write(3, ..., 2000) = 1500\n\
         +0 > . 1:1001(1000) ack 1\n\
         +0 > P. 1001:1501(500) ack 1\n\
         +0 write(3, ..., 10) = -1 EAGAIN (x)\n\
         +0 poll([{fd=3, events=POLLOUT, revents=0}], 1, 0) = 0\n\
         +0 fcntl(3, F_SETFL, O_RDWR) = 0\n\
         +0....1 write(3, ..., 600) = 600\n\
         +.1 < . 1:1(0) ack 1501 win 5000\n\
         +0 > P. 1501:2101(600) ack 1\n",
    );
    assert_passes(&text);
}

#[test]
fn python_and_shell_assert() {
    assert_passes(&connected(
        "+0 %{ assert tcpi_state == TCPI_ESTABLISHED; assert tcpi_options == 0 }%\n",
    ));
    assert_fails(
        &connected("+0 %{ assert tcpi_state == TCPI_LISTEN }%\n"),
        7,
        &["tcpi_state is ESTABLISHED"],
    );
    assert_passes(&connected(
        "+0 `sockstat -4 -P tcp -s | grep packetdril | grep -c ESTABLISHED | grep 1`\n",
    ));
    assert_fails(
        &connected("+0 `netstat -an | grep -c TIME_WAIT | grep 1`\n"),
        7,
        &["fails on this list", "ESTABLISHED"],
    );
}

#[test]
fn an_entry_of_the_syn_queue_belongs_to_no_process() {
    let text = "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 bind(3, ..., ...) = 0\n+0 listen(3, 1) = 0\n\
        +0 < S 0:0(0) win 5000\n+0 > S. 0:0(0) ack 1 <...>\n\
        +0 `sockstat -s | grep -c SYN_RCVD | grep 1`\n+0 `sockstat -s | grep packetdril | grep -c SYN_RCVD | grep 0`\n\
        +0 `sockstat -s | grep packetdril | grep -c LISTEN | grep 1`\n";
    assert_passes(text);
}

#[test]
fn a_dropped_connection_reports_it_to_its_socket() {
    let text = connected(
        "+0 `tcpdrop -s ESTABLISHED`\n+0 > R 1:1(0)\n+0 getsockopt(3, SOL_SOCKET, SO_ERROR, [ECONNABORTED], [4]) = 0\n",
    );
    assert_passes(&text);
    assert_fails(&connected("+0 `tcpdrop -s ESTABLISHT`\n"), 7, &["no state"]);
}

#[test]
fn what_is_out_of_scope_is_skipped_with_its_reason() {
    assert_skips("0 < udp (10)\n", "udp packets");
    assert_skips(
        "0 socket(..., SOCK_DGRAM, IPPROTO_UDP) = 3\n",
        "sockets that are not TCP",
    );
    assert_skips(
        "0 `ifconfig tun0 mtu 1400`\n",
        "shell command `ifconfig tun0 mtu 1400`",
    );
    assert_skips(
        "0 `sysctl -w net.inet.tcp.nonsense=1`\n",
        "sysctl net.inet.tcp.nonsense",
    );
    assert_skips(&connected("+0 %{ import os }%\n"), "Python `import os`");
    assert_skips("--udp_encaps=sctp\n0 close(3) = 0\n", "option --udp_encaps");
    assert_skips(&connected("+0 epoll_create(1) = 4\n"), "epoll_create()");
}

#[test]
fn no_message_hands_control_characters_of_a_script_to_the_terminal() {
    let listening = "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 bind(3, ..., ...) = 0\n\
        +0 listen(3, 1) = 0\n+0 < S 0:0(0) win 1000 // \u{1b}[31m\n";
    for (script, label) in [
        ("--ip_version=\u{1b}[31m\n0 close(3) = 0\n", "ERROR"),
        ("0 `rm \u{1b}]0;gone\u{7}`\n", "SKIP"),
        (listening, "FAIL"),
    ] {
        let outcome = run_bytes("a\u{9b}b.pkt", script.as_bytes(), &Options::default());
        assert_eq!(outcome.label(), label, "{}", outcome.render(true));
        let suite = Suite {
            outcomes: vec![outcome],
        };
        let text = suite.render(true);
        let is_obeyed = |c: char| c.is_control() && c != '\n';
        assert!(!text.contains(is_obeyed), "{}", text.escape_debug());
        assert!(text.contains("a\u{fffd}b.pkt"), "{text}");
        let shown = text.matches('\u{fffd}').count();
        assert!(shown > 1, "what was there is shown as replaced: {text}");
    }
}

#[test]
fn a_wrong_argument_is_an_error_with_its_place() {
    let outcome = run("0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 read(3) = 0\n");
    let Verdict::Broken(error) = &outcome.verdict else {
        panic!("{}", outcome.render(true))
    };
    assert_eq!(error.position.to_string(), "2:4");
    assert!(error.message.contains("at least 3 arguments"), "{error}");
    assert_eq!(
        Suite {
            outcomes: vec![outcome]
        }
        .exit_code(),
        2
    );
}

#[test]
fn the_profile_follows_the_sysctls_unless_it_is_given() {
    let script = "0 `sysctl -w net.inet.tcp.sack.enable=1`\n+0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n\
        +0 fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0\n+0 connect(3, ..., ...) = -1 EINPROGRESS (x)\n\
        +0 > S 0:0(0) win 65535 <mss 1460,nop,wscale 6,sackOK,TS val 7 ecr 0>\n";
    let guessed = run_bytes("t", script.as_bytes(), &Options::default());
    assert_eq!(guessed.verdict, Verdict::Pass, "{}", guessed.render(true));
    assert_fails(script, 5, &["options: expected"]);
}

#[test]
fn sysctls_change_what_the_stack_does() {
    let rst = |value: u8| {
        let set = format!("0 `sysctl -w net.inet.tcp.insecure_rst={value}`\n");
        let rest = connected("+.1 < R 2:2(0) win 0\n");
        format!("{set}+{rest}")
    };
    assert_passes(&format!("{}+0 > . 1:1(0) ack 1\n", rst(0)));
    assert_passes(&format!(
        "{}+0 getsockopt(3, SOL_SOCKET, SO_ERROR, [ECONNRESET], [4]) = 0\n",
        rst(1)
    ));
}

#[test]
fn timestamps_are_numbered_from_the_first_one_and_echoed_back() {
    let script = "0 `sysctl -w net.inet.tcp.rfc1323=1`\n+0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n\
        +0 fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0\n+0 connect(3, ..., ...) = -1 EINPROGRESS (x)\n\
        +0 > S 0:0(0) <mss 1460,nop,wscale 6,sackOK,TS val 100 ecr 0>\n\
        +.1 < S. 0:0(0) ack 1 win 5000 <mss 1460,sackOK,TS val 900 ecr 100>\n\
        +0 > . 1:1(0) ack 1 <nop,nop,TS val 200 ecr 900>\n\
        +0 %{ assert tcpi_options == TCPI_OPT_TIMESTAMPS | TCPI_OPT_SACK }%\n";
    let freebsd = Options {
        profile: Some(Profile::FreeBsd),
        ..Options::default()
    };
    let ticking = format!("--tcp_ts_tick_usecs=1000\n{script}");
    let outcome = run_bytes("t", ticking.as_bytes(), &freebsd);
    assert_eq!(outcome.verdict, Verdict::Pass, "{}", outcome.render(true));
    let wrong = ticking.replace("TS val 200", "TS val 300");
    let outcome = run_bytes("t", wrong.as_bytes(), &freebsd);
    assert!(
        matches!(outcome.verdict, Verdict::Fail(_)),
        "{}",
        outcome.render(true)
    );
}

#[test]
fn two_connections_are_told_apart_by_their_ports() {
    let text = "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 bind(3, ..., ...) = 0\n+0 listen(3, 5) = 0\n\
        +0 < 1000 > 8080 S 0:0(0) win 5000\n+0 > 8080 > 1000 S. 0:0(0) ack 1 <...>\n\
        +0 < 1001 > 8080 S 500:500(0) win 5000\n+0 > 8080 > 1001 S. 0:0(0) ack 501 <...>\n\
        +0 < 1000 > 8080 . 1:1(0) ack 1 win 5000\n+0 accept(3, ..., ...) = 4\n\
        +0 < 1001 > 8080 . 501:501(0) ack 1 win 5000\n+0 accept(3, ..., ...) = 5\n\
        +0 write(5, ..., 10) = 10\n+0 > 8080 > 1001 P. 1:11(10) ack 501\n\
        +0 write(4, ..., 10) = 10\n+0 > 8080 > 1000 P. 1:11(10) ack 1\n";
    assert_passes(text);
    assert_fails(
        &text.replace("> 8080 > 1001 P.", "> 8080 > 1000 P."),
        13,
        &["target port: expected 1000, got 1001"],
    );
}

#[test]
fn ipv6_has_its_own_segment_size() {
    assert_passes(
        "--ip_version=ipv6\n0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0\n+0 connect(3, ..., ...) = -1 EINPROGRESS (x)\n+0 > S 0:0(0) <mss 1440>\n",
    );
}

#[test]
fn shutdown_before_the_connection_is_open_waits_for_it_on_bsd_sockets() {
    let text = "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0\n+0 connect(3, ..., ...) = -1 EINPROGRESS (x)\n\
        +0 > S 0:0(0) <...>\n+0 shutdown(3, SHUT_WR) = 0\n+.1 < S. 0:0(0) ack 1 win 5000\n+0 > F. 1:1(0) ack 1\n";
    assert_passes(text);
}

#[test]
fn a_close_that_lingers_waits_for_the_acknowledgment_of_its_fin() {
    let lingering = |end: &str, rest: &str| {
        connected(&format!(
            "+0 fcntl(3, F_SETFL, O_RDWR) = 0\n\
             +0 setsockopt(3, SOL_SOCKET, SO_LINGER, {{onoff=1, linger=2}}, 8) = 0\n\
             +0 getsockopt(3, SOL_SOCKET, SO_LINGER, [{{onoff=1, linger=2}}], [8]) = 0\n\
             {end}\n+0 > F. 1:1(0) ack 1\n{rest}"
        ))
    };
    let acknowledged = lingering("+0...0.1 close(3) = 0", "+.1 < . 1:1(0) ack 2 win 5000\n");
    assert_passes(&acknowledged);
    let silent = lingering("+0...2 close(3) = -1 EAGAIN (x)", "+1 > F. 1:1(0) ack 1\n");
    assert_passes(&silent);
}
