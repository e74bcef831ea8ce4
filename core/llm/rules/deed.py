"""A line of a resume as something its writer did: `Built a dashboard` as `I built a dashboard.`"""

import re

_PAST = {
    "built", "led", "wrote", "cut", "grew", "ran", "drove", "won", "made", "taught", "kept", "held", "brought",
    "began", "set", "sold", "took", "gave", "found", "did", "saw", "met", "sought", "rose", "spoke", "stood",
    "told", "thought", "understood", "oversaw", "rebuilt", "rewrote", "redid", "put", "split", "spent", "sent",
    "read", "shot", "swept", "bound", "dealt", "forecast", "bid", "hit", "shut", "fed", "lit", "laid", "left",
    "lent", "lost", "paid", "quit", "drew", "flew", "knew", "threw", "chose", "froze", "broke", "spun",
}  # fmt: skip
_NOT_A_DEED = {"experienced", "skilled", "dedicated", "motivated", "detailed", "advanced", "related", "certified", "used",
               "distributed", "embedded", "based", "licensed", "varied"}  # fmt: skip
_PRESENT = {
    "lead", "manage", "run", "own", "build", "write", "design", "maintain", "mentor", "support", "teach", "coach",
    "oversee", "coordinate", "develop", "deliver", "review", "plan", "train", "operate", "analyze", "analyse",
    "prepare", "supervise", "guide", "create", "drive", "organize", "organise", "provide", "handle",
}  # fmt: skip


def deed(text: str) -> str | None:
    """`Built a dashboard` as `built a dashboard.`; None where the line does not begin with a verb that follows "I"."""
    words = text.split()
    if len(words) < 3:
        return None
    verb, second = words[0].lower(), words[1].lower()
    past = verb in _PAST or (re.fullmatch(r"(?:co-|re-)?[a-z]{3,}ed", verb) is not None and verb not in _NOT_A_DEED)
    present = (
        verb in _PRESENT and second not in ("and", "of", "for", "with", "in", "to", "from", "or") and words[0].isalpha()
    )
    if not (past or present) or second == "of":
        return None
    return text[0].lower() + text[1:].rstrip(" .;,") + "."
