"""Accounts of the simulated GitHub, their tokens, and what stands in the way of their sign-in."""

import hashlib
from dataclasses import dataclass, field
from typing import Any

from tray_app.simulated.quota import PLANS, Plan, Quota


@dataclass(slots=True)
class Account:
    """One person. `notification` holds user_notification of the token response."""

    login: str
    number: int
    plan: Plan
    quota: Quota
    copilot: bool = True  # False: the exchange answers 404
    notification: dict[str, Any] | None = None
    enabled: set[str] = field(default_factory=set)  # models whose policy this person accepted


@dataclass(slots=True)
class CopilotToken:
    """A bearer of the data plane."""

    login: str
    expires_at: float


class Accounts:
    """Who exists and which tokens are good."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._count = 0
        self.people: dict[str, Account] = {}
        self.github_tokens: dict[str, str] = {}  # token -> login
        self.copilot_tokens: dict[str, CopilotToken] = {}

    def add(self, login: str, plan: str = "individual_pro", **terms: Any) -> Account:
        """A new person. `terms`: entitlement, remaining, overage, token_billing, copilot, notification."""
        base = PLANS[plan]
        known = Plan(
            base.name,
            base.sku,
            float(terms.get("entitlement", base.entitlement)),
            bool(terms.get("token_billing", base.token_billing)),
            base.tier,
            bool(terms.get("overage", base.overage)),
        )
        quota = Quota.full(known)
        quota.remaining = float(terms.get("remaining", quota.remaining))
        account = Account(login, 4_000_000 + len(self.people), known, quota)
        account.copilot = bool(terms.get("copilot", True))
        account.notification = terms.get("notification")
        self.people[login] = account
        return account

    def mint_github_token(self, login: str, prefix: str = "gho_") -> str:
        token = prefix + self._digest("github", login)[:36]
        self.github_tokens[token] = login
        return token

    def mint_copilot_token(self, login: str, expires_at: float) -> str:
        plan = self.people[login].plan
        signature = self._digest("copilot", login)
        fields = (
            f"tid={signature[:32]};exp={int(expires_at)};sku={plan.sku};st=dotcom;chat=1;cit=1;malfil=1;"
            "editor_preview_features=1;mcp=1;ccr=1;rt=1;8kp=1;sn=1;fcv1=1;client_byok=1;ssp=1;"
            "proxy-ep=proxy.individual.githubcopilot.com;ip=198.51.100.7;asn=AS64500"
        )
        token = f"{fields}:{signature}"
        self.copilot_tokens[token] = CopilotToken(login, expires_at)
        if len(self.copilot_tokens) > 1000:
            self.copilot_tokens.pop(next(iter(self.copilot_tokens)))
        return token

    def by_github_token(self, token: str) -> Account | None:
        login = self.github_tokens.get(token)
        return self.people.get(login) if login else None

    def _digest(self, *words: str) -> str:
        self._count += 1
        text = " ".join((*words, str(self._seed), str(self._count)))
        return hashlib.sha256(text.encode()).hexdigest()
