"""Keys that custodians trust."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None
# The oldest revision whose program can work with a store at this one; see seawall.adapters.store.migrate.
compatible_from: str = "0002"


def upgrade() -> None:
    op.create_table(
        "approvals",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("resource_type", sa.String(length=32), nullable=False),
        sa.Column("resource_id", sa.Text(), nullable=False),
        sa.Column("domain", sa.String(length=64), nullable=False),
        sa.Column("requester", sa.String(length=64), nullable=False),
        sa.Column("requester_name", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("proof", sa.String(length=16), nullable=False),
        sa.Column("concerns", sa.JSON(), nullable=False),
        sa.Column("command", sa.LargeBinary(), nullable=True),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.Column("votes", sa.JSON(), nullable=False),
        sa.Column("withdrawn_ms", sa.BigInteger(), nullable=True),
        sa.Column("consumed_ms", sa.BigInteger(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("mac", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approvals")),
    )
    with op.batch_alter_table("approvals", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_approvals_requester"), ["requester"], unique=False)
        batch_op.create_index(batch_op.f("ix_approvals_sha256"), ["sha256"], unique=False)

    op.create_table(
        "approver_challenges",
        sa.Column("nonce", sa.String(length=32), nullable=False),
        sa.Column("principal", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=36), nullable=False),
        sa.Column("choice", sa.String(length=16), nullable=False),
        sa.Column("rp_id", sa.String(length=255), nullable=False),
        sa.Column("issued_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.Column("mac", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("nonce", name=op.f("pk_approver_challenges")),
    )
    with op.batch_alter_table("approver_challenges", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_approver_challenges_expires_ms"), ["expires_ms"], unique=False)

    op.create_table(
        "duties",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("node", sa.String(length=36), nullable=False),
        sa.Column("run", sa.String(length=64), nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.Column("taken_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_duties")),
    )
    op.create_table(
        "glass_breaks",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("resource_type", sa.String(length=32), nullable=False),
        sa.Column("resource_id", sa.Text(), nullable=False),
        sa.Column("domain", sa.String(length=64), nullable=False),
        sa.Column("principal", sa.String(length=64), nullable=False),
        sa.Column("principal_name", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("broken_ms", sa.BigInteger(), nullable=False),
        sa.Column("acknowledged_by", sa.String(length=64), nullable=True),
        sa.Column("acknowledged_ms", sa.BigInteger(), nullable=True),
        sa.Column("mac", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_glass_breaks")),
    )
    op.create_table(
        "installation_keys",
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.Column("public", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("mac", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("purpose", name=op.f("pk_installation_keys")),
    )
    op.create_table(
        "key_uses",
        sa.Column("key_id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("protected", sa.BigInteger(), nullable=False),
        sa.Column("processed", sa.BigInteger(), nullable=False),
        sa.Column("max_uses", sa.BigInteger(), nullable=True),
        sa.Column("last_protected_ms", sa.BigInteger(), nullable=True),
        sa.Column("last_processed_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("key_id", "version", name=op.f("pk_key_uses")),
    )
    with op.batch_alter_table("key_uses", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_key_uses_max_uses"), ["max_uses"], unique=False)

    op.create_table(
        "nodes",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("run", sa.String(length=64), nullable=False),
        sa.Column("version", sa.String(length=32), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.Column("seen_ms", sa.BigInteger(), nullable=False),
        sa.Column("joined_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nodes")),
    )
    op.create_table(
        "nonce_counters",
        sa.Column("key_id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("prefix", sa.BigInteger(), nullable=False),
        sa.Column("given", sa.BigInteger(), nullable=False),
        sa.Column("mac", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("key_id", "version", name=op.f("pk_nonce_counters")),
        info={"backup": False},
    )
    op.create_table(
        "quorum_in_force",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("founded", sa.Boolean(), nullable=False),
        sa.Column("set_by", sa.String(length=64), nullable=False),
        sa.Column("set_ms", sa.BigInteger(), nullable=False),
        sa.Column("mac", sa.LargeBinary(length=32), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_quorum_in_force_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quorum_in_force")),
    )
    op.create_table(
        "repeats",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(length=32), nullable=False),
        sa.Column("begun_ms", sa.BigInteger(), nullable=False),
        sa.Column("seen_ms", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("tag", sa.String(length=64), nullable=False),
        sa.Column("mac", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_repeats")),
        info={"backup": False},
    )
    with op.batch_alter_table("repeats", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_repeats_begun_ms"), ["begun_ms"], unique=False)

    op.create_table(
        "retired_roots",
        sa.Column("key_id", sa.String(length=36), nullable=False),
        sa.Column("retired_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_retired_roots")),
    )
    op.create_table(
        "revisions",
        sa.Column("revision", sa.String(length=32), nullable=False),
        sa.Column("compatible_from", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("revision", name=op.f("pk_revisions")),
    )
    op.create_table(
        "root_homes",
        sa.Column("node", sa.String(length=36), nullable=False),
        sa.Column("key_id", sa.String(length=36), nullable=False),
        sa.Column("told_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("node", name=op.f("pk_root_homes")),
    )
    op.create_table(
        "schedule",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("next_ms", sa.BigInteger(), nullable=False),
        sa.Column("last_ms", sa.BigInteger(), nullable=True),
        sa.Column("done_ms", sa.BigInteger(), nullable=True),
        sa.Column("took_ms", sa.Integer(), nullable=False),
        sa.Column("runs", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("node", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_schedule")),
    )
    op.create_table(
        "share_sets",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=True),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("retired_ms", sa.BigInteger(), nullable=True),
        sa.Column("mac", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_share_sets")),
    )
    with op.batch_alter_table("share_sets", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_share_sets_purpose_name"), ["purpose", "name"], unique=False)

    op.create_table(
        "witnessed",
        sa.Column("origin", sa.String(length=255), nullable=False),
        sa.Column("witness", sa.String(length=255), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("kept_ms", sa.BigInteger(), nullable=False),
        sa.Column("offer", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("origin", "witness", name=op.f("pk_witnessed")),
    )
    op.create_table(
        "approver_keys",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("principal", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("public", sa.LargeBinary(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("certificate", sa.LargeBinary(), nullable=True),
        sa.Column("rp_id", sa.String(length=255), nullable=False),
        sa.Column("signatures", sa.BigInteger(), nullable=False),
        sa.Column("offered_ms", sa.BigInteger(), nullable=False),
        sa.Column("registered_ms", sa.BigInteger(), nullable=True),
        sa.Column("retired_ms", sa.BigInteger(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("mac", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(["principal"], ["principals.id"], name=op.f("fk_approver_keys_principal")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approver_keys")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_approver_keys_fingerprint")),
    )
    with op.batch_alter_table("approver_keys", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_approver_keys_principal"), ["principal"], unique=False)

    op.create_table(
        "backups",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("set_id", sa.String(length=32), nullable=False),
        sa.Column("set_name", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.String(length=64), nullable=False),
        sa.Column("ended_ms", sa.BigInteger(), nullable=True),
        sa.Column("expires_ms", sa.BigInteger(), nullable=True),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("generations", sa.Text(), nullable=False),
        sa.Column("mac", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(["set_id"], ["share_sets.id"], name=op.f("fk_backups_set_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_backups")),
    )
    with op.batch_alter_table("backups", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_backups_created_ms"), ["created_ms"], unique=False)

    op.create_table(
        "possession_drills",
        sa.Column("challenge", sa.String(length=64), nullable=False),
        sa.Column("set_id", sa.String(length=32), nullable=False),
        sa.Column("holder", sa.Integer(), nullable=False),
        sa.Column("asked_ms", sa.BigInteger(), nullable=False),
        sa.Column("answered_ms", sa.BigInteger(), nullable=True),
        sa.Column("mac", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(["set_id"], ["share_sets.id"], name=op.f("fk_possession_drills_set_id")),
        sa.PrimaryKeyConstraint("challenge", name=op.f("pk_possession_drills")),
    )
    with op.batch_alter_table("possession_drills", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_possession_drills_set_id_holder"), ["set_id", "holder"], unique=False)

    op.create_table(
        "key_labels",
        sa.Column("key_id", sa.String(length=36), nullable=False),
        sa.Column("label", sa.String(length=64), nullable=False),
        sa.Column("value", sa.String(length=256), nullable=False),
        sa.Column("domain_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["key_id"], ["keys.id"], name=op.f("fk_key_labels_key_id")),
        sa.PrimaryKeyConstraint("key_id", "label", name=op.f("pk_key_labels")),
    )
    with op.batch_alter_table("key_labels", schema=None) as batch_op:
        batch_op.create_index(
            "ix_key_labels_label",
            ["domain_id", "label", "name"],
            unique=False,
            postgresql_ops={"name": "varchar_pattern_ops"},
        )
        batch_op.create_index(
            "ix_key_labels_value",
            ["domain_id", "label", "value", "name"],
            unique=False,
            postgresql_ops={"name": "varchar_pattern_ops"},
        )

    with op.batch_alter_table("credentials", schema=None) as batch_op:
        batch_op.add_column(sa.Column("bound_to", sa.LargeBinary(length=32), nullable=True))
        batch_op.add_column(sa.Column("subject", sa.String(length=256), nullable=True))

    with op.batch_alter_table("domains", schema=None) as batch_op:
        batch_op.add_column(sa.Column("policy", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("revision", sa.Integer(), nullable=True))

    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.add_column(sa.Column("domain", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("spec", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("checkpoint", sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column("failures", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("due_ms", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("mac", sa.LargeBinary(length=32), nullable=True))

    with op.batch_alter_table("key_versions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("algorithm", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("mechanisms", sa.String(length=512), nullable=True))
        batch_op.add_column(sa.Column("public", sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column("origin", sa.String(length=16), nullable=True))
        batch_op.add_column(sa.Column("kek_generation", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("retired_ms", sa.BigInteger(), nullable=True))

    with op.batch_alter_table("keys", schema=None) as batch_op:
        batch_op.add_column(sa.Column("usage", sa.String(length=255), nullable=True))
        batch_op.add_column(sa.Column("attributes", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("blocked_ms", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("blocked_reason", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("archived_ms", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("revision", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("owner", sa.String(length=128), nullable=True))
        batch_op.add_column(sa.Column("undeletable", sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("rotate_after_ms", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("next_date_ms", sa.BigInteger(), nullable=True))
        batch_op.create_index(
            "ix_keys_algorithm",
            ["domain_id", "algorithm", "name"],
            unique=False,
            postgresql_ops={"name": "varchar_pattern_ops"},
        )
        batch_op.create_index(
            "ix_keys_dates",
            ["next_date_ms"],
            unique=False,
            sqlite_where=sa.text("next_date_ms IS NOT NULL"),
            postgresql_where=sa.text("next_date_ms IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_keys_living",
            ["domain_id", "name"],
            unique=False,
            sqlite_where=sa.text("archived_ms IS NULL"),
            postgresql_where=sa.text("archived_ms IS NULL"),
            postgresql_ops={"name": "varchar_pattern_ops"},
        )
        batch_op.create_index(
            "ix_keys_owner",
            ["domain_id", "owner", "name"],
            unique=False,
            sqlite_where=sa.text("owner IS NOT NULL"),
            postgresql_where=sa.text("owner IS NOT NULL"),
            postgresql_ops={"name": "varchar_pattern_ops"},
        )
        batch_op.create_index(
            "ix_keys_purpose",
            ["domain_id", "purpose", "name"],
            unique=False,
            postgresql_ops={"name": "varchar_pattern_ops"},
        )
        batch_op.create_index(
            "ix_keys_rotation",
            ["rotate_after_ms"],
            unique=False,
            sqlite_where=sa.text("rotate_after_ms IS NOT NULL"),
            postgresql_where=sa.text("rotate_after_ms IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_keys_state",
            ["domain_id", "state", "name"],
            unique=False,
            postgresql_ops={"name": "varchar_pattern_ops"},
        )
        batch_op.create_index(
            "ix_keys_undeletable",
            ["domain_id"],
            unique=False,
            sqlite_where=sa.text("undeletable IS NOT NULL"),
            postgresql_where=sa.text("undeletable IS NOT NULL"),
        )

    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.add_column(sa.Column("node", sa.String(length=36), nullable=True))
        batch_op.create_index(batch_op.f("ix_outbox_node"), ["node"], unique=False)

    with op.batch_alter_table("principals", schema=None) as batch_op:
        batch_op.add_column(sa.Column("person", sa.String(length=64), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("principals", schema=None) as batch_op:
        batch_op.drop_column("person")

    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_outbox_node"))
        batch_op.drop_column("node")

    with op.batch_alter_table("keys", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_keys_undeletable",
            sqlite_where=sa.text("undeletable IS NOT NULL"),
            postgresql_where=sa.text("undeletable IS NOT NULL"),
        )
        batch_op.drop_index("ix_keys_state", postgresql_ops={"name": "varchar_pattern_ops"})
        batch_op.drop_index(
            "ix_keys_rotation",
            sqlite_where=sa.text("rotate_after_ms IS NOT NULL"),
            postgresql_where=sa.text("rotate_after_ms IS NOT NULL"),
        )
        batch_op.drop_index("ix_keys_purpose", postgresql_ops={"name": "varchar_pattern_ops"})
        batch_op.drop_index(
            "ix_keys_owner",
            sqlite_where=sa.text("owner IS NOT NULL"),
            postgresql_where=sa.text("owner IS NOT NULL"),
            postgresql_ops={"name": "varchar_pattern_ops"},
        )
        batch_op.drop_index(
            "ix_keys_living",
            sqlite_where=sa.text("archived_ms IS NULL"),
            postgresql_where=sa.text("archived_ms IS NULL"),
            postgresql_ops={"name": "varchar_pattern_ops"},
        )
        batch_op.drop_index(
            "ix_keys_dates",
            sqlite_where=sa.text("next_date_ms IS NOT NULL"),
            postgresql_where=sa.text("next_date_ms IS NOT NULL"),
        )
        batch_op.drop_index("ix_keys_algorithm", postgresql_ops={"name": "varchar_pattern_ops"})
        batch_op.drop_column("next_date_ms")
        batch_op.drop_column("rotate_after_ms")
        batch_op.drop_column("undeletable")
        batch_op.drop_column("owner")
        batch_op.drop_column("revision")
        batch_op.drop_column("archived_ms")
        batch_op.drop_column("blocked_reason")
        batch_op.drop_column("blocked_ms")
        batch_op.drop_column("attributes")
        batch_op.drop_column("usage")

    with op.batch_alter_table("key_versions", schema=None) as batch_op:
        batch_op.drop_column("retired_ms")
        batch_op.drop_column("kek_generation")
        batch_op.drop_column("origin")
        batch_op.drop_column("public")
        batch_op.drop_column("mechanisms")
        batch_op.drop_column("algorithm")

    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.drop_column("mac")
        batch_op.drop_column("due_ms")
        batch_op.drop_column("failures")
        batch_op.drop_column("checkpoint")
        batch_op.drop_column("spec")
        batch_op.drop_column("domain")

    with op.batch_alter_table("domains", schema=None) as batch_op:
        batch_op.drop_column("revision")
        batch_op.drop_column("policy")

    with op.batch_alter_table("credentials", schema=None) as batch_op:
        batch_op.drop_column("subject")
        batch_op.drop_column("bound_to")

    with op.batch_alter_table("key_labels", schema=None) as batch_op:
        batch_op.drop_index("ix_key_labels_value", postgresql_ops={"name": "varchar_pattern_ops"})
        batch_op.drop_index("ix_key_labels_label", postgresql_ops={"name": "varchar_pattern_ops"})

    op.drop_table("key_labels")
    with op.batch_alter_table("possession_drills", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_possession_drills_set_id_holder"))

    op.drop_table("possession_drills")
    with op.batch_alter_table("backups", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_backups_created_ms"))

    op.drop_table("backups")
    with op.batch_alter_table("approver_keys", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_approver_keys_principal"))

    op.drop_table("approver_keys")
    op.drop_table("witnessed")
    with op.batch_alter_table("share_sets", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_share_sets_purpose_name"))

    op.drop_table("share_sets")
    op.drop_table("schedule")
    op.drop_table("root_homes")
    op.drop_table("revisions")
    op.drop_table("retired_roots")
    with op.batch_alter_table("repeats", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_repeats_begun_ms"))

    op.drop_table("repeats")
    op.drop_table("quorum_in_force")
    op.drop_table("nonce_counters")
    op.drop_table("nodes")
    with op.batch_alter_table("key_uses", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_key_uses_max_uses"))

    op.drop_table("key_uses")
    op.drop_table("installation_keys")
    op.drop_table("glass_breaks")
    op.drop_table("duties")
    with op.batch_alter_table("approver_challenges", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_approver_challenges_expires_ms"))

    op.drop_table("approver_challenges")
    with op.batch_alter_table("approvals", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_approvals_sha256"))
        batch_op.drop_index(batch_op.f("ix_approvals_requester"))

    op.drop_table("approvals")
