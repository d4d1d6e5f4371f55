"""What the API says no with."""

import httpx


def error_of(answer: httpx.Response) -> tuple[int, str]:
    """Status and sentence of a refusal, which is one line."""
    message: str = answer.json()["error"]["message"]
    assert "\n" not in message
    return answer.status_code, message
