"""Slips of grammar and spelling that can be mended without understanding the text, because one reading is left."""

import re
from collections.abc import Callable

Change = Callable[[re.Match[str]], str]

_WHO = r"(?:I|we|they|he|she)"
_NOT_ASKED = r"(?<!have )(?<!has )(?<!had )(?<!having )"
_DID_IT = r"(?:do|does|did|done|doing|know|knows|knew|make|makes|made|play|plays|played|run|runs|ran) (?:it|this|that|them|everything)"
_WORKED = r"(?:work|works|worked|working|perform|performs|performed|(?:speak|speaks|spoke)(?: [A-Z][a-z]+)?)"
_STOPS = r"(?=\s*(?:[.,;:!?)]|$|(?:and|but|with|when|because|so|in|under|for)\b))"
_NO_NOUN = (
    r"(?!also|about|after|again|even|ever|into|onto|only|once|ones?\b|each|else|either|eu|ewe|uni|until|upon|under\b)"
)

# In this order: "I done it very good" is first "I did it very good".
_SLIPS: tuple[tuple[str, str, int], ...] = (
    (rf"{_NOT_ASKED}\b({_WHO}) done\b", r"\1 did", 0),
    (rf"{_NOT_ASKED}\b({_WHO}) seen\b", r"\1 saw", 0),
    (r"\bI has\b", "I have", 0),
    (r"\b([Ww]e|[Tt]hey|[Yy]ou) was\b", r"\1 were", 0),
    (r"\b([Hh]e|[Ss]he|[Ii]t) don(['’])t\b", r"\1 doesn\2t", 0),
    (r"\b(could|should|would|must|might) of\b(?! course)", r"\1 have", re.IGNORECASE),
    (rf"\b({_DID_IT}|{_WORKED}) ((?:very |really |quite |so )?)good\b{_STOPS}", r"\1 \2well", re.IGNORECASE),
    (r"\bmore better\b", "better", re.IGNORECASE),
    (r"\b([Ii]t)['’]s own\b", r"\1s own", 0),
    (r"\b([Ii]t)s (?=(?:a|an|the|not|been|going|because)\b)", r"\1's ", 0),
    (rf"\b(?<![-./])a (?={_NO_NOUN}(?:[aeio]|un)[a-z]{{3,}})", "an ", 0),
    (r"\ba (?=(?:hour|honest|honou?r|heir)s?\b)", "an ", 0),
    (r"\ban (?=[bcdfgjkpqtvwz][a-z]{2,})", "a ", 0),
    (r"(?<![\w.(/'’])i(?=(?:['’](?:m|ve|ll|d))?[ \t])", "I", 0),
    (r"\balot\b", "a lot", re.IGNORECASE),
    (r"\binformations\b", "information", re.IGNORECASE),
)  # fmt: skip
_SPELLED = {
    "acheive": "achieve", "acheived": "achieved", "adress": "address", "becuase": "because", "calender": "calendar",
    "collegues": "colleagues", "comunication": "communication", "definately": "definitely", "developped": "developed",
    "enviroment": "environment", "experiance": "experience", "goverment": "government", "immediatly": "immediately",
    "knowlege": "knowledge", "maintainance": "maintenance", "managment": "management", "neccessary": "necessary",
    "occured": "occurred", "recieve": "receive", "recieved": "received", "responsable": "responsible",
    "responsability": "responsibility", "seperate": "separate", "succesful": "successful", "successfull": "successful",
    "sucessful": "successful", "teh": "the", "untill": "until", "wich": "which", "writting": "writing",
}  # fmt: skip
_MISSPELLED = re.compile(rf"\b(?:{'|'.join(_SPELLED)})\b", re.IGNORECASE)


def corrected(text: str, noting: Callable[[Change], Change]) -> str:
    """The text with its slips mended; `noting` wraps each change, so that the caller can list it."""
    for pattern, right, flags in _SLIPS:
        text = re.sub(pattern, noting(_mending(right)), text, flags=flags | re.MULTILINE)
    return _MISSPELLED.sub(noting(_spelled), text)


def _mending(right: str) -> Change:
    def mend(found: re.Match[str]) -> str:
        after = found.expand(right)
        return after[0].upper() + after[1:] if found[0][0].isupper() else after

    return mend


def _spelled(found: re.Match[str]) -> str:
    right = _SPELLED[found[0].lower()]
    return right.capitalize() if found[0][0].isupper() else right
