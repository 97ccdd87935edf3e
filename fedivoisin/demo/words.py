"""What neighbours write to each other in the demonstration."""

QUESTIONS = (
    "Bonjour, est-ce toujours libre ? Je peux passer demain soir.",
    "Bonjour, cela m'intéresse. Quand puis-je venir voir ?",
    "Bonsoir, je suis à deux rues. Samedi matin vous irait ?",
    "Bonjour, c'est pour ma fille, elle en rêve depuis Noël. Puis-je la réserver ?",
    "Bonjour, est-ce que cela tient dans un coffre de voiture ?",
)
ANSWERS = (
    "Oui, avec plaisir. Sonnez au 12, le portail coince un peu.",
    "Toujours libre. Demain vers 18 h, je suis dans le jardin.",
    "Samedi 10 h, parfait. Je vous garde la place.",
    "Bien sûr, je la mets de côté. Apportez un sac.",
    "Il faut rabattre la banquette, mais ça passe.",
)
ACROSS = (
    "Bonjour, je suis de {town}. Je viens par le train dimanche, est-ce possible ce jour-là ?",
    "Bonjour, une amie de {town} m'en a parlé. Est-ce encore libre ?",
    "Bonsoir de {town}. Nous cherchions exactement cela, nous pouvons venir en voiture.",
)
