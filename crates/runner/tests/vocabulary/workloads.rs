//! How connections end, and when loads open them.

use runner::experiment::Experiment;
use runner::plan::{Arrivals, End};
use tcp_core::Phase;

use crate::lab::{CONNECTION, HEAD, mistake, run};

fn phases(lab: &crate::lab::Lab, end: End) -> Vec<Phase> {
    lab.stays(end).into_iter().map(|(phase, _)| phase).collect()
}

#[test]
fn who_never_closes_stays_established() {
    let lab = run(&format!("{CONNECTION}close = \"never\"\n"));
    assert_eq!(phases(&lab, End::Client).last(), Some(&Phase::Established));
    assert_eq!(phases(&lab, End::Server).last(), Some(&Phase::Established));
    let load = "[load.main]\narrivals = { constant = \"1/s\" }\ncount = 5\nclose = \"never\"\n";
    run(load).assert_values(&[("open.final", "5"), ("time_wait.entered", "0")]);
}

#[test]
fn the_first_closer_may_abort() {
    let close = "close = { first = \"client\", after = \"1s\", how = \"abort\" }\n";
    let lab = run(&format!("{CONNECTION}{close}"));
    lab.assert_values(&[("rst_sent", "1"), ("time_wait.entered", "0")]);
    // The RST arrives 50 ms after ABORT, which is called 1 s after 100 ms.
    let (last, since) = *lab.stays(End::Server).last().expect("an end");
    assert_eq!((last, since), (Phase::Listen, 1150));
    assert_eq!(phases(&lab, End::Client).last(), Some(&Phase::Closed));
}

#[test]
fn the_second_closer_may_abort() {
    let close = "close = { after = \"1s\", second_after = \"2s\", second_how = \"abort\" }\n";
    let lab = run(&format!("{CONNECTION}{close}"));
    let server = phases(&lab, End::Server);
    assert!(
        server.ends_with(&[Phase::CloseWait, Phase::Listen]),
        "{server:?}"
    );
    let client = lab.stays(End::Client);
    // CLOSE at 1100 ms, read at 1150; ABORT at 3150, which the client hears 50 ms later.
    assert_eq!(client.last(), Some(&(Phase::Closed, 3200)));
    lab.assert_values(&[("rst_sent", "1"), ("time_wait.entered", "0")]);
}

#[test]
fn both_may_abort_without_waiting() {
    let close = "close = { first = \"both\", after = \"1s\", how = \"abort\" }\n";
    let lab = run(&format!("{CONNECTION}{close}"));
    // The client's ABORT at 1100 ms is on its way when the server, ESTABLISHED at 150 ms, aborts at
    // 1150 ms: the RST is there at that very moment, before the server's own timer.
    assert_eq!(lab.stays(End::Server).last(), Some(&(Phase::Listen, 1150)));
}

#[test]
fn ways_to_close_that_make_no_sense_are_refused() {
    for (close, title) in [
        ("\"always\"", "`always` is no way to close"),
        (
            "{ first = \"both\", second_how = \"abort\" }",
            "nobody is the second to close if both are first",
        ),
        (
            "{ how = \"abort\", second_after = \"1s\" }",
            "nobody is the second to close after an ABORT",
        ),
    ] {
        assert_eq!(mistake(&format!("{CONNECTION}close = {close}\n")), title);
    }
}

#[test]
fn a_burst_opens_at_once_and_its_clients_take_turns() {
    let load = "[load.crowd]\nstart = \"2s\"\narrivals = { burst = 30 }\nclients = 10\n";
    let lab = run(load);
    lab.assert_values(&[
        ("connections.opened", "30"),
        ("connections.established", "30"),
        ("embryonic.max", "30"),
        // From 2.05 s, when the SYNs arrive, to 2.15 s, when their SYN,ACKs are acknowledged.
        ("embryonic.area", "3"),
    ]);
    assert_eq!(
        mistake("[load.crowd]\narrivals = { burst = 0 }\n"),
        "a burst of 0 opens nothing"
    );
}

#[test]
fn a_trace_opens_at_the_times_of_its_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("trace.toml");
    let load = "[load.main]\nstart = \"10s\"\narrivals = { trace = \"times.txt\" }\n";
    let text = format!("{HEAD}{load}");
    let read = |times: &str| {
        std::fs::write(folder.path().join("times.txt"), times).expect("written");
        Experiment::parse(&path, &text, &[])
    };
    let experiment = read("# after the start\n0s\n\n1.5s # once more\n1.5s\n2min\n").expect("good");
    let Arrivals::Trace(times) = &experiment.plan.loads[0].arrivals else {
        panic!("no trace");
    };
    let millis: Vec<u128> = times.iter().map(std::time::Duration::as_millis).collect();
    assert_eq!(millis, [0, 1500, 1500, 120_000]);
    let campaign = runner::campaign::Campaign::run(&experiment.plan, None, &|| {}).expect("runs");
    let lab = crate::lab::Lab {
        experiment,
        campaign,
    };
    // The run is over after 100 s.
    lab.assert_values(&[("connections.opened", "3")]);
    for (times, title) in [
        (
            "1s\nsoon\n",
            "`times.txt` is no list of times: line 2: `soon` is no time such as \"100ms\", \"1.5s\" or \"2min\"",
        ),
        (
            "2s\n\n1s\n",
            "`times.txt` is no list of times: line 3: 1s is before 2s",
        ),
        (
            "# nothing\n",
            "`times.txt` is no list of times: there is no time in it",
        ),
    ] {
        let rejection = read(times).expect_err(times);
        assert_eq!(rejection.diagnostics[0].title, title);
    }
    std::fs::remove_file(folder.path().join("times.txt")).expect("removed");
    let rejection = Experiment::parse(&path, &text, &[]).expect_err("no file");
    let title = "cannot read the times of `times.txt`: there is no such file";
    assert_eq!(rejection.diagnostics[0].title, title);
}

#[test]
fn a_server_cannot_foresee_an_open_that_follows_an_event() {
    let second = "[[connection]]\nfrom = \"client:5556\"\niss = { server = 7 }\n\
                  active_open = { event = \"client.state == CLOSED\" }\n";
    assert_eq!(
        mistake(&format!("{CONNECTION}close = {{}}\n{second}")),
        "the server cannot foresee an OPEN that follows an event"
    );
}
