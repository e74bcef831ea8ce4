"""Tables and sessions."""

from sqlalchemy import Connection

from core.store.columns import Base
from core.store.db import EVERYONE, Store, owned
from core.store.migrate import init_db
from core.store.models import (
    AiAttempt,
    AiMemory,
    AiRun,
    ApiToken,
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
    DatedBudget,
    Price,
    Repricing,
    RepricingLine,
    UsageDay,
    UsageErased,
    UsageKey,
    UsagePending,
    UsageState,
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
    "Connection",
    "DatedBudget",
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
    "UsageErased",
    "UsageKey",
    "UsagePending",
    "UsageState",
    "User",
    "init_db",
    "owned",
]
