"""Plays whatever Prometheus sees of a Quay registry, and of others beside it; only Python's own library is needed.

    exporter.py history FILE --start EPOCH   two hours of samples in the OpenMetrics format, for promtool
    exporter.py serve --start EPOCH          serves the same live, and prints its port
    exporter.py names                        each metric and its labels, with tabs between, without those of the target

Every value is a function of the time since the start, so that history and live samples continue each other. --release
leaves out what that release of Quay does not have; --registries says who is there, as namespace/name.

--day makes the ups and downs those of a working day: the load of all grows to noon together, and each series has swings of
its own, shorter ones too. Without it each is a sine, of which a test can tell what it is at any time.

Registry `a` in `ns` is well: two application pods with a push gateway each, a mirror pod with one, Clair, databases and
Redis. It has processes that ended before the start, whose last numbers the gateways keep: 9000 entries in a queue, 500
connections in use, 700 mirrors left. The first registry of --registries is the healthy one. All others are sick, as
`b-a` in `ns` and `a` in `other`: whoever mixes them sees failures, full queues, full volumes and missing pods.

Labels are those after a scrape: a ServiceMonitor gives its target's namespace, pod, service, container, endpoint, job and
instance, and renames what clashes (`exported_job`); kube-state-metrics, kubelet and cAdvisor keep their own.

Metrics that 3.5 does not have (see Quay's source):
    quay_gc_iterations_total, quay_gc_namespaces_purged_total, quay_gc_repos_purged_total,
    quay_gc_storage_blobs_deleted_total, quay_gc_table_rows_deleted_total, quay_model_cache_total       from 3.6
    quay_build_jobs_total, quay_build_queue_duration_seconds, quay_secscan_index_layer_size_bytes,
    quay_secscan_result_duration_seconds                                                                from 3.9
    quay_secscan_request_duration_seconds                                                               from 3.10
    the label namespace_name of quay_request_duration_seconds                                           from 3.17
    quay_repository_mirror_sync_failures_total                                                          from 3.18
and that it has and later ones do not:
    quay_security_scanning_unscanned_images_remaining    to 3.8; it is declared, and nothing ever sets it: always 0
"""

import argparse
import itertools
import json
import math
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

DAY = 86400
# How often a process pushes.
PUSH = 30
REGISTRIES = "ns/a,ns/b-a,other/a"
BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0]
SCAN_BOUNDS = [60.0, 300.0, 600.0, 900.0, 1200.0, 1500.0, 1800.0, 2100.0, 2400.0]

# Program, method, route, requests a second by status, median seconds.
ROUTES = [
    ("registry", "GET", "v1.internal_ping", {"200": 0.1}, 0.003),
    ("registry", "GET", "v2.v2_support_enabled", {"401": 3.0, "200": 1.0}, 0.004),
    ("registry", "GET", "v2.generate_registry_jwt", {"200": 3.0, "401": 0.1}, 0.09),
    ("registry", "GET", "v2.fetch_manifest_by_tagname", {"200": 2.0, "404": 0.1, "500": 0.001}, 0.05),
    ("registry", "GET", "v2.fetch_manifest_by_digest", {"200": 1.5}, 0.04),
    ("registry", "HEAD", "v2.check_blob_exists", {"200": 1.0, "404": 0.5}, 0.02),
    ("registry", "GET", "v2.download_blob", {"302": 4.0, "404": 0.01}, 0.03),
    ("registry", "POST", "v2.start_blob_upload", {"202": 0.4}, 0.08),
    ("registry", "PATCH", "v2.upload_chunk", {"202": 0.4}, 1.6),
    ("registry", "PUT", "v2.monolithic_upload_or_last_chunk", {"201": 0.4}, 0.6),
    ("registry", "PUT", "v2.write_manifest_by_tagname", {"201": 0.2, "400": 0.005}, 0.25),
    ("registry", "PUT", "v2.write_manifest_by_digest", {"201": 0.1}, 0.2),
    ("web", "POST", "api.signin", {"200": 0.1, "403": 0.01}, 0.3),
    ("web", "GET", "api.user", {"200": 0.5, "401": 0.2}, 0.02),
    ("web", "GET", "api.repositorylist", {"200": 0.3}, 0.15),
    ("web", "GET", "api.repository", {"200": 0.4, "404": 0.02}, 0.05),
    ("web", "GET", "api.listrepositorytags", {"200": 0.4}, 0.1),
    ("web", "GET", "api.repositorymanifestsecurity", {"200": 0.2, "500": 0.001}, 0.4),
]

