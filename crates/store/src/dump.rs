//! The whole store as text, for a backup: read in one snapshot, the same from SQLite and PostgreSQL,
//! and put back into either. What is encrypted stays so; the master key is not in it.

use serde::{Deserialize, Serialize};
use sqlx::{AssertSqlSafe, Column as _, Row as _, TypeInfo as _, ValueRef as _};

use crate::database::Transaction;
use crate::error::{Result, StoreError};
use crate::migration::{self, MIGRATIONS, Migration};
use crate::statement::{FromRow, Row, Value, query};
use crate::store::{Store, StorePlace};
use crate::writing::BeforeCommit;

/// Format number of a dump.
const FORMAT: u32 = 1;
/// Rows read and written at a time.
const ROWS: usize = 2_000;
/// Bytes of one statement that writes, roughly.
const BYTES: usize = 8 << 20;
/// Placeholders of one statement: SQLite takes 32,766.
const PLACEHOLDERS: usize = 30_000;

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
struct Head {
    gradus_store: u32,
    /// The last step of the schema.
    schema: i64,
}

/// A line before the rows of a table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct TableHead {
    table: String,
    columns: Vec<String>,
}

/// A cell: a number, a text, bytes as hexadecimal digits, or nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Cell {
    Nothing(()),
    Number(i64),
    Text(String),
    Bytes { bytes: String },
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Number,
    Text,
    Bytes,
}

/// A store being read; it sees one moment, whoever writes meanwhile.
pub struct Dump {
    transaction: Transaction,
    schema: i64,
    tables: Vec<TableHead>,
    /// Which table, and how many of its rows were given; the head is still to come at first.
    at: usize,
    offset: Option<usize>,
    begun: bool,
}

impl Store {
    /// Begins to read everything.
    pub async fn dump(&self) -> Result<Dump> {
        let mut transaction = self.read().begin().await?;
        let mut tables = Vec::new();
        for table in tables_of(&mut transaction, MIGRATIONS).await? {
            let columns = columns_of(&mut transaction, &table).await?;
            tables.push(TableHead { columns: columns.into_iter().map(|(name, _)| name).collect(), table });
        }
        Ok(Dump { transaction, schema: self.format(), tables, at: 0, offset: None, begun: false })
    }

    /// Makes a new store of a dump: all of it or nothing.
    ///
    /// # Errors
    /// [`StoreError::Taken`] if the store holds something already, [`StoreError::NewerSchema`] if a
    /// newer Gradus wrote the dump, [`StoreError::Malformed`] if it is not whole.
    pub async fn load(
        place: &StorePlace,
        before_commit: Option<BeforeCommit>,
        lines: &mut (dyn Iterator<Item = std::io::Result<String>> + Send),
    ) -> Result<()> {
        let mut next = || match lines.next() {
            None => Ok(None),
            Some(line) => line.map(Some).map_err(|_| malformed()),
        };
        let head: Head = read(&next()?.ok_or_else(malformed)?)?;
        let known = migration::newest(MIGRATIONS);
        if head.gradus_store > FORMAT || head.schema > known {
            return Err(StoreError::NewerSchema { place: "the backup".into(), found: head.schema, known });
        }
        // The schema that the rows are of; opening brings it up to date.
        let steps = usize::try_from(head.schema).unwrap_or(0).min(MIGRATIONS.len());
        let store = Store::opened(place, &MIGRATIONS[..steps], before_commit).await?;
        let loaded = store.fill(&MIGRATIONS[..steps], &mut next).await;
        store.close().await;
        loaded
    }

