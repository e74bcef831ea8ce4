"""From a request to a run that is ready to start: check, gather, compose, route. Refusals happen here."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from core.access import admission, dated_budgets, ledger
from core.access.admission import Estimate
from core.access.ledger import Claim, Line
from core.access.limits import Limits, limits
from core.access.plans import Policy
from core.errors import Denied, Invalid, NotFound, PlanDenied
from core.llm import opening as openings
from core.llm import opening_wishes, parser, planted, router, runs
from core.llm.prompts import Prompt, Prompts, parse
from core.llm.provider import Message, ModelCall, Provider
from core.llm.render import Part, check, compose, overhead
from core.llm.router import Leg, Route
from core.schema import AiRequest, Caller
from core.store import Connection, Store
from core.store.columns import now
from core.tools import budget, context_tools, tokens
from core.tools.context_tools import Found
from core.tools.material import Material, Piece


@dataclass(frozen=True, slots=True)
class Composed:
    """What one leg sends: the call, its tokens by part, and the pieces as they fitted."""

    call: ModelCall
    parts: tuple[Part, ...]
    pieces: tuple[Piece, ...]

    @property
    def input_tokens(self) -> int:
        """All that is sent: the parts, and the marks around the messages."""
        marks = tokens.PER_CALL + len(self.call.messages) * (tokens.PER_MESSAGE + 1)
        return marks + sum(part.tokens for part in self.parts)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A run that may start: what it asks of its limits, `warnings` for its answer, and the `origin` of a draft."""

    request: AiRequest
    caller: Caller
    plan: str
    prompt: Prompt
    material: Material
    route: Route
    today: date
    claim: Claim | None = None
    warnings: tuple[str, ...] = ()
    origin: Prompt | None = None
    _composed: dict[Leg, Composed] = field(default_factory=dict, repr=False, compare=False)

    def compose(self, leg: Leg, provider: Provider) -> Composed:
        """The messages for one leg, cut to what its models may be given; composed once, to be counted and sent."""
        if leg not in self._composed:
            self._composed[leg] = self._compose(leg, provider)
        return self._composed[leg]

    def composed(self, leg: Leg) -> Composed | None:
        """The same if it was composed before."""
        return self._composed.get(leg)

    def estimate(self, leg: Leg, provider: Provider, at: datetime) -> Estimate:
        """The most this leg may need."""
        composed = self.compose(leg, provider)
        sent, most = composed.input_tokens, composed.call.max_tokens
        return admission.estimate(leg, input_tokens=sent, max_tokens=most, at=at)

    def _compose(self, leg: Leg, provider: Provider) -> Composed:
        material = budget.fit(self.material, provider.context_tokens - self._besides())
        composed = compose(self.prompt, material, today=self.today, count=tokens.count)
        messages, parts = composed.messages, composed.parts
        asked = self.request.parameters
        limit = asked.max_tokens or self.prompt.max_tokens
        output = self.prompt.output
        if provider.writes == "opening":
            wishes = opening_wishes.read(self.prompt, self.origin)
            messages = openings.messages(messages, self.material, self.request.feature, wishes)
            parts = tuple(Part(message.role, tokens.count(message.content)) for message in messages)
            limit, output = min(limit, openings.MAX_TOKENS), "text"
            material = self.material  # it is told facts of all of it, and no piece whole
        call = ModelCall(
            model=leg.model or "",
            messages=messages,
            output=output,
            schema=parser.schema(self.prompt.writes) if output == "json" else None,
            temperature=self.prompt.temperature if asked.temperature is None else asked.temperature,
            max_tokens=limit,
        )
        return Composed(call, parts, material.pieces)

    def _besides(self) -> int:
        """Tokens of what is sent beside the context: the prompt's own words, inputs and instructions."""
        given = [self.request.instructions, *self.request.inputs.values()]
        return overhead(self.prompt, count=tokens.count) + sum(tokens.count(text) for text in given)


@dataclass(frozen=True, slots=True)
class LookedUp:
    """A request with all that the database has for it; `holding` and `spent` are its limits and their budgets' lines."""

    request: AiRequest
    caller: Caller
    prompt: Prompt
    at: datetime
    found: Found
    plan: str
    holding: Limits
    spent: Sequence[Line]


