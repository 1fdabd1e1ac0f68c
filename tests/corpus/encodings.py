"""Bytes: what is no UTF-8, what is nothing, what is too much, and characters that look like others or like nothing."""

from tests.corpus.trap import BAD, GOOD, Table, act, amount, dify, envelope, fenced, order, plan

MIB = 1024 * 1024
WHOLE = plan(GOOD)

NOTHING = Table("Nothing said")
NOTHING.refused("no bytes", b"", "EMPTY")
NOTHING.refused("white space", b" \t\r\n\n ", "EMPTY")
NOTHING.refused("byte order mark alone", b"\xef\xbb\xbf", "EMPTY")
NOTHING.refused("one NUL", b"\x00", "EMPTY")
NOTHING.refused("no-break and ideographic spaces", "\u00a0\u3000\u2003", "EMPTY")
NOTHING.refused("only punctuation", "… -- !?", "EMPTY")
NOTHING.refused("JSON null", "null", "SCHEMA_VIOLATION")
NOTHING.refused("JSON text", '""', "SCHEMA_VIOLATION")
NOTHING.refused("empty object", "{}", "SCHEMA_VIOLATION")
NOTHING.refused("empty list", "[]", "SCHEMA_VIOLATION")
NOTHING.refused("empty answer of Dify", dify(""), "EMPTY")
NOTHING.refused("blank answer in an envelope", envelope(" \n"), "EMPTY")
NOTHING.refused("null answer in an envelope", envelope(None), "SCHEMA_VIOLATION")
NOTHING.words("empty fence in Dify", dify("```json\n```"))
NOTHING.words("no actions at all", '{"analysis": "Nothing to do."}')
NOTHING.words("empty list of actions", '{"analysis": "Nothing to do.", "recommended_actions": []}')
NOTHING.words("null for the list of actions", '{"analysis": "Nothing to do.", "recommended_actions": null}')

