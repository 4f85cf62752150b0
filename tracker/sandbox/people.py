"""Invented readers of the demo's story: names, countries and cards, none of them a real person's.

Names are drawn from common given names and surnames in several scripts, because accents, Cyrillic and kana
must survive every export; e-mail addresses exist only at the example domains of RFC 2606.
"""

import random
from dataclasses import dataclass
from itertools import accumulate


@dataclass(frozen=True, slots=True)
class Person:
    """Who joined, as Stripe would know them."""

    name: str
    country: str  # ISO 3166-1 alpha-2, of the billing address
    card_brand: str
    card_country: str


# Language of the names -> (given names, surnames); surnames here have one form for women and men.
_NAMES: dict[str, tuple[str, str]] = {
    "uk": (
        "Олена Ірина Наталія Оксана Марія Юлія Софія Дарина Анна Тетяна Андрій Олександр Богдан Тарас Максим "
        "Дмитро Володимир Юрій Назар Ярослав Соломія Катерина",
        "Шевченко Бондаренко Коваленко Ткаченко Кравченко Олійник Мельник Лисенко Марченко Савченко Гончар "
        "Мороз Коваль Гнатюк Мельничук Кравчук Дяченко Пономаренко Левченко Поліщук",
    ),
    "uk-latn": (
        "Olena Iryna Natalia Oksana Mariia Yuliia Sofiia Daryna Anna Tetiana Andrii Oleksandr Bohdan Taras "
        "Maksym Dmytro Volodymyr Yurii Nazar Yaroslav",
        "Shevchenko Bondarenko Kovalenko Tkachenko Kravchenko Oliinyk Melnyk Lysenko Marchenko Savchenko "
        "Honchar Moroz Koval Hnatiuk Kravchuk",
    ),
    "de": (
        "Anna Katharina Jürgen Matthias Sabine Lukas Jörg Birgit Sören Lena Felix Käthe Thomas Ulrike Moritz",
        "Müller Schmidt Schröder Weiß Jäger Krämer Schäfer Vogel Köhler Hoffmann Böhm Lang Busch Groß Kühn",
    ),
    "pl": (
        "Agnieszka Małgorzata Łukasz Paweł Katarzyna Michał Zofia Stanisław Grażyna Wojciech Józef Bożena",
        "Nowak Wójcik Woźniak Mazur Kaczmarek Krawczyk Zając Król Wróbel Stępień Dudek Pawlak Gołąb Sikora",
    ),
    "en": (
        "Emily James Sarah Michael Grace Thomas Hannah Daniel Chloe William Maeve Connor Rachel Samuel Ruth",
        "Smith Jones Taylor Brown Walker Hughes O'Brien Campbell Turner Murphy Bennett Carter Reed Lloyd Fraser",
    ),
    "fr": (
        "Camille Élise Benoît Hélène François Chloé Rémi Agnès Théo Zoé Jérôme Noëlle",
        "Martin Lefèvre Moreau Dubois Garnier Mercier Gérard Perrin Fournier Bérard Chevalier Roussel",
    ),
    "nordic": (
        "Åsa Björn Søren Kaisa Mårten Ingrid Pekka Jørgen Liisa Håkon Sigrún Anders",
        "Lindström Sørensen Virtanen Hansen Bergström Nilsen Mäkelä Holm Ødegård Jónsdóttir Dahl",
    ),
    "south": (
        "Lucía João Chiara Íñigo Inês Matteo Begoña Gonçalo Giulia Andrés Niccolò Zoë",
        "García Araújo Rossi Núñez Conceição Bianchi Muñoz Magalhães Ferrari Peña Simões Greco",
    ),
    "central": (
        "Tomáš Zsófia Ľubica Ștefan Jiří Katalin Željko Ioana Dušan Ilze Žydrūnas Kertu",
        "Šimek Szabó Mráz Popescu Čermák Tóth Kovač Ionescu Bērziņa Kazlauskas Tamm Nagy",
    ),
    "el": ("Ελένη Γιώργος Μαρία Νίκος Σοφία Κώστας", "Αλεξίου Γεωργίου Οικονόμου Δημητρίου Νικολάου"),
    "ka": ("ნინო გიორგი მარიამ ლევან თამარ", "ბერიძე კაპანაძე გელაშვილი მაისურაძე ლომიძე"),
    "ja": ("陽子 健太 美咲 翔 由美", "佐藤 鈴木 高橋 田中 渡辺"),
    "he": ("נועה יונתן תמר דניאל מיכל", "כהן לוי מזרחי פרידמן שפירא"),
}
_FAMILY_FIRST = {"ja"}

