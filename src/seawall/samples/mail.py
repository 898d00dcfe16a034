"""Messages as a mail system keeps them: MIME parts, encoded headers, an attachment."""

from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from random import Random

from seawall.kernel.terms import DataClass as D
from seawall.samples.customers import Customer
from seawall.samples.truth import Marks


def write_eml(path: Path, rng: Random, customer: Customer, lines: list[str], mark: Marks) -> None:
    """Write a message with a plain and an HTML part that say different things, and a CSV attachment."""
    message = EmailMessage(policy=SMTP)
    name = mark(D.NAME, customer.person.name_zh)
    address = mark(D.EMAIL, customer.email)
    message["From"] = f"{name} <{address}>"
    message["To"] = mark(D.EMAIL, "service@harbour-bank.example")
    message["Subject"] = f"查詢 enquiry, tel {mark(D.PHONE, customer.phone)}"
    message["Date"] = "Thu, 08 Jan 2026 09:00:00 +0800"
    message["Message-ID"] = f"<{path.stem}.{rng.randrange(10**9)}@harbour-bank.example>"
    message.set_content("\n".join(lines) + "\n", charset="utf-8", cte="base64")
    html = f"<html><body><p>Reply to <b>{mark(D.EMAIL, customer.email)}</b>, please.</p></body></html>"
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    attachment = f"field,value\nemail,{mark(D.EMAIL, customer.email)}\n"
    message.add_attachment(attachment.encode(), maintype="text", subtype="csv", filename="request.csv")
    for number, part in enumerate(p for p in message.walk() if p.is_multipart()):
        part.set_boundary(f"=={path.stem}-{number}==")
    path.write_bytes(message.as_bytes())
