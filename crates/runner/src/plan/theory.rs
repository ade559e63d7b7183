//! `[check]`: the models that are computed beside the simulation.

/// What is to be compared with theory.
#[derive(Clone, Debug, PartialEq)]
pub struct Theory {
    /// The models, each once, in the order of the file.
    pub models: Vec<Model>,
    /// The probability that every comparison holds if every model is right; between 0 and 1.
    pub confidence: f64,
}

/// A model with a known answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Model {
    /// Blocking of a full SYN queue.
    ErlangB,
    /// The same with Linux's early removal of old entries.
    PrunedBacklog,
    /// Entries of a SYN queue that turns nothing away.
    MgInfinity,
    /// L = λW for every class of connections.
    Little,
    /// Survival of random eviction.
    RandomDrop,
    /// Survival of eviction of the oldest.
    OldestDrop,
    /// What a stale SYN costs.
    StaleSyn,
    /// Connections per second that ports in TIME-WAIT leave.
    TimeWaitPorts,
    /// Losses of a Gilbert-Elliott link.
    Gemodel,
}

impl Model {
    /// Every model, in the order of the documentation.
    pub const ALL: [Model; 9] = [
        Model::ErlangB,
        Model::PrunedBacklog,
        Model::MgInfinity,
        Model::Little,
        Model::RandomDrop,
        Model::OldestDrop,
        Model::StaleSyn,
        Model::TimeWaitPorts,
        Model::Gemodel,
    ];

    /// Its name in files and tables.
    pub const fn name(self) -> &'static str {
        match self {
            Model::ErlangB => "erlang-b",
            Model::PrunedBacklog => "pruned-backlog",
            Model::MgInfinity => "mg-infinity",
            Model::Little => "little",
            Model::RandomDrop => "random-drop",
            Model::OldestDrop => "oldest-drop",
            Model::StaleSyn => "stale-syn",
            Model::TimeWaitPorts => "time-wait-ports",
            Model::Gemodel => "gemodel",
        }
    }
}
