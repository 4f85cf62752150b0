"""What staff write down of ada's paid membership, cell by cell, as a form or a file holds it."""

ADA = {
    "campaign": "year-end",
    "person_ref": "ada",
    "starts_on": "2026-11-01",
    "ends_on": "2027-10-31",
    "amount": "50.00",
    "currency": "EUR",
    "paid_on": "2026-11-03",
}
