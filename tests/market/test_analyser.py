"""Everyday words find each other whatever their number, accents and ligatures."""

import pytest

from fedivoisin.market.analyser import LONGEST, distinct, tokens

SAME = """
vélo vélos velo VÉLOS
échelle échelles echelle Échelles
remorque remorques
enfant enfants
jouet jouets
jeu jeux
livre livres
poussette poussettes
perceuse perceuses
scie scies
tondeuse tondeuses
canapé canapés canape
table tables
chaise chaises
armoire armoires
lit lits
matelas
lampe lampes
cœur coeur cœurs
œuf œufs oeuf oeufs
bœuf boeuf
gâteau gâteaux gateau gateaux
château châteaux
manteau manteaux
chapeau chapeaux
bateau bateaux
bureau bureaux
rideau rideaux
couteau couteaux
tableau tableaux
cheval chevaux
journal journaux
animal animaux
bocal bocaux
travail travaux
vitrail vitraux
tuyau tuyaux
noyau noyaux
étau étaux
chou choux
genou genoux
bijou bijoux
pomme pommes
poire poires
confiture confitures
légume légumes legume
tomate tomates
salade salades
graine graines
plante plantes
fleur fleurs
arbre arbres
haie haies
pelle pelles
râteau râteaux rateau
brouette brouettes
marteau marteaux
tournevis
clé clés cle
vis
chat chats
chien chiens
poule poules
lapin lapins
cage cages
aquarium aquariums
garde gardes
repassage repassages
ménage menage
cours
leçon leçons lecon
guitare guitares
piano pianos
violon violons
ballon ballons
raquette raquettes
ski skis
chaussure chaussures
robe robes
pantalon pantalons
pull pulls
vêtement vêtements vetement
lave-linge
aspirateur aspirateurs
four fours
réfrigérateur réfrigérateurs refrigerateur
télévision télévisions television
ordinateur ordinateurs
imprimante imprimantes
téléphone téléphones telephone
câble câbles cable
voiture voitures
roue roues
pneu pneus
moto motos
trottinette trottinettes
casque casques
siège sièges siege
couette couettes
drap draps
appareil appareils
raclette raclettes
barbecue barbecues
tente tentes
sac sacs
valise valises
carton cartons
prêt prêts pret
"""


@pytest.mark.parametrize("line", SAME.strip().splitlines())
def test_the_forms_of_an_everyday_word_are_one(line: str) -> None:
    assert len({tuple(tokens(form)) for form in line.split()}) == 1


def test_a_hundred_everyday_words_are_in_the_table() -> None:
    assert len(SAME.strip().splitlines()) >= 100


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        ("Vélo d’enfant", ["velo", "enfant"]),
        ("l'échelle de la voisine", ["echel", "voisin"]),
        ("Ve\u0301lo", ["velo"]),
        ("16 pouces", ["16", "pouc"]),
        ("4", ["4"]),
        ("à la pour des", []),
        ("", []),
        ("!?… _ —", []),
    ],
)
def test_only_what_says_something_is_kept(asked: str, kept: list[str]) -> None:
    assert tokens(asked) == kept


def test_endless_words_are_cut() -> None:
    assert len(tokens("a" * 5000)[0]) == LONGEST


def test_different_things_stay_apart() -> None:
    assert len({tokens(word)[0] for word in ("vélo", "voile", "échelle", "pelle", "table", "tablier")}) == 6


def test_a_repeated_word_counts_once() -> None:
    assert distinct(["velo", "enfant", "velo"]) == ["velo", "enfant"]