# Country, weight, language of most of its readers' names. The head carries the press of a newsroom in Kyiv
# that is read in English; the tail is long.
_COUNTRIES: tuple[tuple[str, float, str], ...] = (
    *(("UA", 3480, "uk"), ("DE", 1240, "de"), ("PL", 1130, "pl"), ("US", 1010, "en"), ("GB", 760, "en")),
    *(("CA", 480, "en"), ("FR", 330, "fr"), ("NL", 190, "de"), ("CZ", 170, "central"), ("IT", 120, "south")),
    *(("ES", 110, "south"), ("CH", 95, "de"), ("AT", 90, "de"), ("SE", 85, "nordic"), ("LT", 80, "central")),
    *(("IE", 62, "en"), ("NO", 58, "nordic"), ("DK", 52, "nordic"), ("FI", 50, "nordic"), ("BE", 48, "fr")),
    *(("EE", 44, "central"), ("LV", 42, "central"), ("AU", 40, "en"), ("PT", 36, "south"), ("RO", 30, "central")),
    *(("SK", 28, "central"), ("MD", 24, "central"), ("GE", 22, "ka"), ("JP", 18, "ja"), ("IL", 16, "he")),
    *(("GR", 14, "el"), ("HU", 13, "central"), ("NZ", 12, "en"), ("HR", 10, "central"), ("BG", 9, "uk")),
    *(("SI", 7, "central"), ("IS", 6, "nordic"), ("LU", 5, "fr"), ("CY", 5, "el"), ("BR", 5, "south")),
    *(("AR", 4, "south"), ("MX", 4, "south"), ("ZA", 3, "en"), ("SG", 3, "en"), ("IN", 2, "en"), ("KR", 2, "en")),
)
_COUNTRY_WEIGHTS = list(accumulate(weight for _, weight, _ in _COUNTRIES))
_BRANDS = ("visa", "mastercard", "amex", "discover")
_BRAND_WEIGHTS = list(accumulate((52, 44, 3, 1)))
_SPLIT = {language: (given.split(), family.split()) for language, (given, family) in _NAMES.items()}


def person(rng: random.Random) -> Person:
    """One invented reader, drawn with `rng`."""
    country, _, language = rng.choices(_COUNTRIES, cum_weights=_COUNTRY_WEIGHTS)[0]
    if country != "UA" and rng.random() < 0.16:
        language = "uk-latn"  # readers from Ukraine live in every country of the list
    given, family = (rng.choice(names) for names in _SPLIT[language])
    name = f"{family} {given}" if language in _FAMILY_FIRST else f"{given} {family}"
    card_country = country
    if rng.random() < 0.06:
        card_country = rng.choices(_COUNTRIES, cum_weights=_COUNTRY_WEIGHTS)[0][0]
    brand = rng.choices(_BRANDS, cum_weights=_BRAND_WEIGHTS)[0]
    if brand == "discover" and card_country != "US":
        brand = "visa"
    return Person(name, country, brand, card_country)


def email(rng: random.Random, number: int) -> str:
    """The address of reader `number`, at a domain that belongs to nobody (RFC 2606)."""
    return f"reader{number}@example.{rng.choice(('com', 'com', 'org', 'net'))}"
