"""Tables and sessions."""

from core.store.db import EVERYONE, Store, owned
from core.store.migrate import init_db
from core.store.models import (
    AiAttempt,
    AiMemory,
    AiRun,
    ApiToken,
    Base,
    Document,
    DocumentRevision,
    Job,
    Ledger,
    Member,
    Reservation,
    ResumeVersion,
    User,
)
from core.store.usage_models import (
    Alert,
    AuditEvent,
    Price,
    Repricing,
    RepricingLine,
    UsageDay,
    UsageKey,
    UsagePending,
)

__all__ = [
    "EVERYONE",
    "AiAttempt",
    "AiMemory",
    "AiRun",
    "Alert",
    "ApiToken",
    "AuditEvent",
    "Base",
    "Document",
    "DocumentRevision",
    "Job",
    "Ledger",
    "Member",
    "Price",
    "Repricing",
    "RepricingLine",
    "Reservation",
    "ResumeVersion",
    "Store",
    "UsageDay",
    "UsageKey",
    "UsagePending",
    "User",
    "init_db",
    "owned",
]
