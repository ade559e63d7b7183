//! An experiment that is spelled out is the same experiment.

use std::path::{Path, PathBuf};

use runner::experiment::Experiment;
use runner::explain::resolved;
use runner::overrides::Override;
use runner::plan::Host;

fn scenarios() -> Vec<PathBuf> {
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let mut files = Vec::new();
    for folder in [home.clone(), home.join("performance")] {
        let entries = std::fs::read_dir(folder).expect("readable");
        let paths = entries.map(|entry| entry.expect("readable").path());
        files.extend(paths.filter(|path| path.extension().is_some_and(|it| it == "toml")));
    }
    files.sort();
    assert!(files.len() > 50, "only {}", files.len());
    files
}

/// Everything that is run.
fn meaning(experiment: &Experiment) -> String {
    format!("{:#?}\n{:#?}", experiment.points, experiment.regression)
}

/// Spells an experiment out, and reads it again.
fn again(path: &Path, experiment: &Experiment) -> (String, Experiment) {
    let text = resolved(experiment);
    match Experiment::parse(path, &text, &[]) {
        Ok(second) => (text, second),
        Err(rejection) => panic!("{}\n{text}", rejection.render(false)),
    }
}

fn is_the_same(path: &Path, experiment: &Experiment) {
    let (text, second) = again(path, experiment);
    let (before, after) = (meaning(experiment), meaning(&second));
    let different = before
        .lines()
        .zip(after.lines())
        .find(|(one, two)| one != two);
    let place = path.display();
    assert!(before == after, "{place}: {different:?}\n{text}");
}

fn parse(text: &str, changes: &[Override]) -> Experiment {
    Experiment::parse("x.toml", text, changes).unwrap_or_else(|it| panic!("{}", it.render(false)))
}

#[test]
fn every_scenario_spelled_out_is_the_same_experiment() {
    for path in scenarios() {
        match Experiment::read(&path, &[]) {
            Ok(experiment) => is_the_same(&path, &experiment),
            Err(rejection) => panic!("{}", rejection.render(false)),
        }
    }
}

#[test]
fn nothing_is_left_to_say_the_second_time() {
    let values = |text: &str| {
        let lines = text.lines().map(|line| line.split("  #").next());
        let written = lines.filter(|line| line.is_some_and(|it| !it.starts_with('#')));
        let mut lines: Vec<String> = written.flatten().map(|it| it.trim().to_owned()).collect();
        lines.sort();
        lines
    };
    for path in scenarios() {
        let experiment = Experiment::read(&path, &[]).expect("it is good");
        let (first, second) = again(&path, &experiment);
        let second = resolved(&second);
        assert_eq!(values(&first), values(&second), "{}", path.display());
        assert!(!second.contains("# profile "), "{second}");
    }
}

/// Whoever changes the values of an axis does not number the points of a sweep in another way.
#[test]
fn the_axes_of_a_sweep_keep_their_turn() {
    let text = "schema = 1\nname = \"x\"\nrun = { seed = 1, until = \"9s\" }\n\
                link = { c2s = {}, s2c = {} }\nload.main = { arrivals = { constant = \"1/s\" } }\n\
                [sweep]\n\"link.c2s.loss\" = [\"0%\", \"20%\"]\n\"host.server.backlog\" = [1, 2]\n\
                [regress]\nrun.until = \"1s\"\nsweep.\"link.c2s.loss\" = [\"5%\"]\n";
    let change = Override::set("sweep.\"link.c2s.loss\"=[\"1%\", \"2%\"]");
    for changes in [&[][..], &[change]] {
        let experiment = parse(text, changes);
        let settings = &experiment.points[0].settings;
        let keys: Vec<&str> = settings.iter().map(|it| it.key.as_str()).collect();
        assert_eq!(keys, ["link.c2s.loss", "host.server.backlog"]);
        is_the_same(Path::new("x.toml"), &experiment);
    }
}

