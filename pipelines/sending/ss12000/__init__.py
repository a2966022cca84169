"""Reads the source `skolregister` from an SS 12000:2020 server, version 2 (interface.md, ``kind: ss12000``).

``settings`` holds what a mapping says of the server, ``authorization`` the token, ``client`` asks over HTTP and knows what an
answer may be, ``deleted`` which entities are gone, ``studies`` what an enrolment says, ``reading`` reads all of it at one
moment, ``seen`` remembers which enrolments were seen on which night, ``register`` makes the rows. Writing the delivery belongs
in ``pipelines.sending``.

Nothing of what a server answers is put into a message, but for codes, and those without any personnummer.
"""

from pipelines.sending.ss12000.register import read_school_register
from pipelines.sending.ss12000.settings import SS12000Settings

__all__ = ["SS12000Settings", "read_school_register"]
