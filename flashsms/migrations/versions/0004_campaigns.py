"""Campaigns: drafts of them, what happens by the hour, the failed ones at once."""

import sqlalchemy as sa
from alembic import op

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('activity_hours',
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('hour', sa.DateTime(timezone=True), nullable=False),
    sa.Column('operator', sa.String(length=20), nullable=False),
    sa.Column('sent', sa.BigInteger(), nullable=False),
    sa.Column('delivered', sa.BigInteger(), nullable=False),
    sa.Column('failed', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_activity_hours_account_id')),
    sa.PrimaryKeyConstraint('account_id', 'hour', 'operator', name=op.f('pk_activity_hours'))
    )
    op.create_index(op.f('ix_activity_hours_hour'), 'activity_hours', ['hour'], unique=False)
    op.create_table('campaign_drafts',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=32), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('wish', sa.Text(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('message_id', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_campaign_drafts_account_id')),
    sa.ForeignKeyConstraint(['message_id'], ['messages.id'], name=op.f('fk_campaign_drafts_message_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_campaign_drafts')),
    sa.UniqueConstraint('account_id', 'public_id', name=op.f('uq_campaign_drafts_account_id_public_id'))
    )
    op.create_index('ix_campaign_drafts_unsent', 'campaign_drafts', ['account_id', 'updated_at'], unique=False, sqlite_where=sa.text('message_id IS NULL'), postgresql_where=sa.text('message_id IS NULL'))
    op.create_index('ix_recipients_failed', 'recipients', ['message_id', 'id'], unique=False, sqlite_where=sa.text("status = 'FAILED'"), postgresql_where=sa.text("status = 'FAILED'"))


def downgrade() -> None:
    op.drop_index('ix_recipients_failed', 'recipients', sqlite_where=sa.text("status = 'FAILED'"), postgresql_where=sa.text("status = 'FAILED'"))
    op.drop_index('ix_campaign_drafts_unsent', 'campaign_drafts', sqlite_where=sa.text('message_id IS NULL'), postgresql_where=sa.text('message_id IS NULL'))
    op.drop_table('campaign_drafts')
    op.drop_index(op.f('ix_activity_hours_hour'), 'activity_hours')
    op.drop_table('activity_hours')
