//! x
use runner::{experiment::Experiment, campaign::Campaign, story::Story, ladder::{Ladder, draw}};
fn main() {
    for f in std::env::args().skip(1) {
        let e = match Experiment::read(std::path::Path::new(&f), &[]) { Ok(e) => e, Err(r) => { println!("{}", r.render(false)); continue } };
        let c = Campaign::run(&e.plan, None, &|| {}).unwrap();
        for p in &c.points {
            println!("== {}", p.policy.name());
            for s in Story::all(&e.plan, &p.trace, &c.shown) { println!("{}", draw(&Ladder::new(&e.plan, &s), false)); }
            for v in &p.verdicts { if !v.held { println!("{} {}\n    observed {}", v.held, v.what, v.observed); } }
            println!("{}/{} held", p.verdicts.iter().filter(|v| v.held).count(), p.verdicts.len());
        }
    }
}
