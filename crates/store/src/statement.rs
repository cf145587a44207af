//! A statement and its values, written once for both databases.
//!
//! Columns of the store are whole numbers, texts and bytes, and each of them may be missing; a truth
//! is 0 or 1, an instant is microseconds, JSON is text (its bytes may be hashed). So three kinds of
//! value carry everything, `$1` placeholders and standard upserts are read by both databases, and a
//! statement is compiled once, not once per database.

use std::borrow::Cow;
use std::fmt::Write;

use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Arguments, AssertSqlSafe, ColumnIndex, Decode, Postgres, SqlSafeStr, SqlStr, Sqlite, Type};

use crate::database::{Pool, Transaction};
use crate::error::{Result, StoreError};

/// A statement; further text is appended with `push…`.
pub(crate) struct Statement<'q> {
    text: Text,
    values: Vec<Value<'q>>,
}

enum Text {
    Whole(SqlStr),
    Built(String),
}

/// Begins a statement.
pub(crate) fn query<'q>(sql: impl SqlSafeStr) -> Statement<'q> {
    Statement { text: Text::Whole(sql.into_sql_str()), values: Vec::new() }
}

/// A value of a placeholder.
pub(crate) enum Value<'q> {
    Integer(Option<i64>),
    Text(Option<Cow<'q, str>>),
    Bytes(Option<Cow<'q, [u8]>>),
}

/// On what a statement runs: any connection of a pool, or a transaction.
pub(crate) enum On<'c> {
    Pool(&'c Pool),
    Transaction(&'c mut Transaction),
}

/// Runs the statement on either database; rows come out as `T`.
macro_rules! rows {
    ($statement:ident, $on:ident, $method:ident, $row:ty) => {{
        let (sqlite, postgres) =
            (|row| <$row>::from_row(&Row::Sqlite(row)), |row| <$row>::from_row(&Row::Postgres(row)));
        Ok(match $on.into() {
            On::Pool(Pool::Sqlite(pool)) => $statement.sqlite()?.try_map(sqlite).$method(pool).await?,
            On::Pool(Pool::Postgres(pool)) => $statement.postgres()?.try_map(postgres).$method(pool).await?,
            On::Transaction(Transaction::Sqlite(transaction)) => {
                $statement.sqlite()?.try_map(sqlite).$method(&mut **transaction).await?
            }
            On::Transaction(Transaction::Postgres(transaction)) => {
                $statement.postgres()?.try_map(postgres).$method(&mut **transaction).await?
            }
        })
    }};
}

impl<'q> Statement<'q> {
    /// Gives the next placeholder its value.
    pub(crate) fn bind(mut self, value: impl Into<Value<'q>>) -> Statement<'q> {
        self.values.push(value.into());
        self
    }

    /// Appends text.
    pub(crate) fn push(&mut self, sql: &'static str) -> &mut Statement<'q> {
        self.built().push_str(sql);
        self
    }

    /// Appends a placeholder with its value.
    pub(crate) fn push_bind(&mut self, value: impl Into<Value<'q>>) -> &mut Statement<'q> {
        self.values.push(value.into());
        let number = self.values.len();
        // Writing to a string does not fail.
        let _ = write!(self.built(), "${number}");
        self
    }

    /// Appends ` IN (…)` with one placeholder per number.
    pub(crate) fn push_in(&mut self, numbers: &[i64]) -> &mut Statement<'q> {
        self.push(" IN (");
        for (index, number) in numbers.iter().enumerate() {
            if index > 0 {
                self.push(", ");
            }
            self.push_bind(*number);
        }
        self.push(")")
    }

    /// Appends `VALUES (…), (…)` with the values of each row.
    pub(crate) fn push_values<T, const N: usize>(
        &mut self,
        rows: impl IntoIterator<Item = T>,
        mut values: impl FnMut(T) -> [Value<'q>; N],
    ) -> &mut Statement<'q> {
        self.push("VALUES ");
        for (index, row) in rows.into_iter().enumerate() {
            self.push(if index > 0 { ", (" } else { "(" });
            for (index, value) in values(row).into_iter().enumerate() {
                if index > 0 {
                    self.push(", ");
                }
                self.push_bind(value);
            }
            self.push(")");
        }
        self
    }

    #[cfg(test)]
    pub(crate) fn has_placeholders(&self) -> bool {
        match &self.text {
            Text::Whole(text) => text.as_str().contains('$'),
            Text::Built(text) => text.contains('$'),
        }
    }

    fn built(&mut self) -> &mut String {
        if let Text::Whole(text) = &self.text {
            self.text = Text::Built(text.as_str().to_string());
        }
        match &mut self.text {
            Text::Built(text) => text,
            Text::Whole(_) => unreachable!("it was just built"),
        }
    }

    /// Runs it; says how many rows it touched.
    pub(crate) async fn execute<'c>(self, on: impl Into<On<'c>>) -> Result<u64> {
        Ok(match on.into() {
            On::Pool(Pool::Sqlite(pool)) => self.sqlite()?.execute(pool).await?.rows_affected(),
            On::Pool(Pool::Postgres(pool)) => self.postgres()?.execute(pool).await?.rows_affected(),
            On::Transaction(Transaction::Sqlite(transaction)) => {
                self.sqlite()?.execute(&mut **transaction).await?.rows_affected()
            }
            On::Transaction(Transaction::Postgres(transaction)) => {
                self.postgres()?.execute(&mut **transaction).await?.rows_affected()
            }
        })
    }

    /// All rows.
    pub(crate) async fn fetch_all<'c, T: FromRow>(self, on: impl Into<On<'c>>) -> Result<Vec<T>> {
        rows!(self, on, fetch_all, T)
    }

    /// The first row, if there is one.
    pub(crate) async fn fetch_optional<'c, T: FromRow>(self, on: impl Into<On<'c>>) -> Result<Option<T>> {
        rows!(self, on, fetch_optional, T)
    }

    /// The first row of a statement that always gives one.
    pub(crate) async fn fetch_one<'c, T: FromRow>(self, on: impl Into<On<'c>>) -> Result<T> {
        rows!(self, on, fetch_one, T)
    }

    fn sqlite(self) -> Result<Query<'static, Sqlite, SqliteArguments>> {
        let mut arguments = SqliteArguments::default();
        arguments.reserve(self.values.len(), 0);
        for value in self.values {
            value.add(&mut arguments)?;
        }
        let text = match self.text {
            Text::Built(text) => Text::Built(unnamed(&text).unwrap_or(text)),
            whole => whole,
        };
        Ok(sqlx::query_with(text.whole(), arguments))
    }

    fn postgres(self) -> Result<Query<'static, Postgres, PgArguments>> {
        let mut arguments = PgArguments::default();
        arguments.reserve(self.values.len(), 0);
        for value in self.values {
            value.add(&mut arguments)?;
        }
        Ok(sqlx::query_with(self.text.whole(), arguments))
    }
}

