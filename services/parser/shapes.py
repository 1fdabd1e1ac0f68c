"""Which shape a response has, and what it says: its analysis, its action block, who asked for it. Pure.

Shapes (interfaces section 3): the plan's JSON object; a Dify blocking response; a streamed transcript of Dify;
an envelope around any of these or around words; words alone.
"""

from dataclasses import dataclass, field, replace
from typing import Any, Final

from services.parser.codes import ResponseRefused, shown
from services.parser.extraction import extract, refuse_near
from services.parser.meant import Passage, analysis_warnings
from services.parser.near_names import BLOCK_KEY, near_name
from services.parser.reading import Number, parse_document
from services.parser.transcript import is_transcript, message_ids_in, read_transcript
from shared.events.base import Notice
from shared.events.parsing_codes import ParsingCode
from shared.exact_json import DuplicateKey, JsonProblem

PLAN: Final = "plan"
DIFY_BLOCKING: Final = "dify-blocking"
DIFY_STREAM: Final = "dify-stream"
WORDS: Final = "words"
_ENVELOPE: Final = "envelope"

_ENVELOPE_KEYS: Final = frozenset({"response_id", "user_id", "maker_proof"})
_DIFY_KEYS: Final = frozenset({"event", "message_id", "conversation_id", "task_id"})
#: Members beside a response in which no action is read: the input of the model, and Dify's account of its run.
_BESIDE: Final = frozenset({"answer", "metadata", "inputs"})
_BEGINNING_CHARACTERS: Final = 256


@dataclass(slots=True)
class Sender:
    """Who the response says it is from. Filled while reading, so that a refused response has an identity too."""

    response_id: str | None = None
    message_id: str | None = None
    user_id: str | None = None
    prompt: str = ""
    maker_proof: str | None = None
    proven_answer: str | None = None
    """The envelope's `answer` as text: what a maker's proof is about."""


