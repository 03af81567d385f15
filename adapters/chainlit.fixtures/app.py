"""Chainlit's chat over an OpenAI-compatible upstream.

OPENAI_BASE_URL (with /v1) and OPENAI_API_KEY name the upstream, OPENAI_MODEL the model. With
SITE_PASSWORD set (and CHAINLIT_AUTH_SECRET, which Chainlit asks for then), the page asks for the
user `tabway` and that password first.
"""

import asyncio
import os
import threading

import chainlit as cl

from upstream import stream

END = object()

if os.environ.get("SITE_PASSWORD"):

    @cl.password_auth_callback
    def sign_in(username, password):
        right = (username, password) == ("tabway", os.environ["SITE_PASSWORD"])
        return cl.User(identifier=username) if right else None


@cl.on_chat_start
async def begin():
    cl.user_session.set("turns", [])


@cl.on_message
async def answer(message):
    turns = cl.user_session.get("turns")
    turns.append({"role": "user", "content": message.content})
    reply = cl.Message(content="")
    async for piece in pieces(turns):
        await reply.stream_token(piece)
    await reply.update()
    turns.append({"role": "assistant", "content": reply.content})


async def pieces(turns):
    """The upstream's pieces, read in a thread of their own until the turn is stopped."""
    loop = asyncio.get_running_loop()
    queue = asyncio.Queue()
    stopped = threading.Event()

    def read():
        last = END
        try:
            for piece in stream(turns):
                if stopped.is_set():
                    return
                loop.call_soon_threadsafe(queue.put_nowait, piece)
        except Exception as error:
            last = error
        loop.call_soon_threadsafe(queue.put_nowait, last)

    threading.Thread(target=read, daemon=True).start()
    try:
        while (piece := await queue.get()) is not END:
            if isinstance(piece, Exception):
                raise piece
            yield piece
    finally:
        stopped.set()
