//! What each part of the vocabulary does in a run, seen from the numbers of small experiments.

mod accepting;
mod crashes;
mod events;
mod faults;
mod injections;
mod lab;
mod ladders;
mod routes;
mod snapshots;
mod workloads;
