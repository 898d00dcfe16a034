"""People who never lived: names made of surname and syllables, in Latin letters and Traditional Chinese together."""

from dataclasses import dataclass
from random import Random

_SURNAMES = (
    "CHAN 陳,WONG 黃,LEE 李,CHEUNG 張,LAU 劉,LAM 林,HO 何,CHENG 鄭,LEUNG 梁,NG 吳,YEUNG 楊,TSANG 曾,CHOW 周,"
    "KWOK 郭,FUNG 馮,TANG 鄧,LO 羅,MAK 麥,YIP 葉,CHIU 趙,TSE 謝,CHOI 蔡,POON 潘,HUI 許,LUI 呂,SZE 施,KWAN 關,"
    "TO 杜,LI 李,YU 余,SIU 蕭,LUK 陸,MOK 莫,SHUM 沈,TSUI 徐,WAN 溫,YUEN 袁,AU-YEUNG 歐陽,SZETO 司徒"
)
_SYLLABLES = (
    "Tai 大,Man 文,Ka 嘉,Ming 明,Wai 偉,Kit 傑,Siu 小,Ling 玲,Mei 美,Yan 欣,Chi 志,Keung 強,Wing 詠,Sze 思,Hoi 海,"
    "Yin 賢,Lok 樂,Hei 希,Tsz 子,Kiu 翹,Pui 佩,Shan 珊,Kwok 國,Wah 華,Fung 鋒,Lai 麗,Ting 婷,Ho 浩,Yi 怡,Kei 琪,"
    "Sum 心,Chun 俊,Long 朗,Nga 雅,Kan 勤,Yuk 玉,Lan 蘭,On 安,Shing 誠,Tung 彤"
)
_GIVEN = (
    "Peter,Mary,Jason,Winnie,Kelvin,Carmen,Eric,Fiona,Raymond,Joyce,Vincent,Karen,Tony,Amy,Dennis,Grace,Ken,Iris,"
    "Alan,Cherry,Simon,Vivian,Henry,Phoebe,Oscar,Queenie,Terence,Yvonne,Edmond,Bonnie"
)


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    return tuple((latin, chinese) for latin, chinese in (pair.split(" ") for pair in text.split(",")))


SURNAMES = _pairs(_SURNAMES)
SYLLABLES = _pairs(_SYLLABLES)
GIVEN = tuple(_GIVEN.split(","))


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A name in its parts; ``given`` and ``chinese_given`` say the same two syllables."""

    surname: str
    given: str
    english: str
    chinese_surname: str
    chinese_given: str

    @property
    def name_en(self) -> str:
        """Surname first, as a bank writes it: ``CHAN Tai Man Peter``."""
        return f"{self.surname} {self.given}{' ' if self.english else ''}{self.english}"

    @property
    def name_western(self) -> str:
        """As it stands in a letter's head: ``Peter CHAN`` or, without an English name, ``CHAN Tai Man``."""
        return f"{self.english} {self.surname}" if self.english else self.name_en

    @property
    def name_on_card(self) -> str:
        """As it is embossed, in capitals."""
        return f"{self.surname} {self.given}".upper()

    @property
    def name_zh(self) -> str:
        """In Traditional Chinese."""
        return self.chinese_surname + self.chinese_given

    def email(self, number: int, rng: Random) -> str:
        """Make an address under a domain that RFC 2606 and RFC 6761 keep for examples."""
        local = rng.choice(
            (
                f"{self.given.replace(' ', '').lower()}.{self.surname.lower()}{number}",
                f"{(self.english or self.given.split(' ')[0]).lower()}_{self.surname.lower()}{number}",
                f"{self.surname.lower()}{number}",
            )
        )
        domain = rng.choice(("example.com", "example.org", "example.net", "mail.example.com", "post.example"))
        return f"{local}@{domain}"


def make_person(rng: Random) -> Person:
    """Invent somebody."""
    surname, chinese_surname = rng.choice(SURNAMES)
    first, second = rng.choice(SYLLABLES), rng.choice(SYLLABLES)
    return Person(
        surname=surname,
        given=f"{first[0]} {second[0]}",
        english=rng.choice(GIVEN) if rng.random() < 0.4 else "",
        chinese_surname=chinese_surname,
        chinese_given=first[1] + second[1],
    )
