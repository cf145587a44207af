PRAGMA user_version = 7;
PRAGMA application_id = 1198679155;
CREATE TABLE schema_migration (
                 version BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL);
CREATE TABLE setting (
    key   TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);
CREATE TABLE import_record (
    number         INTEGER PRIMARY KEY AUTOINCREMENT,
    id             TEXT NOT NULL UNIQUE,
    source         TEXT NOT NULL,
    started        BIGINT NOT NULL,
    finished       BIGINT,
    status         TEXT NOT NULL,
    counts         TEXT,
    quality        TEXT,
    reconciliation TEXT
);
CREATE TABLE import_file (
    import_number BIGINT NOT NULL REFERENCES import_record (number) ON DELETE CASCADE,
    file_number   BIGINT NOT NULL,
    name          TEXT NOT NULL,
    content_hash  TEXT NOT NULL,
    n_bytes       BIGINT NOT NULL,
    PRIMARY KEY (import_number, file_number)
);
CREATE TABLE vault_secret (
    name          TEXT NOT NULL PRIMARY KEY,
    master_key_id TEXT NOT NULL,
    wrapped       BLOB NOT NULL
);
CREATE TABLE vault_identity (
    number        INTEGER PRIMARY KEY,
    surrogate     BIGINT NOT NULL,
    kind          TEXT NOT NULL,
    blind         BLOB NOT NULL,
    import_number BIGINT NOT NULL,
    key_id        BIGINT NOT NULL,
    wrapped_key   BLOB NOT NULL,
    sealed        BLOB NOT NULL
);
CREATE TABLE vault_attribute (
    number        INTEGER PRIMARY KEY,
    surrogate     BIGINT NOT NULL,
    kind          TEXT NOT NULL,
    blind         BLOB NOT NULL,
    known         BIGINT NOT NULL,
    import_number BIGINT NOT NULL,
    sealed        BLOB NOT NULL
);
CREATE TABLE vault_text (
    number        INTEGER PRIMARY KEY,
    surrogate     BIGINT NOT NULL,
    event_id      BLOB NOT NULL,
    field         TEXT NOT NULL,
    import_number BIGINT NOT NULL,
    sealed        BLOB NOT NULL
);
CREATE TABLE vault_forgotten (
    surrogate BIGINT NOT NULL PRIMARY KEY,
    forgotten BIGINT NOT NULL
);
CREATE TABLE quarantine_row (
    number         INTEGER PRIMARY KEY AUTOINCREMENT,
    import_number  BIGINT NOT NULL REFERENCES import_record (number) ON DELETE CASCADE,
    file           TEXT NOT NULL,
    row_number     BIGINT NOT NULL,
    code           TEXT NOT NULL,
    surrogate      BIGINT,
    created        BIGINT NOT NULL,
    expires        BIGINT NOT NULL,
    status         TEXT NOT NULL,
    replayed_by    BIGINT,
    sealed_message BLOB NOT NULL,
    sealed_row     BLOB NOT NULL
);
CREATE TABLE model_document (
    hash     TEXT NOT NULL PRIMARY KEY,
    document TEXT NOT NULL
);
CREATE TABLE model_version (
    name      TEXT NOT NULL,
    version   BIGINT NOT NULL,
    hash      TEXT NOT NULL REFERENCES model_document (hash),
    status    TEXT NOT NULL,
    created   BIGINT NOT NULL,
    published BIGINT,
    retired   BIGINT,
    PRIMARY KEY (name, version)
);
CREATE TABLE fit (
    number     INTEGER PRIMARY KEY AUTOINCREMENT,
    model_hash TEXT NOT NULL,
    kind       TEXT NOT NULL,
    subject    TEXT NOT NULL,
    numbers    TEXT NOT NULL,
    population TEXT NOT NULL,
    n          BIGINT NOT NULL,
    as_of      BIGINT NOT NULL,
    created    BIGINT NOT NULL
);
CREATE TABLE grading_run (
    number     INTEGER PRIMARY KEY AUTOINCREMENT,
    id         TEXT NOT NULL UNIQUE,
    model_hash TEXT NOT NULL,
    as_of      BIGINT NOT NULL,
    known_at   BIGINT NOT NULL,
    position   BIGINT NOT NULL,
    fits       TEXT NOT NULL,
    counts     TEXT,
    started    BIGINT NOT NULL,
    finished   BIGINT
);
CREATE TABLE audit_entry (
    number   BIGINT NOT NULL PRIMARY KEY,
    at       BIGINT NOT NULL,
    actor    TEXT NOT NULL,
    action   TEXT NOT NULL,
    subject  TEXT NOT NULL,
    detail   TEXT NOT NULL,
    previous TEXT NOT NULL,
    hash     TEXT NOT NULL
);
CREATE TABLE audit_head (
    one    BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    number BIGINT NOT NULL,
    hash   TEXT NOT NULL
);
INSERT INTO schema_migration VALUES (1, '0001_setting', '7d3164e1f964c93bfec4e0b97a41ed881566aab98556e620495c597da687b471');
INSERT INTO schema_migration VALUES (2, '0002_import', '73e18b97ae22b9dd2bbdd3dbc2806203fe13a4516f38d33079e819de69d493ae');
INSERT INTO schema_migration VALUES (3, '0003_vault', 'c1da2f064df71cc116441cef55e922a63c568cb32001db61c054a73c4cf01826');
INSERT INTO schema_migration VALUES (4, '0004_quarantine', '98e67437e8b065bc3bea958bca89c5f3807e62aed56eaffd2594ca9dcf6ab93b');
INSERT INTO schema_migration VALUES (5, '0005_model', '92ba098559394b6e7ce4db572f5a1638fffac70cf318a161a3a422ee53916e3f');
INSERT INTO schema_migration VALUES (6, '0006_run', '9682b9921433b32e1c512bf5076e7bf460b07dab9dc57ff05e7b5fc8e39fa758');
INSERT INTO schema_migration VALUES (7, '0007_audit', '70d98a48184a61b713731faa8d4f838145c613fad6c03910c8715d021a343f59');
INSERT INTO setting VALUES ('zone', '"Asia/Shanghai"');
INSERT INTO import_record VALUES (1, '1-d025f7323a8c1f7a', 'orders', 1000000, 2, 'done', '{"read":1}', NULL, NULL);
INSERT INTO import_file VALUES (1, 1, '订单.csv', 'ab12', 100);
INSERT INTO vault_secret VALUES ('surrogate', '9588cd0f25de931c', X'212278254D93A59AB26EA36F66ADE164668CDBE754F26E2A1DC82FD77296E70B185FEC53D33E0CC187C976F73027340FC00174807CBE73B499B015C4');
INSERT INTO vault_secret VALUES ('blind', '9588cd0f25de931c', X'9F34F5F93B1BD36D949C0EBB89C93665D60CD0DB86F4781F7968425F332422C0D7828D893285693DA7EF3F25B224AC25DC6EE92AF3D3CC4A9D63C7FA');
INSERT INTO vault_secret VALUES ('identity', '9588cd0f25de931c', X'83662EA362AF9AE355BC74AE93779881EA1B16C2B25B68A269B5FF29BFFD57FE208EC765F35C3C162C0B817DDED366871AD937B8A223C4E8BE3DFBF2');
INSERT INTO vault_secret VALUES ('unattributed', '9588cd0f25de931c', X'E93F122AC8A377F8FB4753D6920994E90804470791F894A40F197246F3DAA22DC2EAD9C696501CFEBA898870EA4E664B57F0E0AEE088426E2E3EC122');
INSERT INTO vault_secret VALUES ('quarantine', '9588cd0f25de931c', X'FD956598C430C37CAD85BEBBD80745E2FEDD60A12288AB8215C27BD98450B970B373D7C1F7A40E75314D940273C472F36A243A7C8225CE2D496A8050');
INSERT INTO vault_identity VALUES (1, 3195403048676941391, 'phone', X'F0EE55D0D9AE9DEA7FD76F67BE200835', 1, 1, X'B0D9291E9AB2699182B3017AB879091604A21FB19CAC36128A56FBB9C39AABFAE23FCFA09B53B2FFAF0E07ED52A0D7FD939389F434819434D5C958C5', X'46B5C674EBBF3ABEDE031B1C4E9EC7F5835C3AAB7B34DA0BAB8A2B091CB2BD48B4EC83EE65762FB6E8E4B8A174864DEA70DABACC950C3BC0');
INSERT INTO vault_attribute VALUES (1, 3195403048676941391, 'name', X'5E2E9AE6C805A59C95557C571A08DC15', 1, 1, X'B03FF074694E4A966D8655824B688FA142972C032BBAF64B85F130DB76E578B7FC3E55492665');
INSERT INTO vault_text VALUES (1, 0, X'02020202020202020202020202020202', 'comment', 1, X'EFB390FF0004ACE4C465A78A2E811A719F0B683503948C30BC6A60937DF392EB755E2286C3');
INSERT INTO vault_text VALUES (2, 3195403048676941391, X'01010101010101010101010101010101', 'comment', 1, X'FA973DC3B3395532EEF278E01B78DD8657F725941F28174257E77359BAFD26874AC8A248E3E3CE0D');
INSERT INTO vault_forgotten VALUES (7, 8);
INSERT INTO quarantine_row VALUES (1, 1, '订单.csv', 1, 'bad-date', NULL, 1, 2, 'open', NULL, X'7C3C645AE3330E9276754E3483D2B1B04F03162E688046DDA99A4348E6C7EE8EFDF84A0A255B170842562A5D48939B72ABFBE3931BDA20595C65A61B329F2A3A', X'C53F60EF23941497EEFC5905B73208C0DFBBF6B442E9BD2FD3591EB78DDF70');
INSERT INTO model_document VALUES ('0098e2a470c30598f9e76ce01bc6f29e075349dbeff4de44cef12b80ab6019fd', 'version: 1');
INSERT INTO model_version VALUES ('价值', 1, '0098e2a470c30598f9e76ce01bc6f29e075349dbeff4de44cef12b80ab6019fd', 'published', 1, 2, NULL);
INSERT INTO fit VALUES (1, '0098e2a470c30598f9e76ce01bc6f29e075349dbeff4de44cef12b80ab6019fd', 'quantile_cuts', 's', '[1,2]', 'all', 2, 1, 1);
INSERT INTO grading_run VALUES (1, '1-7d7c0e40c4d2ba0f', '0098e2a470c30598f9e76ce01bc6f29e075349dbeff4de44cef12b80ab6019fd', 1, 1, 1, '[1]', '{"graded":2}', 1, 2);
INSERT INTO audit_entry VALUES (1, 1, 'li', 'model.publish', '价值 1', 'null', '', '7e1d3a46071b0bae600cd6dc9b5cff47b2e61af4c309c906e2206578b4409690');
INSERT INTO audit_entry VALUES (2, 2, 'li', 'model.publish', '价值 1', 'null', '7e1d3a46071b0bae600cd6dc9b5cff47b2e61af4c309c906e2206578b4409690', 'c17445c1362002a467c2ff8185d292ee3c393ed0de4431d50d04681a3efcd72f');
INSERT INTO audit_head VALUES (1, 2, 'c17445c1362002a467c2ff8185d292ee3c393ed0de4431d50d04681a3efcd72f');
CREATE INDEX import_record_status ON import_record (status);
CREATE INDEX import_file_content ON import_file (content_hash);
CREATE UNIQUE INDEX vault_identity_surrogate ON vault_identity (surrogate);
CREATE UNIQUE INDEX vault_attribute_value ON vault_attribute (surrogate, kind, blind);
CREATE INDEX vault_attribute_blind ON vault_attribute (blind);
CREATE UNIQUE INDEX vault_text_event ON vault_text (surrogate, event_id, field);
CREATE INDEX quarantine_row_import ON quarantine_row (import_number);
CREATE INDEX quarantine_row_expires ON quarantine_row (expires);
CREATE INDEX quarantine_row_surrogate ON quarantine_row (surrogate) WHERE surrogate IS NOT NULL;
CREATE INDEX model_version_hash ON model_version (hash);
CREATE INDEX fit_subject ON fit (model_hash, kind, subject, as_of);
CREATE INDEX grading_run_as_of ON grading_run (as_of);
CREATE TRIGGER audit_entry_is_fixed BEFORE UPDATE ON audit_entry
BEGIN
    SELECT RAISE(ABORT, 'audit entries are never changed');
END;
CREATE TRIGGER audit_entry_stays BEFORE DELETE ON audit_entry
BEGIN
    SELECT RAISE(ABORT, 'audit entries are never removed');
END;
