//! Redis, for build logs and for user events.

use super::Subject;
use crate::diagnostic::{Diagnostics, codes};

/// Quay does not start without either (guide 3.4.3).
pub fn check(subject: &Subject<'_>, out: &mut Diagnostics) {
    for name in ["BUILDLOGS_REDIS", "USER_EVENTS_REDIS"] {
        let redis = subject.field(name);
        if !redis.is_given() && subject.is_reported(name) {
            continue;
        }
        let hint = format!("{name}:\n  host: redis.example.com\n  port: 6379");
        if redis.require(codes::REDIS, "Quay keeps build logs and events in Redis", &hint, out) && redis.is_map() {
            redis.member("host").require(codes::REDIS, "it names the Redis server", "host: redis.example.com", out);
            redis.member("port").check_port(codes::REDIS, out);
        }
    }
}
