//! To be filled: recv on windows.
