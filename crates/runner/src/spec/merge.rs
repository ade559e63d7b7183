//! Laying one table over another, key by key: what `[regress]` does to the experiment, and an
//! experiment to the one that it extends.

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use crate::overrides::id_of;

/// Lays a table over another. Where both have a table they are merged; so are lists of which every
/// element has an `id`, element by element, what is new coming last. Else the upper value holds.
pub(crate) fn lay_over<'a>(under: &mut DeTable<'a>, upper: DeTable<'a>) {
    for (key, value) in upper {
        let Some(below) = under.get_mut(key.get_ref().as_ref()) else {
            under.insert(key, value);
            continue;
        };
        let place = value.span();
        match (below.get_mut(), value.into_inner()) {
            (DeValue::Table(below), DeValue::Table(above)) => lay_over(below, above),
            (DeValue::Array(below), DeValue::Array(above)) if has_ids(below) && has_ids(&above) => {
                lay_list_over(below, above);
            }
            // The key keeps its place, and with it its turn among the axes of a sweep.
            (_, value) => *below = Spanned::new(place, value),
        }
    }
}

fn has_ids(list: &DeArray<'_>) -> bool {
    !list.is_empty() && list.iter().all(|one| id_of(one.get_ref()).is_some())
}

fn lay_list_over<'a>(under: &mut DeArray<'a>, upper: DeArray<'a>) {
    for element in upper {
        let id = id_of(element.get_ref());
        let known = under.iter().position(|one| id_of(one.get_ref()) == id);
        let below = known.and_then(|index| under.get_mut(index));
        let place = element.span();
        match (below.map(Spanned::get_mut), element.into_inner()) {
            (Some(DeValue::Table(below)), DeValue::Table(above)) => lay_over(below, above),
            (_, value) => under.push(Spanned::new(place, value)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> DeTable<'_> {
        DeTable::parse(text).expect("good TOML").into_inner()
    }

    /// The value at a path of keys and indices, if it is there.
    fn find<'v>(table: &'v DeTable<'_>, path: &str) -> Option<&'v DeValue<'v>> {
        let mut parts = path.split('.');
        let mut found = table.get(parts.next()?)?.get_ref();
        for part in parts {
            let next = match part.parse::<usize>() {
                Ok(index) => found.get(index),
                Err(_) => found.get(part),
            };
            found = next?.get_ref();
        }
        Some(found)
    }

    fn integer(table: &DeTable<'_>, path: &str) -> String {
        let value = find(table, path).expect(path);
        value.as_integer().expect(path).as_str().to_owned()
    }

    #[test]
    fn tables_are_merged_and_everything_else_is_replaced() {
        let mut under = parse("a = { b = 1, c = [1, 2] }\nd = 1\n");
        lay_over(&mut under, parse("a = { c = [3] }\nd = { e = 2 }\nf = 3\n"));
        assert_eq!(integer(&under, "a.b"), "1");
        assert_eq!(integer(&under, "a.c.0"), "3");
        assert!(find(&under, "a.c.1").is_none());
        assert_eq!(integer(&under, "d.e"), "2");
        assert_eq!(integer(&under, "f"), "3");
    }

    #[test]
    fn lists_are_merged_by_id_where_every_element_has_one() {
        let mut under =
            parse("a = [{ id = \"x\", b = 1, c = 1 }, { id = \"y\", b = 2 }]\nd = [{ b = 1 }]\n");
        let upper = "a = [{ id = \"z\", b = 3 }, { id = \"x\", c = 4 }]\nd = [{ id = \"x\" }]\n";
        lay_over(&mut under, parse(upper));
        let numbers = ["a.0.b", "a.0.c", "a.1.b", "a.2.b"].map(|path| integer(&under, path));
        assert_eq!(numbers, ["1", "4", "2", "3"]);
        assert!(find(&under, "a.3").is_none());
        assert!(find(&under, "d.0.b").is_none(), "replaced");
        assert!(find(&under, "d.0.id").is_some());
    }
}
