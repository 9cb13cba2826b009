"""Where backups are, and what one consists of.

A backup is a folder, named by the time at which it was begun: the parts of the dump, one after the other, and backup.json, which
says what it is, and the digest of everything. backup.json is there last and gone first: a folder without it is no backup.

The place is a folder of a volume, or a prefix in a bucket of S3. It runs in Quay's image (Python 3.6) and needs boto3 of it, for a
bucket alone. What is printed never holds a key, nor the words of a library.
"""

import base64
import hashlib
import hmac
import os
import re
import shutil
import time

from quay_pod import Refused, say

MANIFEST = "backup.json"
NAME = re.compile(r"^\d{8}T\d{6}Z-[0-9a-f]{6}$")
# So much of a dump is one part: as much as is held in memory.
PART_BYTES = 64 * 1024 * 1024
# What is not complete after so long never will be.
LEFT_SECONDS = 2 * 24 * 60 * 60

# What S3 and its like answer, by the code of the answer.
REASONS = {
    "AccessDenied": "the keys are not allowed to do this",
    "InvalidAccessKeyId": "the access key is not known",
    "NoSuchBucket": "the bucket is not there",
    "SignatureDoesNotMatch": "the secret key is wrong",
    "403": "the keys are not allowed to do this",
    "404": "it is not there",
}


def add_options(parser):
    parser.add_argument("--place", required=True, help="namespace/registry/database")
    parser.add_argument("--folder", help="where the volume is mounted")
    parser.add_argument("--bucket")
    parser.add_argument("--endpoint")
    parser.add_argument("--region")
    parser.add_argument("--prefix", default="")
    parser.add_argument("--authorities", help="a file of CAs that the endpoint's certificate may be of")


def open_place(options):
    if options.folder:
        return Folder(os.path.join(options.folder, options.place))
    prefix = "/".join(part for part in (options.prefix, options.place) if part)
    return Bucket(options, prefix)


def part_name(number, encrypted):
    return "database.dump.{:05d}{}".format(number, ".cms" if encrypted else "")


def begun(name):
    """The time in a name, as 20261130T023000Z: they are in order as texts."""
    return name[:16]


class Key:
    """Which DATABASE_SECRET_KEY the encrypted fields of a database are for, without telling it."""

    @staticmethod
    def mark(secret):
        salt = os.urandom(16)
        return {"salt": salt.hex(), "hmac": Key.digest(secret, salt)}

    @staticmethod
    def is_of(mark, secret):
        return hmac.compare_digest(Key.digest(secret, bytes.fromhex(mark["salt"])), mark["hmac"])

    @staticmethod
    def digest(secret, salt):
        return hmac.new(str(secret).encode("utf-8"), b"quay-render backup " + salt, hashlib.sha256).hexdigest()


class Folder:
    """Backups in a folder of a volume."""

    def __init__(self, path):
        self.path = path

    def names(self):
        """The complete backups, the oldest first."""
        return [name for name in self.all() if os.path.exists(os.path.join(self.path, name, MANIFEST))]

    def all(self):
        try:
            return sorted(name for name in os.listdir(self.path) if NAME.match(name))
        except FileNotFoundError:
            return []
        except OSError as error:
            raise Refused("the backups cannot be listed: {}".format(error.strerror))

    def read(self, name, file):
        try:
            with open(os.path.join(self.path, name, file), "rb") as source:
                return source.read()
        except OSError as error:
            raise Refused("{} of backup {} cannot be read: {}".format(file, name, error.strerror))

    def write(self, name, file, content):
        folder = os.path.join(self.path, name)
        try:
            os.makedirs(folder, exist_ok=True)
            # Beside it first: what has its name is whole.
            with open(os.path.join(folder, "." + file), "wb") as target:
                target.write(content)
                target.flush()
                os.fsync(target.fileno())
            os.rename(os.path.join(folder, "." + file), os.path.join(folder, file))
            for path in (folder, self.path):
                descriptor = os.open(path, os.O_RDONLY)
                os.fsync(descriptor)
                os.close(descriptor)
        except OSError as error:
            raise Refused("{} cannot be written: {}".format(file, error.strerror))

    def remove(self, name):
        folder = os.path.join(self.path, name)
        try:
            if os.path.exists(os.path.join(folder, MANIFEST)):
                os.remove(os.path.join(folder, MANIFEST))
            shutil.rmtree(folder)
        except OSError as error:
            raise Refused("backup {} cannot be deleted: {}".format(name, error.strerror))


