"""The demo's numbers as tables: who, how much, at which rate. `load` turns them into rows.

Sources: interfaces section 7 (positions, rates, limits), domain facts 9.1 to 9.6 (entities, currencies,
buffers, thresholds), 4.5 (book codes), 7.3 to 7.8 (accounts, rules, BE codes). Amounts and rates are text,
exact as written.
"""

from typing import Final

# Currency, country code, country name, region, classification of the documents, scale of the positions.
Market = tuple[str, str, str, str, str, int]
MATCHED, MISMATCHED, PROXY = "Matched", "Mismatched", "Mismatched_with_Proxy"
MARKETS: Final[tuple[Market, ...]] = (
    ("AUD", "AUS", "Australia", "Asia Pacific", MATCHED, 1),
    ("CNY", "CHN", "China", "Asia Pacific", MISMATCHED, 1),
    ("HKD", "HKG", "Hong Kong", "Asia Pacific", MATCHED, 1),
    ("IDR", "IDN", "Indonesia", "Asia Pacific", PROXY, 12_000),
    ("INR", "IND", "India", "Asia Pacific", PROXY, 60),
    ("JPY", "JPN", "Japan", "Asia Pacific", MATCHED, 100),
    ("KRW", "KOR", "South Korea", "Asia Pacific", PROXY, 1_000),
    ("PHP", "PHL", "Philippines", "Asia Pacific", PROXY, 40),
    ("TWD", "TWN", "Taiwan", "Asia Pacific", PROXY, 25),
    ("USD", "USA", "United States", "Americas", MATCHED, 1),
    ("VND", "VNM", "Vietnam", "Asia Pacific", PROXY, 20_000),
)

# Type, CAR exempt, suffix of legal and Murex codes, business unit, framework; in the order of the entity ids.
FULLY, EXCESS = "Fully Hedge", "Hedge in Excess of Optimal CAR"
EntityType = tuple[str, str, str, str, str]
ENTITY_TYPES: Final[tuple[EntityType, ...]] = (
    ("Branch", "N", "BR1", "Retail Banking", FULLY),
    ("Associate", "Y", "AS1", "Investment Banking", EXCESS),
    ("Subsidiary", "Y", "SB1", "Corporate Banking", EXCESS),
    ("TMU", "N", "TMU1", "Treasury", FULLY),
)
# Type -> (COI position, CAR on COI, hedged COI, RE position), in millions times the scale.
POSITIONS: Final = {
    "Branch": (250, 50, 0, 60),
    "Subsidiary": (180, 0, 25, 40),
    "Associate": (75, 0, 0, 20),
    "TMU": (30, 0, 0, 10),
}
MILLION: Final = 1_000_000

# Currency, name, class, deliverable, proxy, exposure currency ("" when it is none), smallest and largest
# deal,
# decimals of the dealing step, market hours, cut-off (Singapore time).
Currency = tuple[str, str, str, bool, str, str, str, str, int, str, str, str]
CURRENCIES: Final[tuple[Currency, ...]] = (
    ("AUD", "Australian Dollar", MATCHED, True, "", "AUD", "10000", "50000000", 2, "07:00", "17:00", "15:00"),
    (
        "CNH",
        "Chinese Yuan Offshore",
        MISMATCHED,
        True,
        "",
        "CNY",
        "50000",
        "300000000",
        2,
        "09:00",
        "17:00",
        "15:30",
    ),
    ("CNY", "Chinese Yuan", MISMATCHED, True, "", "CNY", "50000", "300000000", 2, "09:00", "16:30", "15:30"),
    ("HKD", "Hong Kong Dollar", MATCHED, True, "", "HKD", "50000", "500000000", 2, "09:00", "18:00", "16:00"),
    (
        "IDR",
        "Indonesian Rupiah",
        PROXY,
        False,
        "USD",
        "IDR",
        "100000000",
        "500000000000",
        0,
        "09:00",
        "16:00",
        "15:00",
    ),
    ("INR", "Indian Rupee", PROXY, False, "USD", "INR", "500000", "2000000000", 2, "09:15", "15:30", "14:30"),
    ("JPY", "Japanese Yen", MATCHED, True, "", "JPY", "1000000", "5000000000", 0, "09:00", "15:00", "14:00"),
    (
        "KRW",
        "South Korean Won",
        PROXY,
        False,
        "USD",
        "KRW",
        "10000000",
        "50000000000",
        0,
        "09:00",
        "15:30",
        "14:30",
    ),
    (
        "PHP",
        "Philippine Peso",
        PROXY,
        False,
        "USD",
        "PHP",
        "400000",
        "2000000000",
        2,
        "09:00",
        "15:30",
        "14:30",
    ),
    ("SGD", "Singapore Dollar", MATCHED, True, "", "", "10000", "100000000", 2, "09:00", "18:00", "16:00"),
    (
        "TWD",
        "New Taiwan Dollar",
        PROXY,
        False,
        "USD",
        "TWD",
        "300000",
        "1000000000",
        1,
        "09:00",
        "15:30",
        "14:30",
    ),
    ("USD", "US Dollar", MATCHED, True, "", "USD", "10000", "100000000", 2, "09:00", "17:00", "15:00"),
    (
        "VND",
        "Vietnamese Dong",
        PROXY,
        False,
        "USD",
        "VND",
        "200000000",
        "1000000000000",
        0,
        "08:30",
        "15:00",
        "14:00",
    ),
)

