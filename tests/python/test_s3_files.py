"""Waves from storage that speaks S3: AWS's own example, and a server that verifies signatures."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
import requests
from delivered_columns import columns_of
from s3_server import PROGRAMS, start_s3

from wavehouse.errors import WavehouseError
from wavehouse.project import Project
from wavehouse_exchange.landing import download
from wavehouse_exchange.landing.s3_files import (
    ENDPOINTS,
    KEY_ID,
    REGIONS,
    SECRET,
    TOKEN,
    Signature,
    address_of,
)
from wavehouse_exchange.landing.servers import collected

StartProcess = Callable[..., "subprocess.Popen[bytes]"]

NAME = "waves of 2030/wave+1 ü.csv"
WAVE = "person,district\n" + "".join(f"{n},D{n % 3}\n" for n in range(1, 200_001))
# By AWS's own program for Python. The server verifies all requests but the first three.
FILLED = """
import json, os, sys
import boto3
there = dict(endpoint_url=sys.argv[1], region_name="eu-central-1")
nobody = dict(aws_access_key_id="nobody", aws_secret_access_key="nobody")
iam = boto3.client("iam", **there, **nobody)
iam.create_user(UserName="reader")
allowed = {"Version": "2012-10-17",
           "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
iam.put_user_policy(UserName="reader", PolicyName="all", PolicyDocument=json.dumps(allowed))
key = iam.create_access_key(UserName="reader")["AccessKey"]
mine = dict(aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])
s3 = boto3.client("s3", **there, **mine)
s3.create_bucket(Bucket="surveys",
                 CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
s3.put_object(Bucket="surveys", Key=sys.argv[2], Body=sys.stdin.buffer.read())
print(json.dumps([key["AccessKeyId"], key["SecretAccessKey"]]))
"""


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (KEY_ID, SECRET, TOKEN, *REGIONS, *ENDPOINTS):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(download, "LONGEST_PAUSE", 0.0)


def test_a_request_is_signed_as_aws_signs_its_example() -> None:
    # "GET Object" of "Signature Calculations for the Authorization Header", docs.aws.amazon.com.
    secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    now = datetime(2013, 5, 24, tzinfo=UTC)
    signature = Signature("AKIAIOSFODNN7EXAMPLE", secret, "", "us-east-1", now)
    url = "https://examplebucket.s3.amazonaws.com/test.txt"
    request = requests.Request("GET", url, {"Range": "bytes=0-9"}, auth=signature).prepare()
    assert request.headers["Authorization"] == (
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
        "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
        "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
    )
    assert secret not in repr(signature)


@pytest.mark.parametrize(
    ("address", "environment", "url"),
    [
        (
            "s3://surveys/a/wave 1.csv",
            {},
            "https://surveys.s3.us-east-1.amazonaws.com/a/wave%201.csv",
        ),
        (
            "s3://my.surveys/wave.csv",
            {"AWS_DEFAULT_REGION": "eu-central-1"},
            "https://s3.eu-central-1.amazonaws.com/my.surveys/wave.csv",
        ),
        (
            "s3://surveys/what?#/wave.csv",
            {"AWS_ENDPOINT_URL": "http://minio:9000/", "AWS_REGION": "x"},
            "http://minio:9000/surveys/what%3F%23/wave.csv",
        ),
    ],
)
def test_where_a_file_is(address: str, environment: dict[str, str], url: str) -> None:
    assert address_of(address).url(environment) == url


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("s3://me:s3cret@surveys/wave.csv", f"keys come by {KEY_ID} and {SECRET}"),
        ("s3://surveys", "names no file"),
        ("s3://surveys/../other/wave.csv", "names no file"),
        ("s3://surveys//wave.csv", "names no file"),
        ("s3://surveys/wave.zip", "does not say what kind of file"),
    ],
)
def test_addresses_that_are_none(text: str, said: str) -> None:
    with pytest.raises(WavehouseError, match=said) as refused:
        address_of(text)
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        (KEY_ID, "me", f"set both of {KEY_ID} and {SECRET}, or none"),
        (ENDPOINTS[0], "minio:9000", "AWS_ENDPOINT_URL_S3 names no endpoint"),
        (ENDPOINTS[1], "https://me:s3cret@minio", "AWS_ENDPOINT_URL names no endpoint"),
    ],
)
def test_variables_that_do_not_say_how_are_refused(
    empty_project: Project, monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(name, value)
    assert said in refusal(empty_project, "s3://surveys/wave.csv")


@dataclass(frozen=True)
class Storage:
    """A server that runs, and a key to it."""

    address: str
    key_id: str
    secret: str


@pytest.fixture(scope="module")
def storage() -> Iterator[Storage]:
    """A server with one file, which verifies each signature."""
    environment = {**os.environ, "INITIAL_NO_AUTH_ACTION_COUNT": "3"}
    process, address = start_s3(subprocess.Popen, env=environment)
    try:
        filled = subprocess.run(
            [PROGRAMS / "python", "-c", FILLED, address, NAME],
            input=WAVE.encode(),
            capture_output=True,
            check=False,
        )
        assert filled.returncode == 0, filled.stderr.decode()
        yield Storage(address, *json.loads(filled.stdout))
    finally:
        process.terminate()
        process.wait()


@pytest.fixture
def known(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> Storage:
    """Name the server and the key to it in the variables."""
    monkeypatch.setenv(ENDPOINTS[0], storage.address)
    monkeypatch.setenv(REGIONS[0], "eu-central-1")
    monkeypatch.setenv(KEY_ID, storage.key_id)
    monkeypatch.setenv(SECRET, storage.secret)
    return storage


def refusal(project: Project, address: str) -> str:
    """Give the message of a download that fails."""
    with (
        pytest.raises(WavehouseError) as refused,
        collected(project, "panel", "2030", address_of(address)),
    ):
        pass
    return str(refused.value)


@pytest.mark.slow("server")
@pytest.mark.usefixtures("known")
def test_a_file_is_read_by_key(empty_project: Project) -> None:
    with collected(empty_project, "panel", "2030", address_of(f"s3://surveys/{NAME}")) as file:
        assert file.read_text(encoding="utf-8") == WAVE
        assert len(columns_of(file)["person"]) == 200_000
    assert not [path for path in empty_project.landing.rglob("*") if "wave" in path.name]


@pytest.mark.slow("server")
@pytest.mark.usefixtures("known")
def test_a_download_goes_on_where_it_broke_off(
    empty_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str | None] = []
    sent, begins = requests.get, download.Progress.at

    def get(url: str, **options: object) -> requests.Response:
        asked.append(options["headers"].get("Range"))  # type: ignore[attr-defined]
        return sent(url, **options)  # type: ignore[arg-type]

    def at(progress: download.Progress, done: int) -> None:
        begins(progress, done)
        if len(asked) == 1 and done > 100_000:
            raise ConnectionError("cut")

    monkeypatch.setattr(requests, "get", get)
    monkeypatch.setattr(download.Progress, "at", at)
    with collected(empty_project, "panel", "2030", address_of(f"s3://surveys/{NAME}")) as file:
        assert file.read_text(encoding="utf-8") == WAVE
    assert asked[0] is None
    assert int(str(asked[1]).removeprefix("bytes=").removesuffix("-")) > 100_000


@pytest.mark.slow("server")
@pytest.mark.parametrize(
    ("name", "value", "file", "said"),
    [
        (SECRET, "other", NAME, "(SignatureDoesNotMatch)"),
        (KEY_ID, "other", NAME, "(InvalidAccessKeyId)"),
        (SECRET, None, NAME, f"set both of {KEY_ID}"),
        (REGIONS[0], "eu-central-1", "other.csv", "(NoSuchKey)"),
    ],
)
def test_what_is_refused_is_said(
    empty_project: Project,
    known: Storage,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str | None,
    file: str,
    said: str,
) -> None:
    if value is None:
        monkeypatch.delenv(name)
    else:
        monkeypatch.setenv(name, value)
    message = refusal(empty_project, f"s3://surveys/{file}")
    assert said in message
    assert known.secret not in message
    assert known.key_id not in message
