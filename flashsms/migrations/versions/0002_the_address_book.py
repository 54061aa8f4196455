"""The address book: contacts, groups, opt-outs, templates, files, and personal texts."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None

# What `models.address_search` looks into. The pieces of a text are its runs of three characters,
# and of five around each blank, with the account before them.
SEARCH_ON_POSTGRESQL = """
CREATE FUNCTION contact_pieces(account integer, searched text) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1000 AS $$
    SELECT array_agg(account || ':' || substr(searched, at - wide, 3 + 2 * wide))
    FROM generate_series(1, length(searched) - 2) AS at,
        generate_series(0, (substr(searched, at + 1, 1) = ' ')::integer) AS wide
$$;
CREATE INDEX contacts_search ON contacts USING gin (contact_pieces(account_id, search))
WITH (gin_pending_list_limit = 256);
-- Planning with the statistics of these arrays takes longer than finding anything.
ALTER INDEX contacts_search ALTER COLUMN 1 SET STATISTICS 0;
"""
SEARCH_ON_SQLITE = (
    """
    CREATE VIRTUAL TABLE contacts_search
    USING fts5(search, content='contacts', content_rowid='id', tokenize='trigram')
    """,
    """
    CREATE TRIGGER contacts_search_insert AFTER INSERT ON contacts BEGIN
        INSERT INTO contacts_search(rowid, search) VALUES (new.id, new.search);
    END
    """,
    """
    CREATE TRIGGER contacts_search_update AFTER UPDATE OF search ON contacts
    WHEN old.search <> new.search BEGIN
        INSERT INTO contacts_search(contacts_search, rowid, search)
        VALUES ('delete', old.id, old.search);
        INSERT INTO contacts_search(rowid, search) VALUES (new.id, new.search);
    END
    """,
    """
    CREATE TRIGGER contacts_search_delete AFTER DELETE ON contacts BEGIN
        INSERT INTO contacts_search(contacts_search, rowid, search)
        VALUES ('delete', old.id, old.search);
    END
    """,
)

# Starting points that every dashboard offers.
SYSTEM_TEMPLATES = {
    "Welcome": "Hi {{firstName|there}}, welcome! Save this number and call us any time you need us.",
    "Payment reminder": "Hi {{firstName|there}}, a kind reminder: GHS {{amount}} is due on {{date}}. Thank you.",
    "Payment received": "Thank you, {{firstName|dear customer}}. We have received your payment of GHS {{amount}}.",
    "Appointment": "Hi {{firstName|there}}, we expect you on {{date}} at {{time}}. Call us if you cannot come.",
    "Special offer": "Hi {{firstName|there}}, enjoy {{discount}} off everything until {{date}}. See you soon!",
}


def _create_search() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(SEARCH_ON_POSTGRESQL)
    else:
        for statement in SEARCH_ON_SQLITE:
            op.execute(statement)


def _drop_search() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP INDEX contacts_search")
        op.execute("DROP FUNCTION contact_pieces")
    else:
        for action in ("insert", "update", "delete"):
            op.execute(f"DROP TRIGGER contacts_search_{action}")
        op.execute("DROP TABLE contacts_search")


def _add_system_templates(templates: sa.Table) -> None:
    made_at = datetime.now(UTC)
    op.bulk_insert(
        templates,
        [
            {
                "public_id": f"tpl_0000000000000000000{number}",
                "name": name,
                "folded": name.casefold(),
                "content": content,
                "created_at": made_at,
                "updated_at": made_at,
            }
            for number, (name, content) in enumerate(SYSTEM_TEMPLATES.items(), start=1)
        ],
    )


def upgrade() -> None:
    op.create_table('contact_blocks',
    sa.Column('account_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('group_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('block', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('contacts', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_contact_blocks_account_id')),
    sa.PrimaryKeyConstraint('account_id', 'group_id', 'block', name=op.f('pk_contact_blocks'))
    )
    op.create_table('contact_imports',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=32), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('group_id', sa.Integer(), nullable=True),
    sa.Column('file_name', sa.String(length=200), nullable=False),
    sa.Column('delimiter', sa.String(length=1), nullable=False),
    sa.Column('has_header', sa.Boolean(), nullable=False),
    sa.Column('columns', sa.Text(), nullable=False),
    sa.Column('status', sa.Enum('UPLOADED', 'RUNNING', 'DONE', 'FAILED', name='importstatus', native_enum=False, length=12), nullable=False),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('position', sa.BigInteger(), nullable=False),
    sa.Column('line', sa.Integer(), nullable=False),
    sa.Column('created', sa.Integer(), nullable=False),
    sa.Column('skipped', sa.Integer(), nullable=False),
    sa.Column('invalid', sa.Integer(), nullable=False),
    sa.Column('error', sa.String(length=200), nullable=True),
    sa.Column('ticket', sa.Integer(), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('wake_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_contact_imports_account_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_contact_imports')),
    sa.UniqueConstraint('public_id', name=op.f('uq_contact_imports_public_id'))
    )
    with op.batch_alter_table('contact_imports', schema=None) as batch_op:
        batch_op.create_index('ix_contact_imports_account_id', ['account_id', 'id'], unique=False)
        batch_op.create_index('ix_contact_imports_wake_at', ['wake_at'], unique=False, sqlite_where=sa.text('wake_at IS NOT NULL'), postgresql_where=sa.text('wake_at IS NOT NULL'))

    op.create_table('contacts',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('public_id', sa.String(length=32), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=True),
    sa.Column('phone', sa.String(length=15), nullable=False),
    sa.Column('first_name', sa.String(length=100), nullable=True),
    sa.Column('last_name', sa.String(length=100), nullable=True),
    sa.Column('email', sa.String(length=254), nullable=True),
    sa.Column('fields', sa.Text(), nullable=True),
    sa.Column('search', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('deleted_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('(number IS NULL) = (deleted_at IS NOT NULL)', name=op.f('ck_contacts_deleted_or_placed')),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_contacts_account_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_contacts')),
    sa.UniqueConstraint('account_id', 'number', name=op.f('uq_contacts_account_id_number')),
    sa.UniqueConstraint('account_id', 'phone', name=op.f('uq_contacts_account_id_phone')),
    sa.UniqueConstraint('public_id', name=op.f('uq_contacts_public_id'))
    )
    op.create_table('groups',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=32), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('folded', sa.String(length=300), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_groups_account_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_groups')),
    sa.UniqueConstraint('account_id', 'folded', name=op.f('uq_groups_account_id_folded')),
    sa.UniqueConstraint('public_id', name=op.f('uq_groups_public_id')),
    sqlite_autoincrement=True
    )
    op.create_table('opt_outs',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('phone', sa.String(length=15), nullable=False),
    sa.Column('source', sa.Enum('API', 'DASHBOARD', 'IMPORT', 'LINK', 'OPERATOR', 'REPLY', name='optsource', native_enum=False, length=12), nullable=False),
    sa.Column('opted_out_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('opted_in_source', sa.Enum('API', 'DASHBOARD', 'IMPORT', 'LINK', 'OPERATOR', 'REPLY', name='optsource', native_enum=False, length=12), nullable=True),
    sa.Column('opted_in_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_opt_outs_account_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_opt_outs'))
    )
    with op.batch_alter_table('opt_outs', schema=None) as batch_op:
        batch_op.create_index('ix_opt_outs_account_id_opted_out_at', ['account_id', 'opted_out_at'], unique=False)
        batch_op.create_index('uq_opt_outs_in_force', ['account_id', 'phone'], unique=True, sqlite_where=sa.text('opted_in_at IS NULL'), postgresql_where=sa.text('opted_in_at IS NULL'))

    templates = op.create_table('templates',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=32), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=True),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('folded', sa.String(length=300), nullable=False),
    sa.Column('content', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_templates_account_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_templates')),
    sa.UniqueConstraint('public_id', name=op.f('uq_templates_public_id'))
    )
    with op.batch_alter_table('templates', schema=None) as batch_op:
        batch_op.create_index('uq_templates_account_id_folded', ['account_id', 'folded'], unique=True)
        batch_op.create_index('uq_templates_system_folded', ['folded'], unique=True, sqlite_where=sa.text('account_id IS NULL'), postgresql_where=sa.text('account_id IS NULL'))

    op.create_table('group_members',
    sa.Column('group_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('number', sa.Integer(), autoincrement=False, nullable=False),
    sa.ForeignKeyConstraint(['group_id'], ['groups.id'], name=op.f('fk_group_members_group_id')),
    sa.PrimaryKeyConstraint('group_id', 'number', name=op.f('pk_group_members'))
    )
    op.create_table('import_blocks',
    sa.Column('import_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('start', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('data', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['import_id'], ['contact_imports.id'], name=op.f('fk_import_blocks_import_id')),
    sa.PrimaryKeyConstraint('import_id', 'start', name=op.f('pk_import_blocks'))
    )
    op.create_table('import_problems',
    sa.Column('import_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('line', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('reason', sa.String(length=200), nullable=False),
    sa.Column('cells', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['import_id'], ['contact_imports.id'], name=op.f('fk_import_problems_import_id')),
    sa.PrimaryKeyConstraint('import_id', 'line', name=op.f('pk_import_problems'))
    )
    # Not in batch mode, which on SQLite would make the tables anew and drop what others refer to.
    op.add_column('messages', sa.Column('personalised', sa.Boolean(), nullable=False, server_default=sa.text('false')))
    op.add_column('recipients', sa.Column('text', sa.Text(), nullable=True))
    op.add_column('senders', sa.Column('purpose', sa.String(length=500), nullable=True))
    op.add_column('senders', sa.Column('reason', sa.String(length=200), nullable=True))
    op.create_index('ix_senders_pending', 'senders', ['created_at'], unique=False, sqlite_where=sa.text("status = 'PENDING'"), postgresql_where=sa.text("status = 'PENDING'"))

    _create_search()
    _add_system_templates(templates)


def downgrade() -> None:
    _drop_search()
    op.drop_index('ix_senders_pending', table_name='senders')
    op.drop_column('senders', 'reason')
    op.drop_column('senders', 'purpose')
    op.drop_column('recipients', 'text')
    op.drop_column('messages', 'personalised')
    op.drop_table('import_problems')
    op.drop_table('import_blocks')
    op.drop_table('group_members')
    with op.batch_alter_table('templates', schema=None) as batch_op:
        batch_op.drop_index('uq_templates_system_folded', sqlite_where=sa.text('account_id IS NULL'), postgresql_where=sa.text('account_id IS NULL'))
        batch_op.drop_index('uq_templates_account_id_folded')

    op.drop_table('templates')
    with op.batch_alter_table('opt_outs', schema=None) as batch_op:
        batch_op.drop_index('uq_opt_outs_in_force', sqlite_where=sa.text('opted_in_at IS NULL'), postgresql_where=sa.text('opted_in_at IS NULL'))
        batch_op.drop_index('ix_opt_outs_account_id_opted_out_at')

    op.drop_table('opt_outs')
    op.drop_table('groups')
    op.drop_table('contacts')
    with op.batch_alter_table('contact_imports', schema=None) as batch_op:
        batch_op.drop_index('ix_contact_imports_wake_at', sqlite_where=sa.text('wake_at IS NOT NULL'), postgresql_where=sa.text('wake_at IS NOT NULL'))
        batch_op.drop_index('ix_contact_imports_account_id')

    op.drop_table('contact_imports')
    op.drop_table('contact_blocks')
