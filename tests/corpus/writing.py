"""JSON that is none: keys twice, numbers that are none, notations people and models mistake for JSON, cut-off text."""

# ruff: noqa: E501  an answer is one line of its table

from tests.corpus.trap import BAD, GOOD, Table, act, amount, claim, dify, envelope, event, fenced, order, plan

WHOLE = plan(GOOD)

TWICE = Table("A key twice")
TWICE.refused("the list of actions", WHOLE[:-1] + f', "recommended_actions": [{BAD}]}}', "DUPLICATE_KEY")
TWICE.refused("the list, once with an escape", WHOLE[:-1] + ', "recommended\\u005factions": []}', "DUPLICATE_KEY")
TWICE.refused("the analysis", WHOLE[:-1] + ', "analysis": "other"}', "DUPLICATE_KEY")
TWICE.refused("the action type", plan(GOOD[:-1] + ', "action_type": "OVERRIDE_DEAL"}'), "DUPLICATE_KEY")
TWICE.refused("the data of an action", plan(GOOD[:-1] + ', "data": {}}'), "DUPLICATE_KEY")
TWICE.refused("the amount", plan(GOOD[:-2] + ', "hedge_amount_order": "250000000"}}'), "DUPLICATE_KEY")
TWICE.refused("the same amount again", plan(GOOD[:-2] + ', "hedge_amount_order": "25000000"}}'), "DUPLICATE_KEY")
TWICE.refused("the amount, once with an escape", plan(GOOD[:-2] + ', "hedge_\\u0061mount_order": 1}}'), "DUPLICATE_KEY")
TWICE.refused("in a field that counts for nothing", plan(GOOD[:-1] + ', "note": {"a": 1, "a": 2}}'), "DUPLICATE_KEY")
TWICE.refused("the answer of Dify", dify(WHOLE)[:-1] + ', "answer": "none"}', "DUPLICATE_KEY")
TWICE.refused("the answer of an envelope", envelope(WHOLE)[:-1] + ', "answer": "none"}', "DUPLICATE_KEY")
TWICE.refused("the response id", envelope(WHOLE)[:-1] + ', "response_id": "r-2"}', "DUPLICATE_KEY")
TWICE.refused("within a fence", dify(fenced(plan(GOOD[:-1] + ', "data": {}}'))), "DUPLICATE_KEY")
TWICE.refused(
    "within a claim's row",
    plan(GOOD, claim("BOOK_MUREX_DEALS", deals=[]).replace("[]", '[{"a":1,"a":1}]')),
    "DUPLICATE_KEY",
)

NUMBERS = Table("Amounts that are no plain number")
for _written in ("NaN", "Infinity", "-Infinity", "+25000000", "025000000", "0x17D7840", "25_000_000", "25,000,000", "25M",
                 ".25", "25.", "25e", "- 25", "1/4", "0b11", "0o17", "25 000 000", "2 5", "25n", "٢٥"):  # fmt: skip
    NUMBERS.refused(f"unquoted {_written}", amount(_written), "MALFORMED_JSON")
for _written in ("1e400", "2.5e7", "25E6", "-0", "-25000000", "0", "0.00", "-0.0", "1e-400", "25000000.001"):
    NUMBERS.refused(f"number {_written}", amount(_written), "INVALID_AMOUNT")
for _written in ("NaN", "Infinity", "inf", "25,000,000", "25.000.000", "25 000 000", "25'000'000", "25_000_000", "25M",
                 "USD 25000000", "25000000 USD", "$25000000", "25 million", "2.5e7", "0x17D7840", "+25000000", "-1", "",
                 " 25000000", "25000000 ", "025000000", "0", "25000000,00", "25000000.", ".5", "25.000", "1e400",
                 "25000000-30000000", "~25000000", "twenty-five million", "(25000000)", "2500000O", "25000000.000",
                 "ALL", "{{amount}}", "25000000;250000000", "0b1", "1/2", "25%", "null"):  # fmt: skip
    NUMBERS.refused(f"text {_written!r}", amount(f'"{_written}"'), "INVALID_AMOUNT")
