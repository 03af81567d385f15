"""The official Python client against a gateway.

Reads one case a line, `{"case", "base_url", "key", "model", "prompt"}`, and writes its result as one
JSON line. One process for many cases: the client takes seconds to import.
"""

import json
import sys

import openai


def models(client, model, prompt):
    return {"ids": [entry.id for entry in client.models.list().data]}


def buffered(client, model, prompt):
    reply = client.chat.completions.create(model=model, messages=turn(prompt))
    return {
        "text": reply.choices[0].message.content,
        "finish": reply.choices[0].finish_reason,
        "usage": reply.usage and reply.usage.model_dump(),
    }


def streamed(client, model, prompt):
    stream = client.chat.completions.create(
        model=model, messages=turn(prompt), stream=True, stream_options={"include_usage": True}
    )
    text, deltas, finish, usage = "", 0, None, None
    for chunk in stream:
        usage = chunk.usage or usage
        for choice in chunk.choices:
            finish = choice.finish_reason or finish
            if choice.delta.content:
                text += choice.delta.content
                deltas += 1
    return {"text": text, "deltas": deltas, "finish": finish, "usage": usage and usage.model_dump()}


def aborted(client, model, prompt):
    stream = client.chat.completions.create(model=model, messages=turn(prompt), stream=True)
    for chunk in stream:
        if chunk.choices and chunk.choices[0].delta.content:
            stream.close()
            return {"first": chunk.choices[0].delta.content}
    return {"first": None}


def conversation(client, model, prompt):
    messages, texts = [], []
    for number in range(10):
        messages += turn(f"{prompt} {number}")
        reply = client.chat.completions.create(model=model, messages=messages)
        message = reply.choices[0].message
        messages.append({"role": message.role, "content": message.content})
        texts.append(message.content)
    return {"texts": texts}


def failure(client, model, prompt):
    try:
        client.chat.completions.create(model=model, messages=turn(prompt))
    except openai.APIStatusError as error:
        return {
            "class": type(error).__name__,
            "status": error.status_code,
            "code": error.code,
            "message": error.message,
            "request_id": error.request_id,
        }
    return {"class": None}


def files(client, model, prompt):
    kept = client.files.create(file=("hello.txt", b"hello"), purpose="user_data")
    parts = [{"type": "text", "text": prompt}, {"type": "file", "file": {"file_id": kept.id}}]
    reply = client.chat.completions.create(
        model=model, messages=[{"role": "user", "content": parts}]
    )
    seen = {
        "text": reply.choices[0].message.content,
        "listed": kept.id in [one.id for one in client.files.list(limit=10)],
        "content": client.files.content(kept.id).text,
        "deleted": client.files.delete(kept.id).deleted,
        "missing": None,
    }
    try:
        client.files.retrieve(kept.id)
    except openai.APIStatusError as error:
        seen["missing"] = type(error).__name__
    return seen


def pictures(client, model, prompt):
    reply = client.images.generate(model=model, prompt=prompt, n=2, response_format="b64_json")
    return {"pictures": [one.b64_json for one in reply.data]}


def turn(prompt):
    return [{"role": "user", "content": prompt}]


CASES = {
    case.__name__: case
    for case in (models, buffered, streamed, aborted, conversation, failure, files, pictures)
}

def run(case, base_url, key, model, prompt):
    # It does not try again by itself: each failure is to be seen.
    client = openai.OpenAI(base_url=base_url, api_key=key, max_retries=0, timeout=60)
    try:
        return {"result": CASES[case](client, model, prompt)}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(run(**json.loads(line))), flush=True)
