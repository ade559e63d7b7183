//! Ctrl-C and its like: the first asks a campaign to end after the runs that are under way, the
//! second ends the program at once.

use std::process;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::cli::exit;

static INTERRUPTED: AtomicBool = AtomicBool::new(false);
static LISTENING: Once = Once::new();

/// Becomes true when the program is told to stop. From the first call on it no longer ends by
/// itself then.
pub fn flag() -> &'static AtomicBool {
    LISTENING.call_once(|| {
        let stop = || {
            if INTERRUPTED.swap(true, Ordering::Relaxed) {
                process::exit(exit::INTERRUPTED.into());
            }
            eprintln!("stops after the runs that are under way; a second signal ends it at once");
        };
        // Where the system knows no signals, the program is ended by whatever it does know.
        drop(ctrlc::set_handler(stop));
    });
    &INTERRUPTED
}
