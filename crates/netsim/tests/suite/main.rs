//! The network from outside: one module for each promise.

mod capacity;
mod configuration;
mod delays;
mod estimate;
mod faults;
mod lab;
mod looping;
mod losses;
mod outages;
mod properties;
mod queue;
mod samplers;
mod tc;
mod weather;
