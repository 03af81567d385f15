"""The official Python client against a gateway: one case a run, its result as one JSON line.

usage: client.py CASE BASE_URL KEY MODEL PROMPT
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


def turn(prompt):
    return [{"role": "user", "content": prompt}]


CASES = {case.__name__: case for case in (models, buffered, streamed, aborted, failure)}

if __name__ == "__main__":
    case, base_url, key, model, prompt = sys.argv[1:]
    # It does not try again by itself: each failure is to be seen.
    client = openai.OpenAI(base_url=base_url, api_key=key, max_retries=0, timeout=60)
    print(json.dumps(CASES[case](client, model, prompt)))
