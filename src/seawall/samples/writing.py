"""Sentences of a bank's daily post, in two languages; every personal value in them is marked."""

from collections.abc import Callable
from random import Random

from seawall.kernel.terms import DataClass as D
from seawall.samples import numbers
from seawall.samples.customers import Customer
from seawall.samples.places import address_en, address_zh
from seawall.samples.truth import Marks

Sentence = Callable[[Random, Customer, Marks], str]


def _hkid(rng: Random, m: Marks, *, brackets: bool = True) -> str:
    valid = rng.random() < 0.85
    return m(D.HKID, numbers.hkid(rng, valid=valid, brackets=brackets), valid=valid)


def _pan(rng: Random, m: Marks, *, spaced: bool = False) -> str:
    valid = rng.random() < 0.9
    number = numbers.pan(rng, valid=valid)
    return m(D.PAN, numbers.spaced(number) if spaced else number, valid=valid)


ENGLISH: tuple[Sentence, ...] = (
    lambda r, _, m: f"We hold a copy of your identity card {_hkid(r, m)} on file.",
    lambda r, _, m: f"HKID: {_hkid(r, m, brackets=False)}",
    lambda r, _, m: f"The document {_hkid(r, m)} was seen at the counter.",
    lambda r, _, m: f"Your credit card {_pan(r, m, spaced=True)} was charged twice.",
    lambda r, _, m: f"Card number: {_pan(r, m)}",
    lambda r, _, m: f"You can reach me at {m(D.PHONE, numbers.written_phone(r))} after six.",
    lambda r, _, m: f"Tel: {m(D.PHONE, numbers.phone(r))}",
    lambda _, c, m: f"Statements go to {m(D.EMAIL, c.email)} from now on.",
    lambda r, _, m: f"My new address is {m(D.ADDRESS, address_en(r))}.",
    lambda _, c, m: f"Date of birth: {m(D.DATE_OF_BIRTH, f'{c.born:%d/%m/%Y}')}",
    lambda r, _, m: f"Please credit account {m(D.BANK_ACCOUNT, numbers.account_number(r))} today.",
    lambda _, c, m: f"Name: {m(D.NAME, c.person.name_en)}",
    lambda _, c, m: f"The payment was sent by Mr {m(D.NAME, c.person.name_western)} last week.",
    lambda r, c, m: f"Mainland identity number {m(D.CN_RESIDENT_ID, numbers.resident_id(r, c.born))} was verified.",
    lambda r, _, __: f"Order no. {numbers.order_number(r)} left the warehouse.",
    lambda r, _, __: f"The app was version {numbers.version(r)}; event time {numbers.epoch_ms(r)}.",
    lambda r, _, __: f"The financial year 2023-2024 closed with {r.randint(1000, 9999)} thousand.",
    lambda r, _, __: f"Quote form K{numbers.digits(r, 7)} in reply.",
    lambda *_: "Thank you for banking with us; nothing else needs to be done.",
)
CHINESE: tuple[Sentence, ...] = (
    lambda r, _, m: f"閣下的香港身份證號碼為{_hkid(r, m)}。",
    lambda r, _, m: f"身份證號碼：{_hkid(r, m, brackets=False)}",
    lambda r, _, m: f"信用卡號碼 {_pan(r, m, spaced=True)} 已被停用。",
    lambda r, _, m: f"如有查詢，請致電 {m(D.PHONE, numbers.written_phone(r))}。",
    lambda r, _, m: f"聯絡電話：{m(D.PHONE, numbers.phone(r))}",
    lambda _, c, m: f"月結單將寄往 {m(D.EMAIL, c.email)}。",
    lambda r, _, m: f"通訊地址：{m(D.ADDRESS, address_zh(r))}",
    lambda _, c, m: f"姓名：{m(D.NAME, c.person.name_zh)}",
    lambda _, c, m: f"款項由{m(D.NAME, c.person.name_zh)}先生於上星期存入。",
    lambda _, c, m: f"出生日期：{m(D.DATE_OF_BIRTH, f'{c.born.year}年{c.born.month}月{c.born.day}日')}",
    lambda r, _, m: f"請存入戶口 {m(D.BANK_ACCOUNT, numbers.account_number(r))}。",
    lambda r, c, m: f"內地居民身份證 {m(D.CN_RESIDENT_ID, numbers.resident_id(r, c.born))} 已核實。",
    lambda r, _, __: f"訂單編號 {numbers.order_number(r)} 已經發貨。",
    lambda r, _, __: f"應用程式版本 {numbers.version(r)}，時間 {numbers.epoch_ms(r)}。",
    lambda *_: "多謝選用本行服務，閣下毋須辦理其他手續。",
)


def compose(rng: Random, customer: Customer, mark: Marks, *, chinese: bool = False, length: int = 6) -> list[str]:
    """Write a letter's lines: a salutation and that many different sentences."""
    if chinese:
        head = f"致：{mark(D.NAME, customer.person.name_zh)}"
    else:
        head = f"Dear {rng.choice(('Mr', 'Ms', 'Mrs', 'Dr'))} {mark(D.NAME, customer.person.name_western)},"
    sentences = rng.sample(CHINESE if chinese else ENGLISH, length)
    return [head, *(sentence(rng, customer, mark) for sentence in sentences)]
