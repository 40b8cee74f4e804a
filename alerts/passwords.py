"""Passwords: Argon2id hashes, what a new one must be, and the one-time passwords that administrators give."""

import re
import secrets
import unicodedata
from datetime import timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from records.errors import RecordsError

SHORTEST = 12
LONGEST = 200
"""Characters. Longer ones only cost time."""
TEMPORARY = timedelta(hours=24)
"""How long a one-time password serves."""

COMMON = frozenset(
    """
    abcdef access account admin administrator adobe alert amanda andrew angel apple arsenal asdf asdfghjkl ashley
    august autumn bailey banana baseball batman camera cameras changeme charlie cheese chelsea chocolate computer
    daniel december default dolphin donald dragon england facebook facial february flower football forever freedom
    friday george ginger google guest hannah harley hello hockey house hunter iloveyou internet january jennifer
    jessica jordan july june killer letmein liverpool login london lovely magic manager manchester march master
    matrix matthew merlin metropolitan michael monday monkey mustang nicole november october office officer openlfr
    operator orange pass passphrase passw password passwort patrol pepper please pokemon police princess purple
    qazwsx qwer qwert qwerty qwertyuiop rainbow recognition root samsung saturday secret security september sergeant
    shadow soccer spring starwars station summer sunday sunshine superman surveillance system tablet temp temporary
    test testing thursday tigger tuesday user watchlist wednesday welcome whatever william winter yankees zxcvbn
    zxcvbnm
    """.split()  # noqa: SIM905 - a hundred and fifty words, one a line, are harder to read
)
"""Words that lists of leaked passwords begin with, and those of this trade. A password made of them alone is common."""

_ROWS = ("abcdefghijklmnopqrstuvwxyz", "0123456789", "1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "qazwsxedcrfv")
_LOOKS_LIKE = str.maketrans("013457@$!", "oieastasi")
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without signs that are read for others."""

_hasher = PasswordHasher()
_NOBODY = _hasher.hash(secrets.token_urlsafe())


class PasswordError(RecordsError):
    """A password that is not taken; the message says why and never repeats it."""


def hash_password(password: str) -> str:
    return _hasher.hash(_plain(password))


def verify(password_hash: str | None, password: str) -> bool:
    """Whether it is the password. Without a hash the answer is no, after the same time as with one."""
    try:
        return _hasher.verify(password_hash or _NOBODY, _plain(password)) and password_hash is not None
    except (VerificationError, InvalidHashError):
        return False


def check_new(password: str, name: str) -> None:
    """Raises PasswordError for a password that is short, long, the person's name, or easily guessed."""
    if len(password) < SHORTEST:
        raise PasswordError(f"a password needs at least {SHORTEST} characters: three or four words will do")
    if len(password) > LONGEST:
        raise PasswordError(f"a password has at most {LONGEST} characters")
    if any(unicodedata.category(character) == "Cc" for character in password):
        raise PasswordError("a password has no control characters")
    if _without_names(password, name) < SHORTEST // 2:
        raise PasswordError("this password is little more than the name: choose another")
    if is_common(password):
        raise PasswordError("this password is easily guessed: choose words that do not belong together")


def is_common(password: str) -> bool:
    """Made of few signs, of a part repeated, of a run along the keyboard, or of common words and digits alone."""
    letters = password.casefold()
    if len(set(letters)) < 5 or re.fullmatch(r"(.{1,6}?)\1{2,}.{0,5}", letters):
        return True
    if len(_without_runs(letters)) < 5:
        return True
    return any(_without_words(form) < 5 for form in (letters, letters.translate(_LOOKS_LIKE)))


def one_time_password() -> str:
    """16 signs out of 31: 79 bits. To be said aloud or written down, and replaced at the first sign-in."""
    signs = "".join(secrets.choice(_ALPHABET) for _ in range(16))
    return "-".join(signs[at : at + 4] for at in range(0, 16, 4))


def _plain(password: str) -> str:
    # One keyboard sends a letter with its accent, another the two apart.
    return unicodedata.normalize("NFKC", password)


def _without_names(password: str, name: str) -> int:
    left = password.casefold()
    for part in re.split(r"[\s._-]+", name.casefold()):
        if len(part) >= 3:
            left = left.replace(part, "")
    return len(re.sub(r"[\W_]", "", left)) if left != password.casefold() else len(left)


def _without_words(letters: str) -> int:
    """Letters that are left when common words are cut out, longest first; digits and signs do not count."""
    for word in sorted(COMMON, key=len, reverse=True):
        letters = letters.replace(word, " ")
    return sum(letter.isalpha() for letter in letters)


def _without_runs(letters: str) -> str:
    """What is left when runs of four or more along a row of the keyboard, the alphabet or the digits are cut out."""
    for row in _ROWS:
        for line in (row, row[::-1]):
            for length in range(len(line), 3, -1):
                for at in range(len(line) - length + 1):
                    letters = letters.replace(line[at : at + length], "")
    return letters
