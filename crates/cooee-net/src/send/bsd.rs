//! To be filled: send on bsd.