/// The text with `?` for placeholders that are numbered in order; `None` if they are not. To SQLite `$1` is a name,
/// and the names of a statement with thousands of values are searched once for each of them.
fn unnamed(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let (mut rest, mut n, mut is_quoted) = (text, 0usize, false);
    while let Some(at) = rest.find(['$', '\'']) {
        let (before, found) = rest.split_at(at);
        out.push_str(before);
        let after = &found[1..];
        if found.starts_with('\'') || is_quoted {
            is_quoted ^= found.starts_with('\'');
            out.push_str(&found[..1]);
            rest = after;
            continue;
        }
        let digits = after.len() - after.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        n += 1;
        if after[..digits].parse() != Ok(n) {
            return None;
        }
        out.push('?');
        rest = &after[digits..];
    }
    out.push_str(rest);
    Some(out)
}

impl Text {
    fn whole(self) -> SqlStr {
        match self {
            Text::Whole(text) => text,
            // Built of literals and numbers of placeholders only.
            Text::Built(text) => AssertSqlSafe(text).into_sql_str(),
        }
    }
}

impl Value<'_> {
    fn add<A: Arguments>(self, arguments: &mut A) -> Result<()>
    where
        for<'t> Option<i64>: sqlx::Encode<'t, A::Database> + Type<A::Database>,
        for<'t> Option<String>: sqlx::Encode<'t, A::Database> + Type<A::Database>,
        for<'t> &'t str: sqlx::Encode<'t, A::Database> + Type<A::Database>,
        for<'t> Option<Vec<u8>>: sqlx::Encode<'t, A::Database> + Type<A::Database>,
        for<'t> &'t [u8]: sqlx::Encode<'t, A::Database> + Type<A::Database>,
    {
        match self {
            Value::Integer(number) => arguments.add(number),
            // PostgreSQL has no text with such a character, so that neither may have one.
            Value::Text(Some(text)) if text.contains('\0') => return Err(StoreError::NulCharacter),
            Value::Text(Some(Cow::Borrowed(text))) => arguments.add(text),
            Value::Text(text) => arguments.add(text.map(Cow::into_owned)),
            Value::Bytes(Some(Cow::Borrowed(bytes))) => arguments.add(bytes),
            Value::Bytes(bytes) => arguments.add(bytes.map(Cow::into_owned)),
        }
        .map_err(|source| sqlx::Error::Encode(source).into())
    }
}

macro_rules! value {
    ($($kind:ident of $given:ty: $value:ident => $as:expr;)*) => {
        $(impl<'q> From<$given> for Value<'q> {
            fn from($value: $given) -> Value<'q> {
                Value::$kind($as)
            }
        })*
    };
}

