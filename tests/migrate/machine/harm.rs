//! What must never be.

use super::databases::Schema;
use super::world::World;

impl World {
    /// What must never be, or nothing.
    pub fn harm(&self) -> Option<&'static str> {
        if self.harm.is_some() {
            return self.harm;
        }
        let old = &self.old.database;
        if old.schema != Some(Schema::Old) || old.writes != self.old.acknowledged {
            return Some("the old database is changed");
        }
        let live = self.live()?;
        if !self.pods.iter().any(|pod| pod.serves && !pod.ends) {
            return None;
        }
        if !live.is_whole {
            return Some("a partly restored database is served");
        }
        let Some(source) = live.source else { return Some("a database is served that was not restored") };
        // What the old Quay is told of after the last dump of a move, the page does not let it be told.
        let wanted = if source.of_move == self.moves { source.until } else { self.old.acknowledged };
        if wanted & !live.writes != 0 {
            return Some("a database is served without a write of the old Quay");
        }
        if self.acknowledged & !live.writes != 0 {
            return Some("a database is served without a write of the new Quay");
        }
        (live.schema != Some(Schema::New)).then_some("Quay serves with the schema of another release")
    }
}
