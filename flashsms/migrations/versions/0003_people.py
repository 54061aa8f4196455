"""The people of an account: sessions, second factors, invitations."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Not in batch mode, which on SQLite would make the table anew and drop what others refer to.
    op.add_column('users', sa.Column('public_id', sa.String(length=32), nullable=False, server_default=''))
    op.add_column('users', sa.Column('name', sa.String(length=120), nullable=True))
    op.add_column('users', sa.Column('session_version', sa.Integer(), nullable=False, server_default='1'))
    op.add_column('users', sa.Column('second_factor_secret', sa.Text(), nullable=True))
    op.add_column('users', sa.Column('second_factor_since', sa.DateTime(timezone=True), nullable=True))
    op.add_column('users', sa.Column('second_factor_step', sa.Integer(), nullable=True))
    _name_users()
    op.create_index('uq_users_public_id', 'users', ['public_id'], unique=True)

    op.create_table('recovery_codes',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_recovery_codes_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_recovery_codes')),
    sa.UniqueConstraint('user_id', 'hash', name=op.f('uq_recovery_codes_user_id_hash'))
    )
    op.create_table('invitations',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=32), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('email', sa.String(length=254), nullable=False),
    sa.Column('role', sa.Enum('OWNER', 'MEMBER', name='role', native_enum=False, length=12), nullable=False),
    sa.Column('invited_by_id', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('accepted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_invitations_account_id')),
    sa.ForeignKeyConstraint(['invited_by_id'], ['users.id'], name=op.f('fk_invitations_invited_by_id'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_invitations')),
    sa.UniqueConstraint('public_id', name=op.f('uq_invitations_public_id'))
    )
    op.create_index(op.f('ix_invitations_account_id'), 'invitations', ['account_id'], unique=False)


def _name_users() -> None:
    """Give those who are there a public id, which sorts before those of whoever comes later."""
    users = sa.table('users', sa.column('id', sa.Integer()), sa.column('public_id', sa.String()))
    connection = op.get_bind()
    for id in connection.scalars(sa.select(users.c.id).order_by(users.c.id)).all():
        public_id = f'usr_{id:08}{secrets.token_hex(6)}'
        connection.execute(sa.update(users).where(users.c.id == id).values(public_id=public_id))


def downgrade() -> None:
    op.drop_index(op.f('ix_invitations_account_id'), table_name='invitations')
    op.drop_table('invitations')
    op.drop_table('recovery_codes')
    op.drop_index('uq_users_public_id', table_name='users')
    op.drop_column('users', 'second_factor_step')
    op.drop_column('users', 'second_factor_since')
    op.drop_column('users', 'second_factor_secret')
    op.drop_column('users', 'session_version')
    op.drop_column('users', 'name')
    op.drop_column('users', 'public_id')
