//! `little`: L = λW for every class of connections (Little 1961).
//!
//! The number of connections in a class, on average over time, is the rate at which they enter it
//! times the time that they stay. Every run checks the identity exactly, with the stays that its
//! ends cut; this check shows it in the reported numbers, where L comes from areas, λ from counts
//! and W from the stays that ended. What is cut at the ends of a run is the only difference.

use super::setting::window;
use super::{Estimator, Prediction, Quantity};
use crate::plan::{Class, Plan};

pub(super) fn predict(plan: &Plan) -> Vec<Prediction> {
    let window = window(plan);
    let is_whole = |class: &Class| {
        !matches!(
            class,
            Class::EmbryonicStale | Class::EmbryonicOpening | Class::EmbryonicClientOpen
        )
    };
    let of_class = |class: Class| {
        Prediction::exact(
            Quantity::new(class.name(), class.name()),
            Estimator::Little { class, window },
            0.0,
        )
    };
    Class::ALL
        .into_iter()
        .filter(is_whole)
        .map(of_class)
        .collect()
}
