//! The engine by hand, in virtual time: what it hears and what it says.

mod additional;
mod answering;
mod asking;
mod claiming;
mod clauses;
mod guard;
mod lan;
mod listen;
mod neighbour;
mod speak;
