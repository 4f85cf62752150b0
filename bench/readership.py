"""A large readership in the read models, without its Stripe objects: two years of joining, moving, leaving.

Persons are drawn in the database from a seed; their segments, stretches, standings and open renewals are written
straight, and the tally is summed from these in SQL. A test holds that on a small one it is the product's own.
"""

from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from tracker.core.campaign import Campaign
from tracker.core.tally import DIMENSIONS, SOURCES
from tracker.ledger import campaigns, landmarks

MESSAGES = 1_000_000


def fill(session: Session, campaign: Campaign, members: int, messages: int, now: datetime) -> None:
    """Write that readership into empty tables and commit: `members` are covered now or were once."""
    campaigns.put(session, campaign)
    for name in (landmarks.WHOLE, landmarks.LEDGER_WHOLE, landmarks.AS_OF, landmarks.CONNECTED):
        landmarks.put(session, name, now - timedelta(days=60 if name != landmarks.AS_OF else 0))
    values = {"campaign": campaign.slug, "zone": campaign.timezone, "now": now, "members": members}
    values |= {"messages": messages, "first_day": campaign.starts_on}
    session.execute(text("SELECT setseed(0.25)"))
    for statement in (*PERSONS, SEGMENTS, STRETCHES, STANDINGS, RENEWALS, *BESIDE, *tally_sums()):
        asked = {name: value for name, value in values.items() if f":{name}" in statement}
        session.execute(text(statement), asked)
    session.commit()
    with session.get_bind().engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))


