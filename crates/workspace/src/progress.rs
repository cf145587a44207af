//! How far long work has come, told to whoever shows it.

/// Hears about long work. Calls come from any thread.
pub trait Progress: Send + Sync {
    /// A step begins: what it is, and how many units it has, if that is known.
    fn begin(&self, what: &str, total: Option<u64>);
    /// So many units of the step are done.
    fn at(&self, done: u64);
    /// The step is over.
    fn end(&self);
}

/// Tells nobody.
impl Progress for () {
    fn begin(&self, _: &str, _: Option<u64>) {}
    fn at(&self, _: u64) {}
    fn end(&self) {}
}