@dataclass(frozen=True, slots=True)
class Content:
    """What a response says. `actions` None: it recommends nothing. `words`: prose that no block explains.

    `texts`: its analysis, between the words before and behind its block, in order. `said` holds its texts with their
    places; `carried`: the shape around them proves that they are whole.
    """

    shape: str
    texts: tuple[str, ...] = ()
    actions: list[Any] | None = None
    actions_path: str = ""
    words: str = ""
    said: tuple[Passage, ...] = ()
    carried: bool = False
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads one response; `sender` is filled on the way. `within` names the shapes around the present one."""

    sender: Sender
    within: tuple[str, ...] = field(default=())

    def text(self, text: str, path: str) -> Content:
        """Read a response as text: JSON, a transcript or words."""
        stripped = text.strip()
        if not stripped:
            raise ResponseRefused(ParsingCode.EMPTY, "The response is empty. Ask the model again.", path or "$")
        if is_transcript(text):
            inner = self._inner(DIFY_STREAM)
            self.sender.message_id = next(iter(message_ids_in(text)), None)
            return inner.text(read_transcript(text, path).answer, path)
        if stripped[0] in "{[":
            document = self._document(text, path)
            if document is not None:
                return self.value(document, path)
        elif not self.within:
            _refuse_scalar(stripped)
        return self.prose(text, path, self._shape(WORDS))

    def value(self, value: Any, path: str) -> Content:
        """Read a response as a JSON value."""
        if not isinstance(value, dict):
            raise ResponseRefused(
                ParsingCode.SCHEMA_VIOLATION,
                f"The response is a JSON {_kind(value)}; expected an object with analysis and {BLOCK_KEY}.",
                path or "$",
            )
        if "answer" not in value:
            return self._plan(value, path)
        if BLOCK_KEY in value:
            raise ResponseRefused(
                ParsingCode.AMBIGUOUS,
                f"The object has both answer and {BLOCK_KEY}, so its meaning is not clear. Send one of them.",
                path or "$",
            )
        if _ENVELOPE_KEYS & value.keys() or ("prompt" in value and not _DIFY_KEYS & value.keys()):
            return self._envelope(value, path)
        return self._dify(value, path)

    def prose(self, text: str, path: str, shape: str) -> Content:
        """Read a text in which a block may be."""
        found = extract(text, path, carried=bool(self.within))
        if found.block is None:
            if not _says_something(found.prose):
                raise ResponseRefused(ParsingCode.EMPTY, "The response holds no words. Ask the model again.", path)
            return Content(shape, (found.prose,), words=found.prose, said=(found.said,), carried=bool(self.within))
        place = _below(path, f"character {found.block.start} > $")
        content = _block_content(found.block.value, place, shape)
        texts = tuple(part for part in (found.before, *content.texts, found.behind) if part)
        return replace(content, texts=texts, said=(*content.said, found.said), notices=found.notices)

    def _document(self, text: str, path: str) -> Any:
        """Return the JSON of a text that begins like JSON. None: within another shape it may be words after all."""
        try:
            return parse_document(text)
        except DuplicateKey as error:
            raise ResponseRefused(
                ParsingCode.DUPLICATE_KEY,
                f"Key {shown(error.key)} is given twice in one object. Give it once.",
                _below(path, error.path),
            ) from error
        except JsonProblem as problem:
            if self.within and not problem.incomplete and not problem.too_deep:
                return None
            code = ParsingCode.INCOMPLETE if problem.incomplete else ParsingCode.MALFORMED_JSON
            raise ResponseRefused(
                code, f"The JSON cannot be read: {problem.reason}. Send it whole and well formed.",
                _offset(text, problem.offset, path),
            ) from problem  # fmt: skip

    def _plan(self, value: dict[str, Any], path: str) -> Content:
        content = _block_content(value, path or "$", self._shape(PLAN))
        _refuse_other_block(value, content, path)
        analysis = "".join(content.texts) if content.actions else ""
        return replace(content, notices=tuple(analysis_warnings(analysis, f"{path or '$'}.analysis")))

    def _dify(self, value: dict[str, Any], path: str) -> Content:
        self._enter(DIFY_BLOCKING, path)
        _refuse_near_names(value, path or "$")
        message_id = value.get("message_id")
        self.sender.message_id = message_id if isinstance(message_id, str) else None
        event = value.get("event", "message")
        if event not in ("message", "agent_message"):
            raise ResponseRefused(
                ParsingCode.INCOMPLETE,
                f"The response's event is {shown(event)}; expected message or agent_message. Ask the model again.",
                _below(path, "$.event"),
            )
        answer = value["answer"]
        if isinstance(answer, str):
            return self._inner(DIFY_BLOCKING).text(answer, _below(path, "$.answer"))
        raise ResponseRefused(
            ParsingCode.SCHEMA_VIOLATION,
            f"answer of a Dify message is a JSON {_kind(answer)}; expected text.",
            _below(path, "$.answer"),
        )

    def _envelope(self, value: dict[str, Any], path: str) -> Content:
        self._enter(_ENVELOPE, path)
        _refuse_near_names(value, path or "$")
        sender, answer = self.sender, value["answer"]
        sender.response_id = _optional_text(value, "response_id", path)
        sender.user_id = _optional_text(value, "user_id", path)
        sender.prompt = _optional_text(value, "prompt", path) or ""
        sender.maker_proof = _optional_text(value, "maker_proof", path)
        sender.proven_answer = answer if isinstance(answer, str) else None
        inner = self._inner(_ENVELOPE)
        if isinstance(answer, str):
            return inner.text(answer, _below(path, "$.answer"))
        return inner.value(answer, _below(path, "$.answer"))

    def _enter(self, shape: str, path: str) -> None:
        """Refuse a shape within another, except in an envelope: a model names neither the response nor its maker."""
        if self.within and (shape == _ENVELOPE or self.within[-1] != _ENVELOPE):
            raise ResponseRefused(
                ParsingCode.SCHEMA_VIOLATION,
                f"One {shape} is within another shape ({self.within[-1]}). Wrap the response once.",
                path,
            )

    def _inner(self, shape: str) -> "_Reader":
        self._enter(shape, "$")
        return _Reader(self.sender, (*self.within, shape))

    def _shape(self, innermost: str) -> str:
        """Return the shape as people name it: the outermost that says something; an envelope only carries."""
        return next((shape for shape in self.within if shape != _ENVELOPE), innermost)


def read_shape(text: str, sender: Sender) -> Content:
    """Return the content of a response.

    Args:
        sender: filled with what the response says about itself, as far as it could be read.
    Raises:
        ResponseRefused: with the code and the place.
    """
    return _Reader(sender).text(text, "")


def _says_something(text: str) -> bool:
    """Return whether a text has a letter or a digit. Its beginning mostly does; else its set of characters is fast."""
    return any(map(str.isalnum, text[:_BEGINNING_CHARACTERS])) or any(map(str.isalnum, set(text)))


def _block_content(value: dict[str, Any], path: str, shape: str) -> Content:
    analysis = value.get("analysis")
    if analysis is not None and not isinstance(analysis, str):
        raise ResponseRefused(
            ParsingCode.SCHEMA_VIOLATION, f"analysis is a JSON {_kind(analysis)}; expected text.", f"{path}.analysis"
        )
    _refuse_near_names(value, path)
    actions = value.get(BLOCK_KEY)
    if actions is not None and not isinstance(actions, list):
        raise ResponseRefused(
            ParsingCode.SCHEMA_VIOLATION,
            f"{BLOCK_KEY} is a JSON {_kind(actions)}; expected a list of actions.",
            f"{path}.{BLOCK_KEY}",
        )
    if analysis is None and BLOCK_KEY not in value:
        raise ResponseRefused(
            ParsingCode.SCHEMA_VIOLATION,
            f"The object has neither analysis nor {BLOCK_KEY} nor answer. Send one of the agreed shapes.",
            path,
        )
    said = (Passage(analysis, f"{path}.analysis"),) if analysis else ()
    return Content(shape, (analysis,) if analysis else (), actions or None, f"{path}.{BLOCK_KEY}", said=said)


def _refuse_near_names(value: dict[str, Any], path: str) -> None:
    near = near_name({key: member for key, member in value.items() if key not in _BESIDE}, path, block=True)
    if near is not None:
        refuse_near(near, "")


def _refuse_other_block(value: dict[str, Any], content: Content, path: str) -> None:
    """Refuse an analysis that brings another block; it may quote the one of its response."""
    place = _below(path, "$.analysis")
    quoted = extract("".join(content.texts), place, carried=True).block
    if quoted is not None and quoted.value[BLOCK_KEY] != (value.get(BLOCK_KEY) or []):
        raise ResponseRefused(
            ParsingCode.AMBIGUOUS,
            f"The analysis holds an action block that differs from {BLOCK_KEY}. Send the actions once.",
            place,
        )


def _refuse_scalar(text: str) -> None:
    """Refuse a JSON text, number or literal alone: it is JSON, so it is not words, and it is not a response."""
    if text[0] not in '"-0123456789tfn':
        return
    try:
        value = parse_document(text)
    except JsonProblem:
        return
    raise ResponseRefused(
        ParsingCode.SCHEMA_VIOLATION, f"The response is a JSON {_kind(value)}; expected an object.", "$"
    )


def _optional_text(value: dict[str, Any], key: str, path: str) -> str | None:
    found = value.get(key)
    if found is None or isinstance(found, str):
        return found
    raise ResponseRefused(
        ParsingCode.SCHEMA_VIOLATION, f"{key} is a JSON {_kind(found)}; expected text.", _below(path, f"$.{key}")
    )


def _below(path: str, inner: str) -> str:
    return f"{path} > {inner}" if path else inner


def _offset(text: str, character: int, path: str) -> str:
    if path:
        return f"{path} > character {character}"
    return f"byte {len(text[:character].encode())}"


def _kind(value: Any) -> str:
    names = {dict: "object", list: "list", str: "text", bool: "boolean", Number: "number", type(None): "null"}
    return names.get(type(value), "value")