# The routes of sick registries, which nobody looks at one by one.
FEW = [
    "v2.fetch_manifest_by_tagname", "v2.write_manifest_by_tagname", "v2.generate_registry_jwt", "api.signin",
    "api.repository",
]

# Processes of an application pod: name, programs that it plays, bytes, CPUs.
PROCESSES = [
    ("registry:application", "registry", 310e6, 0.4),
    ("registry:application", "registry", 290e6, 0.35),
    ("web:application", "web", 260e6, 0.15),
    ("globalpromstats.py", "counts", 150e6, 0.005),
    ("notificationworker.py", "notification", 160e6, 0.01),
    ("repositorygcworker.py", "repositorygc", 155e6, 0.01),
    ("gcworker.py", "garbage", 170e6, 0.05),
    ("securityworker.py", "scans", 180e6, 0.06),
    ("servicekeyworker.py", "keys", 145e6, 0.003),
    ("builder.py", "builds", 165e6, 0.02),
]

# Deployment, container, pods, bytes.
DEPLOYMENTS = [
    ("quay-app", "quay-app", 2, 3.1e9),
    ("quay-mirror", "quay-mirror", 1, 0.4e9),
    ("quay-database", "postgres", 1, 0.5e9),
    ("quay-redis", "redis-master", 1, 0.05e9),
    ("clair-app", "clair-app", 1, 1.5e9),
    ("clair-postgres", "postgres", 1, 0.7e9),
    ("postgres-exporter", "exporter", 1, 0.02e9),
    ("clair-pg-exporter", "exporter", 1, 0.02e9),
    ("redis-exporter", "exporter", 1, 0.02e9),
]


# Where each series' own swings begin, with --day.
OWN = None


def swings(period, swing):
    """What goes up and down: periods, shares of the whole, and where they begin."""
    if OWN is None:
        return [(period, swing, 0.0)]
    own = next(OWN)
    # Highest after four hours. Together the shares stay below 1, so that no counter falls.
    shorter = [(9700.0, 0.3), (3170.0, 0.3), (1130.0, 0.3), (433.0, 0.4), (211.0, 0.4)]
    return [(46000.0, swing, -1.95)] + [
        (at, swing * share, math.tau * (own * turn % 1)) for turn, (at, share) in enumerate(shorter, 1)]


def counter(rate, period=1800.0, swing=0.3):
    """What has been counted at a rate that goes up and down; it began a day before the start."""
    exact = amount(rate, period, swing, 6)
    return lambda t: int(exact(t))


def amount(rate, period=1800.0, swing=0.3, digits=3):
    """The same of what is no whole number."""
    parts = [(math.tau / at, rate * share * at / math.tau, phase) for at, share, phase in swings(period, swing)]

    def counted(t):
        return round(rate * (t + DAY) + sum(size * math.sin(speed * t + phase) for speed, size, phase in parts), digits)

    return counted


def around(mean, swing, period):
    """A value around a mean, in a day highest when rates are."""
    turn = 0 if OWN is None else math.pi / 2
    parts = [(math.tau / at, mean * share, phase + turn) for at, share, phase in swings(period, swing)]
    return lambda t: mean + sum(size * math.sin(speed * t + phase) for speed, size, phase in parts)


def wave(mean, swing=0.1, period=2400.0):
    """The same, rounded."""
    exact = around(mean, swing, period)
    return lambda t: round(exact(t), 3)


def whole(mean, swing=0.1, period=2400.0):
    """The same in whole numbers, which are never below 0."""
    exact = around(mean, swing, period)
    return lambda t: max(0, int(exact(t)))


def fixed(value):
    return lambda t: value


