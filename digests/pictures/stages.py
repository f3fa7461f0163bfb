"""How stages look in pictures: a colour and, since colours alone tell too little, a mark of letters.

The marks are in templates/*/life_words.html.
"""

from digests.pictures.canvas import BLUE, GREEN, INK, ORANGE, PURPLE, SKY, VERMILION, YELLOW

COLOURS = {
    "drafted": YELLOW,
    "issued": INK,
    "rolled_out": SKY,
    "inspected": ORANGE,
    "implemented": GREEN,
    "interim_review": PURPLE,
    "final_review": BLUE,
    "amended": VERMILION,
    "concluded": VERMILION,
    "replaced": VERMILION,
}
