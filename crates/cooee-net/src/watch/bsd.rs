//! Watching on Apple systems and the BSDs: the routing socket.
