"""An object store on this computer, and as much of its protocol as it takes to publish into it."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection

BUCKET = "ports"
_SERVER = """
import logging, time
from moto.server import ThreadedMotoServer
logging.getLogger("werkzeug").setLevel(logging.ERROR)
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
time.sleep(3600)
"""
# The store asks for a signature and doesn't read it.
_SIGNED = {
    "Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, "
    "SignedHeaders=host, Signature=0"
}
_OBJECT = re.compile(r'<Key>([^<]+)</Key>.*?<ETag>"([0-9a-f]+)"</ETag>', re.DOTALL)


class Store:
    """A bucket.

    A store that is told to fail after some requests does, until it is told otherwise.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self.left: int | None = None
        self._connection = HTTPConnection("127.0.0.1", port, timeout=30)

    def put(self, key: str, data: bytes) -> None:
        """Keep an object. Raises ConnectionError when the store fails."""
        self._request("PUT", f"/{BUCKET}/{key}", data)

    def delete(self, key: str) -> None:
        """Let an object go, if it is there. Raises ConnectionError when the store fails."""
        self._request("DELETE", f"/{BUCKET}/{key}")

    def objects(self) -> dict[str, str]:
        """The MD5 of every object, by key."""
        return dict(_OBJECT.findall(self._request("GET", f"/{BUCKET}?list-type=2").decode()))

    def close(self) -> None:
        """End the connection."""
        self._connection.close()

    def _request(self, method: str, path: str, data: bytes = b"") -> bytes:
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                raise ConnectionError("the store fails")
        self._connection.request(method, path, data, _SIGNED)
        with self._connection.getresponse() as response:
            body = response.read()
        if response.status >= 300:
            raise ConnectionError(f"{response.status}: {body[:200]!r}")
        return body


@contextmanager
def running() -> Iterator[Store]:
    """An empty store."""
    command = [sys.executable, "-c", _SERVER]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            store = Store(int(process.stdout.readline()))
            store.put("", b"")  # makes the bucket
            yield store
            store.close()
        finally:
            process.kill()
