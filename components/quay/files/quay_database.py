"""The registry's database: connections as Quay makes them, the schema's revision, and the lock of a migration.

What wait-for-database.py and migrate.py share. It runs in Quay's image (Python 3.6) and needs nothing else.

What is printed never holds DB_URI, nor the words of a driver or of a parser: they quote user names, hosts and at times
the password. Reasons come from the tables below instead.
"""

import ast
import os
import queue
import threading
import time
from urllib.parse import unquote, urlsplit

import sqlalchemy
from quay_pod import REPEAT_SECONDS, Refused, read_config, say, start
from sqlalchemy.engine.url import make_url
from sqlalchemy.pool import NullPool

# Quay's own limit for one attempt to connect, where DB_CONNECTION_ARGS sets none.
CONNECT_TIMEOUT_SECONDS = 10

# DB_CONNECTION_ARGS that are meant for Quay's own database layer; a driver would refuse them.
NOT_FOR_THE_DRIVER = ("threadlocals", "autorollback", "stale_timeout", "timeout", "max_connections")

# SQLSTATEs and MySQL error numbers with which a server says that a table is not there.
NO_SUCH_TABLE = ("42P01", "1146")

# MySQL error numbers of clusters that have no GET_LOCK: Percona's refuses it so.
NO_LOCKS = ("1105", "1235")

UNKNOWN = (
    "the schema is at {}, which this image does not know: a newer release has migrated the database. Render that release, "
    "or restore the backup that was made before"
)

# libpq gives no SQLSTATE when connecting fails, so its text is looked through for these, first match first.
POSTGRES_REASONS = (
    ("password authentication failed", "the server refuses user name or password"),
    ("no password supplied", "the server wants a password and DB_URI has none"),
    ("no encryption", "the server takes nobody without TLS (see sslmode)"),
    ("ssl off", "the server takes nobody without TLS (see sslmode)"),
    ("requires a valid client certificate", "the server wants a certificate (see sslcert, sslkey)"),
    ("group or world access", "the file of sslkey is not as it must be: its user alone may read it"),
    ("no pg_hba.conf entry", "the server's pg_hba.conf does not let this client in"),
    ("the database system is", "the server is starting or stopping"),
    ("unrecognized configuration parameter", "the server is an older PostgreSQL than the one to which the data is moved"),
    ("could not translate host name", "the host name is not known"),
    ("connection refused", "the server does not accept connections yet"),
    ("timeout expired", "the server does not answer"),
    ("timed out", "the server does not answer"),
    ("no route to host", "the server cannot be reached"),
    ("network is unreachable", "the server cannot be reached"),
    ("too many clients", "the server has no connection left"),
    ("closed the connection", "the server closed the connection"),
    ("role \"", "the server does not know the user name"),
    ("database \"", "the server does not have this database"),
    ("invalid connection option", "DB_CONNECTION_ARGS has an argument that the driver does not know"),
    ("certificate", "the TLS certificates do not fit (see sslmode, sslrootcert)"),
    ("ssl", "the TLS settings do not fit (see sslmode)"),
)
MYSQL_REASONS = {
    "1040": "the server has no connection left",
    "1044": "the user may not use this database",
    "1045": "the server refuses user name or password",
    "1049": "the server does not have this database",
    "1053": "the server is stopping",
    "2003": "the server cannot be reached or does not accept connections yet",
    "2006": "the server closed the connection",
    "2013": "the server closed the connection",
}


def listed(names):
    return " and ".join(sorted(names))


def add_options(parser):
    parser.add_argument("--config", default="/conf/stack/config.yaml")
    parser.add_argument("--versions", default="/quay-registry/data/migrations/versions")
    parser.add_argument("--interval", type=float, default=2, metavar="SECONDS")
    parser.add_argument("--restored-from", metavar="HOST")


# --- waiting ---------------------------------------------------------------------------------------------------------


def wait(check, options):
    """Calls `check` until it says ready. The attempts run in a thread of their own: a driver that hangs inside a C
    library holds up neither the time limit nor a signal."""
    answers = queue.Queue()
    start(threading.Thread(target=ask, args=(check, options.interval, answers), daemon=True))
    began = time.monotonic()
    deadline = began + options.timeout
    last, next_line = "the server has not answered", began + REPEAT_SECONDS
    while True:
        ready, text = next_answer(answers, min(deadline, next_line), last)
        now = time.monotonic()
        if ready:
            say(text)
            return 0
        if text != last:
            say("waiting: " + text)
            last, next_line = text, now + REPEAT_SECONDS
        if now >= deadline:
            say("error: not ready after {:.0f} s: {}".format(options.timeout, last))
            return 1
        if now >= next_line:
            say("still waiting after {:.0f} s: {}".format(now - began, last))
            next_line = now + REPEAT_SECONDS