PERSONS = (
    """
    CREATE TEMP TABLE drawn ON COMMIT DROP AS
    SELECT n, date_trunc('second', CAST(:now AS timestamptz) - random() ^ 0.7 * interval '730 days') AS joined_at,
        random() AS fate, random() AS share, random() AS standing,
        CAST(floor(random() * 6) AS integer) AS plan, CAST(floor(2000 * random() ^ 3) AS integer) AS article,
        CAST(floor(random() * 4) AS integer) AS placement, CAST(floor(30 * random() ^ 2) AS integer) AS country
    FROM generate_series(1, :members) AS n
    """,
    # Six of ten are covered still; some left and came back, some changed their plan.
    """
    CREATE TEMP TABLE lives ON COMMIT DROP AS
    SELECT n, joined_at, fate, share, standing, country, 'price_' || plan AS plan,
        'price_' || (plan + 1) AS next_plan,
        CASE WHEN article % 7 = 0 THEN '' ELSE '/' || article END AS article,
        (ARRAY['end', 'top', 'mail', ''])[placement + 1] AS placement,
        CASE WHEN plan < 3 THEN '1' ELSE '12' END AS length,
        date_trunc('second', CASE
            WHEN fate < 0.35 THEN joined_at + share * (CAST(:now AS timestamptz) - joined_at)
            ELSE CAST(:now AS timestamptz) + share * interval '1 day' * CASE WHEN plan < 3 THEN 30 ELSE 365 END
        END) AS ends_at
    FROM drawn
    """,
)
SEGMENTS = """
    INSERT INTO segment (campaign, person_id, membership_id, starts_at, ends_at, starts_on, ends_on, begins, ends,
        plan, article, placement, embed, source, country, inferred)
    SELECT :campaign, 'cus_' || n, 'sub_' || n, starts_at, ends_at,
        CAST(starts_at AT TIME ZONE :zone AS date), CAST(ends_at AT TIME ZONE :zone AS date), begins, ends, plan,
        article, placement, CASE placement WHEN '' THEN '' ELSE 'v1' END, '', 'C' || country, false
    FROM (
        SELECT n, joined_at AS starts_at, ends_at, 'joined' AS begins, 'left' AS ends, plan,
            article, placement, country FROM lives WHERE fate NOT BETWEEN 0.3 AND 0.45
        UNION ALL
        SELECT n, joined_at, joined_at + (ends_at - joined_at) / 3, 'joined', 'left', plan,
            article, placement, country FROM lives WHERE fate BETWEEN 0.3 AND 0.4
        UNION ALL
        SELECT n, joined_at + (ends_at - joined_at) / 2, ends_at, 'returned', 'left', plan,
            article, placement, country FROM lives WHERE fate BETWEEN 0.3 AND 0.4
        UNION ALL
        SELECT n, joined_at, joined_at + (ends_at - joined_at) / 2, 'joined', 'moved', plan,
            article, placement, country FROM lives WHERE fate > 0.4 AND fate <= 0.45
        UNION ALL
        SELECT n, joined_at + (ends_at - joined_at) / 2, ends_at, 'moved', 'left', next_plan,
            article, placement, country FROM lives WHERE fate > 0.4 AND fate <= 0.45
    ) parts ORDER BY starts_at
"""
STRETCHES = """
    INSERT INTO stretch (campaign, person_id, starts_at, ends_at, first_at, starts_on, ends_on, membership_id,
        plan, pledge_id, inferred)
    SELECT campaign, person_id, starts_at, last_at, min(starts_at) OVER (PARTITION BY person_id), starts_on,
        CAST(last_at AT TIME ZONE :zone AS date), membership_id, plan, NULL, false
    FROM (
        SELECT *, CASE ends WHEN 'moved' THEN lead(ends_at) OVER (PARTITION BY person_id ORDER BY starts_at)
            ELSE ends_at END AS last_at
        FROM segment
    ) cut WHERE begins <> 'moved' ORDER BY starts_at
"""
STANDINGS = """
    INSERT INTO standing (campaign, person_id, standing, starts_at, ends_at)
    SELECT :campaign, 'cus_' || n, CASE WHEN standing < 0.03 THEN 'grace' WHEN standing < 0.07 THEN 'offline'
        ELSE 'free' END, greatest(joined_at, CAST(:now AS timestamptz) - interval '9 days'), ends_at
    FROM lives WHERE fate > 0.45 AND standing < 0.08
"""
RENEWALS = """
    INSERT INTO renewal (campaign, person_id, membership_id, plan, since_at, due_at, until_at, due_on, length,
        is_first, standing, currency, amount_minor)
    SELECT :campaign, 'cus_' || n, 'sub_' || n, plan, joined_at, due_at, until_at,
        CAST(due_at AT TIME ZONE :zone AS date), length, share < 0.5,
        CASE WHEN standing < 0.03 THEN 'failing' WHEN standing > 0.95 THEN 'leaving' ELSE 'fine' END, 'EUR', 500
    FROM (
        SELECT *, CASE WHEN standing < 0.03 THEN greatest(joined_at, CAST(:now AS timestamptz) - interval '9 days')
                ELSE ends_at END AS due_at,
            CASE WHEN standing < 0.03 THEN ends_at ELSE ends_at + interval '3 days' END AS until_at
        FROM lives WHERE fate > 0.45 AND standing NOT BETWEEN 0.03 AND 0.08
    ) running
"""
BESIDE = (
    """
    INSERT INTO contact (customer_id, email, country)
    SELECT 'cus_' || n, 'reader' || CASE WHEN n % 200 = 0 THEN n - 1 ELSE n END || '@example.org', 'C' || country
    FROM lives
    """,
    """
    INSERT INTO pledge (id, campaign, article, placement, embed, created_at, state)
    SELECT 'pledge_' || n, :campaign, article, placement, 'v1', joined_at - interval '9 minutes',
        CASE WHEN standing > 0.99 THEN 'open' ELSE 'fulfilled' END
    FROM lives WHERE placement <> ''
    """,
    """
    INSERT INTO attention (campaign, day, kind, article, placement, embed, is_bot, count)
    SELECT :campaign, CAST(:now AS date) - day, kind, '/' || article, 'end', 'v1', false, 40 + article % 60
    FROM generate_series(0, 89) AS day, generate_series(1, 300) AS article, unnest(ARRAY['view', 'click']) AS kind
    """,
    """
    INSERT INTO message (id, type, object_id, created_at, received_at, sha256, marked)
    SELECT 'evt_' || n, 'invoice.paid', 'in_' || n, CAST(:now AS timestamptz) - n * interval '60 seconds',
        CAST(:now AS timestamptz) - n * interval '60 seconds', '', true
    FROM generate_series(1, :messages) AS n
    """,
    """
    INSERT INTO stripe_object (id, kind, done, fields, customer_id)
    SELECT 'sub_' || n, 'subscription', 1, '{"status": "active"}', 'cus_' || n FROM lives
    """,
)


