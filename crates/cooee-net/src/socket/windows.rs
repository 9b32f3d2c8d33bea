//! To be filled: socket on windows.