def next_answer(answers, until, last):
    """The next answer, or at the moment `until` the last one again."""
    try:
        return answers.get(timeout=max(0, until - time.monotonic()))
    except queue.Empty:
        return False, last


def ask(check, interval, answers):
    answer = False, ""
    while not answer[0]:
        try:
            answer = check()
        except Exception as error:  # a traceback would show the driver's words
            answer = False, safe_reason(error)
        answers.put(answer)
        time.sleep(0 if answer[0] else interval)


# --- a restore from another server -----------------------------------------------------------------------------------


def wait_for_restore(config, options):
    """Waits until the database has the mark that restore.sh gives it, where a server to restore from is named."""
    if options.restored_from is None:
        return 0
    name = make_engine(config).url.database
    # By way of another database of the server: a session in the one that is restored keeps the new one from its place.
    other = urlsplit(config["DB_URI"])._replace(path="/postgres").geturl()
    engine = make_engine(dict(config, DB_URI=other))
    return wait(lambda: check_restored(engine, name, options.restored_from), options)


def check_restored(engine, name, host):
    query = sqlalchemy.text(
        "SELECT count(*) FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase "
        "WHERE d.datname = :name AND s.setrole = 0 AND :mark = ANY (s.setconfig)"
    )
    with engine.connect() as connection:
        if connection.execute(query, {"name": name, "mark": "quay_render.restored_from=" + host}).scalar():
            return True, "the database was restored from {}".format(host)
    return False, "the database has not been restored from {} yet: quay-render show restore has the Job".format(host)


# --- the schema ------------------------------------------------------------------------------------------------------


def read_schema(engine):
    """The revisions that the database is at: none at all (None) without alembic's table."""
    with engine.connect() as connection:
        try:
            rows = connection.execute(sqlalchemy.text("SELECT version_num FROM alembic_version")).fetchall()
        except sqlalchemy.exc.DBAPIError as error:
            if code_of(error.orig) in NO_SUCH_TABLE:
                return None
            raise
    return {row[0] for row in rows}


def is_read_only(engine):
    """Whether the server takes no writes of this user, as while a registry is paused whose data has been moved to it."""
    if engine.dialect.name != "postgresql":
        return False
    with engine.connect() as connection:
        return connection.execute(sqlalchemy.text("SHOW default_transaction_read_only")).scalar() == "on"


# --- the lock of a migration -----------------------------------------------------------------------------------------

