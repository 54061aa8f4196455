"""Ids that a carrier gives again, to another number."""

from alembic import op

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None

_ALL_BUT_THE_FIRST = """
DELETE FROM parked_receipts
WHERE id NOT IN (SELECT min(id) FROM parked_receipts GROUP BY carrier_ref, carrier_id)
"""


def upgrade() -> None:
    with op.batch_alter_table('parked_receipts', schema=None) as batch_op:
        batch_op.drop_constraint(op.f('uq_parked_receipts_carrier_ref_carrier_id'), type_='unique')
        batch_op.create_unique_constraint(op.f('uq_parked_receipts_carrier_ref_carrier_id_phone'), ['carrier_ref', 'carrier_id', 'phone'])


def downgrade() -> None:
    op.execute(_ALL_BUT_THE_FIRST)
    with op.batch_alter_table('parked_receipts', schema=None) as batch_op:
        batch_op.drop_constraint(op.f('uq_parked_receipts_carrier_ref_carrier_id_phone'), type_='unique')
        batch_op.create_unique_constraint(op.f('uq_parked_receipts_carrier_ref_carrier_id'), ['carrier_ref', 'carrier_id'])
