"""The operator's side: suspended accounts, sealed carriers, what pages count and find fast."""

import base64
import hmac
import secrets

import sqlalchemy as sa
from alembic import op
from cryptography.fernet import Fernet, InvalidToken
from flask import current_app

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('ledger_checks',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=32), nullable=False),
    sa.Column('night', sa.Date(), nullable=True),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('accounts', sa.Integer(), nullable=False),
    sa.Column('wrong', sa.Integer(), nullable=False),
    sa.Column('found', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ledger_checks')),
    sa.UniqueConstraint('night', name=op.f('uq_ledger_checks_night')),
    sa.UniqueConstraint('public_id', name=op.f('uq_ledger_checks_public_id'))
    )
    op.create_table('protected_names',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=32), nullable=False),
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('folded', sa.String(length=40), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_protected_names')),
    sa.UniqueConstraint('folded', name=op.f('uq_protected_names_folded')),
    sa.UniqueConstraint('public_id', name=op.f('uq_protected_names_public_id'))
    )
    op.create_table('credit_days',
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('type', sa.Enum('PURCHASE', 'USAGE', 'REFUND', 'BONUS', 'ADJUSTMENT', name='transactiontype', native_enum=False, length=12), nullable=False),
    sa.Column('rows', sa.Integer(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_credit_days_account_id')),
    sa.PrimaryKeyConstraint('day', 'account_id', 'type', name=op.f('pk_credit_days'))
    )
    op.create_table('failure_hours',
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('hour', sa.DateTime(timezone=True), nullable=False),
    sa.Column('reason', sa.String(length=200), nullable=False),
    sa.Column('failed', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_failure_hours_account_id')),
    sa.PrimaryKeyConstraint('account_id', 'hour', 'reason', name=op.f('pk_failure_hours'))
    )
    op.create_index(op.f('ix_failure_hours_hour'), 'failure_hours', ['hour'], unique=False)
    op.add_column('accounts', sa.Column('public_id', sa.String(length=32), nullable=False, server_default=''))
    op.add_column('accounts', sa.Column('rate_limit', sa.Integer(), nullable=True))
    op.add_column('accounts', sa.Column('price', sa.SmallInteger(), server_default='1', nullable=False))
    op.add_column('accounts', sa.Column('suspended_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('accounts', sa.Column('suspended_for', sa.String(length=200), nullable=True))
    op.create_index('ix_accounts_created_at', 'accounts', ['created_at', 'id'], unique=False)
    _name('accounts', 'acc_')
    op.create_index('uq_accounts_public_id', 'accounts', ['public_id'], unique=True)
    op.add_column('carriers', sa.Column('routes', sa.String(length=100), server_default='', nullable=False))
    op.add_column('carriers', sa.Column('public_id', sa.String(length=32), nullable=False, server_default=''))
    op.add_column('carriers', sa.Column('paused_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('carriers', sa.Column('paused_for', sa.String(length=200), nullable=True))
    _name('carriers', 'car_')
    _seal_carriers()
    op.create_index('uq_carriers_public_id', 'carriers', ['public_id'], unique=True)
    op.add_column('messages', sa.Column('only_carrier_id', sa.Integer(), nullable=True))
    op.create_index('ix_messages_created_at', 'messages', ['created_at', 'id'], unique=False)
    op.create_index('ix_messages_sender', 'messages', ['sender', 'created_at', 'id'], unique=False)
    op.create_index('ix_recipients_failed_reason', 'recipients', ['reason', 'message_id', 'id'], unique=False, sqlite_where=sa.text("status = 'FAILED'"), postgresql_where=sa.text("status = 'FAILED'"))
    op.create_index('ix_recipients_phone', 'recipients', ['phone', 'message_id', 'id'], unique=False)
    op.create_index('ix_opt_outs_phone', 'opt_outs', ['phone'], unique=False, sqlite_where=sa.text('opted_in_at IS NULL'), postgresql_where=sa.text('opted_in_at IS NULL'))
    op.add_column('templates', sa.Column('published_at', sa.DateTime(timezone=True), nullable=True))
    op.execute('UPDATE templates SET published_at = created_at WHERE account_id IS NULL')
    op.create_index('ix_transactions_created_at', 'transactions', ['created_at', 'id'], unique=False)
    op.create_index('ix_transactions_type', 'transactions', ['type', 'id'], unique=False)
    _count_credits()


def _name(table: str, prefix: str) -> None:
    """Give the rows that are there a public id, which sorts before those of whoever comes later."""
    named = sa.table(table, sa.column('id', sa.Integer()), sa.column('public_id', sa.String()))
    connection = op.get_bind()
    for id in connection.scalars(sa.select(named.c.id).order_by(named.c.id)).all():
        public_id = f'{prefix}{id:08}{secrets.token_hex(6)}'
        connection.execute(sa.update(named).where(named.c.id == id).values(public_id=public_id))


def _carriers() -> tuple[Fernet, sa.TableClause]:
    key = hmac.digest(current_app.config['SECRET_KEY'].encode(), b'carrier', 'sha256')
    carriers = sa.table('carriers', sa.column('id', sa.Integer()), sa.column('url', sa.Text()))
    return Fernet(base64.urlsafe_b64encode(key)), carriers


def _seal_carriers() -> None:
    """Encrypt the URLs, as services.vault does: they hold passwords."""
    fernet, carriers = _carriers()
    connection = op.get_bind()
    for id, url in connection.execute(sa.select(carriers.c.id, carriers.c.url)).all():
        if '://' not in url:
            continue  # sealed already, with another SECRET_KEY
        sealed = fernet.encrypt(url.encode()).decode()
        connection.execute(sa.update(carriers).where(carriers.c.id == id).values(url=sealed))


def _unseal_carriers() -> None:
    fernet, carriers = _carriers()
    connection = op.get_bind()
    for id, url in connection.execute(sa.select(carriers.c.id, carriers.c.url)).all():
        try:
            plain = fernet.decrypt(url.encode()).decode()
        except InvalidToken:
            continue  # sealed with another SECRET_KEY: nobody can use it, before or after
        connection.execute(sa.update(carriers).where(carriers.c.id == id).values(url=plain))


def _count_credits() -> None:
    """Add up the ledger by day: once, from here on it is done row by row."""
    sqlite = op.get_bind().dialect.name == 'sqlite'
    day = 'date(created_at)' if sqlite else "CAST(created_at AT TIME ZONE 'UTC' AS date)"
    op.execute(
        'INSERT INTO credit_days (day, account_id, type, rows, amount) '
        f'SELECT {day}, account_id, type, count(*), sum(amount) FROM transactions '
        f'GROUP BY {day}, account_id, type'
    )


def downgrade() -> None:
    op.drop_index('ix_transactions_type', 'transactions')
    op.drop_index('ix_transactions_created_at', 'transactions')
    op.execute('DELETE FROM templates WHERE account_id IS NULL AND published_at IS NULL')  # drafts
    op.drop_column('templates', 'published_at')
    op.drop_index('ix_opt_outs_phone', 'opt_outs', sqlite_where=sa.text('opted_in_at IS NULL'), postgresql_where=sa.text('opted_in_at IS NULL'))
    op.drop_index('ix_recipients_phone', 'recipients')
    op.drop_index('ix_recipients_failed_reason', 'recipients', sqlite_where=sa.text("status = 'FAILED'"), postgresql_where=sa.text("status = 'FAILED'"))
    op.drop_index('ix_messages_sender', 'messages')
    op.drop_index('ix_messages_created_at', 'messages')
    op.drop_column('messages', 'only_carrier_id')
    _unseal_carriers()
    op.drop_index('uq_carriers_public_id', 'carriers')
    op.drop_column('carriers', 'paused_for')
    op.drop_column('carriers', 'paused_at')
    op.drop_column('carriers', 'public_id')
    op.drop_column('carriers', 'routes')
    op.drop_index('uq_accounts_public_id', 'accounts')
    op.drop_index('ix_accounts_created_at', 'accounts')
    op.drop_column('accounts', 'suspended_for')
    op.drop_column('accounts', 'suspended_at')
    op.drop_column('accounts', 'price')
    op.drop_column('accounts', 'rate_limit')
    op.drop_column('accounts', 'public_id')
    op.drop_index(op.f('ix_failure_hours_hour'), 'failure_hours')
    op.drop_table('failure_hours')
    op.drop_table('credit_days')
    op.drop_table('protected_names')
    op.drop_table('ledger_checks')
