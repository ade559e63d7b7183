//! Paths over routers.

use runner::plan::End;
use tcp_core::Phase;

use crate::lab::{Lab, experiment, run_text};

/// The client reaches the server over `r`, which it reaches in 10 ms and which is 40 ms from the
/// server; the server answers on a direct link of 30 ms unless `rest` says otherwise.
fn triangle(host: &str, rest: &str) -> String {
    format!(
        "schema = 1\nname = \"small\"\n[run]\nseed = 1\nuntil = \"100s\"\n[host.r]\nforward = true\n\
         {host}[link.first]\nfrom = \"client\"\nto = \"r\"\ndelay = \"10ms\"\n\
         [link.second]\nfrom = \"r\"\nto = \"server\"\ndelay = \"40ms\"\n\
         [link.back]\nfrom = \"server\"\nto = \"client\"\ndelay = \"30ms\"\n{rest}\
         [[connection]]\nfrom = \"client:5555\"\niss = {{ client = 100, server = 300 }}\n"
    )
}

const CLOSED: &str = "send = [{ from = \"client\", bytes = 10 }]\nclose = { after = \"1s\" }\n";

fn titles(text: &str) -> Vec<String> {
    match runner::experiment::Experiment::parse("small.toml", text, &[]) {
        Ok(_) => panic!("accepted:\n{text}"),
        Err(rejection) => {
            let all = rejection.diagnostics.into_iter();
            all.map(|diagnostic| diagnostic.title).collect()
        }
    }
}

#[test]
fn a_segment_passes_every_link_of_an_asymmetric_path_and_counts_once() {
    let lab = run_text(&(triangle("", "") + CLOSED));
    lab.assert_values(&[("connect_time.max", "0.08"), ("synack_sent", "1")]);
    assert_eq!(
        lab.stays(End::Server)[..3],
        [
            (Phase::Listen, 0),
            (Phase::SynReceived, 50),
            (Phase::Established, 130)
        ]
    );
    let direct = run_text(&(triangle("", "") + CLOSED).replace(
        "[link.second]",
        "[link.direct]\nfrom = \"client\"\nto = \"server\"\ndelay = \"50ms\"\n[link.second]",
    ));
    // The same delays without the router: the same numbers, and the same ladder.
    assert_eq!(lab.value("segments_sent"), direct.value("segments_sent"));
    assert_eq!(lab.ladder(), direct.ladder());
}

/// The ladder's line that holds this text.
fn line<'l>(ladder: &'l str, text: &str) -> &'l str {
    let mut lines = ladder.lines();
    lines
        .find(|line| line.contains(text))
        .unwrap_or_else(|| panic!("{ladder}"))
}

#[test]
fn faults_and_impairments_of_each_hop_act() {
    let fault = |link: &str, action: &str| -> Lab {
        let fault = format!(
            "[[fault]]\nid = \"f\"\nmatch = {{ link = \"{link}\", flags = \"SYN\", nth = 1 }}\n{action}\n"
        );
        run_text(&(triangle("", "") + &fault))
    };
    for link in ["first", "second"] {
        let lab = fault(link, "drop = true");
        lab.assert_values(&[("connect_time.max", "1.08")]);
        assert!(line(&lab.ladder(), "SYN seq").contains("dropped by f"));
        let lab = fault(link, "delay_by = \"200ms\"");
        lab.assert_values(&[("connect_time.max", "0.28")]);
        assert!(
            line(&lab.ladder(), "0.250").contains("held 0.200 s"),
            "{}",
            lab.ladder()
        );
        // A router does not look at TCP's checksum: the server does.
        let lab = fault(link, "corrupt = true");
        lab.assert_values(&[("connect_time.max", "1.08")]);
        assert!(
            line(&lab.ladder(), "damaged").contains("SYN"),
            "{}",
            lab.ladder()
        );
        let lab = fault(link, "duplicate = 1");
        lab.assert_values(&[("connect_time.max", "0.08"), ("app_spurious_accepts", "0")]);
    }
}

#[test]
fn a_router_without_power_sends_nothing_on() {
    let lab = run_text(&triangle("power_off = { at = \"5ms\" }\n", ""));
    lab.assert_values(&[("connect_time.max", "-"), ("synack_sent", "0")]);
    assert!(lab.ladder().contains("nobody hears it"), "{}", lab.ladder());
}

#[test]
fn a_route_can_be_prescribed() {
    // Over the router although there is a direct link.
    let direct = "[link.direct]\nfrom = \"client\"\nto = \"server\"\ndelay = \"1ms\"\n";
    let lab = run_text(&triangle("", direct));
    lab.assert_values(&[("connect_time.max", "0.031")]);
    let lab = run_text(&triangle(
        "[host.client]\nroutes = { server = \"first\" }\n",
        direct,
    ));
    lab.assert_values(&[("connect_time.max", "0.08")]);
}

#[test]
fn a_path_that_leads_nowhere_is_an_error() {
    let circle = "[host.s]\nforward = true\nroutes = { server = \"sr\" }\n";
    let links = "[link.rs]\nfrom = \"r\"\nto = \"s\"\n[link.sr]\nfrom = \"s\"\nto = \"r\"\n";
    let text = triangle(&format!("routes = {{ server = \"rs\" }}\n{circle}"), links);
    assert_eq!(
        titles(&text)[0],
        "what goes to host `server` goes round in circles: s, r, s, r, s"
    );
    let text = triangle("", "").replace("forward = true", "forward = false");
    assert_eq!(
        titles(&text),
        ["no link leads from host `client` to host `server`"]
    );
    let text = triangle("", "").replace(
        "from = \"r\"\nto = \"server\"",
        "from = \"server\"\nto = \"r\"",
    );
    assert_eq!(
        titles(&text),
        ["no path leads from host `client` to host `server`"]
    );
    let text = triangle("[host.client]\nroutes = { server = \"second\" }\n", "");
    assert_eq!(
        titles(&text),
        ["link `second` does not start at host `client`"]
    );
    let text = triangle("routes = { nobody = \"second\" }\n", "");
    assert_eq!(titles(&text), ["there is no host `nobody`"]);
    assert!(experiment(&triangle("", "")).notes.is_empty());
}