# Pair, rate type, ledger, value. SGD per unit; NDF, embedded spot and their historical rate in F per USD.
RateRow = tuple[str, str, str, str]
RATES: Final[tuple[RateRow, ...]] = (
    ("USD/SGD", "historical", "IFRS", "1.3350"),
    ("USD/SGD", "prevailing", "IFRS", "1.3500"),
    ("USD/SGD", "swap_points", "IFRS", "-0.0045"),
    ("HKD/SGD", "historical", "IFRS", "0.1600"),
    ("HKD/SGD", "prevailing", "IFRS", "0.1750"),
    ("HKD/SGD", "prevailing", "LOCAL", "0.1745"),
    ("HKD/SGD", "swap_points", "IFRS", "-0.0004"),
    ("AUD/SGD", "historical", "IFRS", "0.9200"),
    ("AUD/SGD", "prevailing", "IFRS", "0.9500"),
    ("AUD/SGD", "swap_points", "IFRS", "-0.0021"),
    ("JPY/SGD", "historical", "IFRS", "0.009200"),
    ("JPY/SGD", "prevailing", "IFRS", "0.009000"),
    ("JPY/SGD", "swap_points", "IFRS", "0.000055"),
    ("CNY/SGD", "historical", "IFRS", "0.1850"),
    ("CNY/SGD", "onshore", "IFRS", "0.1880"),
    ("CNY/SGD", "offshore", "IFRS", "0.1900"),
    ("CNY/SGD", "swap_points", "IFRS", "0.0006"),
    ("USD/KRW", "ndf", "IFRS", "1250"),
    ("USD/KRW", "embedded_spot", "IFRS", "1245"),
    ("USD/KRW", "historical", "IFRS", "1230"),
    ("USD/KRW", "swap_points", "IFRS", "-2.5"),
    ("USD/TWD", "ndf", "IFRS", "31.50"),
    ("USD/TWD", "embedded_spot", "IFRS", "31.40"),
    ("USD/TWD", "historical", "IFRS", "31.00"),
    ("USD/TWD", "swap_points", "IFRS", "-0.11"),
    ("USD/IDR", "ndf", "IFRS", "16000"),
    ("USD/IDR", "embedded_spot", "IFRS", "15950"),
    ("USD/IDR", "historical", "IFRS", "15500"),
    ("USD/IDR", "swap_points", "IFRS", "45"),
    ("USD/INR", "ndf", "IFRS", "84.00"),
    ("USD/INR", "embedded_spot", "IFRS", "83.80"),
    ("USD/INR", "historical", "IFRS", "82.50"),
    ("USD/INR", "swap_points", "IFRS", "0.38"),
    ("USD/PHP", "ndf", "IFRS", "57.00"),
    ("USD/PHP", "embedded_spot", "IFRS", "56.80"),
    ("USD/PHP", "historical", "IFRS", "56.00"),
    ("USD/PHP", "swap_points", "IFRS", "0.14"),
    ("USD/VND", "ndf", "IFRS", "25000"),
    ("USD/VND", "embedded_spot", "IFRS", "24900"),
    ("USD/VND", "historical", "IFRS", "24500"),
    ("USD/VND", "swap_points", "IFRS", "60"),
)