# Of this database alone. PostgreSQL's is that of a transaction, which poolers between them keep together; when the
# process that holds it is gone, the server releases it.
POSTGRES_LOCK = {
    "take": "SELECT pg_try_advisory_xact_lock(1903518073, 1835624306)",
    "held": (
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 1903518073 AND objid = 1835624306 "
        "AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    ),
}
MYSQL_LOCK = {
    "take": "SELECT GET_LOCK(MD5(CONCAT('quay migration of ', DATABASE())), 0)",
    "held": "SELECT NOT IS_FREE_LOCK(MD5(CONCAT('quay migration of ', DATABASE())))",
}


def take_lock(connection):
    """Whether the transaction of `connection` holds the lock now."""
    return bool(ask_lock(connection, "take", True))


def is_locked(engine):
    """Whether a migration runs, or waits for pods to end."""
    with engine.connect() as connection:
        return bool(ask_lock(connection, "held", False))


def ask_lock(connection, what, without):
    """The answer of the server; `without` where it has no such locks, as some clusters of MySQL."""
    statements = POSTGRES_LOCK if connection.dialect.name == "postgresql" else MYSQL_LOCK
    try:
        return connection.execute(sqlalchemy.text(statements[what])).scalar()
    except sqlalchemy.exc.DBAPIError as error:
        if code_of(error.orig) in NO_LOCKS:
            return without
        raise


# --- reasons ---------------------------------------------------------------------------------------------------------


def code_of(error):
    """The SQLSTATE of PostgreSQL or the number of MySQL, as text; empty where there is neither."""
    if getattr(error, "pgcode", None):
        return error.pgcode
    number = error.args[0] if error.args else None
    return str(number) if isinstance(number, int) else ""


def safe_reason(error):
    """Says why an attempt failed, in words of this file only."""
    error = getattr(error, "orig", None) or error
    name = "{}.{}".format(type(error).__module__.split(".")[0], type(error).__name__)
    code = code_of(error)
    if code:
        reason = MYSQL_REASONS.get(code) if "pymysql" in name else None
        return "{} ({} {})".format(reason or "the server answers with an error", name, code)
    if isinstance(error, TypeError):
        return "DB_CONNECTION_ARGS has an argument that the driver does not know ({})".format(name)
    text = str(error).lower()
    for fragment, reason in POSTGRES_REASONS if "psycopg2" in name else ():
        if fragment in text:
            return "{} ({})".format(reason, name)
    return "the server cannot be asked ({})".format(name)


# --- config.yaml -----------------------------------------------------------------------------------------------------


def read_database(path):
    """config.yaml, of which the database's part is whole."""
    config = read_config(path)
    if not isinstance(config.get("DB_URI"), str):
        raise Refused("{} has no DB_URI, or it is not a string".format(path))
    if not isinstance(config.get("DB_CONNECTION_ARGS") or {}, dict):
        raise Refused("{}: DB_CONNECTION_ARGS is not a map".format(path))
    return config


def make_engine(config):
    """An engine as Quay's migrations make it: DB_URI is percent-decoded before SQLAlchemy takes it apart and decodes
    user name and password once more."""
    arguments = dict(config.get("DB_CONNECTION_ARGS") or {})
    for name in NOT_FOR_THE_DRIVER:
        arguments.pop(name, None)
    arguments.setdefault("connect_timeout", CONNECT_TIMEOUT_SECONDS)
    try:
        url = make_url(unquote(config["DB_URI"]))
        backend = url.get_backend_name()
    except Exception:  # whatever it is, its text quotes the URI
        raise Refused("DB_URI cannot be parsed; is each special character of its password percent-encoded?") from None
    if backend not in ("postgresql", "mysql"):
        raise Refused("DB_URI starts with neither postgresql:// nor mysql+pymysql://")
    try:
        return sqlalchemy.create_engine(url, connect_args=arguments, poolclass=NullPool)
    except ImportError as error:
        raise Refused("the driver that DB_URI asks for is not in this image: {}".format(error.name)) from None
    except Exception as error:
        raise Refused("DB_URI is not usable ({})".format(type(error).__name__)) from None


# --- the revisions of this image -------------------------------------------------------------------------------------


def read_revisions(folder):
    """The revisions that the files of `folder` define, and those among them that no other one follows. The files are
    parsed and not imported: importing one loads the whole application."""
    try:
        names = sorted(os.listdir(folder))
    except OSError as error:
        raise Refused("{} cannot be read: {}".format(folder, error.strerror))
    parents, origin = {}, {}
    for name in names:
        # the same files as alembic takes
        if not name.endswith(".py") or name.startswith(("__init__", ".#")):
            continue
        revision, down = read_revision(os.path.join(folder, name))
        if revision in origin:
            raise Refused("{}: {} and {} both are revision {}".format(folder, origin[revision], name, revision))
        parents[revision], origin[revision] = down, name
    if not parents:
        raise Refused("{} holds no revision".format(folder))
    for revision, down in parents.items():
        for missing in down - set(parents):
            raise Refused("{}: {} follows {}, which no file defines".format(folder, origin[revision], missing))
    refuse_cycle(folder, parents)
    return set(parents), set(parents) - set().union(*parents.values())


def read_revision(path):
    """`revision` and the set of `down_revision` of one file."""
    try:
        with open(path, "rb") as file:
            body = ast.parse(file.read()).body
    except OSError as error:
        raise Refused("{} cannot be read: {}".format(path, error.strerror))
    except (SyntaxError, ValueError):
        raise Refused("{} is not valid Python".format(path)) from None
    values = {"down_revision": None}
    for statement in body:
        if not isinstance(statement, (ast.Assign, ast.AnnAssign)) or statement.value is None:
            continue
        for target in getattr(statement, "targets", None) or [statement.target]:
            if isinstance(target, ast.Name) and target.id in ("revision", "down_revision"):
                values[target.id] = literal(statement.value, path, target.id)
    down = values["down_revision"]
    down = {down} if isinstance(down, str) else set(down or ())
    revision = values.get("revision")
    if not isinstance(revision, str) or not all(isinstance(one, str) for one in down):
        raise Refused("{} does not say which revision it is and follows".format(path))
    return revision, down


def literal(node, path, name):
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError):
        raise Refused("{}: {} is not a plain string, tuple or None".format(path, name)) from None


def refuse_cycle(folder, parents):
    """Takes away, again and again, the revisions whose parents are gone; what is left runs in a circle."""
    left = {revision: set(down) for revision, down in parents.items()}
    while left:
        free = {revision for revision, down in left.items() if not down}
        if not free:
            raise Refused("{}: these revisions follow one another in a circle: {}".format(folder, listed(left)))
        left = {revision: down - free for revision, down in left.items() if revision not in free}
