//! The database under a store: an SQLite file or a schema in PostgreSQL. Each has its module for what
//! is its own (how to open it, how one writer at a time is arranged, what its refusals mean); all else
//! goes through [`Pool`] and [`Transaction`], and `statement` is written once.

pub(crate) mod postgres;
pub(crate) mod sqlite;

use sqlx::postgres::PgPool;
use sqlx::sqlite::SqlitePool;
use sqlx::{Postgres, SqlSafeStr, Sqlite};

use crate::error::Result;

/// Connections to one database.
#[derive(Clone)]
pub(crate) enum Pool {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl Pool {
    /// A snapshot for reading: what others commit meanwhile is not in it.
    pub(crate) async fn begin(&self) -> Result<Transaction> {
        Ok(match self {
            Pool::Sqlite(pool) => Transaction::Sqlite(pool.begin().await?),
            Pool::Postgres(pool) => Transaction::Postgres(postgres::begin_reading(pool).await?),
        })
    }

    /// A transaction that writes, the only one until it ends: it waits for the one before. So it
    /// cannot fail halfway because another connection was faster, and on either database it sees
    /// everything that was committed before it.
    pub(crate) async fn begin_writing(&self) -> Result<Transaction> {
        Ok(match self {
            Pool::Sqlite(pool) => Transaction::Sqlite(sqlite::begin_writing(pool).await?),
            Pool::Postgres(pool) => Transaction::Postgres(postgres::begin_writing(pool).await?),
        })
    }

    pub(crate) async fn close(&self) {
        match self {
            Pool::Sqlite(pool) => pool.close().await,
            Pool::Postgres(pool) => pool.close().await,
        }
    }
}

/// A transaction. Dropped without a commit, it never was.
pub(crate) enum Transaction {
    Sqlite(sqlx::Transaction<'static, Sqlite>),
    Postgres(sqlx::Transaction<'static, Postgres>),
}

impl Transaction {
    pub(crate) async fn commit(self) -> Result<()> {
        Ok(match self {
            Transaction::Sqlite(transaction) => transaction.commit().await?,
            Transaction::Postgres(transaction) => transaction.commit().await?,
        })
    }

    /// Runs several statements without values.
    pub(crate) async fn run(&mut self, sql: impl SqlSafeStr) -> Result<()> {
        let sql = sqlx::raw_sql(sql);
        match self {
            Transaction::Sqlite(transaction) => drop(sql.execute(&mut **transaction).await?),
            Transaction::Postgres(transaction) => drop(sql.execute(&mut **transaction).await?),
        }
        Ok(())
    }
}
