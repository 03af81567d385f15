"""Streams an answer from an OpenAI-compatible upstream, with the standard library alone."""

import json
import os
import urllib.request


def stream(messages, size="Small"):
    """Yields the pieces of the answer to `messages` as they come, from the model of that size."""
    base = os.environ["OPENAI_BASE_URL"].rstrip("/")
    body = {
        "model": size.lower() + "-" + os.environ.get("OPENAI_MODEL", "mock-model"),
        "messages": messages,
        "stream": True,
    }
    request = urllib.request.Request(
        base + "/chat/completions",
        data=json.dumps(body).encode(),
        headers={
            "content-type": "application/json",
            "authorization": "Bearer " + os.environ.get("OPENAI_API_KEY", "unused"),
        },
    )
    # A proxy of the environment is for the world outside, not for this machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=120) as reply:
        for line in reply:
            line = line.strip()
            if not line.startswith(b"data:"):
                continue
            data = line[5:].strip()
            if data == b"[DONE]":
                return
            event = json.loads(data)
            if "error" in event:
                raise RuntimeError(event["error"].get("message", "the upstream failed"))
            for choice in event.get("choices", []):
                piece = choice.get("delta", {}).get("content")
                if piece:
                    yield piece
