//! The network from outside: one module for each promise.

mod capacity;
mod delays;
mod estimate;
mod faults;
mod lab;
mod losses;
mod outages;
mod queue;
mod samplers;
mod weather;
