//! What the fuzz targets of this crate run, as plain functions from octets: the targets include
//! these files, and [`replay`](crate::replay) runs them on recorded and on random octets without
//! a fuzzer.

pub(crate) mod decode;
pub(crate) mod operations;
pub(crate) mod script;
pub(crate) mod watch;