# USD prime-brokerage limits in USD thousands, ascending (domain facts 9.5, corrected).
PB_LIMITS: Final = {
    "USD": ("135000", "140000", "150000"),
    "SGD": ("135000", "140000", "150000"),
    "HKD": ("130000", "140000", "150000"),
    "AUD": ("100000", "110000", "120000"),
    "CNH": ("100000", "110000", "120000"),
    "CNY": ("80000", "90000", "100000"),
    "JPY": ("70000", "80000", "90000"),
    "INR": ("60000", "70000", "80000"),
    "KRW": ("50000", "60000", "70000"),
    "PHP": ("50000", "60000", "70000"),
    "TWD": ("50000", "60000", "70000"),
    "IDR": ("40000", "50000", "60000"),
    "VND": ("30000", "40000", "50000"),
}
# For a ratio falling levels are right; deviation and concentration are worse when larger, so they ascend.
CAR_LIMITS: Final = {
    "Branch": ("10", "9.5", "9"),
    "Subsidiary": ("8", "7.5", "7"),
    "Associate": ("12", "11.5", "11"),
    "TMU": ("9", "8.5", "8"),
}
CAR_CURRENCIES: Final = ("CNY", "HKD", "USD")

# Model, NAV, class, instrument, deals, book codes, routing (the final portfolio's path first, then the
# others).
_SPOT, _SPOT_COI = "SPOT_MIRR_INTSC_COIRE", "SPOT_MIRR_INTSC_COI"
_SWAP, _NEAR, _FAR = "SWAP_MIRR_INTSC_COIRE", "SWAP_MIRR_INTSC_COI", "SWAP_MIRR_INTSC_COIL"
_NDF, _NDF_SPOT, _NDF_FORWARD = "NDF_MIRR_INTSC_COIRE", "NDF_MIRR_INTSC_COI", "NDF_SPOT_MIRR_INTSC_COI"
ModelConfig = tuple[str, str, str, str, int, list[str], list[str]]
_COI_PATH: Final = ["CO_FX", "UHDIC", "INSTC", "HDGIC"]
_RE_PATH: Final = ["UHDRE", "INSTC", "HDGRE"]
MODELS: Final[tuple[ModelConfig, ...]] = (
    ("A-COI", "COI", MATCHED, "FX_Swap", 6, [_SPOT, _SPOT_COI, _SWAP, _NEAR, _FAR], _COI_PATH),
    (
        "B-COI", "COI", MISMATCHED, "FX_Swap", 10, [_SPOT, _SPOT_COI, _SWAP, _NEAR, _FAR],
        [*_COI_PATH, "TREASURY_BU"],
    ),
    (
        "C-COI", "COI", PROXY, "NDF", 10, [_SPOT, _SPOT_COI, _NDF, _NDF_SPOT, _NDF_FORWARD],
        [*_COI_PATH, "FUNDING_DESK"],
    ),
    ("A-RE", "RE", MATCHED, "FX_Swap", 3, [_SPOT, _NEAR, _FAR], _RE_PATH),
    ("B-RE", "RE", MISMATCHED, "FX_Swap", 3, [_SPOT, _NEAR, _FAR], _RE_PATH),
    ("C-RE", "RE", PROXY, "NDF", 5, [_NDF_SPOT, _NDF_FORWARD], [*_RE_PATH, "FUNDING_DESK"]),
)  # fmt: skip

# Code, product, reference trade, sides taken, flips the currency, rate, changes the outbound currency.
BookCode = tuple[str, str, str, str, bool, str, bool]
BOOK_CODES: Final[tuple[BookCode, ...]] = (
    (_SPOT, "SPOT", "FX Spot", "buy", True, "REF_TRADE", True),
    (_SPOT_COI, "SPOT", "FX Spot", "buy", True, "BLEND_HISTFX", False),
    (_SWAP, "SWAP", "FX Swap", "near and far, both sides", False, "REF_TRADE", False),
    (_NEAR, "SWAP", "FX Swap", "near", False, "BLEND_HISTFX", False),
    (_FAR, "SWAP", "FX Swap", "far", False, "REF_TRADE", False),
    (_NDF, "NDF", "FX NDF", "embedded spot and forward", True, "REF_TRADE", True),
    (_NDF_SPOT, "NDF", "FX NDF", "embedded spot", False, "BLEND_HISTFX", False),
    (_NDF_FORWARD, "NDF", "FX NDF", "forward (sell) and spot (buy)", False, "REF_TRADE", False),
)