BYTES = Table("Other encodings than UTF-8")
BYTES.taken("byte order mark before a good answer", b"\xef\xbb\xbf" + WHOLE.encode())
BYTES.taken("byte order mark twice", b"\xef\xbb\xbf\xef\xbb\xbf" + WHOLE.encode())
BYTES.taken("byte order mark within an envelope", envelope("\ufeff" + WHOLE))
BYTES.refused("UTF-16 with its mark, little end first", WHOLE.encode("utf-16-le").join((b"\xff\xfe", b"")), "NOT_UTF8")
BYTES.refused("UTF-16 with its mark, big end first", b"\xfe\xff" + WHOLE.encode("utf-16-be"), "NOT_UTF8")
BYTES.refused("UTF-16 without a mark, little end first", WHOLE.encode("utf-16-le"), "MALFORMED_JSON")
BYTES.refused("UTF-16 without a mark, big end first", WHOLE.encode("utf-16-be"), "NOT_UTF8")
BYTES.refused("UTF-32 without a mark, big end first", WHOLE.encode("utf-32-be"), "NOT_UTF8")
BYTES.taken("NUL before the document", "\x00" + WHOLE)
BYTES.refused(
    "Latin-1 in the analysis", plan(GOOD, analysis="x").replace('"x"', '"Zürich"').encode("latin-1"), "NOT_UTF8"
)
BYTES.refused("Windows quotes around the text", b"\x93" + WHOLE.encode() + b"\x94", "NOT_UTF8")
BYTES.refused("overlong slash in an id", WHOLE.encode().replace(b"ENTITY0037", b"ENTITY\xc0\xaf37"), "NOT_UTF8")
BYTES.refused("overlong digit in the amount", amount('"2?"').encode().replace(b"?", b"\xc0\xb5"), "NOT_UTF8")
BYTES.refused("half of a surrogate pair as bytes", WHOLE.encode().replace(b"fits", b"\xed\xa0\x80"), "NOT_UTF8")
BYTES.refused("character above U+10FFFF", WHOLE.encode().replace(b"fits", b"\xf4\x90\x80\x80"), "NOT_UTF8")
BYTES.refused("cut within a character", plan(GOOD, analysis="x").encode() + b"\xe2\x82", "NOT_UTF8")
BYTES.refused("lone continuation byte in the amount", WHOLE.encode().replace(b"25000000", b"25\x80000000"), "NOT_UTF8")
BYTES.refused("compressed with gzip", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03", "NOT_UTF8")
BYTES.refused("NUL after the document", WHOLE + "\x00", "MALFORMED_JSON")
BYTES.refused("NUL within a string", WHOLE.replace("ENTITY0037", "ENTITY\x000037"), "MALFORMED_JSON")
BYTES.words("the answer in Base64", "eyJhbmFseXNpcyI6ICJ4In0=")
BYTES.refused(
    "escaped half of a surrogate pair in an id", WHOLE.replace("ENTITY0037", "ENTITY\\ud800"), "INVALID_IDENTIFIER"
)
BYTES.refused("escaped NUL in an id", WHOLE.replace("ENTITY0037", "ENTITY\\u0000"), "INVALID_IDENTIFIER")
BYTES.taken("escaped half of a surrogate pair in the analysis", WHOLE.replace("The", "\\udfff\\u0000"))
BYTES.taken("key written with escapes", WHOLE.replace("recommended_actions", "recommended\\u005factions"))
BYTES.taken("digits written with escapes", WHOLE.replace("25000000", "\\u00325000000"))

LOOKS = Table("Characters that look like others, or like nothing")
LOOKS.refused("full-width digits", amount('"２５０００"'), "INVALID_AMOUNT")
LOOKS.refused("Arabic digits", amount('"٢٥٠٠٠"'), "INVALID_AMOUNT")
LOOKS.refused("full-width digits as a number", amount("２５"), "MALFORMED_JSON")
LOOKS.refused("superscript in the amount", amount('"25²"'), "INVALID_AMOUNT")
LOOKS.refused("zero-width space in the amount", amount('"25\u200b000000"'), "INVALID_AMOUNT")
LOOKS.refused("right-to-left override in the amount", amount('"\u202e00000052"'), "INVALID_AMOUNT")
LOOKS.refused("byte order mark in the amount", amount('"\ufeff25000000"'), "INVALID_AMOUNT")
LOOKS.refused("Cyrillic letter in the currency", plan(order(exposure_currency="UЅD")), "INVALID_CURRENCY")
LOOKS.refused("full-width currency", plan(order(exposure_currency="ＵＳＤ")), "INVALID_CURRENCY")
LOOKS.refused("zero-width joiner in the currency", plan(order(exposure_currency="US\u200dD")), "INVALID_CURRENCY")
LOOKS.refused("Greek letter in the entity", plan(order(entity_id="ΕNTITY0037")), "INVALID_IDENTIFIER")
LOOKS.refused("right-to-left override in the entity", plan(order(entity_id="ENTITY\u202e7300")), "INVALID_IDENTIFIER")
LOOKS.refused("combining mark in the entity", plan(order(entity_id="ENTITY0037\u0301")), "INVALID_IDENTIFIER")
LOOKS.refused(
    "Cyrillic letter in a field's name",
    WHOLE.replace('"hedge_amount_order"', '"hedge_аmount_order"'), "UNKNOWN_FIELD", "MISSING_FIELDS",
)  # fmt: skip
LOOKS.refused(
    "the field twice, once with a Cyrillic letter",
    plan(order(hedge_аmount_order="250000000")), "UNKNOWN_FIELD",
)  # fmt: skip
LOOKS.refused("zero-width space in a field's name", plan(order(**{"entity\u200b_id": "ENTITY0001"})), "UNKNOWN_FIELD")
LOOKS.refused("Cyrillic letter in the action type", WHOLE.replace("CREATE", "CREАTE"), "UNKNOWN_ACTION_TYPE")
LOOKS.refused("dotless i in the action type", WHOLE.replace("INSTRUCTION", "ıNSTRUCTION"), "UNKNOWN_ACTION_TYPE")
LOOKS.refused(
    "action type with Kelvin's K",
    WHOLE.replace("CREATE_HEDGE_INSTRUCTION", "BOO\u212a_MUREX_DEALS"),
    "UNKNOWN_ACTION_TYPE",
)
LOOKS.refused("zero-width space in the list's name", WHOLE.replace("recommended", "recom\u200bmended"), "NEAR_NAME")
LOOKS.refused("Cyrillic letter in the list's name", WHOLE.replace("recommended", "recommendеd"), "NEAR_NAME")
LOOKS.refused("full-width brace at the start", "｛" + WHOLE[1:], "SCHEMA_VIOLATION")
LOOKS.refused("line separator between the digits", amount('"25\u2028000000"'), "INVALID_AMOUNT")
LOOKS.refused("line feed at the end of the amount", amount('"25000000\\n"'), "INVALID_AMOUNT")
LOOKS.refused("line feed at the end of the entity", plan(order(entity_id="ENTITY0037\n")), "INVALID_IDENTIFIER")
LOOKS.refused("line feed at the end of the currency", plan(order(exposure_currency="USD\n")), "INVALID_CURRENCY")
LOOKS.refused("typographer's quotes in a document", WHOLE.replace('"analysis"', "“analysis”"), "MALFORMED_JSON")
LOOKS.refused("typographer's quotes in Dify", dify(WHOLE.translate({34: "”"})), "MALFORMED_JSON")
LOOKS.taken("no-break space in the analysis", plan(GOOD, analysis="fits\u00a0\u202e well"))

SIZE = Table("Too much")
SIZE.refused("a byte above 1 MiB", WHOLE + " " * (MIB + 1 - len(WHOLE)), "TOO_LARGE")
SIZE.taken("1 MiB exactly", WHOLE + " " * (MIB - len(WHOLE)))
SIZE.refused("2 MiB of noise", b"\xff" * (2 * MIB), "TOO_LARGE")
SIZE.refused("51 actions", plan(*[order(order_id=f"O{number}") for number in range(51)]), "TOO_LARGE")
SIZE.refused("a hundred thousand empty actions", plan(*["0"] * 100_000), "TOO_LARGE")
SIZE.refused("a thousand objects before the block", dify('{"a":1}' * 1001 + fenced(WHOLE)), "TOO_LARGE")
SIZE.refused("amount of a hundred thousand digits", amount(f'"{"9" * 100_000}"'), "INVALID_AMOUNT")
SIZE.refused("number of a hundred thousand digits", amount("9" * 100_000), "INVALID_AMOUNT")
SIZE.refused("amount of 19 digits", amount('"2500000000000000000"'), "INVALID_AMOUNT")
SIZE.refused("id of half a MiB", plan(act(id="a" * (MIB // 2))), "INVALID_IDENTIFIER")
SIZE.refused("field name of half a MiB", plan(order(**{"a" * (MIB // 2): 1})), "UNKNOWN_FIELD")
SIZE.refused("51 dependencies", plan(act(dependencies=[f"d{number}" for number in range(51)])), "SCHEMA_VIOLATION")
SIZE.refused("51 references", plan(order(reference_event_ids=[f"E{n}" for n in range(51)])), "SCHEMA_VIOLATION")
SIZE.taken("analysis of half a MiB", plan(GOOD, analysis="fits " * (MIB // 10)))
SIZE.refused("differing blocks a MiB apart", fenced(WHOLE, plan(BAD)).replace("Then", " " * (MIB - 2_000)), "AMBIGUOUS")

DEPTH = Table("Nesting without end")
DEPTH.refused("ten thousand open lists", "[" * 10_000, "MALFORMED_JSON")
DEPTH.refused("ten thousand closed lists", "[" * 10_000 + "]" * 10_000, "MALFORMED_JSON")
DEPTH.refused("ten thousand objects", '{"a":' * 10_000 + "1" + "}" * 10_000, "MALFORMED_JSON")
DEPTH.refused("in the entity", plan(order(entity_id="?")).replace('"?"', "[" * 500 + "]" * 500), "MALFORMED_JSON")
DEPTH.refused("beside the actions", f'{WHOLE[:-1]}, "more": {"[" * 65}{"]" * 65}}}', "MALFORMED_JSON")
DEPTH.taken("just allowed, beside the actions", f'{WHOLE[:-1]}, "more": {"[" * 60}{"]" * 60}}}')
DEPTH.taken("brackets within a string", plan(GOOD, analysis="[" * 5_000 + "{" * 5_000))
DEPTH.refused("in the answer of Dify", dify("[" * 5_000), "MALFORMED_JSON")
DEPTH.refused("blocks in blocks", '{"recommended_actions":[' * 200, "MALFORMED_JSON")

TABLES = (NOTHING, BYTES, LOOKS, SIZE, DEPTH)
