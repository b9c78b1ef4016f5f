"""GitHub's side: device flow, token exchange, and every way in which it says no."""

from typing import Any

import pytest
from plain_client import EDITOR, Answer, Seat, asking, lower

from tray_app.simulated import SimulatedCopilot

CLIENT = "Iv1.b507a08c87ecfe98"
GRANT = "urn:ietf:params:oauth:grant-type:device_code"


async def ask(seat: Seat, path: str, accept: str = "application/json", **fields: str) -> Answer:
    async with seat.http.post(
        seat.sim.github_url + path, data=fields, headers={"Accept": accept}
    ) as response:
        return Answer(response.status, lower(response.headers), await response.read())


async def start(seat: Seat) -> dict[str, Any]:
    answer = await ask(seat, "/login/device/code", client_id=CLIENT, scope="read:user")
    return answer.json


async def poll(seat: Seat, device_code: str, client: str = CLIENT, grant: str = GRANT) -> dict[str, Any]:
    answer = await ask(
        seat, "/login/oauth/access_token", client_id=client, device_code=device_code, grant_type=grant
    )
    assert answer.status == 200
    return answer.json


async def test_a_person_who_approves_gets_a_token_that_works(sim: SimulatedCopilot, seat: Seat) -> None:
    begun = await start(seat)
    assert (await poll(seat, begun["device_code"]))["error"] == "authorization_pending"
    sim.approve(begun["user_code"])
    sim.advance(5)
    token = (await poll(seat, begun["device_code"]))["access_token"]
    assert token.startswith("ghu_")
    assert (await seat.sign_in(token)).status == 200


async def test_polling_too_soon_slows_down_for_good(sim: SimulatedCopilot, seat: Seat) -> None:
    code = (await start(seat))["device_code"]
    await poll(seat, code)
    assert (await poll(seat, code))["interval"] == 10
    sim.advance(6)  # enough for the first interval, not for the new one
    slow = await poll(seat, code)
    assert (slow["error"], slow["interval"]) == ("slow_down", 15)
    sim.advance(15)
    assert (await poll(seat, code))["error"] == "authorization_pending"


async def test_a_person_who_cancels_is_denied(sim: SimulatedCopilot, seat: Seat) -> None:
    begun = await start(seat)
    sim.deny(begun["user_code"])
    assert (await poll(seat, begun["device_code"]))["error"] == "access_denied"


async def test_a_code_expires(sim: SimulatedCopilot, seat: Seat) -> None:
    begun = await start(seat)
    sim.advance(begun["expires_in"] + 1)
    assert (await poll(seat, begun["device_code"]))["error"] == "expired_token"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"device_code": "d0c0"}, "incorrect_device_code"),
        ({"client": "Iv1.0000000000000000"}, "incorrect_client_credentials"),
        ({"grant": "authorization_code"}, "unsupported_grant_type"),
    ],
)
async def test_a_wrong_poll(seat: Seat, changes: dict[str, str], error: str) -> None:
    begun = await start(seat)
    assert (await poll(seat, **({"device_code": begun["device_code"]} | changes)))["error"] == error


async def test_without_accept_the_answer_is_form_encoded(seat: Seat) -> None:
    answer = await ask(seat, "/login/device/code", accept="*/*", client_id=CLIENT, scope="read:user")
    assert answer.headers["content-type"].startswith("application/x-www-form-urlencoded")
    assert "user_code=" in answer.text


async def test_scope_models_is_invalid(seat: Seat) -> None:
    answer = await ask(seat, "/login/device/code", client_id=CLIENT, scope="models")
    assert answer.json["error"] == "invalid_scope"


async def test_the_demo_approves_by_itself(sim: SimulatedCopilot, seat: Seat) -> None:
    sim.auto_approve = True
    assert "access_token" in await poll(seat, (await start(seat))["device_code"])


async def test_the_token_names_the_host(sim: SimulatedCopilot, seat: Seat) -> None:
    body = (await seat.sign_in()).json
    assert body["endpoints"]["api"] == sim.api_url != sim.github_url
    assert body["refresh_in"] == 1500
    assert body["token"].split(":")[0].count(";") > 5


REFUSALS: list[tuple[str, Any, int, str]] = [
    ("revoked", lambda sim: sim.revoke(sim.github_token), 401, "Bad credentials"),
    ("no entitlement", lambda sim: sim.block("no_copilot_access"), 403, "no_copilot_access"),
    ("terms", lambda sim: sim.block("feature_flag_blocked", "Ask your owner."), 403, "Ask your owner."),
    ("REST rate limit", lambda sim: sim.limit_github_rate(), 403, "API rate limit exceeded"),
    ("throttled", lambda sim: sim.throttle_token_exchange(7), 429, "secondary rate limit"),
    ("broken", lambda sim: sim.break_token_exchange(502), 502, "Server Error"),
    (
        "fault",
        lambda sim: sim.faults.add("status", "/copilot_internal/v2/token", preset="466"),
        466,
        "no longer",
    ),
]


