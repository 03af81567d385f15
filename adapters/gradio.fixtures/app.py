"""Gradio's ChatInterface over an OpenAI-compatible upstream.

OPENAI_BASE_URL (with /v1) and OPENAI_API_KEY name the upstream, OPENAI_MODEL the model. With
SITE_PASSWORD set, the page asks for the user `tabway` and that password first. A prompt that begins
with /picture is answered with a picture as well; of a file the upstream is told the name and the
SHA-256.
"""

import argparse
import hashlib
import os

import gradio as gr

from upstream import stream


PICTURE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "picture.png")


def answer(message, history, size):
    turns = [{"role": turn["role"], "content": words(turn["content"])} for turn in history]
    question = "\n".join([message["text"], *map(digest, message["files"])])
    turns.append({"role": "user", "content": question})
    text = ""
    for piece in stream(turns, size):
        text += piece
        yield text
    if message["text"].startswith("/picture"):
        yield gr.ChatMessage(content=[text, gr.Image(PICTURE)])


def digest(path):
    """A file's name and the SHA-256 of its bytes."""
    with open(path, "rb") as file:
        return f"{os.path.basename(path)} {hashlib.sha256(file.read()).hexdigest()}"


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
    chat = gr.ChatInterface(
        answer,
        title="Gradio chat",
        multimodal=True,
        textbox=gr.MultimodalTextbox(file_count="multiple", stop_btn=True),
        additional_inputs=[gr.Dropdown(["Small", "Large"], label="Model")],
        additional_inputs_accordion=gr.Accordion("Settings", open=True),
    )
    chat.launch(
        server_name="127.0.0.1",
        server_port=port,
        auth=("tabway", password) if password else None,
        quiet=True,
    )
