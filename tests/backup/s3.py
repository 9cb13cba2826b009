"""A server that plays S3 and asks for keys: prints its port and a pair of keys, and has the bucket `backups`."""

import json
import os
import time

# As many requests as make the user; all others are checked.
os.environ["INITIAL_NO_AUTH_ACTION_COUNT"] = "4"

import boto3
from moto.server import ThreadedMotoServer

server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
host, port = server.get_host_and_port()


def client(service, access_key, secret_key):
    return boto3.client(
        service, endpoint_url="http://127.0.0.1:%d" % port, region_name="us-east-1",
        aws_access_key_id=access_key, aws_secret_access_key=secret_key,
    )


iam = client("iam", "first", "first")
iam.create_user(UserName="backup")
key = iam.create_access_key(UserName="backup")["AccessKey"]
rights = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
iam.put_user_policy(UserName="backup", PolicyName="all", PolicyDocument=json.dumps(rights))
client("s3", key["AccessKeyId"], key["SecretAccessKey"]).create_bucket(Bucket="backups")
print("serves", port, key["AccessKeyId"], key["SecretAccessKey"], "now", flush=True)
while True:
    time.sleep(60)