ACCOUNTS: Final = {
    "15001000": "Rate differential, historical against prevailing",
    "15001100": "CNY onshore/offshore spread",
    "15002000": "Proxy / NDF position",
    "15002100": "Embedded spot extraction",
    "15003000": "USD funding (proxy)",
    "20183000": "Hedge inception FX difference gain",
    "21001000": "Investment capital",
    "21001100": "Investment capital, CNY",
    "21001300": "Investment capital, proxy",
    "33101": "Foreign currency translation reserve",
    "33201001": "Cash flow hedge reserve",
    "33231008": "Cash flow hedge reserve, swap point reclass",
    "55401015": "FX profit and loss",
    "65091003": "Net interest and accruals",
}

# Rule id, priority, scope, lines (ledger, side, account, amount key, profit centre). Domain facts 7.4; B-RE
# and
# C-RE are clones of A-RE, the termination rules have the sides exchanged (design section 8, Q8).
RuleLine = tuple[str, str, str, str, str]
GlRule = tuple[str, int, dict[str, str], tuple[RuleLine, ...]]


def _pair(debit: str, credit: str, key: str, debit_centre: str, credit_centre: str) -> tuple[RuleLine, ...]:
    """Return a pair for each ledger, with the LOCAL keys `x_base_local` for `x_base` and `proxy_pv_local` for
    `proxy_pv_base`."""
    local = {"proxy_pv_base": "proxy_pv_local", "re_adj_base": "re_adj_local"}.get(key, f"{key}_local")
    return (
        ("IFRS", "DR", debit, key, debit_centre),
        ("IFRS", "CR", credit, key, credit_centre),
        ("LOCAL", "DR", debit, local, debit_centre),
        ("LOCAL", "CR", credit, local, credit_centre),
    )


_RE_LINES: Final = _pair("33201001", "21001000", "re_adj_base", "UHDRE", "HDGRE")
_C_PAIR: Final = _pair("15002000", "21001300", "proxy_pv_base", "INSTC", "INSTC")
_INITIATION: Final = "Initiation"
INCEPTION_RULES: Final[tuple[GlRule, ...]] = (
    (
        "10", 10, {"event_type": _INITIATION, "posting_model": "A-COI"},
        _pair("15001000", "21001000", "diff_base", "TMU", "TMU"),
    ),
    (
        "20", 20, {"event_type": _INITIATION, "posting_model": "B-COI", "currency_type": "CNY"},
        _pair("15001100", "21001100", "spread_base", "TREASURY_BU", "TREASURY_BU"),
    ),
    (
        "30", 30, {"event_type": _INITIATION, "posting_model": "C-COI"},
        (
            *_C_PAIR[:2],
            ("IFRS", "DR", "15002100", "embedded_spot_base", "INSTC"),
            ("IFRS", "CR", "15003000", "funding_base", "FUNDING_DESK"),
            *_C_PAIR[2:],
        ),
    ),
    ("40", 40, {"event_type": _INITIATION, "posting_model": "A-RE"}, _RE_LINES),
    ("50", 50, {"event_type": _INITIATION, "posting_model": "B-RE"}, _RE_LINES),
    ("60", 60, {"event_type": _INITIATION, "posting_model": "C-RE"}, _RE_LINES),
)  # fmt: skip

