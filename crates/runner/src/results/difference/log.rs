//! How two logs of events differ: the first event that does.

use serde_json::{Map, Value};

type Event = Map<String, Value>;

/// What differs between two logs; nothing if it cannot be said.
pub(super) fn changes(old: &[u8], new: &[u8]) -> Vec<String> {
    let [old, new] = [old, new].map(|text| text.split(|octet| *octet == b'\n'));
    let both = old.clone().zip(new.clone());
    let same = both.take_while(|(old, new)| old == new).count();
    let counts = (old.clone().count(), new.clone().count());
    let [Some(first), Some(now)] = [old, new].map(|mut lines| read(lines.nth(same))) else {
        return Vec::new();
    };
    if first.is_empty() && now.is_empty() {
        return Vec::new();
    }
    let what = told_apart(&first, &now);
    let event = same + 1;
    let mut lines = vec![format!("event {event} is the first that differs: {what}")];
    if counts.0 != counts.1 {
        let (old, new) = (counts.0 - 1, counts.1 - 1);
        lines.push(format!("{old} events -> {new}"));
    }
    lines
}

/// An event, without any key at the end; nothing if the line is none.
fn read(line: Option<&[u8]>) -> Option<Event> {
    match line {
        None | Some([]) => Some(Event::new()),
        Some(line) => serde_json::from_slice(line).ok(),
    }
}

/// Two events in the same place: by the values that differ if they are of one kind.
fn told_apart(old: &Event, new: &Event) -> String {
    if old.get("event") != new.get("event") {
        return format!("recorded {}, now {}", name(old), name(new));
    }
    let added = new.keys().filter(|key| !old.contains_key(*key));
    let keys = old.keys().chain(added);
    let show = |value: Option<&Value>| value.map_or_else(|| "none".to_owned(), Value::to_string);
    let changes = keys
        .filter(|key| old.get(*key) != new.get(*key))
        .map(|key| {
            let [old, new] = [old, new].map(|event| show(event.get(key)));
            format!("{key} {old} -> {new}")
        });
    let changes: Vec<String> = changes.collect();
    format!("{}: {}", name(new), changes.join(", "))
}

/// `arrived at 1.050000000 s (connection 0, frame 3)`.
fn name(event: &Event) -> String {
    if event.is_empty() {
        return "the end".to_owned();
    }
    let number = |key: &str| event.get(key).and_then(Value::as_u64);
    let kind = event.get("event").and_then(Value::as_str);
    let nanos = number("time_ns").unwrap_or_default();
    let (seconds, rest) = (nanos / 1_000_000_000, nanos % 1_000_000_000);
    let about = ["connection", "frame"].into_iter().filter_map(|key| {
        let number = number(key)?;
        Some(format!("{key} {number}"))
    });
    let about: Vec<String> = about.collect();
    let about = if about.is_empty() {
        String::new()
    } else {
        format!(" ({})", about.join(", "))
    };
    format!("{} at {seconds}.{rest:09} s{about}", kind.unwrap_or("?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "{\"time_ns\":0,\"event\":\"open\",\"connection\":0}\n\
                       {\"time_ns\":1050000000,\"event\":\"arrived\",\"connection\":0,\"frame\":3}\n\
                       {\"time_ns\":2000000000,\"event\":\"power_off\",\"host\":\"x\"}\n";

    fn told(new: &str) -> Vec<String> {
        changes(OLD.as_bytes(), new.as_bytes())
    }

    #[test]
    fn the_first_event_that_differs_is_named() {
        let first = "event 2 is the first that differs: ";
        assert_eq!(
            told(&OLD.replace("105", "106")),
            [format!(
                "{first}arrived at 1.060000000 s (connection 0, frame 3): \
                 time_ns 1050000000 -> 1060000000"
            )]
        );
        assert_eq!(
            told(&OLD.replace("\"arrived\"", "\"lost\"")),
            [format!(
                "{first}recorded arrived at 1.050000000 s (connection 0, frame 3), \
                 now lost at 1.050000000 s (connection 0, frame 3)"
            )]
        );
        let without = OLD.lines().take(2).map(|line| format!("{line}\n"));
        assert_eq!(
            told(&without.collect::<String>()),
            [
                "event 3 is the first that differs: recorded power_off at 2.000000000 s, now the \
                 end",
                "3 events -> 2"
            ]
        );
        assert_eq!(told("no JSON\n"), [""; 0]);
    }
}
