"""What time it is where a recipient lives: time zones by calling code, and waking hours."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from datetime import datetime, timedelta, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from ...errors import ConfigurationError
from .area_codes import NORTH_AMERICA, OTHERS

_DAY: Final = 86_400.0
_MEXICAN: Final = re.compile(r"521\d{10}", re.ASCII)
"""A mobile number with the digit that it had until 2019; its area code comes after that."""


@functools.lru_cache(maxsize=1024)
def awake(moment: float, zones: tuple[tzinfo, ...], quiet_hours: tuple[int, int]) -> float:
    """
    The first moment from the given one on at which nobody's hours are quiet.

    Raises:
        ConfigurationError: There is none.
    """
    start, end = quiet_hours
    last = moment + 400 * _DAY
    while moment < last:
        for one in zones:
            local = datetime.fromtimestamp(moment, one)
            if (local.hour - start) % 24 < (end - start) % 24:
                over = local.replace(hour=end, minute=0, second=0, microsecond=0, fold=0)
                # Days of 23 and 25 hours are the zone's business: what is added here is a date.
                moment = (over if over.hour > local.hour else over + timedelta(days=1)).timestamp()
                break
        else:
            return moment
    raise ConfigurationError(
        f"quiet_hours: outside {quiet_hours} there is no moment of waking hours in all of "
        f"{', '.join(map(str, zones))}; pass zone=... to say where the recipient is"
    )


def zone_named(name: str, field: str = "zone") -> ZoneInfo:
    """
    A time zone by its name.

    Args:
        name: Such as ``"Europe/Rome"``.
        field: What it was given as, for the error.

    Raises:
        ConfigurationError: There is none of that name here.
    """
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError, TypeError):
        raise ConfigurationError(
            f"{field}: the time zone {name!r} is unknown on this machine; check its spelling, or `pip install tzdata`, "
            "which systems without time zones of their own need, such as Windows"
        ) from None


@functools.lru_cache(maxsize=4096)
def zones_by_number(chat: str) -> tuple[ZoneInfo, ...]:
    """
    The time zones in which a number may be: those of its area code or, where that does not tell, of its country; none
    where it is no number, or its calling code is unknown.
    """
    digits, _, server = chat.partition("@")
    if server not in ("c.us", "hosted"):
        return ()
    table = _zone_table()
    if _MEXICAN.fullmatch(digits):
        digits = digits[:2] + digits[3:]
    codes = (digits[:length] for length in range(7, 0, -1))
    return tuple(map(zone_named, next((table[code] for code in codes if code in table), ())))


@functools.cache
def _zone_table() -> dict[str, tuple[str, ...]]:
    """Time zones by calling code; the longest code that a number begins with tells."""
    return _read(_ZONES) | _read(NORTH_AMERICA, "1") | _read(OTHERS)


def _read(texts: Mapping[str, str], before: str = "") -> dict[str, tuple[str, ...]]:
    table: dict[str, tuple[str, ...]] = {}
    for area, text in texts.items():
        for entry in text.split(","):
            words = entry.split()
            zones = tuple(word[1:] if word[0] == "/" else f"{area}/{word}" for word in words if not word.isdecimal())
            table |= dict.fromkeys((before + word for word in words if word.isdecimal()), zones)
    return table


# Where a country has several time zones, those that differ are all here. `/` begins a name that is whole.
_ZONES: Final = {
    "Africa": """
        20 Cairo, 211 Juba, 212 Casablanca, 213 Algiers, 216 Tunis, 218 Tripoli, 220 Banjul, 221 Dakar,
        222 Nouakchott, 223 Bamako, 224 Conakry, 225 Abidjan, 226 Ouagadougou, 227 Niamey, 228 Lome, 229 Porto-Novo,
        231 Monrovia, 232 Freetown, 233 Accra, 234 Lagos, 235 Ndjamena, 236 Bangui, 237 Douala, 239 Sao_Tome,
        240 Malabo, 241 Libreville, 242 Brazzaville, 243 Kinshasa Lubumbashi, 244 Luanda, 245 Bissau, 249 Khartoum,
        250 Kigali, 251 Addis_Ababa, 252 Mogadishu, 253 Djibouti, 254 Nairobi, 255 Dar_es_Salaam, 256 Kampala,
        257 Bujumbura, 258 Maputo, 260 Lusaka, 263 Harare, 264 Windhoek, 265 Blantyre, 266 Maseru, 267 Gaborone,
        268 Mbabane, 27 Johannesburg, 291 Asmara
    """,
    "America": """
        1 St_Johns Halifax New_York Chicago Denver Los_Angeles Anchorage /Pacific/Honolulu, 1242 Nassau,
        1246 Barbados, 1264 Anguilla, 1268 Antigua, 1284 Tortola, 1340 St_Thomas, 1345 Cayman, 1473 Grenada,
        1649 Grand_Turk, 1658 1876 Jamaica, 1664 Montserrat, 1721 Lower_Princes, 1758 St_Lucia, 1767 Dominica,
        1784 St_Vincent, 1787 1939 Puerto_Rico, 1809 1829 1849 Santo_Domingo, 1868 Port_of_Spain, 1869 St_Kitts,
        297 Aruba, 299 Nuuk Scoresbysund Danmarkshavn Thule, 501 Belize, 502 Guatemala, 503 El_Salvador,
        504 Tegucigalpa, 505 Managua, 506 Costa_Rica, 507 Panama, 508 Miquelon, 509 Port-au-Prince, 51 Lima, 52 Cancun
        Mexico_City Matamoros Mazatlan Tijuana, 53 Havana, 54 Argentina/Buenos_Aires,
        55 Noronha Sao_Paulo Manaus Rio_Branco, 56 Santiago Punta_Arenas /Pacific/Easter, 57 Bogota, 58 Caracas,
        590 Guadeloupe, 591 La_Paz, 592 Guyana, 593 Guayaquil /Pacific/Galapagos, 594 Cayenne, 595 Asuncion,
        596 Martinique, 597 Paramaribo, 598 Montevideo, 599 Curacao
    """,
    "Asia": """
        357 Nicosia, 374 Yerevan, 60 Kuala_Lumpur, 62 Jakarta Makassar Jayapura, 63 Manila, 65 Singapore, 66 Bangkok,
        670 Dili, 673 Brunei, 76 77 Almaty Aqtau, 81 Tokyo, 82 Seoul, 84 Ho_Chi_Minh, 850 Pyongyang, 852 Hong_Kong,
        853 Macau, 855 Phnom_Penh, 856 Vientiane, 86 Shanghai, 880 Dhaka, 886 Taipei, 91 Kolkata, 92 Karachi,
        93 Kabul, 94 Colombo, 95 Yangon, 961 Beirut, 962 Amman, 963 Damascus, 964 Baghdad, 965 Kuwait, 966 Riyadh,
        967 Aden, 968 Muscat, 970 Gaza, 971 Dubai, 972 Jerusalem, 973 Bahrain, 974 Qatar, 975 Thimphu,
        976 Ulaanbaatar Hovd, 977 Kathmandu, 98 Tehran, 992 Dushanbe, 993 Ashgabat, 994 Baku, 995 Tbilisi,
        996 Bishkek, 998 Tashkent
    """,
    "Atlantic": "1441 Bermuda, 238 Cape_Verde, 247 290 St_Helena, 298 Faroe, 354 Reykjavik, 500 Stanley",
    "Australia": "61 Sydney Brisbane Adelaide Darwin Perth Lord_Howe",
    "Europe": """
        30 Athens, 31 Amsterdam, 32 Brussels, 33 Paris, 34 Madrid /Atlantic/Canary, 350 Gibraltar,
        351 Lisbon /Atlantic/Azores, 352 Luxembourg, 353 Dublin, 355 Tirane, 356 Malta, 358 Helsinki, 359 Sofia,
        36 Budapest, 370 Vilnius, 371 Riga, 372 Tallinn, 373 Chisinau, 375 Minsk, 376 Andorra, 377 Monaco,
        378 San_Marino, 380 Kyiv, 381 383 Belgrade, 382 Podgorica, 385 Zagreb, 386 Ljubljana, 387 Sarajevo,
        389 Skopje, 39 Rome, 40 Bucharest, 41 Zurich, 420 Prague, 421 Bratislava, 423 Vaduz, 43 Vienna, 44 London,
        45 Copenhagen, 46 Stockholm, 47 Oslo, 48 Warsaw, 49 Berlin, 7 Kaliningrad Moscow Samara /Asia/Yekaterinburg
        /Asia/Omsk /Asia/Krasnoyarsk /Asia/Irkutsk /Asia/Yakutsk /Asia/Vladivostok /Asia/Magadan /Asia/Kamchatka,
        90 Istanbul
    """,
    "Indian": """
        230 Mauritius, 246 Chagos, 248 Mahe, 261 Antananarivo, 262 Reunion Mayotte, 269 Comoro, 6189162 Cocos,
        6189164 Christmas, 960 Maldives
    """,
    "Pacific": """
        1670 Saipan, 1671 Guam, 1684 Pago_Pago, 64 Auckland Chatham, 6723 Norfolk, 674 Nauru,
        675 Port_Moresby Bougainville, 676 Tongatapu, 677 Guadalcanal, 678 Efate, 679 Fiji, 680 Palau, 681 Wallis,
        682 Rarotonga, 683 Niue, 685 Apia, 686 Tarawa Kanton Kiritimati, 687 Noumea, 688 Funafuti,
        689 Tahiti Marquesas Gambier, 690 Fakaofo, 691 Chuuk Pohnpei, 692 Majuro
    """,
}
