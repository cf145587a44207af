//! Progress bars, on a terminal only.

use std::io::IsTerminal;
use std::sync::Mutex;

use gradus_workspace::Progress;
use indicatif::{ProgressBar, ProgressStyle};

/// Shows progress on standard error.
#[derive(Default)]
pub struct Bars(Mutex<Option<ProgressBar>>);

impl Progress for Bars {
    fn begin(&self, what: &str, total: Option<u64>) {
        if !std::io::stderr().is_terminal() {
            return;
        }
        let bar = match total {
            Some(total) => ProgressBar::new(total),
            None => ProgressBar::new_spinner(),
        };
        let style = ProgressStyle::with_template("{msg:30} {wide_bar} {percent:>3}% {eta}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_message(what.to_string());
        if let Ok(mut shown) = self.0.lock() {
            *shown = Some(bar);
        }
    }

    fn at(&self, done: u64) {
        if let Ok(shown) = self.0.lock()
            && let Some(bar) = shown.as_ref()
        {
            bar.set_position(done);
        }
    }

    fn end(&self) {
        if let Ok(mut shown) = self.0.lock()
            && let Some(bar) = shown.take()
        {
            bar.finish_and_clear();
        }
    }
}
