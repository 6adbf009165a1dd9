"""Mail a message, by a server that operations.yml names."""

import os
import smtplib
import socket
import ssl
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from wavehouse.errors import WavehouseError
from wavehouse.operations.configuration import Mail

SECONDS = 20.0
NO_ANSWER = "did not answer in time"


def send_mail(settings: Mail, subject: str, text: str, seconds: float = SECONDS) -> str | None:
    """Send a mail.

    Args:
        settings: server, sender, receivers, and which variables have name and password.
        subject: its subject; line ends become blanks.
        text: its text.
        seconds: how long to wait for each answer of the server.

    Returns:
        who did not get it, if the server took it for others; else None.

    Raises:
        WavehouseError: it was not sent; the message says why, without name or password.
    """
    message = EmailMessage()
    message["Subject"] = " ".join(subject.split())
    try:
        message["From"] = settings.sender
        message["To"] = ", ".join(settings.to)
    except ValueError:
        raise WavehouseError(
            "sender or to, in the part alerts.mail of operations.yml, is no address."
        ) from None
    message["Date"] = formatdate(localtime=False)
    message["Message-ID"] = make_msgid(domain=socket.gethostname())
    # So that holiday notices do not answer.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    where = f"{settings.server}:{settings.port}"
    try:
        with _connect(settings, seconds) as server:
            if settings.user_from:
                server.login(_secret(settings.user_from), _secret(settings.password_from or ""))
            refused = server.send_message(message)
    except smtplib.SMTPAuthenticationError:
        raise WavehouseError(f"{where} refused name or password.") from None
    except smtplib.SMTPRecipientsRefused as error:
        names = ", ".join(error.recipients)
        raise WavehouseError(f"{where} takes no mail for {names}.") from None
    except smtplib.SMTPResponseException as error:
        raise WavehouseError(f"{where} answered with code {error.smtp_code}.") from None
    except smtplib.SMTPNotSupportedError:
        raise WavehouseError(
            f"{where} cannot do what is asked: {'login' if settings.user_from else 'STARTTLS'}. "
            "Change tls, user_from or the port in the part alerts.mail of operations.yml."
        ) from None
    except smtplib.SMTPServerDisconnected as error:
        in_time = "broke off" if not isinstance(error.__context__, TimeoutError) else NO_ANSWER
        raise WavehouseError(f"{where} {in_time}.") from None
    except smtplib.SMTPException as error:
        raise WavehouseError(f"{where} broke off ({type(error).__name__}).") from None
    except ssl.SSLError as error:
        said = getattr(error, "verify_message", "") or error.reason
        raise WavehouseError(f"{where}: the connection is not safe ({said}).") from None
    except TimeoutError:
        raise WavehouseError(f"{where} {NO_ANSWER}.") from None
    except OSError as error:
        raise WavehouseError(
            f"{where} cannot be reached ({error.strerror or type(error).__name__})."
        ) from None
    return f"{where} takes no mail for {', '.join(refused)}." if refused else None


def _connect(settings: Mail, seconds: float) -> smtplib.SMTP:
    place = (settings.server, settings.port)
    if settings.tls == "tls":
        return smtplib.SMTP_SSL(*place, timeout=seconds, context=ssl.create_default_context())
    server = smtplib.SMTP(*place, timeout=seconds)
    if settings.tls == "starttls":
        try:
            server.starttls(context=ssl.create_default_context())
        except BaseException:
            server.close()
            raise
    return server


def _secret(variable: str) -> str:
    value = os.environ.get(variable, "")
    if not value:
        raise WavehouseError(
            f"the environment variable {variable or 'that password_from names'} is not set."
        )
    return value
