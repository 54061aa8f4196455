"""Webhooks, test keys, and what accounts want to be told."""

import sqlalchemy as sa
from alembic import op

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('webhook_endpoints',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=32), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('url', sa.String(length=500), nullable=False),
    sa.Column('description', sa.String(length=120), nullable=True),
    sa.Column('event_names', sa.String(length=400), nullable=False),
    sa.Column('secret', sa.Text(), nullable=False),
    sa.Column('old_secret', sa.Text(), nullable=True),
    sa.Column('old_secret_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('paused_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('paused_for', sa.String(length=200), nullable=True),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.Column('failing_since', sa.DateTime(timezone=True), nullable=True),
    sa.Column('retry_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('leased_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('deleted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_webhook_endpoints_account_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_webhook_endpoints')),
    sa.UniqueConstraint('public_id', name=op.f('uq_webhook_endpoints_public_id'))
    )
    op.create_index(op.f('ix_webhook_endpoints_account_id'), 'webhook_endpoints', ['account_id'], unique=False)
    op.create_index('ix_webhook_endpoints_deleted', 'webhook_endpoints', ['deleted_at'], unique=False, sqlite_where=sa.text('deleted_at IS NOT NULL'), postgresql_where=sa.text('deleted_at IS NOT NULL'))

    op.create_table('webhook_deliveries',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('public_id', sa.String(length=32), nullable=False),
    sa.Column('endpoint_id', sa.Integer(), nullable=False),
    sa.Column('status', sa.Enum('PENDING', 'DELIVERED', 'FAILED', name='deliverystatus', native_enum=False, length=12), nullable=False),
    sa.Column('event_count', sa.Integer(), nullable=False),
    sa.Column('event_names', sa.String(length=400), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('first_tried_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('delivered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['endpoint_id'], ['webhook_endpoints.id'], name=op.f('fk_webhook_deliveries_endpoint_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_webhook_deliveries')),
    sa.UniqueConstraint('public_id', name=op.f('uq_webhook_deliveries_public_id'))
    )
    op.create_index('ix_webhook_deliveries_created_at', 'webhook_deliveries', ['created_at'], unique=False)
    op.create_index('ix_webhook_deliveries_endpoint_id', 'webhook_deliveries', ['endpoint_id', 'id'], unique=False)
    op.create_index('ix_webhook_deliveries_pending', 'webhook_deliveries', ['endpoint_id', 'id'], unique=False, sqlite_where=sa.text("status = 'PENDING'"), postgresql_where=sa.text("status = 'PENDING'"))

    op.create_table('webhook_events',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('public_id', sa.String(length=32), nullable=False),
    sa.Column('endpoint_id', sa.Integer(), nullable=False),
    sa.Column('type', sa.String(length=40), nullable=False),
    sa.Column('data', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['endpoint_id'], ['webhook_endpoints.id'], name=op.f('fk_webhook_events_endpoint_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_webhook_events'))
    )
    op.create_index('ix_webhook_events_created_at', 'webhook_events', ['created_at'], unique=False)
    op.create_index('ix_webhook_events_endpoint_id', 'webhook_events', ['endpoint_id', 'id'], unique=False)

    op.create_table('webhook_attempts',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('delivery_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('milliseconds', sa.BigInteger(), nullable=False),
    sa.Column('status_code', sa.SmallInteger(), nullable=True),
    sa.Column('error', sa.String(length=200), nullable=True),
    sa.Column('answer', sa.String(length=2000), nullable=True),
    sa.Column('signature', sa.String(length=300), nullable=False),
    sa.ForeignKeyConstraint(['delivery_id'], ['webhook_deliveries.id'], name=op.f('fk_webhook_attempts_delivery_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_webhook_attempts'))
    )
    op.create_index(op.f('ix_webhook_attempts_delivery_id'), 'webhook_attempts', ['delivery_id'], unique=False)

    op.add_column('accounts', sa.Column('low_balance', sa.BigInteger(), nullable=True))
    op.add_column('accounts', sa.Column('low_balance_sms', sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column('accounts', sa.Column('balance_fell_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('accounts', sa.Column('balance_told_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('accounts', sa.Column('low_rate', sa.SmallInteger(), nullable=True))
    op.add_column('accounts', sa.Column('rate_told_at', sa.DateTime(timezone=True), nullable=True))
    op.create_index('ix_accounts_balance_fell_at', 'accounts', ['balance_fell_at'], unique=False, sqlite_where=sa.text('balance_fell_at IS NOT NULL'), postgresql_where=sa.text('balance_fell_at IS NOT NULL'))

    op.add_column('api_keys', sa.Column('is_test', sa.Boolean(), server_default=sa.false(), nullable=False))

    op.add_column('messages', sa.Column('is_test', sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column('messages', sa.Column('announced', sa.SmallInteger(), server_default='0', nullable=False))
    op.create_index('ix_messages_account_id_is_test', 'messages', ['account_id', 'is_test', 'created_at', 'id'], unique=False)



def downgrade() -> None:
    op.drop_index('ix_messages_account_id_is_test', 'messages')
    op.drop_column('messages', 'announced')
    op.drop_column('messages', 'is_test')

    op.drop_column('api_keys', 'is_test')

    op.drop_index('ix_accounts_balance_fell_at', 'accounts')
    op.drop_column('accounts', 'rate_told_at')
    op.drop_column('accounts', 'low_rate')
    op.drop_column('accounts', 'balance_told_at')
    op.drop_column('accounts', 'balance_fell_at')
    op.drop_column('accounts', 'low_balance_sms')
    op.drop_column('accounts', 'low_balance')

    op.drop_index(op.f('ix_webhook_attempts_delivery_id'), 'webhook_attempts')

    op.drop_table('webhook_attempts')
    op.drop_index('ix_webhook_events_endpoint_id', 'webhook_events')
    op.drop_index('ix_webhook_events_created_at', 'webhook_events')

    op.drop_table('webhook_events')
    op.drop_index('ix_webhook_deliveries_pending', 'webhook_deliveries', sqlite_where=sa.text("status = 'PENDING'"), postgresql_where=sa.text("status = 'PENDING'"))
    op.drop_index('ix_webhook_deliveries_endpoint_id', 'webhook_deliveries')
    op.drop_index('ix_webhook_deliveries_created_at', 'webhook_deliveries')

    op.drop_table('webhook_deliveries')
    op.drop_index('ix_webhook_endpoints_deleted', 'webhook_endpoints', sqlite_where=sa.text('deleted_at IS NOT NULL'), postgresql_where=sa.text('deleted_at IS NOT NULL'))
    op.drop_index(op.f('ix_webhook_endpoints_account_id'), 'webhook_endpoints')

    op.drop_table('webhook_endpoints')