/// The host `server` with these lines in its table.
fn server(lines: &str) -> (Experiment, Host) {
    let text = format!(
        "schema = 1\nname = \"x\"\nrun = {{ seed = 1, until = \"9s\" }}\n\
         link = {{ c2s = {{}}, s2c = {{}} }}\nconnection = [{{ from = \"client:5555\" }}]\n\
         [host.server]\n{lines}"
    );
    let experiment = parse(&text, &[]);
    let host = server_of(&experiment);
    (experiment, host)
}

fn server_of(experiment: &Experiment) -> Host {
    let mut hosts = experiment.plan.hosts.iter();
    let found = hosts.find(|host| host.name == "server");
    found.expect("it always exists").clone()
}

/// If a setting were missing, one profile would show through the other.
#[test]
fn the_settings_of_a_profile_can_be_written_under_any_other() {
    let profiles = ["rfc9293", "linux-6", "freebsd", "lwip"];
    for profile in profiles {
        let (experiment, host) = server(&format!("profile = \"{profile}\"\n"));
        let text = resolved(&experiment);
        for other in profiles {
            let written = format!("profile = \"{profile}\" ");
            assert!(text.contains(&written), "{text}");
            let text = text.replace(&written, &format!("profile = \"{other}\" "));
            let experiment = parse(&text, &[]);
            let Host {
                config, mut listen, ..
            } = server_of(&experiment);
            assert_eq!(config, host.config, "{profile} under {other}");
            // How a queue counts is the profile's own.
            listen.backlog_plus_one = host.listen.backlog_plus_one;
            assert_eq!(listen, host.listen, "{profile} under {other}");
        }
    }
}

#[test]
fn every_key_of_a_host_is_shown() {
    let bad = "schema = 1\nname = \"x\"\nrun = { seed = 1, until = \"1s\" }\n\
               host.server.no_such_key = 1\n";
    let rejection = Experiment::parse("x.toml", bad, &[]).expect_err("no such key");
    let help = &rejection.diagnostics[0].help;
    let (_, keys) = help.split_once("known keys here: ").expect("keys");
    let pages = ["rfc9293", "linux-6", "freebsd", "lwip"]
        .map(|profile| resolved(&server(&format!("profile = \"{profile}\"\n")).0));
    for key in keys.split(", ") {
        let is_shown = |page: &String| {
            page.lines().any(|line| {
                let rest = line.strip_prefix(key);
                let absent = line.strip_prefix("# not set: ").unwrap_or_default();
                rest.is_some_and(|rest| rest.starts_with([' ', '.']))
                    || absent.split(", ").any(|absent| absent == key)
            })
        };
        // These two are not of TCP: one chooses the policy, the other is a bug put in on purpose.
        let is_other = matches!(key, "syncookies" | "mutant");
        assert_eq!(pages.iter().any(is_shown), !is_other, "{key}");
    }
}

