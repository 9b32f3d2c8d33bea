//! The door on a bus of its own, in virtual time.

mod bus;
mod day;
mod door;
mod stuck;
mod weight;