class Desk:
    """Where a request is checked and made ready, with all it takes to do so."""

    def __init__(
        self,
        store: Store,
        policy: Policy,
        prompts: Prompts,
        providers: Mapping[str, Provider],
        clock: Callable[[], datetime] = now,
    ) -> None:
        self.clock = clock
        self.store = store
        self.policy = policy
        self.prompts = prompts
        self.providers = providers

    def prepare(self, request: AiRequest, caller: Caller) -> Prepared:
        """Steps 1 to 4 of a call. Errors: what refuses it before a byte is sent; a plan's refusal is recorded."""
        with self.store.read() as connection:
            looked_up = self.look_up(connection, request, caller)
        return self.make_ready(looked_up)

    def look_up(self, connection: Connection, request: AiRequest, caller: Caller) -> LookedUp:
        """The first half of `prepare`, in a read of the caller's: several requests may share one."""
        check_scopes(request, caller)
        prompt, at = self.prompt_for(request), self.clock()
        found = context_tools.find(connection, request, default_resume="resume" in prompt.needs)
        plan = str(found.person["plan"])
        policy = dated_budgets.in_force(connection, self.policy, at)
        holding = limits(policy, plan, request.user_id, at, feature=request.feature, caller=caller.name)
        return LookedUp(request, caller, prompt, at, found, plan, holding, ledger.budgets(connection, holding))

    def make_ready(self, of: LookedUp) -> Prepared:
        """The second half of `prepare`. It reads nothing from the database; a plan's refusal is recorded there."""
        request, caller, prompt, plan, today = of.request, of.caller, of.prompt, of.plan, of.at.date()
        material = context_tools.put_together(of.found, request, today)
        try:
            route = self._route(request, plan)
        except PlanDenied as denied:
            opening = runs.Opening(runs.new_id(), caller, request, prompt.label, plan)
            runs.refuse(self.store, opening, denied)
            raise
        origin = self.prompts.origin(prompt) if prompt.draft else None
        prepared = Prepared(request, caller, plan, prompt, material, route, today, origin=origin)
        check(prompt, material)
        return self._admitted(prepared, of)

    def prompt_for(self, request: AiRequest) -> Prompt:
        """The draft, the named prompt, or the feature's own. Errors: `Invalid` where it is for another feature."""
        if request.draft is not None:
            prompt = parse(request.draft, draft=True)
        else:
            prompt = self.prompts.get(request.prompt) if request.prompt else self.prompts.for_feature(request.feature)
        if prompt.feature != request.feature:
            raise Invalid(
                f"The prompt {prompt.label} is made for {prompt.feature}, not for {request.feature}. "
                "Choose one of this feature's, or leave the prompt out."
            )
        return prompt

    def _admitted(self, prepared: Prepared, of: LookedUp) -> Prepared:
        """The same run on the route that the budgets allow, with what it asks of the limits."""
        admitted = admission.admit(
            self.policy,
            of.holding,
            of.spent,
            prepared.route,
            configured=self._configured(),
            estimate=lambda leg: prepared.estimate(leg, self.providers[leg.provider], of.at),
            at=of.at,
        )
        warnings = (*planted.warnings(prepared.material), *admitted.warnings)
        return replace(prepared, route=admitted.route, claim=admitted.claim, warnings=warnings)

    def _route(self, request: AiRequest, plan: str) -> Route:
        return router.choose(
            self.policy, feature=request.feature, plan=plan, configured=self._configured(), model=request.model
        )

    def _configured(self) -> set[str]:
        return {name for name, provider in self.providers.items() if provider.configured}


def opening(prepared: Prepared, run_id: str, key: str | None) -> runs.Opening:
    """The run's first record. A draft keeps its text, because no file does."""
    prompt = prepared.prompt
    return runs.Opening(
        id=run_id,
        caller=prepared.caller,
        request=prepared.request,
        prompt=prompt.label,
        plan=prepared.plan,
        prompt_text=prompt.text if prompt.draft else None,
        tier=prepared.route.tier,
        route=prepared.route.why,
        pieces=prepared.material.pieces,
        idempotency_key=key,
        claim=prepared.claim,
    )


def check_scopes(request: AiRequest, caller: Caller) -> None:
    """What the caller itself may ask for. Errors: `Denied`, `NotFound` for a candidate that is not the token's."""
    if not caller.may("run"):
        raise Denied("This token may not run anything. Ask for one with the scope `run`.")
    if request.model and not caller.may("choose-model"):
        raise Denied("This token may not choose the model. Leave `model` out, or ask for the scope `choose-model`.")
    if (request.prompt or request.draft is not None) and not caller.may("choose-prompt"):
        raise Denied("This token may not choose the prompt. Leave `prompt` out, or ask for the scope `choose-prompt`.")
    if caller.user_id is not None and caller.user_id != request.user_id:
        raise NotFound(f"There is no candidate {request.user_id} for this token.")


__all__ = ["Composed", "Desk", "Message", "Prepared", "opening"]
