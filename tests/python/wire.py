"""What the tests' own servers of databases read from their connections."""

import socket


def received(connection: socket.socket, number: int) -> bytes:
    """Give so many bytes of a connection, or nothing if it ends before."""
    content = b""
    while len(content) < number:
        part = connection.recv(number - len(content))
        if not part:
            return b""
        content += part
    return content
