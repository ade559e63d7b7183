//! How two tables of comma-separated values differ: the first cell that does, by name.

use csv::StringRecord;

/// The columns that tell one row from another; those of a sweep's parameters stand before them.
const NAMES: [&str; 5] = ["policy", "metric", "replication", "model", "quantity"];

/// What differs between two tables; nothing if it cannot be said.
pub(super) fn changes(old: &[u8], new: &[u8]) -> Vec<String> {
    let (Some((old_head, old)), Some((new_head, new))) = (read(old), read(new)) else {
        return Vec::new();
    };
    if old_head != new_head {
        return vec![heads(&old_head, &new_head)];
    }
    let differs = |(old, new): &(&StringRecord, &StringRecord)| old != new;
    let count = old.iter().zip(&new).filter(differs).count();
    let mut lines = Vec::new();
    if let Some((old, new)) = old.iter().zip(&new).find(differs) {
        let rows = if count == 1 {
            "row differs"
        } else {
            "rows differ, the first"
        };
        lines.push(format!("{count} {rows} {}", cell(&new_head, old, new)));
    }
    if old.len() != new.len() {
        lines.push(format!("{} rows -> {}", old.len(), new.len()));
    }
    lines
}

fn read(text: &[u8]) -> Option<(StringRecord, Vec<StringRecord>)> {
    let mut reader = csv::Reader::from_reader(text);
    let head = reader.headers().ok()?.clone();
    let rows = reader.records().collect::<Result<_, _>>().ok()?;
    Some((head, rows))
}

/// The columns that only one of the tables has, or that they have in another order.
fn heads(old: &StringRecord, new: &StringRecord) -> String {
    let missing = |one: &StringRecord, other: &StringRecord| {
        let only = one
            .iter()
            .filter(|name| !other.iter().any(|it| it == *name));
        only.take(3)
            .map(ToOwned::to_owned)
            .collect::<Vec<_>>()
            .join(", ")
    };
    let (gone, added) = (missing(old, new), missing(new, old));
    match (gone.as_str(), added.as_str()) {
        ("", "") => "the columns have another order".to_owned(),
        ("", added) => format!("new columns ({added})"),
        (gone, "") => format!("columns are gone ({gone})"),
        (gone, added) => format!("columns are gone ({gone}), others new ({added})"),
    }
}

/// `(two-way, 4): rst_sent 3 -> 4`.
fn cell(head: &StringRecord, old: &StringRecord, new: &StringRecord) -> String {
    let is_name = |(_, name): &(usize, &str)| NAMES.contains(name);
    let last = head.iter().enumerate().filter(is_name).last();
    let named = last.map_or(0, |(index, _)| index + 1);
    let names: Vec<&str> = new.iter().take(named).collect();
    let pairs = head.iter().zip(old.iter().zip(new));
    let mut pairs = pairs.filter(|(_, (old, new))| old != new);
    let show = |text: &str| {
        if text.is_empty() {
            "none".to_owned()
        } else {
            text.to_owned()
        }
    };
    let change = pairs
        .next()
        .map(|(name, (old, new))| format!("{name} {} -> {}", show(old), show(new)));
    format!("({}): {}", names.join(", "), change.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "p,policy,replication,rst_sent,x\n1%,a,0,3,\n1%,a,1,3,5\n";

    #[test]
    fn the_first_cell_that_differs_is_named() {
        let new = OLD.replace("1,3,5", "1,4,6");
        let lines = changes(OLD.as_bytes(), new.as_bytes());
        assert_eq!(lines, ["1 row differs (1%, a, 1): rst_sent 3 -> 4"]);
        let new = OLD.replace("3,\n", "3,7\n") + "1%,a,2,3,5\n";
        let lines = changes(OLD.as_bytes(), new.as_bytes());
        assert_eq!(
            lines,
            ["1 row differs (1%, a, 0): x none -> 7", "2 rows -> 3"]
        );
    }

    #[test]
    fn columns_that_came_or_went_are_named() {
        let new = OLD.replace("rst_sent", "y");
        let lines = changes(OLD.as_bytes(), new.as_bytes());
        assert_eq!(lines, ["columns are gone (rst_sent), others new (y)"]);
    }
}