#[test]
fn values_say_where_they_come_from() {
    let text = "schema = 1\nname = \"x\"\nrun = { seed = 1, until = \"9s\" }\n\
                link = { c2s = { delay = \"1s\" }, s2c = {} }\n\
                connection = [{ from = \"client:5555\", close = { first = \"server\" } }]\n\
                [host.server]\nprofile = \"linux-6\"\nmsl = \"10s\"\n";
    let experiment = parse(text, &[Override::set("link.c2s.delay=2s")]);
    let page = resolved(&experiment);
    let find = |start: &str| {
        let found = page.lines().find(|line| line.starts_with(start));
        let words = found.expect(start).split_whitespace();
        words.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(find("until"), "until = \"9s\" # line 3");
    assert_eq!(find("warmup"), "warmup = \"0s\" # default");
    assert_eq!(find("delay ="), "delay = \"2s\" # command line");
    assert_eq!(find("close.first"), "close.first = \"server\" # line 5");
    assert_eq!(find("close.how"), "close.how = \"close\" # default");
    assert_eq!(find("msl"), "msl = \"10s\" # line 8");
    assert_eq!(
        find("time_wait ="),
        "time_wait = \"20s\" # from other settings"
    );
    assert_eq!(find("retries2"), "retries2 = 15 # profile linux-6");
    assert!(page.contains("# not set: loss, ecn, duplicate"), "{page}");
    is_the_same(Path::new("x.toml"), &experiment);
}

#[test]
fn calls_of_send_have_all_their_parts() {
    let text = "schema = 1\nname = \"x\"\nrun = { seed = 1, until = \"9s\" }\n\
                link = { c2s = {}, s2c = {} }\n\
                connection = [{ from = \"client:5555\", send = [{ bytes = 9, from = \"client\" }] }]\n";
    let experiment = parse(text, &[]);
    let page = resolved(&experiment);
    let send = "send = [{ from = \"client\", bytes = 9, after = \"0s\" }]  # line 5";
    assert!(page.contains(send), "{page}");
    is_the_same(Path::new("x.toml"), &experiment);
}

#[test]
fn what_varies_in_a_sweep_stays_free() {
    let text = "schema = 1\nname = \"x\"\nrun = { seed = 1, until = \"9s\" }\n\
                link = { c2s = {}, s2c = {} }\n\
                load.web = { arrivals.poisson = \"5/s\" }\n\
                [sweep]\n\"host.server.profile\" = [\"rfc9293\", \"linux-6\"]\n\
                \"load.web.close\" = [\"never\", { after = \"1s\" }]\n\
                [regress]\nrun.until = \"2s\"\nhost.client.syn_retries = 2\n";
    let experiment = parse(text, &[]);
    let page = resolved(&experiment);
    assert!(page.contains("# rto_min = \"1s\""), "{page}");
    assert!(page.contains("# stop = \"9s\""), "{page}");
    is_the_same(Path::new("x.toml"), &experiment);
}

#[test]
fn chosen_policies_leave_out_what_is_about_others() {
    let text = "schema = 1\nname = \"x\"\n\
                run = { seed = 1, until = \"9s\", policies = [\"two-way\", \"three-way\"] }\n\
                link = { c2s = {}, s2c = {} }\nconnection = [{ from = \"client:5555\" }]\n\
                [compare]\nmetrics = [\"segments_sent\"]\nbaseline = \"two-way\"\n\
                [[expect]]\npolicy = \"two-way\"\nwhole_run.rst_sent = 0\n\
                [[expect]]\npolicy = [\"two-way\", \"three-way\"]\nwhole_run.rst_sent = 0\n";
    let one = Override::option("--policy", "run.policies", "[\"three-way\"]");
    let experiment = parse(text, &[one]);
    assert_eq!(experiment.plan.expectations.len(), 1);
    is_the_same(Path::new("x.toml"), &experiment);
}

#[test]
fn files_of_a_base_elsewhere_are_named_from_the_experiment() {
    let home = tempfile::tempdir().expect("a folder");
    let put = |name: &str, text: &str| {
        std::fs::write(home.path().join(name), text).expect("written");
    };
    std::fs::create_dir(home.path().join("base")).expect("made");
    put("base/times.txt", "1s\n2s\n");
    put(
        "base/base.toml",
        "schema = 1\nname = \"b\"\nrun = { seed = 1, until = \"9s\" }\n\
         link = { c2s = {}, s2c = {} }\nload.web.arrivals.trace = \"times.txt\"\n",
    );
    put("x.toml", "extends = \"base/base.toml\"\nname = \"x\"\n");
    let path = home.path().join("x.toml");
    let experiment = Experiment::read(&path, &[]).expect("it is good");
    let page = resolved(&experiment);
    assert!(page.contains("# base.toml, line 5"), "{page}");
    is_the_same(&path, &experiment);
}
