"""Gradio's ChatInterface over an OpenAI-compatible upstream.

OPENAI_BASE_URL (with /v1) and OPENAI_API_KEY name the upstream, OPENAI_MODEL the model. With
SITE_PASSWORD set, the page asks for the user `tabway` and that password first.
"""

import argparse
import os

import gradio as gr

from upstream import stream


def answer(message, history):
    turns = [{"role": turn["role"], "content": words(turn["content"])} for turn in history]
    turns.append({"role": "user", "content": message})
    text = ""
    for piece in stream(turns):
        text += piece
        yield text


def words(content):
    """A turn of the history is a text, or a list of parts of which some have text."""
    if isinstance(content, str):
        return content
    return "".join(part.get("text", "") for part in content)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    port = parser.parse_args().port
    password = os.environ.get("SITE_PASSWORD")
    gr.ChatInterface(answer, title="Gradio chat").launch(
        server_name="127.0.0.1",
        server_port=port,
        auth=("tabway", password) if password else None,
        quiet=True,
    )
