//! To be filled: send on windows.