@pytest.mark.parametrize(
    ("pull", "status", "words"), [row[1:] for row in REFUSALS], ids=[row[0] for row in REFUSALS]
)
async def test_the_exchange_refuses(
    sim: SimulatedCopilot, seat: Seat, pull: Any, status: int, words: str
) -> None:
    pull(sim)
    answer = await seat.sign_in()
    assert answer.status == status
    assert words in answer.text


async def test_an_account_without_a_seat_and_a_classic_token_get_404(
    sim: SimulatedCopilot, seat: Seat
) -> None:
    assert (await seat.sign_in(sim.add_account("hubot", copilot=False))).status == 404
    assert (await seat.sign_in(sim.add_account("monalisa", prefix="ghp_"))).status == 404
    assert (await seat.sign_in("github_pat_000")).status == 403


async def test_posting_for_a_token_is_wrong(sim: SimulatedCopilot, seat: Seat) -> None:
    assert (await ask(seat, "/copilot_internal/v2/token")).status in (404, 405)


async def test_the_seat_page_and_the_headers_agree(sim: SimulatedCopilot, seat: Seat) -> None:
    answer = await seat.post("/chat/completions", asking("/chat/completions", "claude-opus-5", "say: hi"))
    header = answer.headers["x-quota-snapshot-premium_interactions"]
    headers = {"Authorization": f"token {sim.github_token}"}
    page = (await seat.get(sim.github_api_url + "/copilot_internal/user", headers)).json
    bucket = page["quota_snapshots"]["premium_interactions"]
    assert f"totRem={bucket['quota_remaining']}" in header
    assert f"ent={bucket['entitlement']:g}" in header
    assert bucket["credits_used"] == pytest.approx(sum(entry.nano_aiu for entry in sim.ledger) / 1e9, abs=0.1)


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"Authorization": None}, 401, "unauthorized"),
        ({"Authorization": "Bearer tid=1:0"}, 401, "unauthorized"),
        ({"Authorization": "Bearer ghp_000"}, 400, "Personal Access Tokens are not supported"),
        ({"Editor-Version": None}, 400, "bad request: missing Editor-Version header for IDE auth"),
        ({"Editor-Version": "ed/1"}, 400, "unknown Editor-Version header for IDE auth"),
        ({"Copilot-Integration-Id": None}, 400, "missing required Copilot-Integration-Id header"),
        ({"X-GitHub-Api-Version": "2024-12-15"}, 466, "the specified API version is no longer supported"),
    ],
)
async def test_the_data_plane_looks_at_headers(
    seat: Seat, change: dict[str, str | None], status: int, words: str
) -> None:
    answer = await seat.post("/chat/completions", asking("/chat/completions", "gpt-4.1", "hi"), change)
    assert (answer.status, words in answer.text) == (status, True)
    assert answer.headers["content-type"].startswith("text/plain")


async def test_an_expired_token(sim: SimulatedCopilot, seat: Seat) -> None:
    sim.expire_copilot_tokens()
    answer = await seat.post("/chat/completions", asking("/chat/completions", "gpt-4.1", "hi"))
    assert (answer.status, answer.text) == (401, "IDE token expired: unauthorized: token expired\n")
    await seat.sign_in()
    assert (await seat.get(sim.api_url + "/models", seat.headers)).status == 200
    sim.advance(1801)
    assert (await seat.get(sim.api_url + "/models", seat.headers)).status == 401


async def test_the_wrong_host_is_misdirected(sim: SimulatedCopilot, seat: Seat) -> None:
    answer = await seat.get(sim.github_url + "/models", seat.headers)
    assert (answer.status, answer.text) == (421, "Misdirected Request\n")


async def test_a_seat_that_moves(sim: SimulatedCopilot, seat: Seat) -> None:
    before = sim.api_url
    await sim.move()
    assert (await seat.get(before + "/models", seat.headers)).status == 421
    assert (
        await seat.get((await seat.sign_in()).json["endpoints"]["api"] + "/models", seat.headers)
    ).status == 200


async def test_no_token_is_remembered(sim: SimulatedCopilot, seat: Seat) -> None:
    await seat.post("/chat/completions", asking("/chat/completions", "gpt-4.1", "hi"))
    seen = str([sim.requests, sim.ledger])
    assert sim.github_token not in seen
    assert seat.token not in seen
    assert EDITOR["Editor-Version"] in seen
