//! Group M: bugs of real stacks, put in one by one. For each of them a scenario must fail.
//!
//! `cargo test -p runner --features mutants --test mutants -- --nocapture` prints which.

mod verdicts;

use tcp_core::Mutant;
use verdicts::Scripted;

#[test]
fn every_mutant_is_noticed_by_a_scenario() {
    let scripted = Scripted::read(|_| true);
    assert_eq!(scripted.failing(&[]), [""; 0], "without a mutant");
    let mut survivors = Vec::new();
    for (number, (mutant, name)) in (1..).zip(Mutant::ALL) {
        let sets = ["client", "server"].map(|host| format!("host.{host}.mutant={name}"));
        let failing = scripted.failing(&sets);
        println!("m{number:02} {name}: {}", failing.join(", "));
        if failing.is_empty() {
            survivors.push(mutant);
        }
    }
    let all = Mutant::ALL.len();
    println!("{} of {all} mutants were noticed", all - survivors.len());
    assert_eq!(survivors, [], "no scenario notices these");
}