class Bucket:
    """Backups below a prefix of a bucket."""

    def __init__(self, options, prefix):
        self.bucket, self.prefix = options.bucket, prefix
        self.client = self.ask(lambda: make_client(options))

    def names(self):
        return sorted({name for name, file in self.objects() if file == MANIFEST})

    def all(self):
        return sorted({name for name, _ in self.objects()})

    def objects(self):
        """Name of the backup and file of each object."""
        found, more = [], {}
        while True:
            answer = self.ask(
                lambda: self.client.list_objects_v2(Bucket=self.bucket, Prefix=self.prefix + "/", **more)
            )
            for item in answer.get("Contents", []):
                name, _, file = item["Key"][len(self.prefix) + 1:].partition("/")
                if NAME.match(name):
                    found.append((name, file))
            if not answer.get("IsTruncated"):
                return found
            more = {"ContinuationToken": answer["NextContinuationToken"]}

    def read(self, name, file):
        return self.ask(lambda: self.client.get_object(Bucket=self.bucket, Key=self.key(name, file))["Body"].read())

    def write(self, name, file, content):
        more = {}
        try:
            # The server compares the digest, and refuses what has changed on the way.
            more["ContentMD5"] = base64.b64encode(hashlib.md5(content).digest()).decode()
        except ValueError:
            # There is no MD5 where FIPS counts; what was written is read back in any case.
            pass
        self.ask(lambda: self.client.put_object(Bucket=self.bucket, Key=self.key(name, file), Body=content, **more))

    def remove(self, name):
        files = [file for known, file in self.objects() if known == name]
        for file in sorted(files, key=lambda file: file != MANIFEST):
            self.ask(lambda: self.client.delete_object(Bucket=self.bucket, Key=self.key(name, file)))

    def key(self, name, file):
        return "/".join((self.prefix, name, file))

    @staticmethod
    def ask(request):
        """The answer, or why there is none, in words of this file."""
        import botocore.exceptions

        try:
            return request()
        except botocore.exceptions.ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            raise Refused("the storage refuses: {}".format(REASONS.get(code) or code_only(code))) from None
        except (botocore.exceptions.BotoCoreError, OSError, ValueError) as error:
            raise Refused("the storage cannot be asked ({})".format(type(error).__name__)) from None


def code_only(code):
    return code if code.isalnum() and len(code) < 60 else "without a word"


def make_client(options):
    import boto3
    import botocore.config

    settings = {
        "connect_timeout": 10,
        "read_timeout": 120,
        "retries": {"max_attempts": 5},
        "signature_version": "s3v4",
        # Amazon's own takes the bucket in its host name, others often do not.
        "s3": {"addressing_style": "path" if options.endpoint else "auto"},
    }
    # From 1.36 on boto3 sends digests in a form that other servers do not know.
    later = {"request_checksum_calculation": "when_required", "response_checksum_validation": "when_required"}
    try:
        config = botocore.config.Config(**settings, **later)
    except TypeError:
        config = botocore.config.Config(**settings)
    return boto3.session.Session().client(
        "s3",
        endpoint_url=options.endpoint,
        region_name=options.region,
        config=config,
        verify=options.authorities or True,
    )


def doomed(names, kept, now, number, days):
    """The complete backups that go: neither among the newest `number` nor younger than `days`, and never the one just made."""
    newest = set(names[-number:]) | {kept}
    return [name for name in names if name not in newest and (days is None or begun(name) < days_before(now, days))]


def days_before(now, days):
    return stamp(time.gmtime(now - days * 24 * 60 * 60))


def stamp(moment):
    return time.strftime("%Y%m%dT%H%M%SZ", moment)


def clear(place, kept, now, number, days):
    """Deletes the complete backups that need not be kept."""
    for name in doomed(place.names(), kept, now, number, days):
        place.remove(name)
        say("backup {} is deleted: newer ones are there".format(name))


def clear_left(place, now):
    """Deletes what was never completed and never will be."""
    complete, old = place.names(), stamp(time.gmtime(now - LEFT_SECONDS))
    for name in place.all():
        if name not in complete and begun(name) < old:
            place.remove(name)
            say("{} is deleted: it was never completed".format(name))
