"""How local people sign in: one account per member."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Text, insert, select, type_coerce, update

from fedivoisin.ids import MemberId
from fedivoisin.store.db import Tx
from fedivoisin.store.schema.accounts import account, mail_token, second_factor
from fedivoisin.store.schema.actors import actor
from fedivoisin.trust.roles import Role


@dataclass(frozen=True, slots=True)
class Account:
    """An account as it stands; `email` is lower case."""

    member_id: MemberId
    email: str | None
    email_confirmed_at: datetime | None
    password: str | None
    """An Argon2id hash (PHC string)."""
    language: str
    theme: str
    scope: str
    roles: frozenset[Role]
    telephone: str | None
    created_at: datetime
    suspended_at: datetime | None
    closed_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether its owner may sign in."""
        return self.closed_at is None and self.suspended_at is None


async def add(
    tx: Tx, member: MemberId, *, email: str | None, password: str | None, language: str, roles: frozenset[Role]
) -> None:
    """Give the member an account."""
    await tx.conn.execute(
        insert(account).values(
            member_id=member,
            email=email,
            password=password,
            password_changed_at=tx.now if password else None,
            language=language,
            roles=sorted(roles),
            created_at=tx.now,
        )
    )


async def of(tx: Tx, member: MemberId) -> Account | None:
    """The account of one of ours."""
    return await _one(tx, account.c.member_id == member)


async def by_email(tx: Tx, email: str) -> Account | None:
    """The account that signs in with this address, however it is capitalised."""
    return await _one(tx, account.c.email == email.strip().lower())


def sign_in_name(typed: str) -> str:
    """The one spelling of what is typed to sign in: guesses are counted under it, the account is found by it."""
    return typed.strip().lstrip("@").lower()


async def by_sign_in_name(tx: Tx, typed: str) -> Account | None:
    """An e-mail address, or the name of a local member."""
    name = sign_in_name(typed)
    if "@" in name:
        return await by_email(tx, name)
    return await _one(tx, account.c.member_id.in_(select(actor.c.id).where(actor.c.local_name == name)))


async def change(tx: Tx, member: MemberId, /, **values: Any) -> None:
    """Set some columns."""
    await tx.conn.execute(update(account).where(account.c.member_id == member).values(**values))


async def with_role(tx: Tx, role: Role) -> list[MemberId]:
    """Everybody whose open account holds the role, oldest first."""
    rows = await tx.conn.execute(
        select(account.c.member_id, account.c.roles)
        .where(_is_open(), type_coerce(account.c.roles, Text).contains(f'"{role}"'))
        .order_by(account.c.created_at)
    )
    return [MemberId(row.member_id) for row in rows if role in row.roles]


async def erase(tx: Tx, member: MemberId) -> None:
    """Close the account for good and forget how to reach its owner."""
    await tx.conn.execute(second_factor.delete().where(second_factor.c.member_id == member))
    await tx.conn.execute(mail_token.delete().where(mail_token.c.member_id == member))
    await change(
        tx,
        member,
        email=None,
        email_confirmed_at=None,
        password=None,
        telephone=None,
        roles=[],
        closed_at=tx.now,
    )


def _is_open() -> ColumnElement[bool]:
    return account.c.closed_at.is_(None) & account.c.suspended_at.is_(None)


async def _one(tx: Tx, condition: ColumnElement[bool]) -> Account | None:
    row = (await tx.conn.execute(select(account).where(condition))).mappings().first()
    if row is None:
        return None
    values: dict[str, Any] = {field.name: row[field.name] for field in fields(Account)}
    values["roles"] = frozenset(Role(role) for role in row["roles"])
    return Account(**values)
