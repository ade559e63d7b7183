//! Few things that many entries refer to: each is kept once and known by a number of two octets.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

/// See the module's documentation.
#[derive(Clone, Debug)]
pub(crate) struct Numbered<T> {
    things: Vec<T>,
    numbers: BTreeMap<T, u16>,
    /// The number that was asked for last: most often it is the next one too.
    latest: u16,
}

impl<T> Default for Numbered<T> {
    fn default() -> Numbered<T> {
        Numbered {
            things: Vec::new(),
            numbers: BTreeMap::new(),
            latest: 0,
        }
    }
}

impl<T: Copy + Ord> Numbered<T> {
    /// The number of a thing, found or given; `None` beyond 65536 things.
    pub(crate) fn number(&mut self, thing: T) -> Option<u16> {
        if self.things.get(usize::from(self.latest)) == Some(&thing) {
            return Some(self.latest);
        }
        let number = match self.numbers.get(&thing) {
            Some(&number) => number,
            None => self.add(thing)?,
        };
        self.latest = number;
        Some(number)
    }

    fn add(&mut self, thing: T) -> Option<u16> {
        let number = u16::try_from(self.things.len()).ok()?;
        self.things.push(thing);
        self.numbers.insert(thing, number);
        Some(number)
    }

    /// The thing with a number that was given.
    pub(crate) fn thing(&self, number: u16) -> T {
        self.things[usize::from(number)]
    }
}

#[cfg(test)]
mod tests {
    use super::Numbered;

    #[test]
    fn a_number_stays_and_there_are_65536() {
        let mut numbered = Numbered::default();
        for thing in 0..1u32 << 16 {
            assert_eq!(numbered.number(thing + 7), u16::try_from(thing).ok());
        }
        assert_eq!(numbered.number(0), None);
        for thing in [7, 7, 9, 65_542, 8] {
            let number = numbered.number(thing);
            assert_eq!(number.map(|number| numbered.thing(number)), Some(thing));
        }
    }
}
