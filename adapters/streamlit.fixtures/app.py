"""Streamlit's chat elements over an OpenAI-compatible upstream.

OPENAI_BASE_URL (with /v1) and OPENAI_API_KEY name the upstream, OPENAI_MODEL the model. With
SITE_PASSWORD set, the page asks for that password first. A prompt that begins with /picture is
answered with a picture as well; of a file the upstream is told the name and the SHA-256.
"""

import hashlib
import os

import streamlit as st

from upstream import stream

PICTURE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "picture.png")

st.set_page_config(page_title="Streamlit chat")


def is_signed_in():
    """Asks for the password where there is one; a browser's session remembers it."""
    password = os.environ.get("SITE_PASSWORD")
    if not password or st.session_state.get("signed_in"):
        return True
    st.session_state.signed_in = st.text_input("Password", type="password") == password
    if st.session_state.signed_in:
        st.rerun()
    return False


def answer(prompt):
    """Shows the turn while it is written, and keeps it for the next run of this script."""
    files = [f"{file.name} {hashlib.sha256(file.getvalue()).hexdigest()}" for file in prompt.files]
    question = {"role": "user", "content": "\n".join([prompt.text, *files])}
    with st.chat_message("user"):
        st.text(question["content"])
    turns = [{"role": turn["role"], "content": turn["content"]} for turn in st.session_state.turns]
    picture = PICTURE if prompt.text.startswith("/picture") else None
    with st.chat_message("assistant"):
        text = st.write_stream(stream([*turns, question], st.session_state.model), cursor="▌")
        if picture:
            st.image(picture, output_format="PNG")
    reply = {"role": "assistant", "content": text, "picture": picture}
    st.session_state.turns += [question, reply]


if is_signed_in():
    st.title("Streamlit chat")
    st.sidebar.selectbox("Model", ["Small", "Large"], key="model")
    for turn in st.session_state.setdefault("turns", []):
        with st.chat_message(turn["role"]):
            st.write(turn["content"])
            if turn.get("picture"):
                st.image(turn["picture"], output_format="PNG")
    if prompt := st.chat_input("Your message", accept_file="multiple"):
        answer(prompt)