BE_CODES: Final = {
    "SG_HAWK_DR_UHDCOIINCEP_TMU": ("21001000", "COI inception, matched"),
    "SG_HAWK_CR_UHDCOICNYINCEP_TMU": ("21001100", "COI inception, CNY"),
    "SG_HAWK_DR_UHDCOIPROXY_TMU": ("21001300", "COI inception, proxy"),
    "SG_HAWK_DR_UHDREINCEP_TMU": ("21001000", "RE inception, matched"),
    "SG_HAWK_CR_UHDRECNYINCEP_TMU": ("21001100", "RE inception, CNY"),
    "SG_HAWK_DR_UHDREPROXY_TMU": ("21001300", "RE inception, proxy"),
    "SG_HAWK_DR_FXPLTOCFHRESERVEFCTRFXGAIN": ("33231008", "swap points to reserve"),
    "SG_HAWK_CR_HEDGEINCFXDIFFGAIN_BR": ("20183000", "inception FX difference gain"),
}

# Key, value, type, category, description.
Setting = tuple[str, str, str, str, str]
SETTINGS: Final[tuple[Setting, ...]] = (
    ("murex.retry.attempts", "3", "integer", "MUREX", "Attempts per deal in all; a business NOK is final"),
    ("murex.retry.interval_seconds", "15", "integer", "MUREX", "Seconds between attempts"),
    ("murex.counterparty.external", "EXTERNAL BANK", "text", "MUREX", "Counterparty of deals with the market"),
    ("murex.counterparty.internal", "SG BANK LTD", "text", "MUREX", "Counterparty of internal deals"),
    ("rates.validity_hours", "24", "integer", "RATES", "How long pinned rates may be applied"),
    ("rates.tolerance_bp", "50", "decimal", "RATES", "Largest move of a pinned rate, basis points"),
    ("rates.stale_days", "2", "integer", "RATES", "Age from which a market rate is called stale, days"),
    ("positions.stale_business_days", "2", "integer", "POSITIONS", "Age from which a snapshot is called stale"),
    ("feeds.rate_move_bp", "1000", "decimal", "FEEDS", "Largest move of a rate a day that no person has to confirm"),
    ("feeds.rate_days_ahead", "0", "integer", "FEEDS", "Days a rate may be dated after the business date, Singapore"),
    ("feeds.position_factor", "3", "decimal", "FEEDS", "Largest factor of a position that no person has to confirm"),
    ("desk.default.nav_type", "COI", "text", "DESK", "NAV type of an order that names none"),
    ("desk.default.hedge_method", "COH", "text", "DESK", "Hedge method of an order that names none"),
    ("desk.default.hedging_instrument.Matched", "FX_Swap", "text", "DESK", "Instrument of matched currencies"),
    ("desk.default.hedging_instrument.Mismatched", "FX_Swap", "text", "DESK", "Instrument of mismatched currencies"),
    ("desk.default.hedging_instrument.Mismatched_with_Proxy", "NDF", "text", "DESK", "Instrument of proxy currencies"),
    ("desk.default.tenor", "3M", "text", "DESK", "Tenor of an order that names none"),
    ("dates.roll.days", "FOLLOWING", "text", "DATES", "Tenors in days and weeks: where a closed day leads"),
    (
        "dates.roll.months",
        "MODIFIED_FOLLOWING",
        "text",
        "DATES",
        "Tenors in months and years: where a closed day leads",
    ),
    ("dates.end_of_month", "Y", "text", "DATES", "Months from a month's last business day lead to one"),
    ("dates.usd_holidays", "VALUE_DATE", "text", "DATES", "Days on which a holiday of the dollar counts"),
    ("dates.fixing_days", "2", "integer", "DATES", "Business days from an NDF's fixing to its settlement"),
    ("desk.time_zone", "Asia/Singapore", "text", "DESK", "Time zone of cut-offs and business days"),
)

# The plan's placeholder entity is the Chinese branch (interfaces section 7).
ALIASES: Final = {"ENTITY001": "ENTITY0005"}

# Calendar code (a currency) -> country code of its public holidays.
CALENDARS: Final = {
    "SGD": "SG", "AUD": "AU", "CNY": "CN", "HKD": "HK", "IDR": "ID", "INR": "IN", "JPY": "JP", "KRW": "KR",
    "PHP": "PH", "TWD": "TW", "USD": "US", "VND": "VN",
}  # fmt: skip
FIXING_SOURCES: Final = {
    "IDR": "JISDOR", "INR": "FBIL", "KRW": "KFTC18", "PHP": "PDSPESO", "TWD": "TAIFX1", "VND": "VND01",
}  # fmt: skip
