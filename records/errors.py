"""What can go wrong with the ledger, the vault and their keys: each error is one line that says what and what to do."""


class RecordsError(ValueError):
    """Any of the faults below; a command reports it and exits with code 2."""


class NotCanonical(RecordsError):
    """A value or text that canonical JSON does not have."""


class LedgerError(RecordsError):
    """An entry that the ledger does not take, or a ledger that cannot be signed, exported or read."""


class SigningError(RecordsError):
    """A signing key that cannot be made, read or trusted."""


class VaultError(RecordsError):
    """A vault, a master key or a data key that cannot be used."""


class WrongMasterKey(VaultError):
    """The passphrase or key file is not the one that this vault was locked with."""


class NoDataKey(VaultError):
    """No data key was made for this deployment and purpose."""


class KeyDestroyed(VaultError):
    """The data key was destroyed: what it sealed is gone for good."""


class SealBroken(VaultError):
    """A sealed object was altered, or belongs to another object, deployment or kind."""
