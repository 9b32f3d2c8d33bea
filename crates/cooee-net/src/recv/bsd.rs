//! To be filled: recv on bsd.
