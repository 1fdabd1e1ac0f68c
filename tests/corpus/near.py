"""What looks like an order and is none: names that are nearly right, in every place where an action could stand."""

# ruff: noqa: E501  an answer is one line of its table

import json

from tests.corpus.trap import BAD, GOOD, Table, act, dify, envelope, fenced, plan, stream, chunks, END  # isort: skip

WHOLE = plan(GOOD)
_ACTION, _DATA = json.loads(GOOD), json.loads(GOOD)["data"]


def _named(name: str) -> str:
    return WHOLE.replace("recommended_actions", name)


def _camel(text: str) -> str:
    for name in (
        "recommended_actions",
        "action_type",
        "instruction_type",
        "exposure_currency",
        "hedge_amount_order",
        "entity_id",
    ):
        first, *rest = name.split("_")
        text = text.replace(name, first + "".join(map(str.title, rest)))
    return text


NAMES = Table("Nearly the right name")
_SPELLINGS = {
    "camel case": "recommendedActions", "with a space": "Recommended Actions", "with a hyphen": "recommended-actions",
    "in capitals": "RECOMMENDED_ACTIONS", "one only": "recommended_action", "without the first word": "actions",
    "misspelt": "recomended_actions", "a soft hyphen": "recommended_\u00adactions", "a zero-width space": "recom\u200bmended_actions",
    "a word joiner": "\u2060recommended_actions", "a Hangul filler": "recommended\u3164_actions", "a Cyrillic letter": "recommended_\u0430ctions",
    "full width": "\uff52ecommended_actions", "a byte order mark": "\ufeffrecommended_actions", "white space": " recommended_actions ",
    "many invisible ones": "recommended" + "\u00ad" * 300 + "_actions", "other words": "suggested_actions", "a longer name": "list_of_recommended_actions",
}  # fmt: skip
for _name, _key in _SPELLINGS.items():
    NAMES.refused(f"{_name}, in a fence", dify(fenced(_named(_key))), "NEAR_NAME")
    NAMES.refused(
        f"{_name}, in an object below the document",
        json.dumps({"analysis": "It fits.", "result": {_key: [_ACTION]}}, ensure_ascii=False),
        "NEAR_NAME",
    )
for _wrap, _where in ((str, "the document"), (dify, "Dify's answer"), (envelope, "an envelope"), (lambda text: dify(f"So: {text} as said."), "words"),
                      (lambda text: stream(*chunks(text), END), "a stream")):  # fmt: skip
    NAMES.refused(f"all in camel case, {_where}", _wrap(_camel(WHOLE)), "NEAR_NAME")

DEPTHS = Table("An order where none can stand")
_CAMEL = json.loads(_camel(WHOLE))
DEPTHS.refused("one action in a fence, in camel case", dify(fenced(_camel(GOOD))), "NEAR_NAME")
DEPTHS.refused(
    "an invisible character in the action's key",
    dify(fenced(GOOD.replace("action_type", "action_\u200btype"))),
    "NEAR_NAME",
)
DEPTHS.refused("the type under another key", dify(fenced(GOOD.replace("action_type", "type"))), "NEAR_NAME")
DEPTHS.refused("the data alone", dify(fenced(json.dumps(_DATA))), "NEAR_NAME")
DEPTHS.refused("the data alone, in camel case", dify(f"So: {_camel(json.dumps(_DATA))}"), "NEAR_NAME")
DEPTHS.refused("a list of them", dify(fenced(f"[{_camel(GOOD)}]")), "NEAR_NAME")
DEPTHS.refused("beside a good block", dify(fenced(WHOLE, _camel(plan(BAD)))), "NEAR_NAME")
DEPTHS.refused(
    "in a member of a good plan",
    json.dumps({**json.loads(WHOLE), "more": [{"actions": [json.loads(BAD)]}]}),
    "NEAR_NAME",
)
DEPTHS.refused(
    "in a member of a good action",
    plan(act(alternative={"actionType": "CREATE_HEDGE_INSTRUCTION", "data": _DATA})),
    "NEAR_NAME",
)
DEPTHS.refused("the action's key of a list item", plan(_camel(GOOD)), "NEAR_NAME")
DEPTHS.refused("both keys in one action", plan(act(actionType="OVERRIDE_DEAL")), "NEAR_NAME")
DEPTHS.refused("beside Dify's answer", dify("Nothing to do.", result=_CAMEL), "NEAR_NAME")
DEPTHS.refused("beside an envelope's answer", envelope("Nothing to do.", output={"x": [_CAMEL]}), "NEAR_NAME")
DEPTHS.refused("in the analysis", plan(analysis=f"So: {_camel(WHOLE)}"), "NEAR_NAME")
DEPTHS.refused(
    "the right name below a document",
    json.dumps({"analysis": "It fits.", "result": json.loads(WHOLE)}),
    "SCHEMA_VIOLATION",
)
DEPTHS.refused(
    "the right action below a document", json.dumps({"analysis": "It fits.", "result": [_ACTION]}), "SCHEMA_VIOLATION"
)
DEPTHS.refused("broken, in camel case", dify(fenced(_camel(WHOLE).replace("}}]", "}},]"))), "MALFORMED_JSON")
DEPTHS.refused("in single quotes, in camel case", dify(_camel(WHOLE).replace('"', "'")), "MALFORMED_JSON")
DEPTHS.refused(
    "as YAML, in camel case", dify("recommendedActions:\n- actionType: CREATE_HEDGE_INSTRUCTION\n"), "MALFORMED_JSON"
)
DEPTHS.refused("cut off, in camel case", dify("So:\n" + _camel(WHOLE)[:-9]), "INCOMPLETE")

OTHERS = Table("Other JSON that is not an order")
for _name, _object in {
    "rates": {"rates": [{"pair": "USD/SGD", "rate": 1.35}]},
    "a count of actions": {"actions": 3},
    "buttons": {"actions": ["approve", "show"]},
    "a user's action": {"log": [{"action": "viewed", "by": "mira"}]},
    "a row of the table of instructions": {
        **_DATA,
        "instruction_id": "I1",
        "instruction_status": "Executed",
        "created_by": "mira",
    },
    "an exposure": {"exposure_currency": "USD", "exposure": "250000000"},
    "names of actions": {"supported": ["CREATE_HEDGE_INSTRUCTION"]},
}.items():
    OTHERS.taken(f"{_name} before the block", dify(fenced(json.dumps(_object), WHOLE)))
    OTHERS.taken(f"{_name} behind the block", dify(fenced(WHOLE, json.dumps(_object))))
    OTHERS.words(f"{_name} alone", dify(f"It is so.\n{fenced(json.dumps(_object))}"))
OTHERS.words("in what Dify tells of its run", dify("Nothing to do.", metadata={"retriever_resources": [_CAMEL]}))

TABLES = (NAMES, DEPTHS, OTHERS)
