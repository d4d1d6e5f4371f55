"""Words that a stranger sent, made fit for a terminal."""

LONGEST = 64


def tame(text: str, longest: int = LONGEST) -> str:
    """The text on one line, shortened, without control and other invisible signs."""
    kept = "".join(sign if sign.isprintable() else " " for sign in text[: 4 * longest])
    return " ".join(kept.split())[:longest].rstrip()
