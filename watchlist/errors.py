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
