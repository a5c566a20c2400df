"""Passwords: Argon2id, and what is too weak to be one."""

import unicodedata

import argon2

# 64 MiB and three passes: a tenth of a second here, and far dearer for whoever has a stolen file and a row of graphics cards.
HASHER = argon2.PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=1)
SHORTEST, LONGEST, DIFFERENT = 12, 200, 6
GUESSED = ("password", "matkhau", "12345678", "qwerty", "motcua", "camera", "abcdef", "iloveyou", "admin")
# Verified where there is no account, so that the answer takes as long.
NOBODY = HASHER.hash("nobody has this password")


def hashed(password):
    """What is kept of a password."""
    return HASHER.hash(_plain(password))


def right(kept, password):
    """Whether a password is the kept one; without one kept, as slowly, no."""
    try:
        return HASHER.verify(kept or NOBODY, _plain(password)) and kept is not None
    except (argon2.exceptions.Argon2Error, argon2.exceptions.InvalidHash):
        return False


def weak(password, account):
    """Whether a password is too easy: short, nearly all one letter, or mostly the account or a word that everybody tries first."""
    bare = _letters(password)
    for word in (*GUESSED, _letters(account)):
        bare = bare.replace(word, "")
    return not SHORTEST <= len(password) <= LONGEST or len(set(password)) < DIFFERENT or len(bare) < SHORTEST // 2


def _letters(text):
    return "".join(char for char in unicodedata.normalize("NFKD", text).casefold() if char.isalnum())


def _plain(password):
    """The same bytes from every keyboard: Vietnamese letters have two spellings in Unicode."""
    return unicodedata.normalize("NFC", password)
