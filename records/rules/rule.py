"""One rule of the database, and how SQLite and PostgreSQL each are made to refuse what breaks it.

Conditions are written once, in the SQL that both understand, but for one phrase: `IS DISTINCT FROM` (null-safe
inequality), which older SQLite versions know as `IS NOT`. A JSON column is compared as text (`as_text`): PostgreSQL
knows no equality of JSON.
"""

from collections.abc import Iterable
from dataclasses import dataclass

ONE_WRITER = 0x6F70656E6C6672
"""Number of the advisory lock that a writer of a PostgreSQL record holds: the letters of openlfr."""


@dataclass(frozen=True)
class Rule:
    name: str
    when: str
    """For example: UPDATE OF state ON alerts."""
    refused: str
    """SQL over NEW and OLD that is true for a row that is refused."""
    message: str

    def sqlite(self) -> str:
        condition = self.refused.replace("IS DISTINCT FROM", "IS NOT")
        return (
            f"CREATE TRIGGER {self.name} BEFORE {self.when} FOR EACH ROW WHEN {condition}"
            f" BEGIN SELECT RAISE(ABORT, '{self.message}'); END"
        )

    def postgresql(self, schema: str) -> tuple[str, str]:
        """`schema` is the one of the tables, quoted: a temporary table of the same name must not stand in for one."""
        row = "OLD" if self.when.startswith("DELETE") else "NEW"
        function = (
            f"CREATE FUNCTION {self.name}() RETURNS trigger LANGUAGE plpgsql SET search_path = {schema}, pg_temp AS $$"
            f" BEGIN IF {self.refused} THEN {_refuse(self.message)} END IF; RETURN {row}; END $$"
        )
        return function, f"CREATE TRIGGER {self.name} BEFORE {self.when} FOR EACH ROW EXECUTE FUNCTION {self.name}()"

    @property
    def table(self) -> str:
        return self.when.rsplit(" ON ", 1)[1]


def postgresql_guards(rules: Iterable[Rule]) -> tuple[str, ...]:
    """What SQLite gives by itself: one writer at a time, so that no rule looks at rows that another is changing.

    And no TRUNCATE, which would empty a table without firing the triggers that refuse a deletion.
    """
    late = "the record is written by one transaction after another: use READ COMMITTED"
    function = (
        "CREATE FUNCTION one_writer() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF TG_OP = 'TRUNCATE' THEN {_refuse('a table of the record is never emptied')} END IF;"
        f" IF current_setting('transaction_isolation') <> 'read committed' THEN {_refuse(late)} END IF;"
        f" PERFORM pg_advisory_xact_lock({ONE_WRITER}); RETURN NULL; END $$"
    )
    guarded = (
        f"CREATE TRIGGER one_writer BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION one_writer()"
        for table in sorted({rule.table for rule in rules})
    )
    return function, *guarded


def _refuse(message: str) -> str:
    return f"RAISE EXCEPTION USING MESSAGE = '{message}', ERRCODE = 'integrity_constraint_violation';"


def moves(column: str, transitions: dict[str, tuple[str, ...]]) -> str:
    """SQL that is true where a row moves from one state to another that may not follow."""
    legal = " OR ".join(
        f"(OLD.{column} = '{old}' AND NEW.{column} = '{new}')"
        for old, following in transitions.items()
        for new in following
    )
    return f"OLD.{column} <> NEW.{column} AND NOT ({legal})"


def changed(*columns: str, as_text: tuple[str, ...] = ()) -> str:
    """SQL that is true where one of these columns gets another value; JSON columns go `as_text`."""
    plain = [f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in columns]
    texts = [f"CAST(NEW.{column} AS TEXT) IS DISTINCT FROM CAST(OLD.{column} AS TEXT)" for column in as_text]
    return "(" + " OR ".join(plain + texts) + ")"
