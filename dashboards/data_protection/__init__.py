"""The documents that a data protection officer needs, made from the data contracts, the municipality's profile and
``data_contracts/data_protection.yaml``, so that they cannot fall behind: registerförteckning (record of processing, GDPR
article 30), a draft konsekvensbedömning (impact assessment, article 35) and behörighetsmatris (who may read what). Internal,
and about nobody: no published number stands in them.

    build_data_protection(municipality, made_on)  # name -> content of each file

``record``, ``assessment`` and ``access`` say what stands in them, in the ``parts`` that ``word`` and ``page`` show.
"""

from datetime import date
from pathlib import Path

from pipelines.configuration.contract import CONTRACTS
from pipelines.configuration.municipality import Municipality


def build_data_protection(municipality: Municipality, made_on: date, folder: Path = CONTRACTS) -> dict[str, bytes]:
    """Name -> content of all files: each document as a Word file and as a page, and the pages' style sheet.

    ``folder``: the data contracts.
    """
    # The libraries behind take a second to load: who only wants the package's name should not wait for them.
    from dashboards.data_protection import build

    return build.files(municipality, made_on, folder)
