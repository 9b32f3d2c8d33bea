//! Watching on Windows: the IP Helper's change callbacks.