NUMBERS.refused("boolean", amount("true"), "INVALID_AMOUNT")
NUMBERS.refused("list", amount('["25000000"]'), "INVALID_AMOUNT")
NUMBERS.refused("object", amount('{"value": "25000000"}'), "INVALID_AMOUNT")
NUMBERS.refused("null is absent", amount("null"), "MISSING_FIELDS")
NUMBERS.refused(
    "decimals of a currency without any",
    plan(order(exposure_currency="JPY", hedge_amount_order="1.5")),
    "INVALID_AMOUNT",
)
NUMBERS.taken("two decimals", amount('"25000000.50"'), "I USD 25000000.50 ENTITY0037")
NUMBERS.taken("number without quotes", amount("25000000"))
NUMBERS.taken(
    "more digits than a binary fraction holds", amount("900719925474099.31"), "I USD 900719925474099.31 ENTITY0037"
)
NUMBERS.taken(
    "three decimals where the currency has them",
    plan(order(exposure_currency="KWD", hedge_amount_order="25.125")),
    "I KWD 25.125 ENTITY0037",
)

NOTATION = Table("Notations that are not JSON")
NOTATION.refused(
    "comment to the end of the line", WHOLE.replace('"recommended', '// soon\n"recommended'), "MALFORMED_JSON"
)
NOTATION.refused("comment in the amount", amount('"25000000" /* was 250000000 */'), "MALFORMED_JSON")
NOTATION.refused("comma after the last action", WHOLE.replace("]}", ",]}"), "MALFORMED_JSON")
NOTATION.refused("comma after the last member", WHOLE[:-1] + ",}", "MALFORMED_JSON")
NOTATION.refused("single quotes", WHOLE.replace('"', "'"), "MALFORMED_JSON")
NOTATION.refused("single quotes in Dify", dify(WHOLE.replace('"', "'")), "MALFORMED_JSON")
NOTATION.refused(
    "names without quotes", WHOLE.replace('"recommended_actions"', "recommended_actions"), "MALFORMED_JSON"
)
NOTATION.refused(
    "names without quotes in Dify",
    dify(WHOLE.replace('"recommended_actions"', "recommended_actions")),
    "SCHEMA_VIOLATION",
)
NOTATION.refused("missing comma", WHOLE.replace("}}]", "}}} {"), "MALFORMED_JSON")
NOTATION.refused("missing colon", WHOLE.replace('"data":', '"data"'), "MALFORMED_JSON")
NOTATION.refused("Python's None", amount("None"), "MALFORMED_JSON")
NOTATION.refused("Python's True in Dify", dify(plan(GOOD[:-1] + ', "approval_required": True}')), "MALFORMED_JSON")
NOTATION.refused("undefined", amount("undefined"), "MALFORMED_JSON")
NOTATION.refused("line break within a string", WHOLE.replace("exposure fits", "exposure\nfits"), "MALFORMED_JSON")
NOTATION.refused("unknown escape", WHOLE.replace("fits", "f\\its"), "MALFORMED_JSON")
NOTATION.refused("escape of three digits", WHOLE.replace("fits", "\\u12g4"), "MALFORMED_JSON")
NOTATION.refused("triple quotes", WHOLE.replace('"The exposure fits."', '"""It fits."""'), "MALFORMED_JSON")
NOTATION.refused("ellipsis for further actions", WHOLE.replace("]}", ", ...]}"), "MALFORMED_JSON")
NOTATION.refused("YAML", f"analysis: fits\nrecommended_actions:\n  - {GOOD}\n", "SCHEMA_VIOLATION")
NOTATION.refused(
    "YAML with names in lines", "recommended_actions:\n  - action_type: CREATE_HEDGE_INSTRUCTION\n", "MALFORMED_JSON"
)
NOTATION.refused(
    "YAML in a fence of Dify", dify(fenced("recommended_actions:\n- id: a1", tag="yaml")), "MALFORMED_JSON"
)
NOTATION.refused("a call in Python", dify("submit(recommended_actions=[dict(id=1)])"), "MALFORMED_JSON")
NOTATION.refused("two documents", WHOLE + "\n" + plan(BAD), "MALFORMED_JSON")
NOTATION.refused("the same document twice", WHOLE + "\n" + WHOLE, "MALFORMED_JSON")
NOTATION.refused("JSON lines", f"{WHOLE}\n{GOOD}\n", "MALFORMED_JSON")
NOTATION.refused("words after the document", WHOLE + " I hope this helps.", "MALFORMED_JSON")
NOTATION.refused("semicolon after the document", WHOLE + ";", "MALFORMED_JSON")
NOTATION.refused("closing brace too many", WHOLE + "}", "MALFORMED_JSON")
NOTATION.refused(
    "a guard before the document", ")]}',\n" + WHOLE.replace('"recommended', "'recommended"), "SCHEMA_VIOLATION"
)
NOTATION.refused("form feed between members", WHOLE.replace(", ", ",\f", 1), "MALFORMED_JSON")
NOTATION.refused("no-break space before the document", "\u00a0" + WHOLE, "MALFORMED_JSON")
NOTATION.refused("the document as a JSON text", '"' + WHOLE.replace('"', '\\"') + '"', "SCHEMA_VIOLATION")
NOTATION.refused("the document as a JSON text in Dify", dify('"' + WHOLE.replace('"', '\\"') + '"'), "MALFORMED_JSON")
NOTATION.refused("quotes as entities of HTML in Dify", dify(WHOLE.replace('"', "&quot;")), "MALFORMED_JSON")
NOTATION.refused("broken at once, in Dify", dify("{,}" + WHOLE[1:]), "SCHEMA_VIOLATION")

