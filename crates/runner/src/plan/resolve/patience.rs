//! How long users wait, and how often they try again.

use std::time::Duration;

use crate::diagnostic::Diagnostic;
use crate::quantity::Time;
use crate::spec::{RetrySpec, Spanned};

use super::super::Retry;

/// How long an application waits for its OPEN.
pub(super) fn connect_timeout(
    spec: Option<&Spanned<Time>>,
) -> Result<Option<Duration>, Diagnostic> {
    match spec {
        Some(time) if time.get_ref().0.is_zero() => {
            let title = "an OPEN that is given up at once connects nobody";
            Err(Diagnostic::at(time.span(), title)
                .help("`connect_timeout` is longer than a round trip, such as \"3s\""))
        }
        other => Ok(other.map(|time| time.get_ref().0)),
    }
}

/// How a user of a load tries again.
pub(super) fn retry(spec: &RetrySpec) -> Result<Retry, Diagnostic> {
    let max = *spec.max.get_ref();
    if max > Retry::MOST {
        return Err(
            Diagnostic::at(spec.max.span(), "that often nobody tries again")
                .help(format!("`max` is at most {}", Retry::MOST)),
        );
    }
    let after = spec.after.0;
    Ok(Retry { max, after })
}