    async fn fill(
        &self,
        migrations: &[Migration],
        next: &mut (dyn FnMut() -> Result<Option<String>> + Send),
    ) -> Result<()> {
        let mut transaction = self.write().await?;
        let tables = tables_of(&mut transaction, migrations).await?;
        for table in &tables {
            // What the schema itself puts there makes room.
            if table == "audit_head" {
                transaction.run("DELETE FROM audit_head WHERE number = 0").await?;
            }
            let found: i64 = query(AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}")))
                .fetch_one(&mut *transaction)
                .await?;
            if found > 0 {
                return Err(StoreError::Taken { what: self.place().to_string() });
            }
        }
        let mut into: Option<(TableHead, Vec<Kind>)> = None;
        let mut waiting: Vec<Vec<Cell>> = Vec::new();
        let mut n_bytes = 0;
        let mut is_whole = false;
        while let Some(line) = next()? {
            let is_row = line.starts_with('[');
            let full = into.as_ref().is_some_and(|(head, _)| {
                waiting.len() >= ROWS
                    || n_bytes > BYTES
                    || (waiting.len() + 1) * head.columns.len() > PLACEHOLDERS
            });
            if !is_row || full {
                if let Some((head, kinds)) = &into {
                    insert(&mut transaction, head, kinds, std::mem::take(&mut waiting)).await?;
                }
                n_bytes = 0;
            }
            if is_row {
                n_bytes += line.len();
                waiting.push(read(&line)?);
                continue;
            }
            if line.trim() == END {
                is_whole = true;
                break;
            }
            let head: TableHead = read(&line)?;
            if !tables.contains(&head.table) {
                return Err(malformed());
            }
            let known = columns_of(&mut transaction, &head.table).await?;
            let kind = |name: &String| known.iter().find(|(column, _)| column == name).map(|(_, kind)| *kind);
            let kinds = head.columns.iter().map(kind).collect::<Option<Vec<Kind>>>().ok_or_else(malformed)?;
            into = Some((head, kinds));
        }
        if !is_whole {
            return Err(malformed());
        }
        continue_numbers(&mut transaction, &tables).await?;
        transaction.commit().await
    }
}

/// The last line.
const END: &str = "{\"end\":true}";

impl Dump {
    /// The next lines, each ended; `None` after the last.
    pub async fn next(&mut self) -> Result<Option<String>> {
        if !self.begun {
            self.begun = true;
            return Ok(Some(line(&Head { gradus_store: FORMAT, schema: self.schema })?));
        }
        let Some(head) = self.tables.get(self.at) else {
            let ended = self.at > self.tables.len();
            self.at = self.tables.len() + 1;
            return Ok((!ended).then(|| format!("{END}\n")));
        };
        let Some(offset) = self.offset else {
            self.offset = Some(0);
            return Ok(Some(line(head)?));
        };
        // Tables have a primary key, by which they are read page by page.
        let key = key_of(&mut self.transaction, &head.table).await?.join(", ");
        let (table, columns) = (&head.table, head.columns.join(", "));
        let sql = format!("SELECT {columns} FROM {table} ORDER BY {key} LIMIT $1 OFFSET $2");
        let rows: Vec<Vec<Cell>> = query(AssertSqlSafe(sql))
            .bind(ROWS as i64)
            .bind(offset as i64)
            .fetch_all(&mut self.transaction)
            .await?;
        if rows.len() < ROWS {
            (self.at, self.offset) = (self.at + 1, None);
        } else {
            self.offset = Some(offset + rows.len());
        }
        let mut out = String::new();
        for row in &rows {
            out.push_str(&line(row)?);
        }
        Ok(Some(out))
    }
}

impl FromRow for Vec<Cell> {
    fn from_row(row: &Row) -> Result<Vec<Cell>, sqlx::Error> {
        let n = match row {
            Row::Sqlite(row) => row.len(),
            Row::Postgres(row) => row.len(),
        };
        let cell = |at: usize| -> Result<Cell, sqlx::Error> {
            let (is_null, name) = match row {
                Row::Sqlite(row) => {
                    let value = row.try_get_raw(at)?;
                    (value.is_null(), value.type_info().name().to_string())
                }
                Row::Postgres(row) => {
                    (row.try_get_raw(at)?.is_null(), row.column(at).type_info().name().to_string())
                }
            };
            if is_null {
                return Ok(Cell::Nothing(()));
            }
            Ok(match name.as_str() {
                "TEXT" | "VARCHAR" => Cell::Text(row.get(at)?),
                "BLOB" | "BYTEA" => Cell::Bytes { bytes: hexadecimal(&row.get::<Vec<u8>>(at)?) },
                _ => Cell::Number(row.get(at)?),
            })
        };
        (0..n).map(cell).collect()
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble & 15)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}

fn from_hexadecimal(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    let value = |digit: u8| char::from(digit).to_digit(16).map(|value| value as u8);
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    digits.chunks(2).map(|pair| Some(value(pair[0])? << 4 | value(pair[1])?)).collect()
}

fn malformed() -> StoreError {
    StoreError::malformed("the backup's store")
}

fn line(value: &impl Serialize) -> Result<String> {
    let mut text = serde_json::to_string(value).map_err(|_| malformed())?;
    text.push('\n');
    Ok(text)
}

fn read<T: for<'t> Deserialize<'t>>(line: &str) -> Result<T> {
    serde_json::from_str(line).map_err(|_| malformed())
}

