"""Uploads a folder's files with the plain client library, four at a time: a rival of event backups."""

import os
import sys
from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.config import Config

endpoint, bucket, prefix, folder = sys.argv[1:]
client = boto3.client(
    "s3",
    endpoint_url=endpoint,
    region_name="us-east-1",
    config=Config(s3={"addressing_style": "path"}, max_pool_connections=40),
)
with ThreadPoolExecutor(4) as pool:
    uploads = [
        pool.submit(client.upload_file, entry.path, bucket, f"{prefix}/{entry.name}") for entry in os.scandir(folder)
    ]
    for upload in uploads:
        upload.result()