value! {
    Integer of i64: value => Some(value);
    Integer of Option<i64>: value => value;
    Text of &'q str: value => Some(Cow::Borrowed(value));
    Text of &'q String: value => Some(Cow::Borrowed(value.as_str()));
    Text of String: value => Some(Cow::Owned(value));
    Text of Option<&'q str>: value => value.map(Cow::Borrowed);
    Text of Option<String>: value => value.map(Cow::Owned);
    Text of &'q Option<String>: value => value.as_deref().map(Cow::Borrowed);
    Bytes of &'q [u8]: value => Some(Cow::Borrowed(value));
    Bytes of Vec<u8>: value => Some(Cow::Owned(value));
    Bytes of &'q Option<Vec<u8>>: value => value.as_deref().map(Cow::Borrowed);
}

impl<'c> From<&'c Pool> for On<'c> {
    fn from(pool: &'c Pool) -> On<'c> {
        On::Pool(pool)
    }
}

impl<'c> From<&'c mut Transaction> for On<'c> {
    fn from(transaction: &'c mut Transaction) -> On<'c> {
        On::Transaction(transaction)
    }
}

/// A row of either database.
pub(crate) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl Row {
    /// The value of a column, by its place from 0 or by its name.
    pub(crate) fn get<T: Cell>(&self, column: impl Place) -> Result<T, sqlx::Error> {
        use sqlx::Row as _;
        match self {
            Row::Sqlite(row) => row.try_get(column),
            Row::Postgres(row) => row.try_get(column),
        }
    }
}

/// What names a column in a row.
pub(crate) trait Place: ColumnIndex<SqliteRow> + ColumnIndex<PgRow> {}
impl<T: ColumnIndex<SqliteRow> + ColumnIndex<PgRow>> Place for T {}

/// What a column can be read as.
pub(crate) trait Cell:
    for<'r> Decode<'r, Sqlite> + Type<Sqlite> + for<'r> Decode<'r, Postgres> + Type<Postgres>
{
}
impl<T> Cell for T where
    T: for<'r> Decode<'r, Sqlite> + Type<Sqlite> + for<'r> Decode<'r, Postgres> + Type<Postgres>
{
}

/// What a row can be read as: one value, several, or a type that says how.
pub(crate) trait FromRow: Sized + Send + Unpin {
    fn from_row(row: &Row) -> Result<Self, sqlx::Error>;
}

macro_rules! one_column {
    ($($column:ty)*) => {
        $(impl FromRow for $column {
            fn from_row(row: &Row) -> Result<Self, sqlx::Error> {
                row.get(0)
            }
        })*
    };
}

one_column!(i64 String Vec<u8> Option<i64> Option<String> Option<Vec<u8>>);

macro_rules! columns {
    ($($column:ident $place:tt),*) => {
        impl<$($column: Cell + Send + Unpin),*> FromRow for ($($column,)*) {
            fn from_row(row: &Row) -> Result<Self, sqlx::Error> {
                Ok(($(row.get::<$column>($place)?,)*))
            }
        }
    };
}

columns!(A 0, B 1);
columns!(A 0, B 1, C 2);
columns!(A 0, B 1, C 2, D 3);
columns!(A 0, B 1, C 2, D 3, E 4);
columns!(A 0, B 1, C 2, D 3, E 4, F 5);
columns!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
columns!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
columns!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8);
columns!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9);
columns!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10);
columns!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11);
columns!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12);
columns!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12, N 13);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_numbered_as_values_come() {
        let mut statement = query("UPDATE t SET a = $1 WHERE b").bind(7);
        statement.push_in(&[1, 2, 3]).push(" AND c = ").push_bind("x");
        assert_eq!(statement.built(), "UPDATE t SET a = $1 WHERE b IN ($2, $3, $4) AND c = $5");
        assert_eq!(statement.values.len(), 5);
        let mut statement = query("INSERT INTO t (a, b) ");
        statement.push_values([(1, "x"), (2, "y")], |(number, text)| [number.into(), text.into()]);
        assert_eq!(statement.built(), "INSERT INTO t (a, b) VALUES ($1, $2), ($3, $4)");
    }

    #[test]
    fn only_numbers_in_order_lose_their_names() {
        assert_eq!(
            unnamed("VALUES ($1, '$9 ''x'), ($2, $3)").as_deref(),
            Some("VALUES (?, '$9 ''x'), (?, ?)")
        );
        assert_eq!(unnamed("a = $2 AND b = $1"), None);
        assert_eq!(unnamed("a = $1 OR b = $1"), None);
        assert_eq!(unnamed("a = $1 OR b = $x"), None);
        assert_eq!(
            unnamed("a = $1, b = $2, c = $3, d = $4, e = $5, f = $6, g = $7, h = $8, i = $9, j = $10")
                .map(|text| text.matches('?').count()),
            Some(10)
        );
    }

    #[test]
    fn a_text_with_a_nul_character_is_refused_for_both() {
        let statement = || query("SELECT $1").bind("a\0b");
        assert_eq!(statement().sqlite().err().map(|error| error.code()), Some("store-nul-character"));
        assert_eq!(statement().postgres().err().map(|error| error.code()), Some("store-nul-character"));
        assert!(query("SELECT $1").bind(vec![0u8]).postgres().is_ok(), "bytes may hold any");
    }
}
