//! The applications of a host, by their connections.

use tcp_core::ConnectionId;

use super::app::App;

/// A table by slots: what an endpoint keeps together stays together here, so that a segment touches
/// few lines of the cache.
#[derive(Debug, Default)]
pub(super) struct Apps {
    slots: Vec<Option<(ConnectionId, App)>>,
}

impl Apps {
    pub(super) fn get(&self, id: ConnectionId) -> Option<&App> {
        match self.slots.get(id.slot())? {
            Some((owner, app)) if *owner == id => Some(app),
            _ => None,
        }
    }

    pub(super) fn get_mut(&mut self, id: ConnectionId) -> Option<&mut App> {
        match self.slots.get_mut(id.slot())? {
            Some((owner, app)) if *owner == id => Some(app),
            _ => None,
        }
    }

    /// Makes a connection's application, in place of that of an earlier connection, if there was one.
    pub(super) fn insert(&mut self, id: ConnectionId, app: App) {
        let slot = id.slot();
        if slot >= self.slots.len() {
            self.slots.resize(slot + 1, None);
        }
        self.slots[slot] = Some((id, app));
    }

    pub(super) fn remove(&mut self, id: ConnectionId) -> Option<App> {
        let app = *self.get(id)?;
        self.slots[id.slot()] = None;
        Some(app)
    }

    pub(super) fn clear(&mut self) {
        self.slots.clear();
    }
}
