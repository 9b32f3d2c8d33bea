//! To be filled: socket on bsd.
