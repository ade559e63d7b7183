//! Laying one table over another, key by key: what `[regress]` does to the experiment.

use toml::de::{DeTable, DeValue};

/// Lays a table over another: where both have a table they are merged, else the upper value holds.
pub(crate) fn lay_over<'a>(under: &mut DeTable<'a>, upper: DeTable<'a>) {
    for (key, value) in upper {
        let Some(below) = under.get_mut(key.get_ref().as_ref()) else {
            under.insert(key, value);
            continue;
        };
        match (below.get_mut(), value) {
            (DeValue::Table(below), above) if above.get_ref().is_table() => {
                if let DeValue::Table(above) = above.into_inner() {
                    lay_over(below, above);
                }
            }
            // The key keeps its place, and with it its turn among the axes of a sweep.
            (_, value) => *below = value,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_merged_and_everything_else_is_replaced() {
        let parse = |text| DeTable::parse(text).expect("good TOML").into_inner();
        let mut under = parse("a = { b = 1, c = [1, 2] }\nd = 1\n");
        lay_over(&mut under, parse("a = { c = [3] }\nd = { e = 2 }\nf = 3\n"));
        let value = |path: &[&str]| {
            let mut found = under.get(path[0]).expect("a key").get_ref();
            for key in &path[1..] {
                found = found.get(*key).expect("a key").get_ref();
            }
            found.clone()
        };
        assert_eq!(
            value(&["a", "b"]).as_integer().expect("a number").as_str(),
            "1"
        );
        assert_eq!(value(&["a", "c"]).as_array().expect("a list").len(), 1);
        assert_eq!(
            value(&["d", "e"]).as_integer().expect("a number").as_str(),
            "2"
        );
        assert_eq!(value(&["f"]).as_integer().expect("a number").as_str(), "3");
    }
}
