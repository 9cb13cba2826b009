//! What must never be.

use super::claims::{Database, Writes};
use super::cluster::{Cluster, UNKNOWN};
use super::pods::{Form, Pod};

impl Cluster {
    pub fn holds_unknown_data(&self) -> bool {
        self.everywhere() & UNKNOWN != 0
    }

    /// All that is on the claims.
    fn everywhere(&self) -> Writes {
        let writes = |data: &Option<Database>| data.map_or(0, |data| data.writes);
        writes(&self.old.data) | writes(&self.new.data) | self.new.aside
    }

    /// What must never be, or nothing.
    pub fn harm(&self) -> Option<&'static str> {
        if self.harm.is_some() {
            return self.harm;
        }
        if self.acknowledged & !self.everywhere() != 0 {
            return Some("a write is on no claim any more");
        }
        let are_two = |runs: fn(&Pod) -> bool| self.pods.iter().filter(|pod| runs(pod)).count() > 1;
        if are_two(Pod::runs_on_old) || are_two(Pod::runs_on_new) || are_two(Pod::makes) {
            return Some("two servers run on one directory");
        }
        self.pods.iter().filter(|pod| pod.serves()).find_map(|pod| self.harm_of(pod))
    }

    /// Of a pod whose server answers.
    fn harm_of(&self, pod: &Pod) -> Option<&'static str> {
        let Some(data) = self.database(pod) else { return Some("a server runs without its data") };
        if !data.is_whole {
            return Some("a server answers with a partly restored database");
        }
        // What is on which claim when the old server has begun anew, the page about deleting the claim says.
        let wanted = if self.began_anew { self.kept_by_new } else { self.acknowledged };
        if wanted & !data.writes != 0 && !(self.began_anew && pod.form == Form::Old) {
            return Some("a server answers without a write that was acknowledged");
        }
        let are_wrong = || self.quays.iter().any(|quay| quay.serves && !quay.ends && data.schema != Some(quay.release));
        if !pod.ends && !self.began_anew && are_wrong() {
            return Some("Quay serves with the schema of another release");
        }
        None
    }
}
