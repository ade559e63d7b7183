//! The two streams of the program: data, which has to arrive, and messages, which may be lost.

use std::io::{ErrorKind, IsTerminal as _, Write};

use crate::cli::exit;

/// Standard output and standard error, or what stands for them.
pub struct Console<'a> {
    out: &'a mut dyn Write,
    err: &'a mut dyn Write,
}

/// Nothing more can be printed: the exit code to end with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop(pub u8);

impl<'a> Console<'a> {
    /// Data goes to `out`, everything else to `err`.
    pub fn new(out: &'a mut dyn Write, err: &'a mut dyn Write) -> Console<'a> {
        Console { out, err }
    }

    /// Prints data.
    ///
    /// # Errors
    /// If it cannot be written. Whoever has closed the pipe does not want to read on, and that is
    /// no failure; a full disk is one, and a message says so.
    pub fn print(&mut self, text: &str) -> Result<(), Stop> {
        let written = self
            .out
            .write_all(text.as_bytes())
            .and_then(|()| self.out.flush());
        written.map_err(|error| {
            if error.kind() == ErrorKind::BrokenPipe {
                Stop(exit::GOOD)
            } else {
                self.tell(&format!("error: cannot write the output: {error}\n"));
                Stop(exit::FAILED)
            }
        })
    }

    /// Tells a message. One that nobody can read is lost; the exit code says as much.
    pub fn tell(&mut self, text: &str) {
        drop(self.err.write_all(text.as_bytes()));
    }
}

/// Whether standard output is a terminal whose locale cannot show more than ASCII. Only terminals
/// are asked: what goes into files is the same everywhere.
pub fn is_ascii_terminal() -> bool {
    if cfg!(windows) || !std::io::stdout().is_terminal() {
        return false;
    }
    // In the order of POSIX.1-2017 section 8.2: the first that is not empty counts.
    let chosen = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .filter_map(std::env::var_os)
        .find(|value| !value.is_empty());
    !chosen.is_some_and(|value| is_utf8(&value.to_string_lossy()))
}

/// Whether a locale's name, such as `en_GB.UTF-8`, says that its characters are those of UTF-8.
fn is_utf8(locale: &str) -> bool {
    let name = locale.to_ascii_lowercase();
    name.contains("utf-8") || name.contains("utf8")
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    /// A stream that fails.
    struct Broken(ErrorKind);

    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_closed_pipe_is_no_failure_and_a_full_disk_is_one() {
        let mut messages = Vec::new();
        let mut pipe = Broken(ErrorKind::BrokenPipe);
        let stop = Console::new(&mut pipe, &mut messages).print("text");
        assert_eq!((stop, messages.len()), (Err(Stop(exit::GOOD)), 0));
        let mut disk = Broken(ErrorKind::StorageFull);
        let stop = Console::new(&mut disk, &mut messages).print("text");
        assert_eq!(stop, Err(Stop(exit::FAILED)));
        assert!(String::from_utf8_lossy(&messages).starts_with("error: cannot write the output"));
    }

    #[test]
    fn locales_tell_their_characters() {
        for (locale, expected) in [
            ("en_GB.UTF-8", true),
            ("zh_CN.utf8", true),
            ("C", false),
            ("zh_CN.GB18030", false),
            ("", false),
        ] {
            assert_eq!(is_utf8(locale), expected, "{locale}");
        }
    }
}
