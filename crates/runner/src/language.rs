//! The languages in which results are told.

use clap::ValueEnum;

/// A language of ladders, sentences and reports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Language {
    /// English
    #[default]
    En,
    /// Chinese
    Zh,
}

impl Language {
    /// Both, in the order in which a report has them.
    pub const ALL: [Language; 2] = [Language::En, Language::Zh];

    /// Its tag (BCP 47): `en`, `zh`.
    pub fn tag(self) -> &'static str {
        self.choose("en", "zh")
    }

    /// Of a thing that exists in both languages, the one in this.
    pub fn choose<T>(self, en: T, zh: T) -> T {
        match self {
            Language::En => en,
            Language::Zh => zh,
        }
    }
}
