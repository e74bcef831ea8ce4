"""Words that tell a job title from an employer, a school from a degree, a place from a name."""

import re

TITLE = re.compile(
    r"\b(?:developers?|engineers?|programmer|manager|lead|leader|teamlead|tech\s?lead|analyst|architect|designer|director"
    r"|consultant|intern(?:ship)?|co-op|administrator|specialist|scientist|tester|officer|head|assistant|coordinator|teacher"
    r"|tutor|lecturer|professor|researcher|founder|co-founder|cto|ceo|cfo|coo|cio|cpo|vp|president|owner|nurse|accountant"
    r"|technician|supervisor|executive|representative|associate|advisor|adviser|mentor|editor|writer|author|translator"
    r"|partner|trainee|apprentice|freelance(?:r)?|contractor|operator|planner|recruiter|marketer|strategist|buyer|clerk"
    r"|cashier|driver|chef|cook|waiter|waitress|barista|server|therapist|pharmacist|physician|doctor|lawyer|attorney"
    r"|paralegal|secretary|receptionist|auditor|controller|economist|statistician|biologist|chemist|physicist|librarian"
    r"|journalist|photographer|producer|artist|animator|principal|maintainer|creator|volunteer|web-?master|master\s+of"
    r"|qa|sdet|devops|sre|dba|full[\s-]?stack|front[\s-]?end|back[\s-]?end|carer|caregiver|counsel(?:l?or)?|instructor|trainer"
    r"|electrician|mechanic|welder|plumber|merchandiser|salesperson|seller|agent|broker|underwriter|actuary|superintendent)\b",
    re.I,
)
EMPLOYER = re.compile(
    r"\b(?:ltd|llc|inc|gmbh|corp|corporation|company|co|bank|labs?|group|plc|s\.?a|ag|bv|oy|ab|ooo|jsc|studio|studios"
    r"|solutions|technologies|systems|software|services|consulting|partners|agency|university|hospital|clinic|school"
    r"|college|institute|council|ministry|foundation|association|holdings?)\b\.?",
    re.I,
)
SCHOOL = re.compile(
    r"\b(?:universit\w*|college|school|institute?|academy|faculty|polytechnic\w*|lyc[eé]e|gymnasium|tech|hochschule"
    r"|universidad|universit[aàé]\w*|educational\s+cent(?:er|re)|cent(?:er|re)|conservatory|seminary|uc\s+\w+|mit|msu|eth|ucl|[eé]cole|bootcamp)\b",
    re.I,
)
DEGREE = re.compile(
    r"\b(?:bachelor\w*(?:['’]s)?|master\w*(?:['’]?s)?|ph\.?\s?d\.?|doctor(?:ate|al)?|b\.?\s?sc|m\.?\s?sc|b\.?\s?a\b|m\.?\s?a\b|mba|bba|m\.?\s?eng|b\.?\s?eng"
    r"|b\.?\s?tech|m\.?\s?tech|bs|ms|diploma|degree|associate['’]?s?|specialist|certificate|a-levels?|gcse\w*|minor|major|llb|llm|md|engineer['’]?s?\s+degree|course|graduate)(?![\w])",
    re.I,
)
COUNTRY = re.compile(
    r"\b(?:israel|russia|ukraine|belarus|usa|u\.s\.a?|uk|united\s+(?:states|kingdom)|england|scotland|ireland|germany|france|spain"
    r"|italy|portugal|poland|netherlands|belgium|switzerland|austria|sweden|norway|denmark|finland|canada|mexico|brazil"
    r"|argentina|india|china|japan|singapore|australia|new\s+zealand|t[uü]rk(?:ey|iye)|greece|romania|bulgaria|czech\w*|hungary"
    r"|estonia|latvia|lithuania|georgia|armenia|kazakhstan|south\s+africa|nigeria|kenya|egypt|remote|hybrid|moscow|london|berlin"
    r"|paris|tel[\s-]aviv|new\s+york|san\s+francisco)\b",
    re.I,
)
US_STATE = re.compile(
    r"(?:^|,\s*)(?:A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY])(?:\s+\d{5})?$"
)
STATE = re.compile(
    r",\s*(?:alabama|alaska|arizona|arkansas|california|colorado|connecticut|delaware|florida|hawaii|idaho|illinois|indiana"
    r"|iowa|kansas|kentucky|louisiana|maine|maryland|massachusetts|michigan|minnesota|mississippi|missouri|montana|nebraska"
    r"|nevada|new\s+(?:hampshire|jersey|mexico)|(?:north|south)\s+(?:carolina|dakota)|ohio|oklahoma|oregon|pennsylvania"
    r"|rhode\s+island|tennessee|texas|utah|vermont|(?:west\s+)?virginia|washington|wisconsin|wyoming"
    r"|ontario|quebec|british\s+columbia|alberta|manitoba|saskatchewan|nova\s+scotia)(?:,\s*[a-z]{2})?$",
    re.I,
)
URL = re.compile(
    r"(?:https?://|www\.)[^\s,;|<>]*[^\s,;|<>.)]|(?<![\w.@-])(?:[a-z0-9-]{1,63}\.){1,6}(?:com|org|net|io|dev|ru|me|help|co\.il|co|ai|app|edu|il)(?:/[^\s,;|<>]*)?(?![\w@.])",
    re.I,
)
DURATION = re.compile(
    r"\(?\b\d{1,2}\+?\s*(?:years?|yrs?|months?|mos?)\b\.?(?:,?\s*\d{1,2}\s*(?:months?|mos?)\b\.?)?\)?", re.I
)


def is_place(text: str) -> bool:
    """Whether a short text names a place: `Haifa, Israel`, `Mountain View, CA`, `Remote`."""
    words = text.strip(" ().,").split()
    if not words or len(words) > 6 or TITLE.search(text) or EMPLOYER.search(text) or re.search(r"\d", text):
        return False
    if not all(
        word[0].isupper() or word in ("de", "of", "la", "el", "and", "/") or word.lower() in ("remote", "hybrid")
        for word in words
    ):
        return False
    bare = text.strip(" ().")
    return bool(COUNTRY.search(text) or US_STATE.search(bare) or STATE.search(bare))