def now_and_then(value, seconds):
    """What is only looked at every so often."""
    return lambda t: value(t // seconds * seconds)


def below(bound, median):
    """Which share of requests takes no longer: their times are distributed log-normally."""
    return 0.5 * (1 + math.erf(math.log(bound / median) / (0.75 * math.sqrt(2))))


def histogram(name, labels, rate, median, bounds=None):
    """The series of a histogram. In a day, some of what it counts takes longer than the rest, and comes when it wants."""
    shares = [(1, 1)] if OWN is None else [(0.85, 1), (0.15, 2.5)]
    parts = [(counter(rate * share), median * times) for share, times in shares]

    def total(of):
        return lambda t: sum(of(count(t), median) for count, median in parts)

    for bound in bounds or BOUNDS:
        within = [below(bound, median) for _, median in parts]
        yield name + "_bucket", {**labels, "le": repr(bound)}, (
            lambda t, within=within: int(sum(count(t) * share for (count, _), share in zip(parts, within))))
    yield name + "_bucket", {**labels, "le": "+Inf"}, total(lambda count, _: count)
    yield name + "_count", labels, total(lambda count, _: count)
    yield name + "_sum", labels, lambda t, of=total(lambda count, median: count * median * 1.3): round(of(t), 3)


class Target:
    """What is scraped as one: its labels, and series as name, labels and value over time."""

    def __init__(self, labels, keeps=False):
        self.labels, self.keeps, self.series = labels, keeps, [("up", {}, fixed(1))]

    def add(self, name, labels, value):
        self.series.append((name, labels, value))

    def extend(self, series):
        self.series.extend(series)

    def stored(self, labels):
        """The labels of a series as Prometheus stores them."""
        own, target = {name: value for name, value in labels.items() if value != ""}, self.labels
        if self.keeps:
            return {**target, **own}
        return {**{("exported_" + name if name in target else name): value for name, value in own.items()}, **target}


class Registry:
    """A registry and whatever is there of it."""

    def __init__(self, namespace, name, size, is_well, release, start):
        self.namespace, self.name, self.size, self.is_well = namespace, name, size, is_well
        self.release, self.start = release, start
        self.pods_of_quay = 2 if is_well else 1

    def has(self, since):
        return self.release >= since

    def pod(self, deployment, index):
        """The name that the API server makes: cut before its last five characters."""
        return (self.name + "-" + deployment + "-7d4b9c6f5d-")[:58] + "x2x7" + "klmn"[index]

    def targets(self):
        """The push gateways, Clair, and the exporters of its servers."""
        for index in range(self.pods_of_quay):
            yield self.gateway("quay-app", "quay-metrics", index)
        yield self.gateway("quay-mirror", "mirror-metrics", 0)
        yield self.clair()
        yield self.postgres("postgres-exporter", self.name + "-quay-database", 140, 30.0, 900e6)
        yield self.postgres("clair-pg-exporter", "postgres", 20, 4.0, 8e9)
        yield self.redis()

    def target(self, deployment, container, service, endpoint, port, index):
        address = "10.%d.%d.%d:%d" % (self.size, len(deployment), 10 + index, port)
        return Target({
            "namespace": self.namespace, "pod": self.pod(deployment, index), "service": self.name + "-" + service,
            "container": container, "endpoint": endpoint, "job": self.name + "-" + service, "instance": address,
        })

    def gateway(self, deployment, service, index):
        target = self.target(deployment, deployment, service, "quay-metrics", 9091, index)
        # The gateway's own.
        target.extend(self.go(25e6, 0.002))
        if deployment == "quay-mirror":
            self.push(target, "repomirrorworker.py", 21, "mirror", 190e6, 0.1, None)
            if self.is_well:
                self.push(target, "repomirrorworker.py", 7, "mirror", 190e6, 0.1, -700)
            return target
        # Two of one name are enough to see how they are told apart.
        processes = PROCESSES if self.is_well and index == 0 else PROCESSES[1:]
        for at, (name, program, size, cpus) in enumerate(processes):
            self.push(target, name, 50 + at, program, size, cpus, None, index)
        if self.is_well and index == 0:
            self.push(target, "notificationworker.py", 31, "notification", 160e6, 0.01, -600)
            self.push(target, "globalpromstats.py", 32, "counts", 150e6, 0.005, -900)
        if index == 0:
            self.migration(target)
        return target

    def push(self, target, process, pid, program, size, cpus, ended, index=0):
        """What a process has pushed, all of it at once; one that has ended keeps what it pushed last."""
        phase = (pid * 7) % PUSH

        def pushed(t):
            t = t if ended is None else min(t, ended)
            return math.floor((t - phase) / PUSH) * PUSH + phase

        group = {"job": "quay", "host": target.labels["pod"], "process_name": process, "pid": str(pid), "instance": ""}
        target.add("push_time_seconds", group, lambda t: self.start + pushed(t))
        target.add("push_failure_time_seconds", group, fixed(0))
        series = list(self.go(size, cpus, False)) + list(self.process(program, ended is not None, index))
        for name, labels, value in series:
            target.add(name, {**labels, **group}, lambda t, value=value: value(pushed(t)))

    def go(self, size, cpus, is_go=True):
        """What the client library tells of a process."""
        yield "process_cpu_seconds_total", {}, amount(cpus * self.size)
        yield "process_resident_memory_bytes", {}, whole(size * self.size, 0.05)
        yield "process_open_fds", {}, whole(60)
        yield "process_max_fds", {}, fixed(1048576)
        yield "process_start_time_seconds", {}, fixed(self.start - DAY)
        if is_go:
            yield "go_goroutines", {}, whole(40)
            yield "go_memstats_alloc_bytes", {}, whole(size / 3)

    def process(self, program, has_ended, index):
        """What Quay counts in every process, and what one program does."""
        is_served = program in ("registry", "web")
        busy = 3.0 if is_served else 0.2
        yield "quay_db_connect_calls_total", {}, counter(busy * self.size)
        yield "quay_db_close_calls_total", {}, counter(busy * self.size)
        in_use, idle = (3, 7) if program == "registry" else (0, 0)
        in_use = 500 if has_ended else in_use if self.is_well else in_use * 30
        yield "quay_db_pooled_connections_in_use", {}, whole(in_use, 0.5)
        yield "quay_db_pooled_connections_available", {}, whole(idle, 0.3)
        yield "quay_queue_item_deletes_total", {}, counter(0.01 if program == "garbage" else 0)
        if program == "web":
            # Every process that has the module exports a gauge, whether or not it counts.
            for name in ("quay_org_rows", "quay_repository_rows", "quay_user_rows", "quay_robot_rows"):
                yield name, {}, fixed(0)
        if is_served:
            yield from self.requests(program)
        yield from self.garbage(program)
        own = {
            "registry": self.registry,
            "counts": lambda: self.counts(has_ended, index),
            "scans": self.scans,
            "keys": self.keys,
            "builds": self.builds,
            "mirror": lambda: self.mirror(has_ended),
        }
        yield from own.get(program, list)()
        queue = {"notification": "notification", "repositorygc": "repositorygc", "builds": "dockerfilebuild"}.get(program)
        if queue:
            yield from self.queue(queue, has_ended)

    def requests(self, program):
        tracked = {"namespace_name": "other"} if self.has((3, 17)) else {}
        for of, method, route, statuses, median in ROUTES:
            if of != program or not (self.is_well or route in FEW):
                continue
            rates = dict(statuses)
            if not self.is_well:
                rates["500"] = sum(statuses.values()) * 0.4
            for status, rate in rates.items():
                labels = {"method": method, "route": route, "status": status, **tracked}
                slow = median if self.is_well else median * 15
                yield from histogram("quay_request_duration_seconds", labels, rate * self.size, slow)
        for success, rate in (("True", 3.0), ("False", 0.05)):
            yield "bearer_token_decoded_total", {"success": success}, counter(rate * self.size)
        kinds = {"registry": [("basic", "True", 3.0), ("basic", "False", 0.1), ("credentials", "True", 0.1)],
                 "web": [("cookie", "True", 1.0), ("oauth", "True", 0.2), ("oauth", "False", 0.01)]}
        for kind, success, rate in kinds[program]:
            labels = {"auth_kind": kind, "success": success}
            yield "quay_authentication_attempts_total", labels, counter(rate * self.size)
        yield from histogram("greenlet_duration_seconds", {}, 9.0, 0.01, [0.1, 1.0, 10.0])
        yield "greenlet_switch_total", {}, counter(40)
        yield "greenlet_throw_total", {}, counter(0.01)
        queues = {"registry": ["notification", "repositorygc"], "web": ["notification", "dockerfilebuild"]}[program]
        for queue in queues:
            yield "quay_queue_item_puts_total", {"queue_name": queue}, counter(0.1 * self.size)

    def registry(self):
        """Pulls, pushes and storage."""
        pulls = [("tag", "200", 2.0), ("tag", "404", 0.1), ("manifest", "200", 1.5), ("manifest", "404", 0.02)]
        for ref, status, rate in pulls:
            labels = {"protocol": "v2", "ref": ref, "status": status}
            yield "quay_registry_image_pulls_total", labels, counter(rate * self.size)
        docker = "application/vnd.docker.distribution.manifest.v2+json"
        oci = "application/vnd.oci.image.manifest.v1+json"
        for status, kind, rate in (("201", docker, 0.2), ("201", oci, 0.1), ("400", "", 0.005)):
            labels = {"protocol": "v2", "status": status, "media_type": kind}
            yield "quay_registry_image_pushes_total", labels, counter(rate * self.size)
        yield "quay_registry_image_pulled_estimated_bytes_total", {"protocol": "v2"}, counter(60e6 * self.size)
        yield "quay_registry_image_pushed_bytes_total", {}, counter(8e6 * self.size)
        slow = 1.2 if self.is_well else 9.0
        yield from histogram("quay_chunk_upload_duration_seconds", {"region": "default"}, 0.4 * self.size, slow)
        yield "quay_multipart_uploads_started_total", {}, counter(0.05 * self.size)
        yield "quay_multipart_uploads_completed_total", {}, counter(0.05 * self.size)
        if self.has((3, 6)):
            yield "quay_model_cache_total", {"type": "hit"}, counter(8)
            yield "quay_model_cache_total", {"type": "miss"}, counter(1)

    def counts(self, has_ended, index):
        """One pod has the lock and counts; before it ended, a process counted more."""
        factor = 0 if index else 5 if has_ended else 1
        for name, rows in (("org", 12), ("repository", 340), ("user", 56), ("robot", 21)):
            yield "quay_%s_rows" % name, {}, fixed(rows * factor * self.size)

    def queue(self, name, has_ended):
        waiting = 9000 if has_ended else 2 if self.is_well else 4000
        labels = {"queue_name": name}
        yield "quay_queue_items_available_unlocked", labels, now_and_then(whole(waiting, 0.9, 1500), 300)
        yield "quay_queue_items_available", labels, now_and_then(whole(waiting + 1, 0.9, 1500), 300)
        yield "quay_queue_items_locked", labels, fixed(1)
        rates = {"acquired": 0.31, "nonexistant": 0.1, "claimed": 0.01}
        for availability, rate in rates.items():
            rate = rate if self.is_well or availability != "acquired" else 0
            yield "quay_queue_item_gets_total", {**labels, "availability": availability}, counter(rate)

    def garbage(self, program):
        """Every process has these; labels come with the first row that is deleted."""
        if not self.has((3, 6)):
            return
        for name, rate in (("iterations", 0.02), ("namespaces_purged", 0), ("repos_purged", 0.0005),
                           ("storage_blobs_deleted", 0.2)):
            yield "quay_gc_%s_total" % name, {}, counter(rate * self.size if program == "garbage" else 0)
        if program == "garbage":
            for table, rate in (("Tag", 0.05), ("Manifest", 0.04), ("ManifestBlob", 0.3), ("ImageStorage", 0.2)):
                yield "quay_gc_table_rows_deleted_total", {"table": table}, counter(rate * self.size)

    def scans(self):
        if not self.has((3, 9)):
            yield "quay_security_scanning_unscanned_images_remaining", {}, fixed(0)
        if self.has((3, 9)):
            yield from histogram("quay_secscan_result_duration_seconds", {}, 0.05, 140.0 * self.size, SCAN_BOUNDS)
            yield from histogram("quay_secscan_index_layer_size_bytes", {}, 0.2, 3e7, BOUNDS)
        if self.has((3, 10)):
            bad = 0.001 if self.is_well else 2.0
            for method, action, status, rate in (
                    ("GET", "IndexState", "200", 0.03), ("POST", "Index", "201", 0.05), ("POST", "Index", "500", bad),
                    ("GET", "GetVulnerabilityReport", "200", 0.2), ("GET", "GetVulnerabilityReport", "404", 0.01)):
                labels = {"method": method, "action": action, "status": status}
                yield from histogram("quay_secscan_request_duration_seconds", labels, rate, 0.8)

    def keys(self):
        is_renewed = "True" if self.is_well else "False"
        yield "quay_instance_key_renewal_self_total", {"success": is_renewed}, counter(1 / 3300, 1800, 0)

    def builds(self):
        for status, rate in (("complete", 0.004), ("error", 0.0005 if self.is_well else 0.1)):
            labels = {"executor": "kubernetes", "job_status": status}
            yield from histogram("quay_build_duration_seconds", labels, rate, 120.0)
        labels = {"executor": "kubernetes"}
        yield from histogram("quay_build_ack_duration_seconds", labels, 0.0045, 8.0)
        yield from histogram("quay_build_start_duration_seconds", labels, 0.0045, 3.0)
        yield "quay_build_fallback_total", labels, counter(0.0001)
        if self.has((3, 9)):
            yield "quay_build_jobs_total", {"success": "true"}, counter(0.004)
            yield from histogram("quay_build_queue_duration_seconds", {"schedule_success": "true"}, 0.0045, 4.0)

    def mirror(self, has_ended):
        behind = 700 if has_ended else 3 if self.is_well else 600
        yield "quay_repository_rows_unmirrored", {}, now_and_then(whole(behind, 1.0, 1500), 180)
        yield "quay_queue_item_puts_total", {"queue_name": "notification"}, counter(0.02)
        if self.has((3, 18)):
            few, many = (0, 0.0001) if self.is_well else (0.05, 0.05)
            for reason, rate in (("network_timeout", many), ("auth_failed", few)):
                labels = {"namespace": "library", "reason": reason}
                yield "quay_repository_mirror_sync_failures_total", labels, counter(rate, 1800, 0)

    def migration(self, target):
        """The Job of the migration pushes under its revision."""
        group = {"job": "quay", "stage": "head", "revision": "88e64904d000", "instance": ""}
        failed = 0 if self.is_well else 1
        for name, value in (("migration_completion_percent", 1), ("migration_complete_total", 1),
                            ("migration_failed_total", failed), ("migration_items_completed_total", 2000)):
            target.add(name, group, fixed(value))

    def clair(self):
        target = self.target("clair-app", "clair-app", "clair-metrics", "clair-introspection", 8089, 0)
        target.extend(self.go(1.2e9, 0.3))
        return target

    def postgres(self, exporter, database, taken, rate, size):
        """What postgres_exporter tells of a server: connections, transactions and bytes of each database."""
        target = self.target(exporter, "exporter", exporter, "exporter", 9187, 0)
        target.extend(self.go(20e6, 0.002))
        target.add("pg_up", {}, fixed(int(self.is_well)))
        server = {"server": "%s:5432" % database}
        target.add("pg_settings_max_connections", server, fixed(2000))
        for name, share in ((database, 1.0), ("template1", 0.0)):
            of = {"datid": str(16384 + len(name)), "datname": name}
            is_full = share and not self.is_well
            target.add("pg_stat_database_numbackends", of, fixed(1990) if is_full else whole(taken * share))
            target.add("pg_stat_database_xact_commit", of, counter(rate * share * self.size))
            target.add("pg_stat_database_xact_rollback", of, counter(rate * share * self.size / 100))
            target.add("pg_database_size_bytes", {"datname": name}, whole(max(size * share, 8e6), 0.01))
        return target

    def redis(self):
        target = self.target("redis-exporter", "exporter", "redis-exporter", "exporter", 9121, 0)
        target.extend(self.go(20e6, 0.002))
        target.add("redis_up", {}, fixed(int(self.is_well)))
        target.add("redis_connected_clients", {}, whole(24 if self.is_well else 9000))
        target.add("redis_memory_used_bytes", {}, whole(6e6 if self.is_well else 1e9))
        target.add("redis_commands_processed_total", {}, counter(5 * self.size))
        return target

    def deployments(self):
        for name, container, pods, size in DEPLOYMENTS:
            if name == "clair-postgres" and self.has((3, 9)):
                container = "clair-postgres"
            pods = self.pods_of_quay if name == "quay-app" else pods
            yield name, container, [self.pod(name, index) for index in range(pods)], size

    def objects(self):
        """What kube-state-metrics tells."""
        space = {"namespace": self.namespace}
        for name, container, pods, _ in self.deployments():
            of = {**space, "deployment": self.name + "-" + name}
            yield "kube_deployment_spec_replicas", of, fixed(len(pods))
            yield "kube_deployment_status_replicas_available", of, fixed(len(pods) if self.is_well else 0)
            for pod in pods:
                of = {**space, "pod": pod, "container": container, "uid": pod}
                restarts = fixed(1) if self.is_well else counter(0.01)
                yield "kube_pod_container_status_restarts_total", of, restarts
                is_killed = {**of, "reason": "Completed" if self.is_well else "OOMKilled"}
                yield "kube_pod_container_status_last_terminated_reason", is_killed, fixed(1)
                is_waiting = {**of, "reason": "CrashLoopBackOff"}
                yield "kube_pod_container_status_waiting_reason", is_waiting, fixed(0 if self.is_well else 1)
                for condition in ("true", "false", "unknown"):
                    is_so = condition == ("true" if self.is_well else "false")
                    of_pod = {**space, "pod": pod, "uid": pod, "condition": condition}
                    yield "kube_pod_status_ready", of_pod, fixed(int(is_so))
        for name in ("quay-app-upgrade", "quay-postgres-init"):
            of = {**space, "job_name": self.name + "-" + name + "-h1j2k3m4n5"}
            yield from self.job(of, self.start - DAY)
        for name, least, most in (("quay-app", 2, 20), ("quay-mirror", 2, 20), ("clair-app", 2, 10)):
            if name != "quay-app" and not self.has((3, 6)):
                continue
            of = {**space, "horizontalpodautoscaler": self.name + "-" + name}
            wanted = now_and_then(whole(3, 0.4), 900) if self.is_well else fixed(most)
            yield "kube_horizontalpodautoscaler_spec_min_replicas", of, fixed(least)
            yield "kube_horizontalpodautoscaler_spec_max_replicas", of, fixed(most)
            yield "kube_horizontalpodautoscaler_status_current_replicas", of, (
                lambda t, wanted=wanted, least=least: max(least, wanted(t)))
        for claim, _, _ in self.claims():
            yield "kube_persistentvolumeclaim_info", {**space, "persistentvolumeclaim": claim}, fixed(1)
        for name in ("quay-database-backup", "clair-postgres-backup"):
            of = {**space, "cronjob": self.name + "-" + name}
            yield "kube_cronjob_status_last_schedule_time", of, fixed(self.start - 7200)
            last = self.start - 7100 if self.is_well else self.start - 9 * DAY
            yield "kube_cronjob_status_last_successful_time", of, fixed(last)
            yield "kube_cronjob_next_schedule_time", of, fixed(self.start + (DAY if self.is_well else -DAY))
            yield from self.job({**space, "job_name": self.name + "-" + name + "-29000000"}, self.start - 7200)

    def job(self, of, started):
        yield "kube_job_status_failed", of, fixed(0 if self.is_well else 6)
        yield "kube_job_status_succeeded", of, fixed(1 if self.is_well else 0)
        yield "kube_job_status_start_time", of, fixed(started)
        for condition in ("true", "false", "unknown"):
            has_failed = int(condition == "true" and not self.is_well)
            yield "kube_job_failed", {**of, "condition": condition}, fixed(has_failed)

    def claims(self):
        """Claims, their bytes, and the share that is used."""
        quay, clair = "quay-database", "clair-postgres"
        if self.has((3, 9)):
            quay, clair = "quay-postgres-13", "clair-postgres-15" if self.has((3, 13)) else "clair-postgres-13"
        for name, size, used in ((quay, 50e9, 0.31), (clair, 50e9, 0.22), ("quay-database-backup", 100e9, 0.4),
                                 ("clair-postgres-backup", 100e9, 0.1)):
            yield self.name + "-" + name, size, used if self.is_well else 0.98

    def volumes(self):
        """What the kubelet tells."""
        for claim, size, used in self.claims():
            of = {"namespace": self.namespace, "persistentvolumeclaim": claim}
            yield "kubelet_volume_stats_capacity_bytes", of, fixed(int(size))
            yield "kubelet_volume_stats_available_bytes", of, whole(size * (1 - used), 0.01, 7200)
            yield "kubelet_volume_stats_inodes_free", of, fixed(3000000)

    def containers(self):
        """What cAdvisor tells, of the pod as a whole and of its pause container too."""
        for name, container, pods, size in self.deployments():
            for pod in pods:
                for of in (container, "", "POD"):
                    labels = {"namespace": self.namespace, "pod": pod, "container": of}
                    part = 1 if of != "POD" else 0.001
                    yield "container_memory_working_set_bytes", labels, whole(size * part * self.size, 0.05)
                    yield "container_cpu_usage_seconds_total", labels, amount(0.5 * part * self.size)
                    if of and name in ("quay-app", "quay-mirror", "clair-app"):
                        throttled = 0.4 if self.is_well else 9.0
                        yield "container_cpu_cfs_periods_total", labels, counter(10.0)
                        yield "container_cpu_cfs_throttled_periods_total", labels, counter(throttled)


def all_targets(options):
    """Everything that is scraped."""
    release = tuple(int(part) for part in options.release.split(".")[:2])
    registries = []
    for at, place in enumerate(options.registries.split(",")):
        namespace, name = place.split("/")
        registries.append(Registry(namespace, name, 1 + 2 * at, at == 0, release, options.start))
    targets = [target for registry in registries for target in registry.targets()]
    space = {"namespace": "openshift-monitoring", "endpoint": "https-main"}

    def platform(job, instance, more, series):
        target = Target({**space, "job": job, "service": job, "instance": instance, **more}, True)
        for registry in registries:
            target.extend(series(registry))
        targets.append(target)

    of_state = {"pod": "kube-state-metrics-5f6d8c7b9-q8w4z", "container": "kube-rbac-proxy-main"}
    platform("kube-state-metrics", "10.0.0.2:8443", of_state, Registry.objects)
    platform("kubelet", "10.0.0.3:10250", {"metrics_path": "/metrics", "node": "worker-0"}, Registry.volumes)
    platform("kubelet", "10.0.0.3:10250", {"metrics_path": "/metrics/cadvisor", "node": "worker-0"}, Registry.containers)
    issuer = {"issuer_name": "letsencrypt", "issuer_kind": "ClusterIssuer", "issuer_group": "cert-manager.io"}
    manager = Target({
        "namespace": "cert-manager", "pod": "cert-manager-6f9d7c8b5-m2n4p", "service": "cert-manager",
        "container": "cert-manager-controller", "endpoint": "tcp-prometheus-servicemonitor", "job": "cert-manager",
        "instance": "10.0.0.4:9402",
    })
    for registry in registries:
        for name in ("quay-access-tls", "quay-serving-tls"):
            labels = {"namespace": registry.namespace, "name": registry.name + "-" + name, **issuer}
            days = 61 if registry.is_well else 2
            manager.add("certmanager_certificate_expiration_timestamp_seconds", labels, fixed(options.start + days * DAY))
    targets.append(manager)
    return targets


def written(name, labels):
    """A series as it is written."""
    escaped = {key: text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") for key, text in labels.items()}
    inner = ",".join('%s="%s"' % pair for pair in sorted(escaped.items()))
    return "%s{%s}" % (name, inner) if inner else name


def history(options):
    """Writes samples, series by series."""
    times = [(t, " %d\n" % (options.start + t)) for t in range(options.since, options.until, options.step)]
    targets = all_targets(options)
    series = [(name, target.stored(labels), value) for target in targets for name, labels, value in target.series]
    series.sort(key=lambda one: one[0])
    with open(options.file, "w", encoding="utf-8") as file:
        for name, labels, value in series:
            start = written(name, labels) + " "
            file.writelines(start + repr(value(t)) + stamp for t, stamp in times)
        file.write("# EOF\n")


def names(options):
    """Prints every metric with its labels."""
    groups = {"job", "host", "process_name", "pid", "instance", "uid"}
    found = {}
    for target in all_targets(options):
        for name, labels, _ in target.series:
            found.setdefault(name, set()).update(set(labels) - groups)
    for name in sorted(found):
        print(name + "\t" + ",".join(sorted(found[name])))


def serve(options):
    """Serves each target under /metrics/<number>, and lists them as Prometheus asks for with http_sd_configs, those that
    keep their labels under /targets/keep and the others under /targets/rename."""
    targets = all_targets(options)

    def discovered(keeps):
        address = "127.0.0.1:%d" % server.server_address[1]
        return [{"targets": [address], "labels": {**target.labels, "__metrics_path__": "/metrics/%d" % at}}
                for at, target in enumerate(targets) if target.keeps == keeps]

    def scraped(target):
        t = time.time() - options.start
        return "".join(written(name, labels) + " %r\n" % value(t) for name, labels, value in target.series if name != "up")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            where = self.path.strip("/").split("/")
            kind, body = "text/plain; version=0.0.4", None
            if where in (["targets", "keep"], ["targets", "rename"]):
                kind, body = "application/json", json.dumps(discovered(where[1] == "keep"))
            elif where[0] == "metrics" and len(where) == 2 and where[1].isdigit() and int(where[1]) < len(targets):
                body = scraped(targets[int(where[1])])
            self.send_response(200 if body is not None else 404)
            self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write((body or "").encode())

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", options.port), Handler)
    print(server.server_address[1], flush=True)
    server.serve_forever()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, run in (("history", history), ("serve", serve), ("names", names)):
        command = commands.add_parser(name)
        command.set_defaults(run=run)
        command.add_argument("--start", type=int, default=0, help="the second since 1970 at which time is 0")
        command.add_argument("--release", default="3.5")
        command.add_argument("--registries", default=REGISTRIES)
        command.add_argument("--day", action="store_true", help="ups and downs of a working day")
    commands.choices["history"].add_argument("file")
    commands.choices["history"].add_argument("--step", type=int, default=30, help="seconds between samples")
    commands.choices["history"].add_argument("--since", type=int, default=0, help="seconds from the start on")
    commands.choices["history"].add_argument("--until", type=int, default=7200, help="the same, where it ends")
    commands.choices["serve"].add_argument("--port", type=int, default=0)
    options = parser.parse_args()
    global OWN
    if options.day:
        # Parts of the golden ratio are far from each other, however many there are.
        OWN = (number * 0.6180339887 % 1 for number in itertools.count(1))
    options.run(options)


if __name__ == "__main__":
    main()
