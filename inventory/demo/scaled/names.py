"""More names than one district's, so that a city has few namesakes; and what its schools are called."""

import random
from collections.abc import Iterator

from inventory.demo.names import FAMILY, GIVEN

MORE_GIVEN = (
    "Abigail Adwoa Aleksander Alma Amir Andrea Anh Antonio Ashok Astrid Beatriz Benjamin Bronwen Camila Cheng Chloe Claudia Cyrus "
    "Daniela David Deepa Desmond Diego Dmitri Ebony Edgar Elena Elias Esther Etienne Eun-Ji Fiona Francisco Gabriela George Gloria "
    "Hamza Harriet Hector Helen Hiroshi Hugo Ibrahim Imani Irina Isaac Jacqueline Jasmine Javier Jerome Jia Joan Jordan Juanita "
    "Kareem Katarzyna Kenji Kwame Lakshmi Laura Lin Lucia Magnus Malik Margaret María Mercedes Miguel Minh Miriam Mohammed Naomi "
    "Natalia Nikhil Noor Olivia Pablo Patience Pedro Petra Phuong Rachel Rashad Renée Ricardo Rohan Ruben Sade Salma Santiago "
    "Sarah Selam Sergei Shira Simone Solomon Soraya Stella Tamika Tariq Teresa Tyrone Uma Veronica Victor Vivian Willa Xavier Yara Zainab"
)
MORE_FAMILY = (
    "Abbott Acosta Adeyemi Aguilar Ahmed Alvarez Andersson Asante Aydin Baker Banerjee Barnes Bautista Becker Bianchi Blackwood "
    "Boateng Bui Cabrera Campbell Cardoso Castillo Chandra Chavez Chen Choi Chowdhury Coleman Contreras Cruz Dang Davies Diallo Dimitrov "
    "Domínguez Dubois Edwards Eriksen Espinoza Evans Farouk Feldman Fernández Fischer Flores Fofanah Foster Friedman Fujita Gebre "
    "Goldberg Gómez Grant Guerrero Gupta Gutiérrez Hakimi Hale Hansen Harris Hassan Hernandez Hoang Holloway Huang Hughes Iglesias "
    "Ivanov Jackson Jacobs James Jiménez Jovanović Kamau Kapoor Katz Kaya Keller Khan Kowalski Kruger Kumar Lam Le Lee León Levy Li Lopez "
    "Mahmoud Malone Mannan Martínez Mbeki McCarthy Medina Mendoza Mensah Meyer Mitchell Morales Müller Mwangi Nakamura Navarro Nelson Ng "
    "Nielsen Núñez Obi Olsen Omar Ortiz Owusu Papadopoulos Peña Pereira Pham Quispe Ramirez Reyes Rivera Robinson Rojas Romero Ruiz "
    "Saito Salazar Sánchez Santos Sato Schmidt Shah Sharma Soto Stewart Suleiman Suzuki Tadesse Tesfaye Torres Tran Turner Valdez Vargas "
    "Walker Wang Weber Williams Wong Wright Wu Yamamoto Yang Yilmaz Young Yousef Zamora Zhang Ziegler"
)
FIRST_WORDS = (
    "Amber Ash Aspen Bay Beacon Bear Birch Blue Bright Canyon Cedar Cherry Clear Copper Cotton Crystal Deer Eagle Elk Elm Fair Falcon "
    "Fern Forest Fox Garden Gold Granite Green Hazel Heron High Hollow Iron Juniper Lake Laurel Lime Long Maple Marsh Meadow Mill Moss "
    "North Otter Pine Prairie Quail Raven Red River Rose Sage Silver Spring Stone Sun Timber Valley Walnut West White Wild Winter Wood"
)
SECOND_WORDS = "Bend Bluff Bridge Brook Cove Crossing Dale Falls Field Glen Grove Harbor Heights Hill Knoll Landing Park Pass Point Ridge"
GIVEN_NAMES, FAMILY_NAMES = [*GIVEN, *MORE_GIVEN.split()], [*FAMILY, *MORE_FAMILY.split()]
FIRSTS, SECONDS = FIRST_WORDS.split(), SECOND_WORDS.split()
PLACES = len(FIRSTS) * len(SECONDS)


def people_names(chance: random.Random) -> Iterator[tuple[str, str]]:
    """Given and family names without end; one in six has two family names."""
    while True:
        family = chance.choice(FAMILY_NAMES)
        if chance.random() < 1 / 6:
            family = f"{family}-{chance.choice(FAMILY_NAMES)}"
        yield chance.choice(GIVEN_NAMES), family


def place_name(number: int) -> str:
    """The name of a place in a district, another one for each number below PLACES, and with a number of its own beyond."""
    round_of, n = divmod(number, PLACES)
    name = f"{FIRSTS[n % len(FIRSTS)]} {SECONDS[n // len(FIRSTS)]}"
    return f"{name} {round_of + 1}" if round_of else name
