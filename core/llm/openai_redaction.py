"""A secret taken out of a text that comes in pieces, wherever the pieces are cut."""

REMOVED = "[removed]"
LEAST = 8  # characters; shorter keys are placeholders such as "none", and words of a letter
TOLD_AT_MOST = 3  # characters of a beginning that may pass: held back, every "s" would wait for what follows it


class Redaction:
    """Replaces one secret in the pieces of one text. Costs a search for one character where there is nothing to do."""

    __slots__ = ("_begun", "_first", "_secret")

    def __init__(self, secret: str) -> None:
        self._secret = secret if len(secret) >= LEAST else ""
        self._first = self._secret[:1]
        self._begun = ""  # the end of the text so far, as long as it is a beginning of the secret

    def feed(self, piece: str) -> str:
        """What may be shown now; the beginning of what could be the secret waits for the next piece."""
        if not self._secret or (not self._begun and self._first not in piece):
            return piece
        shown = len(self._begun[:TOLD_AT_MOST])
        text = self._begun + piece
        if text.startswith(self._secret):
            shown = 0
        text = text.replace(self._secret, REMOVED)
        self._begun = self._beginning(text)
        return text[shown : len(text) - len(self._begun[TOLD_AT_MOST:])]

    def end(self) -> str:
        """What waited in vain, now that no more text comes."""
        waited, self._begun = self._begun[TOLD_AT_MOST:], ""
        return waited

    def _beginning(self, text: str) -> str:
        """The longest end of `text` that the secret begins with."""
        at = text.find(self._first, max(0, len(text) - len(self._secret) + 1))
        while at >= 0 and not self._secret.startswith(text[at:]):
            at = text.find(self._first, at + 1)
        return text[at:] if at >= 0 else ""
