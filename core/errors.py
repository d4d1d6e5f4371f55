"""The one tree of errors that E-Kamling raises on purpose.

    EkamlingError           one clear line for a person: names the thing, says the remedy
    ├─ ConfigError          a configuration file, with every wrong key at once
    ├─ WireError            a message that is not of the contract
    ├─ SourceError          a camera (or its stream) that cannot be read
    │  └─ SourceRefused     ... and trying again soon will not help (password, codec, address)
    ├─ ModelError           a model file that cannot be used
    ├─ StorageError         a disk, folder or database that cannot be written
    └─ ServiceError         a process or port of ours that cannot start or be reached

The text of an error is shown to users as it stands, so it never holds a secret and never a traceback.
"""

from collections.abc import Sequence


class EkamlingError(Exception):
    """Base of all errors whose text is meant for a person."""


class ConfigError(EkamlingError):
    """A configuration that cannot be used; `problems` holds one line for each wrong key."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class WireError(EkamlingError):
    """A message that does not follow the wire contract."""


class SourceError(EkamlingError):
    """A camera that cannot be read now; trying again later may help."""


class SourceRefused(SourceError):
    """A camera that will not be readable until somebody changes something (password, codec, address)."""


class ModelError(EkamlingError):
    """A model file that is missing, damaged or of an unknown layout."""


class StorageError(EkamlingError):
    """A disk, folder or database that cannot be read or written."""


class ServiceError(EkamlingError):
    """A process, port or peer of ours that cannot start or be reached."""
