//! Bugs that real stacks have had, to be put in on purpose: a catalogue of scenarios is only worth
//! something if it notices them.
//!
//! They exist only with the feature `mutants`. Each is one visible line, with [`mutated!`], at the
//! place that it breaks; without the feature such a line is a constant `false`.

#[cfg(feature = "mutants")]
use core::fmt;

/// A bug, put in by [`Config::mutant`](crate::Config::mutant).
#[cfg(feature = "mutants")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mutant {
    /// m01: an entry in SYN-RECEIVED is never given up.
    NoSynAckTimeout,
    /// m02: the SYN,ACK is sent once, whatever its timer says.
    NoSynAckRetransmission,
    /// m03: a RST leaves the entry in the SYN queue.
    RstKeepsEntry,
    /// m04: a copy of the SYN in SYN-RECEIVED draws a RST.
    DuplicateSynReset,
    /// m05: a repeated SYN,ACK acknowledges IRS, not IRS + 1.
    WrongAckOnRepeatedSynAck,
    /// m06: the SYN queue has room for a single entry.
    SingleSlotListener,
    /// m07: the end that closed first forgets the connection at once.
    TimeWaitSkipped,
    /// m08: a SYN,ACK that nobody asked for draws no RST.
    NoResetForSynAck,
    /// m09: any ACK opens the connection in SYN-RECEIVED, whatever number it acknowledges.
    IsnUnchecked,
    /// m10: a FIN is sent once, whatever its timer says.
    FinNotRetransmitted,
}

#[cfg(feature = "mutants")]
impl Mutant {
    /// Every mutant with its name in files, in the order m01 to m10.
    pub const ALL: [(Mutant, &'static str); 10] = [
        (Mutant::NoSynAckTimeout, "no-synack-timeout"),
        (Mutant::NoSynAckRetransmission, "no-synack-retransmission"),
        (Mutant::RstKeepsEntry, "rst-keeps-entry"),
        (Mutant::DuplicateSynReset, "duplicate-syn-reset"),
        (
            Mutant::WrongAckOnRepeatedSynAck,
            "wrong-ack-on-repeated-synack",
        ),
        (Mutant::SingleSlotListener, "single-slot-listener"),
        (Mutant::TimeWaitSkipped, "time-wait-skipped"),
        (Mutant::NoResetForSynAck, "no-reset-for-synack"),
        (Mutant::IsnUnchecked, "isn-unchecked"),
        (Mutant::FinNotRetransmitted, "fin-not-retransmitted"),
    ];

    /// Its name in files.
    pub fn name(self) -> &'static str {
        Mutant::ALL[self as usize].1
    }

    /// The mutant with this name.
    pub fn from_name(name: &str) -> Option<Mutant> {
        let found = Mutant::ALL.into_iter().find(|(_, known)| *known == name);
        found.map(|(mutant, _)| mutant)
    }
}

#[cfg(feature = "mutants")]
impl fmt::Display for Mutant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Whether a TCP with this configuration has a bug: `mutated!(config, NoSynAckTimeout)`.
#[cfg(feature = "mutants")]
macro_rules! mutated {
    ($config:expr, $mutant:ident) => {
        $config.mutant == Some($crate::mutant::Mutant::$mutant)
    };
}

/// No TCP has a bug on purpose.
#[cfg(not(feature = "mutants"))]
macro_rules! mutated {
    ($config:expr, $mutant:ident) => {
        false
    };
}

pub(crate) use mutated;

#[cfg(all(test, feature = "mutants"))]
mod tests {
    use super::Mutant;

    #[test]
    fn every_mutant_is_found_by_its_name() {
        for (mutant, name) in Mutant::ALL {
            assert_eq!(Mutant::from_name(name), Some(mutant));
            assert_eq!(mutant.name(), name);
        }
        assert_eq!(Mutant::from_name("none"), None);
    }
}
