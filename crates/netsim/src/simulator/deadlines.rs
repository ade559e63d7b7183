//! The earliest deadline among all nodes: a tournament in an array.

use crate::frame::NodeId;
use crate::time::Instant;

/// Deadlines of nodes; changing one costs the logarithm of their number and allocates nothing.
#[derive(Clone, Debug)]
pub(crate) struct Deadlines {
    /// Leaves in the second half, each inner entry the earlier of its two children; entry 1 is the
    /// root. `Instant::MAX` stands for "none".
    tree: Vec<Instant>,
    leaves: usize,
}

impl Deadlines {
    pub(crate) fn new() -> Deadlines {
        Deadlines {
            tree: vec![Instant::MAX; 2],
            leaves: 1,
        }
    }

    /// Makes room for this many nodes; forgets all deadlines.
    pub(crate) fn reset(&mut self, nodes: usize) {
        self.leaves = nodes.next_power_of_two();
        self.tree = vec![Instant::MAX; 2 * self.leaves];
    }

    #[inline]
    pub(crate) fn set(&mut self, node: NodeId, deadline: Option<Instant>) {
        let mut index = self.leaves + node.0 as usize;
        self.tree[index] = deadline.unwrap_or(Instant::MAX);
        while index > 1 {
            index /= 2;
            self.tree[index] = self.tree[2 * index].min(self.tree[2 * index + 1]);
        }
    }

    /// The earliest deadline; `Instant::MAX` if there is none.
    #[inline]
    pub(crate) fn earliest(&self) -> Instant {
        self.tree[1]
    }

    /// The lowest-numbered node that has the earliest deadline.
    #[inline]
    pub(crate) fn first_node(&self) -> NodeId {
        let mut index = 1;
        while index < self.leaves {
            index *= 2;
            if self.tree[index] != self.tree[1] {
                index += 1;
            }
        }
        NodeId((index - self.leaves) as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_go_to_the_lowest_node() {
        let mut deadlines = Deadlines::new();
        deadlines.reset(5);
        assert_eq!(deadlines.earliest(), Instant::MAX);
        let at = |nanos| Some(Instant::from_nanos(nanos));
        deadlines.set(NodeId(4), at(7));
        deadlines.set(NodeId(2), at(7));
        assert_eq!(deadlines.first_node(), NodeId(2));
        deadlines.set(NodeId(3), at(5));
        assert_eq!(
            (deadlines.earliest(), deadlines.first_node()),
            (at(5).unwrap(), NodeId(3))
        );
        deadlines.set(NodeId(3), None);
        deadlines.set(NodeId(2), at(9));
        assert_eq!(deadlines.first_node(), NodeId(4));
    }
}
