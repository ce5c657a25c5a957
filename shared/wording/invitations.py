"""What people read who are invited to a location's staff: sentences by name."""
# ruff: noqa: E501  (a sentence stands in one line)

ENGLISH = {
    "invitation.subject": "Your invitation to {place}",
    "invitation.title": "You are invited to {place}",
    "invitation.text": "{by} invites you to work for {place} as {role}.",
    "invitation.text_unnamed": "You are invited to work for {place} as {role}.",
    "invitation.accept": "Accept with the button below. From then on you sign in at {console} with this email address.",
    "invitation.yours": "The button works once and is for you alone: please do not forward this email.",
    "invitation.unexpected": "If you did not expect this email, you can ignore it.",
    "invitation.button": "Accept the invitation",
    "invitation.footer": "This email was sent by {place}, which takes bookings with Bookpay.",
    "label.invitation.until": "Valid until",
    "role.owner": "owner",
    "role.manager": "manager",
    "role.finance": "finance",
}

GERMAN = {
    "invitation.subject": "Ihre Einladung zu {place}",
    "invitation.title": "Sie sind zu {place} eingeladen",
    "invitation.text": "{by} lädt Sie ein, für {place} zu arbeiten. Ihre Rolle: {role}.",
    "invitation.text_unnamed": "Sie sind eingeladen, für {place} zu arbeiten. Ihre Rolle: {role}.",
    "invitation.accept": "Nehmen Sie mit der Schaltfläche unten an. Danach melden Sie sich mit dieser E-Mail-Adresse unter {console} an.",
    "invitation.yours": "Die Schaltfläche gilt einmal und nur für Sie: bitte leiten Sie diese E-Mail nicht weiter.",
    "invitation.unexpected": "Wenn Sie diese E-Mail nicht erwartet haben, brauchen Sie nichts zu tun.",
    "invitation.button": "Einladung annehmen",
    "invitation.footer": "Diese E-Mail kommt von {place}. Buchungen laufen dort über Bookpay.",
    "label.invitation.until": "Gültig bis",
    "role.owner": "Inhaberin oder Inhaber",
    "role.manager": "Leitung",
    "role.finance": "Finanzen",
}
