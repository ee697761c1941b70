"""Who may log in at the recorded servers. All of it is made up for the captures."""

DOMAIN = "example.net"
ACCOUNTS = {
    "anna@example.net": "Regenbogen-7",
    "bert@example.net": "sunshine",
    "clara@example.net": "Winter2024",
    "info@example.net": "k8s!Hafen=Licht",
    "scanner": "copy+paste",
}
JWT_KEY = b"a key that signs tokens for recordings only"