CUT = Table("Cut off")
for _name, _mark in {
    "within the analysis": "exposure", "after the list's name": '"recommended_actions"', "after the colon": '"recommended_actions":',
    "within the action type": "CREATE_HEDGE", "within the currency": '"exposure_currency": "U', "within the amount": '"2500',
    "after the amount": '"25000000"', "after the comma behind the amount": '"25000000",', "within a name": '"entity_',
    "within the entity": "ENTITY003", "after the data": '"ENTITY0037"}', "after the action": '"ENTITY0037"}}',
    "after the list": '"ENTITY0037"}}]', "after the first brace": "{",
}.items():  # fmt: skip
    CUT.refused(_name, WHOLE[: WHOLE.index(_mark) + len(_mark)], "INCOMPLETE")
_NUMBER = amount("25000000.00")
CUT.refused("within a number", _NUMBER[: _NUMBER.index("2500") + 4], "INCOMPLETE")
CUT.refused("after the point of a number", _NUMBER[: _NUMBER.index(".00") + 1], "INCOMPLETE")
CUT.refused("within a literal", plan(act(approval_required=True)).partition("ue}")[0], "INCOMPLETE")
CUT.refused("within an escape", WHOLE.replace("fits", "\\u20ac").partition("20ac")[0], "INCOMPLETE")
CUT.refused("second of two actions", plan(GOOD, BAD)[:-30], "INCOMPLETE")
CUT.refused("within a block of Dify", dify(fenced(WHOLE[:-40])), "MALFORMED_JSON")
CUT.refused("Dify's text within a block", dify("So:\n```json\n" + WHOLE[:-40]), "INCOMPLETE")
CUT.refused("bare words before the fence ends", "So:\n```json\n" + WHOLE, "INCOMPLETE")
CUT.refused("Dify's document itself", dify(WHOLE)[:-40], "INCOMPLETE")
CUT.refused("Dify's document after the answer", dify(WHOLE)[:-1], "INCOMPLETE")
CUT.refused("the envelope", envelope(WHOLE)[:-1], "INCOMPLETE")
CUT.refused("the document within an envelope", envelope(WHOLE[:-2]), "INCOMPLETE")
CUT.refused("a data line", event("message", WHOLE)[:-20], "INCOMPLETE")
CUT.refused("the block in bare words", "I recommend: " + WHOLE[:-60], "INCOMPLETE")

TABLES = (TWICE, NUMBERS, NOTATION, CUT)
