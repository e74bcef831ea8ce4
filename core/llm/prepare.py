"""From a request to a run that is ready to start: check, gather, compose, route. Refusals happen here."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from core.access.plans import Policy
from core.errors import Denied, Invalid, NotFound, PlanDenied
from core.llm import opening as openings
from core.llm import parser, router, runs
from core.llm.prompts import Prompt, Prompts, parse
from core.llm.provider import Message, ModelCall, Provider
from core.llm.render import Part, compose
from core.llm.router import Leg, Route
from core.schema import AiRequest, Caller
from core.store import Store
from core.tools import budget, context_tools, tokens
from core.tools.material import Material, Piece


@dataclass(frozen=True, slots=True)
class Composed:
    """What one leg sends: the call, its tokens by part, and the pieces as they fitted."""

    call: ModelCall
    parts: tuple[Part, ...]
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A run that may start."""

    request: AiRequest
    caller: Caller
    plan: str
    prompt: Prompt
    material: Material
    route: Route
    today: date

    def compose(self, leg: Leg, provider: Provider) -> Composed:
        """The messages for one leg, cut to what its models may be given."""
        material = budget.fit(self.material, provider.context_tokens)
        composed = compose(self.prompt, material, today=self.today, count=tokens.count)
        messages, parts = composed.messages, composed.parts
        asked = self.request.parameters
        limit = asked.max_tokens or self.prompt.max_tokens
        output = self.prompt.output
        if provider.writes == "opening":
            messages = openings.messages(messages, self.material, self.request.feature)
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


class Desk:
    """Where a request is checked and made ready, with all it takes to do so."""

    def __init__(self, store: Store, policy: Policy, prompts: Prompts, providers: Mapping[str, Provider]) -> None:
        self.store = store
        self.policy = policy
        self.prompts = prompts
        self.providers = providers

    def prepare(self, request: AiRequest, caller: Caller) -> Prepared:
        """Steps 1 to 4 of a call. Errors: what refuses it before a byte is sent; a plan's refusal is recorded."""
        check_scopes(request, caller)
        prompt = self.prompt_for(request)
        today = datetime.now(UTC).date()
        plan = self._plan(request)
        try:
            route = self._route(request, plan)
        except PlanDenied as denied:
            opening = runs.Opening(runs.new_id(), caller, request, prompt.label, plan)
            runs.refuse(self.store, opening, error_code=denied.code)
            raise
        material = context_tools.gather(self.store, request, today=today, default_resume="resume" in prompt.needs)
        prepared = Prepared(request, caller, plan, prompt, material, route, today)
        compose(prompt, material, today=today, count=len)  # refuses what is missing, before anything is sent
        return prepared

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

    def _plan(self, request: AiRequest) -> str:
        with self.store.read() as connection:
            return str(context_tools.candidate(connection, request.user_id)["plan"])

    def _route(self, request: AiRequest, plan: str) -> Route:
        configured = {name for name, provider in self.providers.items() if provider.configured}
        return router.choose(
            self.policy, feature=request.feature, plan=plan, configured=configured, model=request.model
        )


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
