"""Of whom a sentence speaks, whether it claims, asks or wishes, and the words that claim nothing."""

import re

from core.drive.signs import Marked

# Words that may begin a sentence though the context lacks them.
STARTERS = {
    "a", "about", "above", "across", "additionally", "after", "again", "all", "along", "also", "although", "always",
    "among", "an", "and", "another", "any", "as", "at", "based", "because", "before", "being", "below", "besides",
    "between", "beyond", "both", "but", "by", "can", "currently", "despite", "due", "during", "each", "either",
    "even", "every", "experienced", "finally", "first", "for", "from", "further", "furthermore", "given", "has",
    "have", "having", "he", "her", "here", "his", "how", "however", "if", "in", "including", "indeed", "instead",
    "into", "is", "it", "its", "just", "known", "last", "lastly", "leading", "like", "looking", "many", "moreover",
    "most", "much", "my", "next", "no", "not", "now", "of", "on", "once", "one", "only", "other", "our", "over",
    "overall", "previously", "prior", "rather", "recently", "second", "several", "she", "similarly", "since", "so",
    "some", "strong", "such", "than", "thank", "that", "the", "their", "them", "then", "there", "therefore",
    "these", "they", "this", "those", "though", "through", "throughout", "thus", "to", "today", "together", "too",
    "two", "under", "until", "up", "upon", "using", "what", "when", "where", "whether", "which", "while", "who",
    "whose", "why", "with", "within", "without", "working", "would", "yes", "yet", "you", "your", "we", "i", "i'm",
    "i've", "i’m", "i’ve", "i'd", "i’d", "dear", "sincerely",
}  # fmt: skip
DENIED = Marked(
    "not no lack lacks lacking missing without never gap gaps nor t looked ask",
    r"\b(?:not|no|lacks?|lacking|missing|without|never|gaps?|nor)\b|n['’]t\b|\blooked for (?:an? )?(?-i:[A-Z])"
    r"|\bask (?:the candidate|him|her|them)\b",
)
OF_THE_JOB = re.compile(
    r"^(?:the|this|your|their|our)? ?(?:job|role|position|posting|company|employer|team|description|vacancy|opening)\b"
    r"|^(?:you|they|we) (?:ask|require|need|want|seek|look|are looking|offer|use|run|build)",
    re.IGNORECASE,
)
# What a sentence says the posting asks or tells; it needs no evidence of the candidate's.
QUOTED = re.compile(r"[“\"][^”\"]*[”\"]")
ASKED = Marked(
    "ask asks describe describes need needs want wants look looks require requires seek seeks mention mentions call calls"
    " offer offers say says name names list lists plan plans expect expects",
    r"\b(?:you|your \w+|the (?:posting|role|job|position|description)) (?:ask|describe|need|want|look|require|seek|mention|call|offer"
    r"|say|name|list|plan|expect)s?\b[^,;.]*",
)
SELF = Marked(
    "i my me mine myself he she his her candidate applicant",
    r"\b(?:i|i['’]m|i['’]ve|my|me|mine|myself|he|she|his|her|candidate|applicant)\b",
)
WISHES = Marked(
    "apply applying application opportunity opening vacancy join joining interested contribute contributing position role",
    r"\b(?:apply|applying|application|opportunity|opening|vacancy|join|joining|interested|contribute|contributing"
    r"|(?:for|in|to) (?:the|this|your) (?:position|role))\b",
)
# A wish is no claim, unless it brings one along: `I would bring eight years of …`.
WOULD = Marked(
    "d would will ll hope look want wish happy glad eager keen need needs should must has have",
    r"\bI(?:['’]d| would| will|['’]ll| hope| look forward| want| wish)\b|\b(?:happy|glad|eager|keen) to\b"
    r"|\b(?:he|she|they|candidate) (?:would|will|needs?|should|must|has to|have to)\b",
)
OFFERS = Marked(
    "my mine bring offer contribute i",
    r"\b(?:my|mine|bring|offer|contribute|I (?:have|had|did|led|built|ran|was|am|hold|know|speak))\b|\bI['’](?:ve|m)\b",
    re.NOFLAG,
)
HAS = Marked(
    "i my experienced trained certified familiar",
    r"\bI(?:['’]ve| have| had)? (?:\w+ly )?(?:have|had|hold|held|know|knew|use|used|bring|worked? (?:with|in|on|under)|been)\b"
    r"|\b[Mm]y (?:experience|years|knowledge|background|training|time|work) (?:with|in|of|at|on|under)\b"
    r"|\b(?:experienced|trained|certified|familiar) (?:in|with)\b",
    re.NOFLAG,
)
DID = Marked(
    "i",
    r"\bI(?:['’]ve| have| had| also)* (?:\w+ed|built|led|ran|grew|cut|won|made|held|wrote|brought|manage|lead|run|own)\b",
    re.NOFLAG,
)
CLAUSE = re.compile(r"[;:—–]|,(?!\d)")
# Words that a true sentence may be built with though the context lacks them: they claim nothing of their own.
FRAME = {
    "able", "answer", "applies", "apply", "applying", "applicant", "ask", "asked", "asks", "background", "been", "best",
    "bring", "brings", "bringing", "brought", "candidate", "comes", "coming", "company", "describes", "every", "expect",
    "experience", "experiences", "fits", "glad", "good", "great", "hand", "hands", "help", "helped", "interview",
    "interviewer", "knowledge", "knows", "lacks", "lead", "line", "lines", "list", "lists", "made", "make", "makes",
    "mention", "mentions", "more", "need", "needs", "part", "people", "point", "points", "position", "posting", "question",
    "questions", "recruiter", "report", "resume", "role", "says", "shown", "shows", "show", "skill", "skills", "still",
    "talk", "talks", "team", "teams", "text", "thing", "things", "time", "times", "used", "uses", "want", "wants", "ways",
    "well", "will", "should", "could", "work", "worked", "works", "writer", "write", "year", "years", "your", "yours",
    "opening", "love", "were", "does", "done", "doing", "days",
}  # fmt: skip
