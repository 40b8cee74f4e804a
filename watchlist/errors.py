"""What can go wrong with a watchlist: each error is one line that says what, where and what to do."""


class WatchlistError(ValueError):
    """Any fault of a watchlist's input; a command reports it and exits with code 2."""


class FolderMissing(WatchlistError):
    """The folder of reference pictures does not exist, or is not a folder."""


class FolderEmpty(WatchlistError):
    """The folder holds no reference picture."""


class TooManyPictures(WatchlistError):
    """One subject has more reference pictures than an entry may hold."""


class UnreadablePicture(WatchlistError):
    """A file that is no picture, is damaged, or is too large to decode safely."""


class NobodyEnrolled(WatchlistError):
    """No picture of the folder passed enrolment."""


class BadTemplates(WatchlistError):
    """Templates of a wrong shape, not finite or not of unit length."""


class ListExists(WatchlistError):
    """A built list is never overwritten."""


class ListDamaged(WatchlistError):
    """A stored list whose content does not agree with itself."""


class WrongContract(WatchlistError):
    """A stored list made with another embedding contract than that of the running pack."""


class NotAllowed(WatchlistError):
    """Not now, or not by this person: the state of the list or the role forbids it (HTTP 409)."""


class NoSuchEntry(WatchlistError):
    """No entry has this id (HTTP 404)."""


class ImportRefused(WatchlistError):
    """A file of entries that is not taken in at all: not understood, hostile, or for another deployment's state."""


class PictureRefused(WatchlistError):
    """A picture of an import that is missing, outside its folder, or too large; the message names no file."""


class NotBuildable(WatchlistError):
    """Entries as they stand make no list: none is left, the cap is exceeded, or something must be settled first."""


class StatusFault(WatchlistError):
    """The status source did not answer, or its answer is not understood."""