def tally_sums() -> list[str]:
    """One statement a kind of figure: what core/tally.py adds up person by person."""
    found = [_SUM.format(what=_MOVEMENTS), _SUM.format(what=_RETENTION), _SUM.format(what=_DUE)]
    found += [_SUM.format(what=_GROUPS.replace("DIMENSION", dimension)) for dimension in DIMENSIONS]
    found += [_SUM.format(what=_RETAINED.replace("SOURCE", source)) for source in SOURCES]
    found.append(
        _SUM.format(what="SELECT 'joined:embed', starts_on, embed, 1 FROM segment WHERE begins = 'joined'")
    )
    found.append(_SUM.format(what=_REVENUE))
    return found


_SUM = """
    INSERT INTO tally (campaign, measure, day, key, n)
    SELECT :campaign, measure, day, key, sum(n) FROM ({what}) AS one (measure, day, key, n)
    GROUP BY measure, day, key HAVING sum(n) <> 0
"""
_MOVEMENTS = """
    SELECT CASE WHEN starts_at = first_at THEN 'joined' ELSE 'returned' END, starts_on, '', 1 FROM stretch
    UNION ALL SELECT 'left', ends_on, '', 1 FROM stretch
    UNION ALL SELECT 'newcomers', starts_on, '', 1 FROM stretch
        WHERE CAST(first_at AT TIME ZONE :zone AS date) >= :first_day
    UNION ALL SELECT 'newcomers', ends_on, '', -1 FROM stretch
        WHERE CAST(first_at AT TIME ZONE :zone AS date) >= :first_day
"""
_GROUPS = """
    SELECT begins || '\\:DIMENSION', starts_on, DIMENSION, 1 FROM segment WHERE begins <> 'moved'
    UNION ALL SELECT 'left:DIMENSION', ends_on, DIMENSION, 1 FROM segment WHERE ends = 'left'
    UNION ALL SELECT 'moved_out:DIMENSION', ends_on, DIMENSION, 1 FROM segment one WHERE ends = 'moved'
        AND NOT EXISTS (SELECT 1 FROM segment other WHERE other.person_id = one.person_id
            AND other.starts_at = one.ends_at AND other.DIMENSION = one.DIMENSION)
    UNION ALL SELECT 'moved_in:DIMENSION', starts_on, DIMENSION, 1 FROM segment one WHERE begins = 'moved'
        AND NOT EXISTS (SELECT 1 FROM segment other WHERE other.person_id = one.person_id
            AND other.ends_at = one.starts_at AND other.DIMENSION = one.DIMENSION)
"""
_RETAINED = """
    SELECT 'retained:SOURCE', starts_on, SOURCE, 1 FROM segment one WHERE begins = 'joined' AND EXISTS (
        SELECT 1 FROM stretch s WHERE s.person_id = one.person_id
        AND s.starts_at < one.starts_at + interval '90 days' AND s.ends_at >= one.starts_at + interval '90 days')
"""
# The database adds months to a wall clock as RULES 1 says, but where a clock change skips or repeats that time.
_RETENTION = """
    SELECT 'retention', CAST(date_trunc('month', first_at AT TIME ZONE :zone) AS date), CAST(months AS text), 1
    FROM stretch, LATERAL (
        SELECT months FROM generate_series(0, 40) AS months
        WHERE months = 0 AND starts_at = first_at OR months > 0
            AND (first_at AT TIME ZONE :zone + months * interval '1 month') AT TIME ZONE :zone > starts_at
            AND (first_at AT TIME ZONE :zone + months * interval '1 month') AT TIME ZONE :zone <= ends_at
    ) kept
"""
_DUE = """
    SELECT 'due', due_on, length || CASE WHEN is_first THEN '/first/' ELSE '/later/' END || standing, 1
    FROM renewal
"""
_REVENUE = """
    SELECT CASE WHEN starts_at = first_at THEN 'revenue:new' ELSE 'revenue:returned' END, starts_on, 'EUR/1', 500
    FROM stretch UNION ALL SELECT 'revenue:lost', ends_on, 'EUR/1', -500 FROM stretch
"""