async fn insert(
    transaction: &mut Transaction,
    head: &TableHead,
    kinds: &[Kind],
    rows: Vec<Vec<Cell>>,
) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut statement =
        query(AssertSqlSafe(format!("INSERT INTO {} ({}) VALUES ", head.table, head.columns.join(", "))));
    for (index, row) in rows.into_iter().enumerate() {
        if row.len() != kinds.len() {
            return Err(malformed());
        }
        statement.push(if index > 0 { ", (" } else { "(" });
        for (at, (cell, kind)) in row.into_iter().zip(kinds).enumerate() {
            if at > 0 {
                statement.push(", ");
            }
            let value: Value<'_> = match (cell, kind) {
                (Cell::Nothing(()), Kind::Number) => None::<i64>.into(),
                (Cell::Nothing(()), Kind::Text) => None::<String>.into(),
                (Cell::Nothing(()), Kind::Bytes) => Value::Bytes(None),
                (Cell::Number(number), Kind::Number) => number.into(),
                (Cell::Text(text), Kind::Text) => text.into(),
                (Cell::Bytes { bytes }, Kind::Bytes) => {
                    from_hexadecimal(&bytes).ok_or_else(malformed)?.into()
                }
                _ => return Err(malformed()),
            };
            statement.push_bind(value);
        }
        statement.push(")");
    }
    statement.execute(transaction).await?;
    Ok(())
}

/// The tables that there are, each after those that it refers to: as the schema made them.
pub(crate) async fn tables_of(
    transaction: &mut Transaction,
    migrations: &[Migration],
) -> Result<Vec<String>> {
    let there: Vec<String> = query(match transaction {
        Transaction::Sqlite(_) => "SELECT name FROM sqlite_master WHERE type = 'table'",
        Transaction::Postgres(_) => {
            "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema()"
        }
    })
    .fetch_all(&mut *transaction)
    .await?;
    let mut tables: Vec<String> = Vec::new();
    for migration in migrations {
        for rest in migration.sql.split("CREATE TABLE ").skip(1) {
            let name: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            if there.contains(&name) && !tables.contains(&name) {
                tables.push(name);
            }
        }
    }
    Ok(tables)
}

async fn columns_of(transaction: &mut Transaction, table: &str) -> Result<Vec<(String, Kind)>> {
    let columns: Vec<(String, String)> = query(match transaction {
        Transaction::Sqlite(_) => "SELECT name, type FROM pragma_table_info($1) ORDER BY cid",
        Transaction::Postgres(_) => {
            "SELECT column_name::text, data_type::text FROM information_schema.columns
             WHERE table_schema = current_schema() AND table_name = $1 ORDER BY ordinal_position"
        }
    })
    .bind(table)
    .fetch_all(&mut *transaction)
    .await?;
    let kind = |name: &str| match name.to_ascii_lowercase().as_str() {
        "text" => Kind::Text,
        "blob" | "bytea" => Kind::Bytes,
        _ => Kind::Number,
    };
    Ok(columns.into_iter().map(|(name, data_type)| (name, kind(&data_type))).collect())
}

async fn key_of(transaction: &mut Transaction, table: &str) -> Result<Vec<String>> {
    let key: Vec<String> = query(match transaction {
        Transaction::Sqlite(_) => "SELECT name FROM pragma_table_info($1) WHERE pk > 0 ORDER BY pk",
        Transaction::Postgres(_) => {
            "SELECT a.attname::text FROM pg_index i
             JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k(column_number, place) ON true
             JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.column_number
             WHERE i.indisprimary AND i.indrelid = $1::regclass ORDER BY k.place"
        }
    })
    .bind(table)
    .fetch_all(&mut *transaction)
    .await?;
    if key.is_empty() { Err(StoreError::malformed(format!("the key of {table}"))) } else { Ok(key) }
}

/// PostgreSQL counts rows apart from them: the next number comes after the last one.
async fn continue_numbers(transaction: &mut Transaction, tables: &[String]) -> Result<()> {
    if matches!(transaction, Transaction::Sqlite(_)) {
        return Ok(());
    }
    for table in tables {
        let counted: Vec<String> = query(
            "SELECT column_name::text FROM information_schema.columns
             WHERE table_schema = current_schema() AND table_name = $1 AND is_identity = 'YES'",
        )
        .bind(table)
        .fetch_all(&mut *transaction)
        .await?;
        for column in counted {
            let sql = format!(
                "SELECT setval(pg_get_serial_sequence('{table}', '{column}'),
                               GREATEST((SELECT MAX({column}) FROM {table}), 1),
                               EXISTS (SELECT 1 FROM {table}))"
            );
            query(AssertSqlSafe(sql)).fetch_one::<i64>(&mut *transaction).await?;
        }
    }
    Ok(())
}
