"""What owners read when something stops their location's payments: sentences by name."""
# ruff: noqa: E501  (a sentence stands in one line)

ENGLISH = {
    "stripe_key_refused.subject": "Stripe no longer accepts the key of {place}",
    "stripe_key_refused.title": "Stripe no longer accepts your key",
    "stripe_key_refused.text": "Stripe refuses the secret key that is saved for {place}: it was rolled, revoked or has expired.",
    "stripe_key_refused.advice": "Create a key in the Stripe Dashboard, under Developers, API keys, and save it in the payment settings. Pending refunds and charges then run within the hour.",
    "stripe_permission_missing.subject": "The Stripe key of {place} lacks a permission",
    "stripe_permission_missing.title": "Your Stripe key lacks a permission",
    "stripe_permission_missing.text": "Stripe refuses a request of {place}, because the saved restricted key does not allow it.",
    "stripe_permission_missing.advice": "Run the check in the payment settings: it names the permission. Allow it for the key in the Stripe Dashboard. Pending refunds and charges then run within the hour.",
    "trouble.stops": "Until this is fixed, payments, refunds and fees may not go through, and the reports cannot be compared with Stripe. Nothing is lost: refunds and fees wait.",
    "trouble.button": "Open the payment settings",
    "trouble.footer": "Sent to the owners of {place}.",
}

GERMAN = {
    "stripe_key_refused.subject": "Stripe nimmt den Schlüssel von {place} nicht mehr an",
    "stripe_key_refused.title": "Stripe nimmt Ihren Schlüssel nicht mehr an",
    "stripe_key_refused.text": "Stripe lehnt den geheimen Schlüssel ab, der für {place} gespeichert ist: Er wurde erneuert, widerrufen oder ist abgelaufen.",
    "stripe_key_refused.advice": "Legen Sie im Stripe-Dashboard unter Entwickler, API-Schlüssel einen Schlüssel an, und speichern Sie ihn in den Zahlungseinstellungen. Was inzwischen veranlasst wurde, wird danach binnen einer Stunde ausgeführt.",
    "stripe_permission_missing.subject": "Dem Stripe-Schlüssel von {place} fehlt eine Berechtigung",
    "stripe_permission_missing.title": "Ihrem Stripe-Schlüssel fehlt eine Berechtigung",
    "stripe_permission_missing.text": "Stripe lehnt eine Anfrage von {place} ab, denn der gespeicherte eingeschränkte Schlüssel erlaubt sie nicht.",
    "stripe_permission_missing.advice": "Starten Sie in den Zahlungseinstellungen die Prüfung: Sie nennt die Berechtigung. Erteilen Sie sie dem Schlüssel im Stripe-Dashboard. Was inzwischen veranlasst wurde, wird danach binnen einer Stunde ausgeführt.",
    "trouble.stops": "Bis dahin können Zahlungen, Erstattungen und Gebühren ausbleiben, und die Berichte lassen sich nicht mit Stripe vergleichen. Verloren geht nichts: Erstattungen und Gebühren warten.",
    "trouble.button": "Zahlungseinstellungen öffnen",
    "trouble.footer": "Diese E-Mail ging an die Inhaberinnen und Inhaber von {place}.",
}
