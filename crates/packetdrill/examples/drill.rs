//! Checks that scripts parse.
#![expect(missing_docs, reason = "an example")]
fn main() {
    for path in std::env::args().skip(1) {
        let bytes = std::fs::read(&path).expect("readable");
        match packetdrill::Script::parse(&path, &bytes) {
            Ok(script) => println!("{path}: {} events", script.events.len()),
            Err(error) => println!("{error}"),
        }
    }
}
