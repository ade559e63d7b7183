//! The network from outside: one module for each promise.

mod faults;
mod lab;
mod queue;
