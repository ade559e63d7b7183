//! What is wrong with a configuration: which field, what was expected, what was found.

use std::error::Error;
use std::fmt;

/// A configuration that means nothing, with what is needed to point at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// Dotted path of the offending field, such as `delay.jitter`.
    pub field: String,
    /// What would have been accepted.
    pub expected: String,
    /// What stood there.
    pub found: String,
}

impl ConfigError {
    /// An error at `field`.
    pub fn new(
        field: impl Into<String>,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> ConfigError {
        ConfigError {
            field: field.into(),
            expected: expected.into(),
            found: found.into(),
        }
    }

    /// The same error with `prefix.` before its field.
    #[must_use]
    pub fn within(mut self, prefix: &str) -> ConfigError {
        self.field = if self.field.is_empty() {
            prefix.to_owned()
        } else {
            format!("{prefix}.{}", self.field)
        };
        self
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: expected {}, found {}",
            self.field, self.expected, self.found
        )
    }
}

impl Error for ConfigError {}
