"""Addresses that lead nowhere: invented estates and streets in real districts of Hong Kong."""

from random import Random

_DISTRICTS = (
    ("Wan Chai", "灣仔", "Hong Kong", "香港"),
    ("North Point", "北角", "Hong Kong", "香港"),
    ("Aberdeen", "香港仔", "Hong Kong", "香港"),
    ("Chai Wan", "柴灣", "Hong Kong", "香港"),
    ("Mong Kok", "旺角", "Kowloon", "九龍"),
    ("Kwun Tong", "觀塘", "Kowloon", "九龍"),
    ("Sham Shui Po", "深水埗", "Kowloon", "九龍"),
    ("Wong Tai Sin", "黃大仙", "Kowloon", "九龍"),
    ("Sha Tin", "沙田", "New Territories", "新界"),
    ("Tuen Mun", "屯門", "New Territories", "新界"),
    ("Yuen Long", "元朗", "N.T.", "新界"),
    ("Tseung Kwan O", "將軍澳", "N.T.", "新界"),
)
_STREETS = (
    ("Heron Street", "鷺鳥街"),
    ("Lantern Road", "燈籠道"),
    ("Ferry Lane", "渡輪里"),
    ("Kingfisher Road", "翠鳥道"),
    ("Old Quay Street", "舊埗頭街"),
    ("Banyan Avenue", "榕樹大道"),
    ("Breakwater Road", "防波堤道"),
)
_ESTATES = (
    ("Seaview Court", "海景苑"),
    ("Jade Terrace", "翠玉閣"),
    ("Fortune Gardens", "福運花園"),
    ("Morning Star Estate", "晨星邨"),
    ("Harmony Mansion", "和諧大廈"),
    ("Golden Crane House", "金鶴樓"),
)


def address_en(rng: Random) -> str:
    """Make an address as it is written in English."""
    district, _, area, _ = rng.choice(_DISTRICTS)
    street, _ = rng.choice(_STREETS)
    estate, _ = rng.choice(_ESTATES)
    number, floor, flat = rng.randint(1, 399), rng.randint(1, 48), rng.choice("ABCDEFGH")
    where = f"{number} {street}, {district}, {area}"
    style = rng.random()
    if style < 0.4:
        return f"Flat {flat}, {floor}/F, Block {rng.randint(1, 12)}, {estate}, {where}"
    if style < 0.75:
        return f"Room {floor:02d}{rng.randint(1, 20):02d}, {floor}/F, {estate}, {where}"
    return f"{floor}/F, {estate}, {where}"


def address_zh(rng: Random) -> str:
    """Make an address as it is written in Traditional Chinese."""
    _, district, _, area = rng.choice(_DISTRICTS)
    _, street = rng.choice(_STREETS)
    _, estate = rng.choice(_ESTATES)
    return f"{area}{district}{street}{rng.randint(1, 399)}號{estate}{rng.randint(1, 48)}樓{rng.choice('ABCDEFGH')}室"
