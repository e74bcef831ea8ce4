"""A fast fake of an OpenAI-compatible server, in a process of its own: `python -m tests.bench.upstream`.

Prints its base URL, then answers every chat completion. The model's name says how: `t100-r50` streams 100 tokens at 50
a second, `t100-r0` as fast as it can, `json` a match report. Ends when its standard input does.
"""

import asyncio
import itertools
import json
import random
import sys
from collections.abc import Iterator

import uvloop

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
SKILLS = ("Python", "PostgreSQL", "Kafka", "Docker", "Terraform", "Go", "Kubernetes", "Redis", "Linux", "Git")
VERBS = ("shows", "names", "lists", "tells of", "holds", "proves")
PLACES = ("production", "a payments team", "daily work", "older posts", "the newest post", "a migration")


def event(data: dict[str, object] | str) -> bytes:
    body = b"data: " + (data if isinstance(data, str) else json.dumps(data)).encode() + b"\n\n"
    return b"%x\r\n%b\r\n" % (len(body), body)


def delta(text: str) -> bytes:
    return event({"model": "gpt-6-luna", "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}]})


def last(tokens: int) -> bytes:
    usage = {"prompt_tokens": 2_000, "completion_tokens": tokens, "total_tokens": 2_000 + tokens}
    end = event({"model": "gpt-6-luna", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    return end + event({"model": "gpt-6-luna", "choices": [], "usage": usage}) + event("[DONE]") + b"0\r\n\r\n"


WORD = delta("word ")
OPENING = delta("A letter\n") + delta("A summary.\n\n")


def reports(count: int) -> Iterator[bytes]:
    """Match reports that hardly share a sentence: a model does not repeat itself, and what was found of a sentence is
    remembered."""
    chance = random.Random(7)
    for _ in range(count):
        told = [sentence(chance) for _ in range(8)]
        report = {
            "title": "A good fit",
            "summary": told[0],
            "content": "## What fits\n\n" + " ".join(told[1:6]),
            "bullets": told[6:],
            "warnings": ["Terraform is not in the resume."],
            "next_actions": ["Ask about Terraform."],
        }
        text = json.dumps(report)
        yield b"".join(delta(text[start : start + 60]) for start in range(0, len(text), 60))


def sentence(chance: random.Random) -> str:
    one, two, three = chance.sample(SKILLS, 3)
    return f"The resume {chance.choice(VERBS)} {one}, {two} and {three} in {chance.choice(PLACES)}."


ANSWERED = itertools.cycle(list(reports(2_000)))


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
            await answer(json.loads(await reader.readexactly(length))["model"], writer)
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def answer(model: str, writer: asyncio.StreamWriter) -> None:
    if model == "json":
        writer.write(HEAD + next(ANSWERED) + last(200))
    else:
        count, rate = (int(part[1:]) for part in model.split("-"))
        await letter(writer, count, rate)
    await writer.drain()


async def letter(writer: asyncio.StreamWriter, count: int, rate: int) -> None:
    """`count` tokens at `rate` a second, on time whatever the server is busy with; 0 is all at once."""
    writer.write(HEAD + OPENING)
    start = asyncio.get_running_loop().time()
    for number in range(count - 2):
        if rate:
            await asyncio.sleep(start + (number + 1) / rate - asyncio.get_running_loop().time())
        writer.write(WORD)
    writer.write(last(count))


async def main() -> None:
    server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=1_024)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    uvloop.run(main())
