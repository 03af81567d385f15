"""Chainlit's chat over an OpenAI-compatible upstream.

OPENAI_BASE_URL (with /v1) and OPENAI_API_KEY name the upstream, OPENAI_MODEL the model. With
SITE_PASSWORD set (and CHAINLIT_AUTH_SECRET, which Chainlit asks for then), the page asks for the
user `tabway` and that password first. A prompt that begins with /picture is answered with a picture
as well; of a file the upstream is told the name and the SHA-256.
"""

import asyncio
import hashlib
import os
import threading

import chainlit as cl

from upstream import stream

END = object()
PICTURE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "picture.png")

if os.environ.get("SITE_PASSWORD"):

    @cl.password_auth_callback
    def sign_in(username, password):
        right = (username, password) == ("tabway", os.environ["SITE_PASSWORD"])
        return cl.User(identifier=username) if right else None


@cl.set_chat_profiles
async def sizes():
    about = "A model of this size answers."
    return [cl.ChatProfile(name=name, markdown_description=about) for name in ("Small", "Large")]


@cl.on_message
async def answer(message):
    # Not in `on_chat_start`: a prompt that comes at once may overtake it.
    turns = cl.user_session.get("turns", [])
    cl.user_session.set("turns", turns)
    question = "\n".join([message.content, *map(digest, message.elements)])
    turns.append({"role": "user", "content": question})
    reply = cl.Message(content="")
    async for piece in pieces(turns, cl.user_session.get("chat_profile")):
        await reply.stream_token(piece)
    if message.content.startswith("/picture"):
        reply.elements = [cl.Image(path=PICTURE, name="picture.png", display="inline")]
    await reply.update()
    turns.append({"role": "assistant", "content": reply.content})


def digest(file):
    """A file's name and the SHA-256 of its bytes."""
    with open(file.path, "rb") as content:
        return f"{file.name} {hashlib.sha256(content.read()).hexdigest()}"


async def pieces(turns, size):
    """The upstream's pieces, read in a thread of their own until the turn is stopped."""
    loop = asyncio.get_running_loop()
    queue = asyncio.Queue()
    stopped = threading.Event()

    def read():
        last = END
        try:
            for piece in stream(turns, size):
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
