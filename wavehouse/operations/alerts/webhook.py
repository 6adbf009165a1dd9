"""Post a message to an address that only an environment variable has.

The address is a secret: whoever has it can write there. It stands in no message, log or error.
"""

import os
from typing import Any

from wavehouse.errors import WavehouseError

CONNECT_SECONDS, ANSWER_SECONDS = 5.0, 15.0
# What chats take for links and for people to call.
IN_CHATS = str.maketrans({"<": "\u2039", ">": "\u203a", "@": "\uff20"})


def post(variable: str, content: dict[str, Any], answer_seconds: float = ANSWER_SECONDS) -> None:
    """Post JSON; the receiver takes it by an answer of 2xx.

    Args:
        variable: the environment variable with the address.
        content: what is posted. In its `text`, nothing is a link or calls anybody.
        answer_seconds: how long to wait for an answer.

    Raises:
        WavehouseError: it was not taken; the message says why, without the address.
    """
    import requests

    address = os.environ.get(variable, "").strip()
    if not address:
        raise WavehouseError(
            f"the environment variable {variable} is not set. Put the address of the webhook there."
        )
    content = content | {"text": str(content["text"]).translate(IN_CHATS)}
    try:
        # The answer's content says nothing that is needed, so it is not read.
        with requests.post(
            address,
            json=content,
            timeout=(CONNECT_SECONDS, answer_seconds),
            allow_redirects=False,
            stream=True,
        ) as answer:
            status = answer.status_code
    except requests.Timeout:
        raise WavehouseError("the receiver did not answer in time.") from None
    except requests.exceptions.SSLError:
        raise WavehouseError("the certificate of the receiver is not trusted.") from None
    except requests.ConnectionError:
        raise WavehouseError("the receiver cannot be reached.") from None
    except (requests.RequestException, ValueError):
        # Errors of requests repeat the address.
        raise WavehouseError(
            f"what the environment variable {variable} has is no address of a webhook."
        ) from None
    if not 200 <= status < 300:
        raise WavehouseError(f"the receiver answered with status {status}.")
