"""Carriers by weight and account, and what people write to us."""

import sqlalchemy as sa
from alembic import op

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('inbound_parts',
    sa.Column('carrier_id', sa.Integer(), nullable=False),
    sa.Column('phone', sa.String(length=20), nullable=False),
    sa.Column('number', sa.String(length=20), nullable=False),
    sa.Column('reference', sa.Integer(), nullable=False),
    sa.Column('total', sa.SmallInteger(), nullable=False),
    sa.Column('position', sa.SmallInteger(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('carrier_id', 'phone', 'number', 'reference', 'total', 'position', name=op.f('pk_inbound_parts'))
    )
    op.create_index(op.f('ix_inbound_parts_received_at'), 'inbound_parts', ['received_at'], unique=False)

    op.create_table('carrier_accounts',
    sa.Column('carrier_id', sa.Integer(), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_carrier_accounts_account_id')),
    sa.ForeignKeyConstraint(['carrier_id'], ['carriers.id'], name=op.f('fk_carrier_accounts_carrier_id')),
    sa.PrimaryKeyConstraint('carrier_id', 'account_id', name=op.f('pk_carrier_accounts'))
    )
    op.create_table('conversations',
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('phone', sa.String(length=20), nullable=False),
    sa.Column('number', sa.String(length=20), nullable=False),
    sa.Column('text', sa.String(length=200), nullable=False),
    sa.Column('unread', sa.Integer(), nullable=False),
    sa.Column('last_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_conversations_account_id')),
    sa.PrimaryKeyConstraint('account_id', 'phone', name=op.f('pk_conversations'))
    )
    op.create_index('ix_conversations_account_id_last_at', 'conversations', ['account_id', 'last_at', 'phone'], unique=False)

    op.create_table('inbound_messages',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('public_id', sa.String(length=32), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=True),
    sa.Column('carrier_id', sa.Integer(), nullable=False),
    sa.Column('carrier_ref', sa.String(length=64), nullable=True),
    sa.Column('number', sa.String(length=20), nullable=False),
    sa.Column('phone', sa.String(length=20), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('kind', sa.Enum('TEXT', 'STOP', 'START', 'HELP', name='inboundkind', native_enum=False, length=12), nullable=False),
    sa.Column('answer_id', sa.Integer(), nullable=True),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_inbound_messages_account_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_inbound_messages'))
    )
    op.create_index('ix_inbound_messages_account_id_phone', 'inbound_messages', ['account_id', 'phone', 'id'], unique=False)
    op.create_index('ix_inbound_messages_phone_received_at', 'inbound_messages', ['phone', 'received_at'], unique=False)
    op.create_index('uq_inbound_messages_carrier_ref', 'inbound_messages', ['carrier_id', 'carrier_ref'], unique=True, sqlite_where=sa.text('carrier_ref IS NOT NULL'), postgresql_where=sa.text('carrier_ref IS NOT NULL'))
    op.create_index('uq_inbound_messages_public_id', 'inbound_messages', ['public_id'], unique=True)

    op.create_table('inbound_numbers',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=32), nullable=False),
    sa.Column('number', sa.String(length=15), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=True),
    sa.Column('carrier_id', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_inbound_numbers_account_id')),
    sa.ForeignKeyConstraint(['carrier_id'], ['carriers.id'], name=op.f('fk_inbound_numbers_carrier_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_inbound_numbers')),
    sa.UniqueConstraint('number', name=op.f('uq_inbound_numbers_number'))
    )
    op.create_index(op.f('ix_inbound_numbers_account_id'), 'inbound_numbers', ['account_id'], unique=False)
    op.create_index('uq_inbound_numbers_public_id', 'inbound_numbers', ['public_id'], unique=True)

    op.create_table('inbound_words',
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('stop_words', sa.String(length=200), nullable=True),
    sa.Column('start_words', sa.String(length=200), nullable=True),
    sa.Column('help_words', sa.String(length=200), nullable=True),
    sa.Column('stop_answer', sa.String(length=320), nullable=True),
    sa.Column('start_answer', sa.String(length=320), nullable=True),
    sa.Column('help_answer', sa.String(length=320), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_inbound_words_account_id')),
    sa.PrimaryKeyConstraint('account_id', name=op.f('pk_inbound_words'))
    )
    op.create_table('receipt_questions',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('carrier_id', sa.Integer(), nullable=False),
    sa.Column('question', sa.String(length=200), nullable=False),
    sa.Column('recipients', sa.Integer(), nullable=False),
    sa.Column('ask_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_receipt_questions')),
    sa.UniqueConstraint('carrier_id', 'question', name=op.f('uq_receipt_questions_carrier_id_question'))
    )
    op.create_index(op.f('ix_receipt_questions_ask_at'), 'receipt_questions', ['ask_at'], unique=False)

    op.add_column('carriers', sa.Column('weight', sa.Integer(), server_default='1', nullable=False))

    op.add_column('messages', sa.Column('from_number', sa.String(length=15), nullable=True))
    op.add_column('messages', sa.Column('is_answer', sa.Boolean(), server_default=sa.false(), nullable=False))



def downgrade() -> None:
    op.drop_column('messages', 'is_answer')
    op.drop_column('messages', 'from_number')

    op.drop_column('carriers', 'weight')

    op.drop_index(op.f('ix_receipt_questions_ask_at'), 'receipt_questions')

    op.drop_table('receipt_questions')
    op.drop_table('inbound_words')
    op.drop_index('uq_inbound_numbers_public_id', 'inbound_numbers')
    op.drop_index(op.f('ix_inbound_numbers_account_id'), 'inbound_numbers')

    op.drop_table('inbound_numbers')
    op.drop_index('uq_inbound_messages_public_id', 'inbound_messages')
    op.drop_index('uq_inbound_messages_carrier_ref', 'inbound_messages', sqlite_where=sa.text('carrier_ref IS NOT NULL'), postgresql_where=sa.text('carrier_ref IS NOT NULL'))
    op.drop_index('ix_inbound_messages_phone_received_at', 'inbound_messages')
    op.drop_index('ix_inbound_messages_account_id_phone', 'inbound_messages')

    op.drop_table('inbound_messages')
    op.drop_index('ix_conversations_account_id_last_at', 'conversations')

    op.drop_table('conversations')
    op.drop_table('carrier_accounts')
    op.drop_index(op.f('ix_inbound_parts_received_at'), 'inbound_parts')

    op.drop_table('inbound_parts')
