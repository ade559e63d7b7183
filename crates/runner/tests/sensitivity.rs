//! Constants that matter: changing one makes a scenario fail.

mod verdicts;

use verdicts::Scripted;

/// What is changed at both ends, and a scenario that must notice.
const CHANGES: [(&str, &str); 18] = [
    ("rto_initial=2s", "h02-syn-lost"),
    ("rto_min=1500ms", "f04-last-ack-lost"),
    ("rto_max=16s", "f06-all-last-acks-lost"),
    ("r2_syn=4min", "h02-syn-lost"),
    ("syn_retries=5", "h02-syn-lost-linux"),
    ("syn_linear_timeouts=0", "h02-syn-lost-linux"),
    ("synack_retries=4", "s02-stale-syn-client-silent"),
    ("r2=2min", "o04-silent-death-sending"),
    ("retries2=14", "o04-silent-death-sending-linux"),
    ("r2_orphan=2min", "f06-all-last-acks-lost"),
    ("orphan_retries=7", "f06-all-last-acks-lost-linux"),
    ("msl=1min", "f01-four-way"),
    ("fin_timeout=30s", "f08-fin-wait-2-orphan-linux"),
    ("client_on_unexpected=ignore", "s01-stale-syn-client-closed"),
    ("time_wait_reuse=false", "t02-time-wait-reuse"),
    ("rfc1337=true", "t04-assassination"),
    ("tw_recycle=true", "t05b-nat-without-tw-recycle"),
    ("backlog=2", "b08-accept-queue-overflow"),
];

#[test]
fn a_constant_that_matters_is_noticed_by_a_scenario() {
    let scripted = Scripted::read(|name| CHANGES.iter().any(|(_, witness)| *witness == name));
    assert_eq!(scripted.failing(&[]), [""; 0], "with nothing changed");
    for (change, witness) in CHANGES {
        let sets = ["client", "server"].map(|host| format!("host.{host}.{change}"));
        let failing = scripted.failing(&sets);
        println!("{change}: {}", failing.join(", "));
        assert!(failing.contains(&witness), "{change}: {failing:?}");
    }
}
