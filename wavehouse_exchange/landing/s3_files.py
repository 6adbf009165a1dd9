"""Files in storage that speaks S3: downloaded once, and then landed as delivered ones are.

Requests are signed by AWS Signature Version 4, so keys never go over the network. Keys, region and
endpoint come by the variables that AWS's own programs read; without keys the file has to be public.
"""

import hashlib
import hmac
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, urlsplit

import requests
from requests.auth import AuthBase

from wavehouse.errors import WavehouseError
from wavehouse_exchange.landing.download import Asked
from wavehouse_exchange.landing.web_files import download, judged_name, last_part, mark_of

SCHEME = "s3"
KEY_ID, SECRET, TOKEN = "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"
REGIONS = ("AWS_REGION", "AWS_DEFAULT_REGION")
ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
FIRST_REGION = "us-east-1"
# Longer ones there are, but not of S3.
BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]")
CODE = re.compile(rb"<Code>([A-Za-z]+)</Code>")
MOST_OF_AN_ERROR = 1 << 16
OF_NOTHING = hashlib.sha256(b"").hexdigest()
ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True)
class Signature(AuthBase):
    """Signs requests that have no body.

    Args:
        key_id: whose key it is.
        secret: the key.
        token: what comes with a key for a time; empty for others.
        region: where the storage says that it is.
        now: the time; the clock's, if left out.
    """

    key_id: str
    secret: str
    token: str
    region: str
    now: datetime | None = None

    def __repr__(self) -> str:
        """Name it without the key."""
        return f"Signature({self.region})"

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Sign a request (docs.aws.amazon.com, "Authenticating Requests")."""
        now = self.now or datetime.now(UTC)
        moment, day = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
        parts = urlsplit(request.url or "")
        request.headers["x-amz-date"] = moment
        request.headers["x-amz-content-sha256"] = OF_NOTHING
        if self.token:
            request.headers["x-amz-security-token"] = self.token
        signed = {
            name.lower(): value
            for name, value in request.headers.items()
            if name.lower().startswith("x-amz-") or name.lower() == "range"
        } | {"host": parts.netloc}
        names = ";".join(sorted(signed))
        canonical = "\n".join(
            (
                request.method or "GET",
                parts.path,
                parts.query,
                *(f"{name}:{signed[name]}" for name in sorted(signed)),
                "",
                names,
                OF_NOTHING,
            )
        )
        scope = f"{day}/{self.region}/s3/aws4_request"
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        key = f"AWS4{self.secret}".encode()
        for step in (day, self.region, "s3", "aws4_request"):
            key = hmac.digest(key, step.encode(), "sha256")
        text = f"{ALGORITHM}\n{moment}\n{scope}\n{digest}"
        request.headers["Authorization"] = (
            f"{ALGORITHM} Credential={self.key_id}/{scope},SignedHeaders={names},"
            f"Signature={hmac.digest(key, text.encode(), 'sha256').hex()}"
        )
        return request


class Unsigned(AuthBase):
    """Asks as nobody, whatever the machine knows of the server (~/.netrc)."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Leave a request as it is."""
        return request


@dataclass(frozen=True)
class Address:
    """A file in a bucket.

    Args:
        bucket: the bucket.
        key: the name of the file in it, with its folders.
    """

    bucket: str
    key: str

    def __str__(self) -> str:
        """Name it the way every message does."""
        return f"{SCHEME}://{self.bucket}/{self.key}"

    @property
    def file_name(self) -> str:
        """What the file is called here."""
        return last_part(self.key)

    def collect(self, part: Path, what: str) -> None:
        """Download what is missing of the file.

        Args:
            part: the file; what an earlier run left of it is gone on with.
            what: the study and wave, for messages.

        Raises:
            WavehouseError: it cannot be had, or the variables do not say how.
        """
        asked = Asked(
            self.url(os.environ),
            str(self),
            self._auth(os.environ),
            # A signature is for one host.
            follows=False,
            mark=mark_of(part),
            remedy=self._remedy,
        )
        download(asked, part, f"{self.file_name} ({what})")

    def url(self, environment: Mapping[str, str]) -> str:
        """Give where the file is: at the endpoint that is named, or at AWS.

        Raises:
            WavehouseError: what is named is no endpoint.
        """
        path = quote(self.key, safe="/-_.~")
        variable = next((name for name in ENDPOINTS if environment.get(name)), None)
        if variable is None:
            host = f"s3.{_region(environment)}.amazonaws.com"
            # A certificate for a part of a name is not for a name with dots in that part.
            is_part = "." not in self.bucket and self.bucket == self.bucket.lower()
            return (
                f"https://{self.bucket}.{host}/{path}"
                if is_part
                else (f"https://{host}/{self.bucket}/{path}")
            )
        parts = urlsplit(environment[variable])
        if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
            raise WavehouseError(
                f"{self}: {variable} names no endpoint. Write https://host, without user and "
                "password."
            )
        return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}/{self.bucket}/{path}"

    def _auth(self, environment: Mapping[str, str]) -> AuthBase:
        key_id, secret = environment.get(KEY_ID, ""), environment.get(SECRET, "")
        if bool(key_id) != bool(secret):
            raise WavehouseError(f"{self}: set both of {KEY_ID} and {SECRET}, or none.")
        if not key_id:
            return Unsigned()
        return Signature(key_id, secret, environment.get(TOKEN, ""), _region(environment))

    def _remedy(self, answer: requests.Response) -> str:
        found = CODE.search(answer.raw.read(MOST_OF_AN_ERROR, decode_content=True) or b"")
        code = f"({found[1].decode()}) " if found else ""
        if region := answer.headers.get("x-amz-bucket-region", ""):
            code += f"The bucket is in the region {region}; set {REGIONS[0]}, if it is another. "
        if not os.environ.get(KEY_ID):
            code += f"Without {KEY_ID} and {SECRET} only public files can be read. "
        return (
            f"{code}Check the address, {KEY_ID}, {SECRET}, {TOKEN}, {REGIONS[0]} and, for other "
            f"storage than AWS, {ENDPOINTS[0]}."
        )


def _region(environment: Mapping[str, str]) -> str:
    return next((environment[name] for name in REGIONS if environment.get(name)), FIRST_REGION)


def address_of(text: str) -> Address:
    """Understand an address: s3://bucket/folders/name.ending, with the key as it is.

    Raises:
        WavehouseError: it is none, or nobody could say what kind of file it is.
    """
    bucket, _, key = text.partition("://")[2].partition("/")
    # The way to the file is made of the key, and goes up at two dots.
    steps = key.split("/")
    if not BUCKET.fullmatch(bucket) or not key.isprintable() or {"", ".", ".."} & set(steps):
        told = f"{SCHEME}://...@{text.rpartition('@')[2]}" if "@" in bucket else text
        raise WavehouseError(
            f"{told}: this names no file. Write s3://bucket/folder/name.csv; keys come by {KEY_ID} "
            f"and {SECRET}."
        )
    address = Address(bucket, key)
    judged_name(address.file_name, str(address))
    return address
