"""Connects as a program of Quay does, and prints what it met.

  clients.py application|migration CONFIG
  clients.py redis CONFIG FIELD

The application gives what DB_CONNECTION_ARGS says to peewee and host, port, user and password of DB_URI
(data/database.py); the migration gives DB_URI to SQLAlchemy, and of the arguments those of MySQL alone
(data/migrations/env.py); whoever uses Redis gives its client the whole map (data/buildlogs.py, data/userevent.py).
"""

import sys
import warnings

import yaml

WHO = "SELECT ssl, client_dn FROM pg_stat_ssl WHERE pid = pg_backend_pid()"


def application(config):
    from peewee import PostgresqlDatabase
    from sqlalchemy.engine.url import make_url

    arguments = dict(config["DB_CONNECTION_ARGS"])
    url = make_url(config["DB_URI"])
    arguments.update(host=url.host, port=url.port, user=url.username, password=url.password)
    arguments.pop("threadlocals", None)
    arguments.setdefault("connect_timeout", 10)
    database = PostgresqlDatabase(url.database, autorollback=arguments.pop("autorollback", True), **arguments)
    database.connect()
    return database.execute_sql(WHO).fetchone()


def migration(config):
    from sqlalchemy import create_engine

    arguments = {name: value for name, value in config["DB_CONNECTION_ARGS"].items() if name == "ssl"}
    with create_engine(config["DB_URI"], connect_args=arguments).connect() as connection:
        return connection.execute(WHO).fetchone()


def redis(config, field):
    import redis

    client = redis.StrictRedis(socket_connect_timeout=2, socket_timeout=2, **config[field])
    client.set("_health", "1")
    return client.get("_health").decode()


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    with open(sys.argv[2], "rb") as file:
        print(globals()[sys.argv[1]](yaml.safe_load(file), *sys.argv[3:]))
