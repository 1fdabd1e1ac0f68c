"""One name, spelled in forty ways, and what else names are made of."""

from typing import Final

NAME: Final = "Jürgen Müller"

#: By what was done to the name. None of them is a second person.
SPELLINGS: Final = {
    # case
    "small letters": "jürgen müller",
    "capitals": "JÜRGEN MÜLLER",
    "mixed case": "jÜrGeN mÜlLeR",
    # composition
    "decomposed": "Ju\u0308rgen Mu\u0308ller",
    "one of two decomposed": "Jürgen Mu\u0308ller",
    "decomposed capitals": "JU\u0308RGEN MU\u0308LLER",
    "a mark that joins before the dots": "Ju\u034f\u0308rgen Müller",
    "the dots twice": "Jürgen Mü\u0308ller",
    # width and other forms of the same letters
    "full width": "Ｊürgen Ｍüller",
    "full width throughout": "Ｊｕ\u0308ｒｇｅｎ Ｍｕ\u0308ｌｌｅｒ",
    "bold letters of mathematics": "𝐉ürgen 𝐌üller",
    "script letters of mathematics": "𝒥ürgen ℳüller",
    "a circled letter": "Jürgen Ⓜüller",
    "a raised letter": "Jürgen Müllᵉr",
    "Roman numerals": "Jürgen Müⅼⅼer",
    # blanks
    "a blank before": " Jürgen Müller",
    "a blank after": "Jürgen Müller ",
    "a line break after": "Jürgen Müller\n",
    "two blanks between": "Jürgen  Müller",
    "a blank that does not break": "Jürgen\u00a0Müller",
    "an ideographic blank": "Jürgen\u3000Müller",
    # invisible
    "zero width space": "Jürgen Müller\u200b",
    "zero width joiner": "Jürgen Mü\u200dller",
    "zero width non-joiner": "Jürgen Mü\u200cller",
    "word joiner": "Jürgen\u2060 Müller",
    "byte order mark": "\ufeffJürgen Müller",
    "soft hyphen": "Jür\u00adgen Müller",
    "right-to-left mark": "Jürgen Müller\u200f",
    "an isolate around": "\u2068Jürgen Müller\u2069",
    "variation selector": "Jürgen Müller\ufe0f",
    "a tag": "Jürgen Müller\U000e0041",
    "Hangul filler": "Jürgen Müller\u3164",
    "Mongolian vowel separator": "Jürgen\u180e Müller",
    # look-alikes
    "Cyrillic e": "Jürg\u0435n Müll\u0435r",
    "Cyrillic capital M": "Jürgen \u041cüller",
    "Greek capital M": "Jürgen \u039cüller",
    "Cyrillic J": "\u0408ürgen Müller",
    "Greek upsilon": "J\u03c5\u0308rgen Müller",
    "digit one for l": "Jürgen Mü11er",
    "capital I for l": "Jürgen MüIIer",
    "a bar for l": "Jürgen Mü||er",
    "rn for m": "Jürgen rnüller",
    "a palochka for l": "Jürgen Mü\u04cf\u04cfer",
    "an Armenian n": "Jürge\u0578 Müller",
}
